/* SPDX-License-Identifier: ISC */
/*
 * The memory side of a read or write: a list of user buffers, or one kernel buffer.
 * Consumed as bytes move. Not shared between threads.
 */
#pragma once

#include "abi/errno.h"
#include "lib/types.h"
#include "machine/usercopy.h"

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

/* Several buffers, already copied in and checked (sum fits ssize_t). */
static inline void io_init_vector(struct io *io, struct io_segment *segs, u32 count, size_t total)
{
	io->segment = segs;
	io->segments = count;
	io->kernel = false;
	io->done_in_segment = 0;
	io->left = total;
}

/* One buffer; @seg is storage that lives as long as @io. */
static inline void io_init_user(struct io *io, struct io_segment *seg, u64 addr, size_t n)
{
	seg->base = addr;
	seg->len = n;
	io_init_vector(io, seg, 1, n);
}

static inline void io_init_kernel(struct io *io, struct io_segment *seg, void *addr, size_t n)
{
	io_init_user(io, seg, (u64)addr, n);
	io->kernel = true;
}

/* The general ways: kernel buffers, borders of segments, faults. */
int io_put_slow(struct io *io, const void *src, size_t n);
int io_get_slow(struct io *io, void *dst, size_t n);
int io_put_zero_slow(struct io *io, size_t n);

/* Do @n bytes lie within the current user buffer? */
static inline bool io_is_simple(const struct io *io, size_t n)
{
	return !io->kernel && n <= io->segment->len - io->done_in_segment;
}

static inline u64 io_address(const struct io *io)
{
	return io->segment->base + io->done_in_segment;
}

static inline int io_advance(struct io *io, size_t n)
{
	io->left -= n;
	io->done_in_segment += n;
	return 0;
}

/*
 * Move exactly @n <= io->left bytes into (put) or out of (get) the buffers. 0, or -EFAULT: then
 * io->left tells how far it came (whole pieces only). May sleep when !io->kernel.
 */
static inline int io_put(struct io *io, const void *src, size_t n)
{
	if (likely(io_is_simple(io, n) && !user_write(io_address(io), src, n)))
		return io_advance(io, n);
	return io_put_slow(io, src, n);
}

static inline int io_get(struct io *io, void *dst, size_t n)
{
	if (likely(io_is_simple(io, n) && !user_read(dst, io_address(io), n)))
		return io_advance(io, n);
	return io_get_slow(io, dst, n);
}

static inline int io_put_zero(struct io *io, size_t n)
{
	if (likely(io_is_simple(io, n) && !user_zero(io_address(io), n)))
		return io_advance(io, n);
	return io_put_zero_slow(io, n);
}
