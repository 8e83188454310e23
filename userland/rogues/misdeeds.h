/* SPDX-License-Identifier: ISC */
/*
 * The longer misdeeds, those that take more than a line in the table. Included by rogue.c only;
 * each program uses at most one of them.
 */
#pragma once

#include <stddef.h>

#include "sys.h"

#define MISDEED_FN static __attribute__((unused))
#define USER_END 0x800000000000UL

#define EAGAIN 11
#define ENOMEM 12
#define EMFILE 24
#define ENFILE 23
#define ENOSYS 38

extern char data[];
void _start(void);

MISDEED_FN void leave(int code)
{
	raw(SYS_exit_group, code);
}

/* Anonymous private memory; a negative number as raw() gives it where there is none. */
MISDEED_FN long map(unsigned long at, size_t size, int prot, int more_flags)
{
	return raw(SYS_mmap, at, size, prot, 0x22 | more_flags, -1, 0);
}

MISDEED_FN void use_after_unmap(void)
{
	long at = map(0, 4096, 3, 0);

	*(volatile char *)at = 1;
	raw(SYS_munmap, at, 4096);
	*(volatile char *)at = 1;
}

/*
 * A `syscall` in the last two bytes of a page: it returns to the page behind. Where the page can't
 * be had at all, that is as good: exit 0. The stack may be there, so it moves away first.
 */
MISDEED_FN void return_to_edge(unsigned long page)
{
	static char stack[4096] __attribute__((aligned(16)));

	__asm__ volatile("mov %[top], %%rsp\n"
			 "mov $9, %%eax\n"
			 "mov $4096, %%esi\n"
			 "mov $7, %%edx\n"
			 "mov $0x32, %%r10d\n"
			 "mov $-1, %%r8\n"
			 "xor %%r9d, %%r9d\n"
			 "syscall\n"
			 "cmp %%rdi, %%rax\n"
			 "jne 1f\n"
			 "movw $0x050f, 4094(%%rdi)\n"
			 "mov $39, %%eax\n"
			 "add $4094, %%rdi\n"
			 "jmp *%%rdi\n"
			 "1: xor %%edi, %%edi\n"
			 "mov $231, %%eax\n"
			 "syscall\n"
			 :
			 : [top] "r"(stack + sizeof(stack)), "D"(page)
			 : "memory");
}

/*
 * Calls that end or stop the caller, make another process, or are meant to change the machine; and
 * 335 and 336, with which Linux's probes return and which are SIGILL elsewhere.
 */
MISDEED_FN int is_left_out(int nr)
{
	static const short out[] = {
		SYS_rt_sigreturn, SYS_pause,   SYS_clone,     SYS_fork,   SYS_vfork, SYS_exit,
		SYS_kill,         SYS_vhangup, SYS_sync,      SYS_reboot, SYS_tkill, SYS_exit_group,
		SYS_tgkill,       SYS_alarm,   SYS_setitimer, 335,        336
	};

	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		if (out[i] == nr)
			return 1;
	return 0;
}

MISDEED_FN void bad_pointers(void)
{
	static const unsigned long bad[] = { 0xffffffff80100000UL, 0xffff800000000000UL,
					     0xffff888000001000UL, 0x800000000000UL,
					     0x7ffffffff000UL,     -8UL };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (int nr = 0; nr < 470; nr++)
			if (!is_left_out(nr))
				sys6(nr, bad[i], bad[i], bad[i], bad[i], bad[i], bad[i]);
	leave(0);
}

MISDEED_FN void bad_numbers(void)
{
	for (long nr = 1000; nr < 0x70000000; nr += nr / 3)
		if (raw(nr) != -ENOSYS || raw(-nr) != -ENOSYS)
			leave(1);
	leave(raw(-1) == -ENOSYS && raw(0x7fffffff) == -ENOSYS && raw(-0x7fffffff) == -ENOSYS ? 0
											      : 2);
}

/* The depth never reaches zero, but the compiler can't know. */
MISDEED_FN __attribute__((noinline)) long recurse(volatile long depth)
{
	volatile char frame[1024];

	frame[0] = depth;
	return depth ? recurse(depth + 1) + frame[0] : 0;
}

MISDEED_FN void take_memory(void)
{
	long at;

	while ((at = map(0, 1 << 20, 3, 0)) > 0)
		for (int i = 0; i < 1 << 20; i += 4096)
			*(volatile char *)(at + i) = 1;
	leave(at == -ENOMEM ? 0 : 1);
}

/* What fork says when it has had enough. */
MISDEED_FN int is_limit(long error)
{
	return error == -EAGAIN || error == -ENOMEM;
}

/*
 * Every generation has fifty members, of which one founds the next and waits for it; the last one can
 * found none. The others end with the pipe.
 */
MISDEED_FN void fork_generations(void)
{
	int ends[2], status;
	long pid;
	char c;

	raw(SYS_pipe, ends);
	do {
		for (int i = 1; i < 50 && (pid = raw(SYS_fork)) > 0; i++)
			;
		if (pid == 0) {
			raw(SYS_close, ends[1]);
			leave(raw(SYS_read, ends[0], &c, 1));
		}
		if (pid > 0)
			pid = raw(SYS_fork);
	} while (pid == 0);
	if (pid < 0)
		leave(is_limit(pid) ? 0 : 1);
	if (raw(SYS_wait4, pid, &status, 0, 0) != pid)
		leave(2);
	leave(status ? 3 : 0);
}

/* All children live until the pipe ends, so the limit is on processes alive. */
MISDEED_FN void fork_wide(void)
{
	long pid, count = 0;
	int ends[2];
	char c;

	raw(SYS_pipe, ends);
	while ((pid = raw(SYS_fork)) > 0)
		count++;
	raw(SYS_close, ends[1]);
	if (pid == 0)
		leave(raw(SYS_read, ends[0], &c, 1));
	while (raw(SYS_wait4, -1, 0, 0, 0) > 0)
		count--;
	leave(is_limit(pid) && count == 0 ? 0 : 1);
}

MISDEED_FN void fill_pipes(void)
{
	static char block[4096];
	int ends[2];
	long error;

	while ((error = raw(SYS_pipe2, ends, 04000)) == 0)
		while (raw(SYS_write, ends[1], block, sizeof(block)) > 0)
			;
	leave(error == -EMFILE || error == -ENFILE || error == -ENOMEM ? 0 : 1);
}

MISDEED_FN void block_signals(void)
{
	unsigned long all = -1;

	raw(SYS_rt_sigprocmask, 0, &all, 0, 8);
}

MISDEED_FN void sleep_for_ever(void)
{
	long time[2] = { 1000000000, 0 };

	for (;;)
		raw(SYS_nanosleep, time, 0);
}

MISDEED_FN void map_for_ever(void)
{
	for (;;) {
		long at = map(0, 65536, 3, 0);

		for (int i = 0; i < 65536; i += 4096)
			*(volatile char *)(at + i) = 1;
		raw(SYS_munmap, at, 65536);
	}
}

MISDEED_FN void fork_for_ever(void)
{
	for (;;) {
		long pid = raw(SYS_fork);

		if (pid == 0)
			leave(0);
		raw(SYS_wait4, pid, 0, 0, 0);
	}
}
