/* SPDX-License-Identifier: ISC */
/*
 * What a program must not reach: the kernel half at the places where kernels keep things, and the low
 * physical addresses that a boot loader's identity map once showed. By its own instructions that is
 * SIGSEGV, by a system call EFAULT. Checklist line 11.
 */
#include <errno.h>
#include <signal.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static const unsigned long places[] = {
	0x1000,
	0x7c00,
	0xb8000,
	0x100000,
	0xfec00000,
	0xfee00000,
	0x100000000,
	0x7ffffffff000,
	0xffff800000000000,
	0xffff800000100000,
	0xffff888000000000,
	0xffff8880000b8000,
	0xffffc00000000000,
	0xffffc90000000000,
	0xffffe00000000000,
	0xfffff00000000000,
	0xfffffe0000000000,
	0xffffff8000000000,
	0xffffffff80000000,
	0xffffffff80100000,
	0xffffffff81000000,
	0xffffffffa0000000,
	0xfffffffffffff000,
};

static int read_place(void *at)
{
	return *(volatile char *)at & 0;
}

static int write_place(void *at)
{
	*(volatile char *)at = 1;
	return 0;
}

static int run_place(void *at)
{
	((void (*)(void))at)();
	return 0;
}

int main(void)
{
	int p[2];

	if (pipe(p) < 0 || write(p[1], "x", 1) != 1)
		return 2;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		void *at = (void *)places[i];

		is_status(in_child(read_place, at), KILLED(SIGSEGV), "read %p", at);
		is_status(in_child(write_place, at), KILLED(SIGSEGV), "write %p", at);
		is_status(in_child(run_place, at), KILLED(SIGSEGV), "run %p", at);
		is_long(raw(SYS_write, p[1], at, 1), -EFAULT, "write from %p", at);
		is_long(raw(SYS_read, p[0], at, 1), -EFAULT, "read to %p", at);
	}
	return done_testing();
}
