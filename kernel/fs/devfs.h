/* SPDX-License-Identifier: ISC */
/* Inside fs: opening device nodes, and the devices that are only bytes. */
#pragma once

#include "fs/path.h"

/* Opens the device @v is the node of: -ENXIO where nobody registered its number. */
int devfs_open(struct vnode *v, struct file *f);

/* Puts what was registered so far on /dev; from now on devfs_register() does it at once. */
void devfs_populate(void);

/* null, zero, full, random, urandom. */
void memdev_register(void);
