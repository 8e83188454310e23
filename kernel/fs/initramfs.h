/* SPDX-License-Identifier: ISC */
/* Inside fs: unpacking the initrd. */
#pragma once

#include "fs/path.h"

/*
 * Unpacks the cpio archive of @bytes at @data below c->root, which must be of tmpfs. What came
 * before damage stays. 0, -EINVAL (damaged), or what making a file said.
 */
int initramfs_unpack(const struct fs_context *c, const void *data, size_t bytes);
