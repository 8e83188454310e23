/* SPDX-License-Identifier: ISC */
/* Inside fs: opening device nodes, and the devices that are only bytes. */
#pragma once

#include "fs/mount.h"

/* Opens the device @v is the node of: -ENXIO where nobody registered its number. */
int devfs_open(struct vnode *v, struct file *f);

/*
 * Makes the file system of devices with what was registered so far; from now on devfs_register()
 * adds to it at once.
 */
void devfs_populate(void);
extern struct fs_type devfs_type;

/* null, zero, full, random, urandom. */
void memdev_register(void);
