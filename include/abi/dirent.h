/* SPDX-License-Identifier: ISC */
/* getdents64(2) of Linux x86-64: records of this head and the name, padded to 8 bytes. */
#pragma once

#include <stdint.h>

struct dirent64 {
	uint64_t d_ino;
	int64_t d_off; /* where the next entry is found: for lseek */
	uint16_t d_reclen;
	uint8_t d_type; /* DT_* */
	char d_name[];
};

/* getdents(2)'s: the type is in the record's last byte. */
struct dirent_old {
	uint64_t d_ino;
	int64_t d_off;
	uint16_t d_reclen;
	char d_name[];
};

/* DT_* is the S_IFMT part of a mode, shifted. */
#define DT_UNKNOWN 0
#define DT_FIFO 1
#define DT_CHR 2
#define DT_DIR 4
#define DT_BLK 6
#define DT_REG 8
#define DT_LNK 10
#define DT_SOCK 12
#define MODE_TO_DT(mode) ((mode) >> 12 & 15)
