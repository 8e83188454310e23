/* SPDX-License-Identifier: ISC */
/* readv(2) and writev(2) of Linux x86-64. */
#pragma once

#include <stdint.h>

struct iovec {
	uint64_t iov_base;
	uint64_t iov_len;
};

#define UIO_MAXIOV 1024
#define MAX_RW_COUNT 0x7ffff000ul /* the most that one call moves */
