/* SPDX-License-Identifier: ISC */
/*
 * A program may enter the kernel with any flag set that it can set: DF, AC, NT, TF, and the
 * arithmetic ones. The kernel must work as ever, and give the flags back. Checklist line 12.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "child.h"
#include "sys.h"
#include "tap.h"
#include "where.h"

#define CF 0x1UL
#define PF 0x4UL
#define AF 0x10UL
#define ZF 0x40UL
#define SF 0x80UL
#define TF 0x100UL
#define DF 0x400UL
#define OF 0x800UL
#define NT 0x4000UL
#define AC 0x40000UL
#define ID 0x200000UL

static uint64_t flags_after;

/* One system call with extra flags; they are cleared before any C code runs again. */
static long call_with_flags(uint64_t flags, long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("sub $256, %%rsp\n"
			 "pushfq\n"
			 "or %[flags], (%%rsp)\n"
			 "popfq\n"
			 "syscall\n"
			 "pushfq\n"
			 "pop %[after]\n"
			 "pushq $0x202\n"
			 "popfq\n"
			 "add $256, %%rsp\n"
			 : "=a"(ret), [after] "=r"(flags_after)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), [flags] "r"(flags)
			 : "rcx", "r11", "memory", "cc");
	return ret;
}

static void write_with(uint64_t flags, const char *name)
{
	char back[32] = { 0 };
	int ends[2];

	if (pipe(ends) < 0)
		return;
	is_long(call_with_flags(flags, SYS_write, ends[1], (long)"0123456789abcdef", 16), 16,
		"write with %s", name);
	if (!on_leash() && (flags & ~flags_after) == NT) /* AMD's processors under Linux 6.18 */
		skip("this Linux takes NT away", "%s comes back", name);
	else
		is_long(flags_after & flags, flags, "%s comes back", name);
	is_long(call_with_flags(flags, SYS_read, ends[0], (long)back, 16), 16, "read with %s",
		name);
	ok(strcmp(back, "0123456789abcdef") == 0, "the bytes are right with %s", name);
	is_long(call_with_flags(flags, 1000, 0, 0, 0), -38, "an unknown call with %s", name);
	is_long(call_with_flags(flags, SYS_sched_yield, 0, 0, 0), 0, "a yield with %s", name);
	close(ends[0]);
	close(ends[1]);
}

/* fork copies, so the write after it faults on a page shared for reading: with DF set. */
static void copy_on_write_with_df(void)
{
	static char page[8192] __attribute__((aligned(4096)));
	pid_t pid;

	memset(page, 7, sizeof(page));
	pid = call_with_flags(DF, SYS_fork, 0, 0, 0);
	if (pid == 0) {
		char *end = page + sizeof(page) - 1;
		long count = sizeof(page);

		__asm__ volatile("std; rep stosb; cld"
				 : "+D"(end), "+c"(count)
				 : "a"(9)
				 : "memory", "cc");
		_exit(page[0] == 9 && page[8191] == 9 && page[4096] == 9 ? 0 : 1);
	}
	is_status(status_of(pid), EXITED(0), "the child writes downwards over copied pages");
	ok(page[0] == 7 && page[8191] == 7, "the parent's pages are its own");
}

/* The trap comes after the system call, or after the popf: either way SIGTRAP for the program. */
static int single_step(void *nr)
{
	call_with_flags(TF, (long)nr, 0, 0, 0);
	return 99;
}

int main(void)
{
	write_with(0, "no flag");
	write_with(DF, "DF");
	write_with(AC, "AC");
	write_with(NT, "NT");
	write_with(ID, "ID");
	write_with(CF | PF | AF | ZF | SF | OF, "all arithmetic flags");
	write_with(DF | AC | NT | CF | PF | AF | ZF | SF | OF, "all of them");
	copy_on_write_with_df();
	is_status(in_child(single_step, (void *)SYS_getpid), KILLED(SIGTRAP), "TF over getpid");
	is_status(in_child(single_step, (void *)1000), KILLED(SIGTRAP), "TF over an unknown call");
	is_long(call_with_flags(0, SYS_getpid, 0, 0, 0), getpid(), "all is well after that");
	return done_testing();
}
