/* SPDX-License-Identifier: ISC */
/* struct stat and file modes of Linux x86-64. */
#pragma once

#include <stdint.h>

#include "abi/fcntl.h"

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000
#define S_ISUID 04000
#define S_ISGID 02000
#define S_ISVTX 01000

struct timespec {
	int64_t tv_sec, tv_nsec;
};

struct stat {
	uint64_t st_dev, st_ino, st_nlink;
	uint32_t st_mode, st_uid, st_gid, pad0;
	uint64_t st_rdev;
	int64_t st_size, st_blksize, st_blocks;
	struct timespec st_atim, st_mtim, st_ctim;
	int64_t unused[3];
};
_Static_assert(sizeof(struct stat) == 144, "the ABI's size");

#define MAKEDEV(major, minor) ((uint64_t)(major) << 8 | (minor)) /* minors below 256 */
