/* SPDX-License-Identifier: ISC */
/*
 * The memory side of a read or write: a list of user buffers, or one kernel buffer.
 * Consumed as bytes move. Not shared between threads.
 */
#pragma once

#include "abi/errno.h"
#include "lib/types.h"

struct io_segment { /* = struct iovec of the ABI */
	u64 base;
	u64 len;
};

struct io {
	struct io_segment *segment; /* current one */
	u32 segments; /* left, current included */
	bool kernel; /* addresses are the kernel's */
	u64 done_in_segment; /* bytes used of the current one */
	size_t left; /* bytes left in all */
};

/* One buffer; @seg is storage that lives as long as @io. */
void io_init_user(struct io *io, struct io_segment *seg, u64 addr, size_t n);
void io_init_kernel(struct io *io, struct io_segment *seg, void *addr, size_t n);
/* Several, already copied in and checked (sum fits ssize_t). */
void io_init_vector(struct io *io, struct io_segment *segs, u32 count, size_t total);

/*
 * Move exactly @n <= io->left bytes into (put) or out of (get) the buffers. 0, or -EFAULT: then
 * io->left tells how far it came (whole pieces only). May sleep when !io->kernel.
 */
int io_put(struct io *io, const void *src, size_t n);
int io_get(struct io *io, void *dst, size_t n);
int io_put_zero(struct io *io, size_t n);
