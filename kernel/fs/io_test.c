/* SPDX-License-Identifier: ISC */
/* Moving bytes over the borders of segments, and faults in the middle. */
#include "fs/io.h"

#include "base/ktest.h"
#include "lib/string.h"

KTEST(io_kernel_buffer, 50)
{
	struct io io;
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	io_init_kernel(&io, buf, sizeof(buf));
	KEXPECT_EQ(io_put(&io, "abc", 3), 0);
	KEXPECT_EQ(io_put_zero(&io, 2), 0);
	KEXPECT_EQ(io.left, 3);
	KEXPECT(!memcmp(buf, "abc\0\0xxx", 8));
}

KTEST(io_crosses_segments, 50)
{
	char a[2], b[3], out[5];
	struct io_segment segs[] = {
		{ (u64)a, 2 },
		{ (u64)a, 0 },
		{ (u64)b, 3 },
	};
	struct io io;

	io_init_vector(&io, segs, 5);
	KEXPECT_EQ(io_put(&io, "12345", 5), 0);
	KEXPECT_EQ(io.left, 0);
	KEXPECT(!memcmp(a, "12", 2) && !memcmp(b, "345", 3));
	io_init_vector(&io, segs, 5);
	KEXPECT_EQ(io_get(&io, out, 1), 0);
	KEXPECT_EQ(io_get(&io, out + 1, 4), 0);
	KEXPECT(!memcmp(out, "12345", 5));
}

/* A kernel thread has no user memory: every user address faults. */
KTEST(io_user_fault, 50)
{
	struct io io;
	char byte = 0;

	KREQUIRE(io_init_user(&io, 0x400000, 100));
	KEXPECT_EQ(io_put(&io, &byte, 1), -EFAULT);
	KEXPECT_EQ(io_get(&io, &byte, 1), -EFAULT);
	KEXPECT_EQ(io_put_zero(&io, 100), -EFAULT);
	KEXPECT_EQ(io.left, 100);
}

KTEST(io_user_only, 10)
{
	struct io io;
	char byte = 0;

	KEXPECT(!io_init_user(&io, (u64)&byte, 1));
	KEXPECT(!io_init_user(&io, 0x7ffffffff000UL, 1));
	KEXPECT(!io_init_user(&io, 0x400000, ~0UL));
	KEXPECT(io_init_user(&io, 0x400000, 0x7fffffffUL));
	KEXPECT_EQ(io.left, MAX_RW_COUNT);
	KEXPECT_EQ(io.here, MAX_RW_COUNT);
}
