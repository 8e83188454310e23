/* SPDX-License-Identifier: ISC */
/*
 * The memory side of a read or write: a list of user buffers, or one kernel buffer.
 * Consumed as bytes move. Not shared between threads.
 *
 * Invariant: the user's buffers lie in user space. That is checked when a struct io is made, and not again
 * for each piece that moves.
 */
#pragma once

#include "abi/errno.h"
#include "abi/uio.h"
#include "lib/types.h"
#include "machine/usercopy.h"

struct io_segment { /* = struct iovec of the ABI */
	u64 base;
	u64 len;
};

struct io {
	u64 address; /* of the next byte */
	size_t here; /* bytes left in the current buffer */
	size_t left; /* bytes left in all */
	const struct io_segment *more; /* the buffers behind it: where left > here */
};

/* Are the buffers the kernel's? The two halves of the address space tell. */
static inline bool io_is_kernel(const struct io *io)
{
	return (i64)io->address < 0;
}

static inline void io_init_one(struct io *io, u64 addr, size_t n)
{
	io->address = addr;
	io->here = n;
	io->left = n;
}

/* The current buffer is used up, and there are more. */
static inline void io_next_buffer(struct io *io)
{
	io->address = io->more->base;
	io->here = io->more->len;
	io->more++;
}

/* Several buffers of @total bytes, copied in and each, if it is empty too, checked (sum fits ssize_t). */
static inline void io_init_vector(struct io *io, const struct io_segment *segs, size_t total)
{
	*io = (struct io){ .left = total, .more = segs };
	if (total)
		io_next_buffer(io);
}

/* One buffer of the user, cut at MAX_RW_COUNT. False: it does not lie in user space. */
static inline __attribute__((warn_unused_result)) bool io_init_user(struct io *io, u64 addr,
								    size_t n)
{
	if (unlikely(n > MAX_RW_COUNT)) {
		if (!user_range_ok(addr, n))
			return false;
		n = MAX_RW_COUNT;
	}
	if (unlikely(!user_range_ok(addr, n)))
		return false;
	io_init_one(io, addr, n);
	return true;
}

/* One of the kernel. */
static inline void io_init_kernel(struct io *io, void *addr, size_t n)
{
	io_init_one(io, (u64)addr, n);
}

/* The general ways: borders of segments, faults. */
int io_put_slow(struct io *io, const void *src, size_t n);
int io_get_slow(struct io *io, void *dst, size_t n);
int io_put_zero_slow(struct io *io, size_t n);

static inline void io_advance(struct io *io, size_t n)
{
	io->address += n;
	io->here -= n;
	io->left -= n;
}

/*
 * All of it in one piece, as usual; false: it was not to be had so (some bytes may have moved). The buffer
 * may be the kernel's: then nothing faults.
 */
static inline bool io_put_simple(struct io *io, const void *src, size_t n)
{
	if (unlikely(n > io->here || copy_user_raw((void *)io->address, src, n)))
		return false;
	io_advance(io, n);
	return true;
}

static inline bool io_get_simple(struct io *io, void *dst, size_t n)
{
	if (unlikely(n > io->here || copy_user_raw(dst, (void *)io->address, n)))
		return false;
	io_advance(io, n);
	return true;
}

/*
 * Move exactly @n <= io->left bytes into (put) or out of (get) the buffers. 0, or -EFAULT: then
 * io->left tells how far it came (whole pieces only). May sleep where they are the user's.
 */
static inline int io_put(struct io *io, const void *src, size_t n)
{
	return io_put_simple(io, src, n) ? 0 : io_put_slow(io, src, n);
}

static inline int io_get(struct io *io, void *dst, size_t n)
{
	return io_get_simple(io, dst, n) ? 0 : io_get_slow(io, dst, n);
}

static inline int io_put_zero(struct io *io, size_t n)
{
	if (unlikely(n > io->here || zero_user_raw(io->address, n)))
		return io_put_zero_slow(io, n);
	io_advance(io, n);
	return 0;
}
