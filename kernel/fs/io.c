/* SPDX-License-Identifier: ISC */
/*
 * Moving bytes between the kernel and the buffers of a read or write.
 *
 * A fault has the granularity of a page, but user_read() and user_write() don't tell how far
 * they came. So when one fails it is repeated in pieces that end at the user's page borders:
 * then io->left is exact, and a read into a buffer whose end is unmapped returns what fits.
 * No locks: a struct io belongs to one thread.
 */
#include "fs/io.h"

#include "lib/string.h"
#include "machine/cpu.h"

/* How one piece is moved: between user (or kernel) address @at and @mem. */
typedef int (*move_piece)(u64 at, void *mem, size_t n);

static int piece_put(u64 at, void *mem, size_t n)
{
	return user_write(at, mem, n);
}

static int piece_get(u64 at, void *mem, size_t n)
{
	return user_read(mem, at, n);
}

static int piece_zero(u64 at, void *mem, size_t n)
{
	(void)mem;
	return user_zero(at, n);
}

static int kernel_put(u64 at, void *mem, size_t n)
{
	memcpy((void *)at, mem, n);
	return 0;
}

static int kernel_get(u64 at, void *mem, size_t n)
{
	memcpy(mem, (void *)at, n);
	return 0;
}

static int kernel_zero(u64 at, void *mem, size_t n)
{
	(void)mem;
	memset((void *)at, 0, n);
	return 0;
}

/* After a fault: page by page, until it comes again. */
static int move_to_fault(struct io *io, u8 *mem, size_t n, move_piece move)
{
	while (n) {
		size_t piece = MIN(n, PAGE_SIZE - io->address % PAGE_SIZE);

		if (move(io->address, mem, piece))
			return -EFAULT;
		io_advance(io, piece);
		mem += piece;
		n -= piece;
	}
	return 0;
}

static int io_move(struct io *io, u8 *mem, size_t n, move_piece move)
{
	while (n) {
		size_t piece = MIN(n, io->here);

		if (!piece) {
			io_next_buffer(io);
			continue;
		}
		if (likely(!move(io->address, mem, piece)))
			io_advance(io, piece);
		else if (move_to_fault(io, mem, piece, move))
			return -EFAULT;
		mem += piece;
		n -= piece;
	}
	return 0;
}

int io_put_slow(struct io *io, const void *src, size_t n)
{
	return io_move(io, (u8 *)src, n, io_is_kernel(io) ? kernel_put : piece_put);
}

int io_get_slow(struct io *io, void *dst, size_t n)
{
	return io_move(io, dst, n, io_is_kernel(io) ? kernel_get : piece_get);
}

int io_put_zero_slow(struct io *io, size_t n)
{
	return io_move(io, NULL, n, io_is_kernel(io) ? kernel_zero : piece_zero);
}
