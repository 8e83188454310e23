/* SPDX-License-Identifier: ISC */
/*
 * Anonymous memory: mmap, munmap, mprotect and brk, on whole maps and on parts of them, and with
 * every length and address that makes no sense. Checklist line 16.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define PAGE 4096UL
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define USER_END 0x7ffffffff000UL

static long map(unsigned long at, unsigned long length, int prot, int flags)
{
	return raw(SYS_mmap, at, length, prot, flags, -1, 0);
}

static int read_it(void *at)
{
	return *(volatile char *)at & 0;
}

static int write_it(void *at)
{
	*(volatile char *)at = 1;
	return 0;
}

static int run_it(void *at)
{
	((void (*)(void))at)();
	return 0;
}

/* What is allowed at an address: each letter of "rwx", found out by children that may die. */
static void is_allowed(long at, const char *want, const char *name)
{
	static child_fn *const tries[] = { read_it, write_it, run_it };

	for (int i = 0; i < 3; i++) {
		bool allowed = strchr(want, "rwx"[i]) != NULL;

		if (allowed || i < 2 || want[0] != 'w')
			is_status(in_child(tries[i], (void *)at),
				  allowed ? EXITED(0) : KILLED(SIGSEGV), "%s: %c", name, "rwx"[i]);
	}
}

static void lengths(void)
{
	is_long(map(0, 0, RW, ANON), -EINVAL, "length 0");
	is_long(map(0, -1UL, RW, ANON), -ENOMEM, "length -1");
	is_long(map(0, -PAGE, RW, ANON), -ENOMEM, "length -4096");
	is_long(map(0, 1UL << 47, RW, ANON), -ENOMEM, "length of the whole user half");
	is_long(map(0, 1UL << 63, RW, ANON), -ENOMEM, "length 2^63");
	is_long(map(PAGE, -PAGE, RW, ANON | MAP_FIXED), -ENOMEM, "address and length wrap");
	is_long(raw(SYS_mmap, 0, PAGE, RW, ANON, -1, 5), -EINVAL, "an offset within a page");
	is_long(raw(SYS_mmap, 0, PAGE, RW, 0x20, -1, 0), -EINVAL, "neither private nor shared");
	is_long(raw(SYS_mmap, 0, PAGE, RW, MAP_PRIVATE, -1, 0), -EBADF,
		"a file, but no descriptor");
}

static void fixed(void)
{
	static const unsigned long bad[] = { USER_END, 0x800000000000UL, 0xffff800000000000UL,
					     0xffffffff80000000UL, -PAGE };
	long at = map(0x310000000000, 2 * PAGE, RW, ANON | MAP_FIXED);

	is_long(at, 0x310000000000, "MAP_FIXED");
	is_long(map(at + 1, PAGE, RW, ANON | MAP_FIXED), -EINVAL, "MAP_FIXED within a page");
	for (int i = 0; i < 5; i++) {
		long got = map(bad[i], PAGE, RW, ANON | MAP_FIXED);

		ok(got == -ENOMEM || got == -EINVAL, "MAP_FIXED at %#lx: no", bad[i]);
		got = raw(SYS_munmap, bad[i], PAGE);
		ok(got == -EINVAL, "munmap at %#lx: no", bad[i]);
		got = raw(SYS_mprotect, bad[i], PAGE, RW);
		ok(got == -ENOMEM || got == -EINVAL, "mprotect at %#lx: no", bad[i]);
	}
	is_long(map(USER_END - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED), -ENOMEM,
		"MAP_FIXED over the end");
	memset((void *)at, 7, 2 * PAGE);
	is_long(map(at + PAGE, PAGE, RW, ANON | MAP_FIXED), at + PAGE, "MAP_FIXED over a map");
	ok(*(char *)at == 7 && *(char *)(at + PAGE) == 0, "replaces that part");
	is_long(map(at, PAGE, RW, ANON | 0x100000), -EEXIST, "MAP_FIXED_NOREPLACE over a map");
	ok(map(at, PAGE, RW, ANON) != at, "a mere hint doesn't replace");
	is_long(raw(SYS_munmap, at, 2 * PAGE), 0, "gone");
	is_long(map(at + 5, PAGE, RW, ANON), at, "a hint where room is, is taken, page-aligned");
	raw(SYS_munmap, at, PAGE);
}

static void protections(void)
{
	long at = map(0, PAGE, RW, ANON);

	memset((void *)at, 0xc3, PAGE); /* ret */
	is_allowed(at, "rw", "read and write");
	is_long(raw(SYS_mprotect, at, PAGE, PROT_READ), 0, "mprotect to read");
	is_allowed(at, "r", "read");
	is_long(raw(SYS_mprotect, at, PAGE, PROT_READ | PROT_EXEC), 0, "mprotect to execute");
	is_allowed(at, "rx", "read and execute");
	is_long(raw(SYS_mprotect, at, PAGE, PROT_NONE), 0, "mprotect to nothing");
	is_allowed(at, "", "nothing");
	is_long(raw(SYS_mprotect, at, PAGE, RW), 0, "mprotect back");
	is_allowed(at, "rw", "read and write again");
	is_long(*(unsigned char *)at, 0xc3, "the bytes were kept");
	is_long(raw(SYS_mprotect, at + 1, PAGE, RW), -EINVAL, "mprotect within a page");
	is_long(raw(SYS_mprotect, at, 0, RW), 0, "mprotect of nothing");
	is_long(raw(SYS_mprotect, at, -PAGE, RW), -ENOMEM, "mprotect beyond the end");
	is_long(raw(SYS_mprotect, at, PAGE, 0x100), -EINVAL, "mprotect to what there is not");
	raw(SYS_munmap, at, PAGE);
	is_long(raw(SYS_mprotect, at, PAGE, RW), -ENOMEM, "mprotect of no map");
}

static bool page_is(long at, int value)
{
	for (unsigned long i = 0; i < PAGE; i++)
		if (((unsigned char *)at)[i] != value)
			return false;
	return true;
}

/* Nine pages, cut into pieces from the middle, the start and the end. */
static void parts(void)
{
	long at = map(0, 9 * PAGE, RW, ANON);

	for (int i = 0; i < 9; i++)
		memset((void *)(at + i * PAGE), i + 1, PAGE);
	is_long(raw(SYS_munmap, at + 4 * PAGE, PAGE), 0, "a hole in the middle");
	is_long(raw(SYS_munmap, at, PAGE), 0, "the first page");
	is_long(raw(SYS_munmap, at + 8 * PAGE, 1), 0, "the last, by one byte of it");
	is_allowed(at, "", "the first page");
	is_allowed(at + 4 * PAGE, "", "the hole");
	is_allowed(at + 8 * PAGE, "", "the last page");
	for (int i = 0; i < 9; i++)
		if (i % 4)
			ok(page_is(at + i * PAGE, i + 1), "page %d is as it was", i);
	is_long(raw(SYS_mprotect, at + 2 * PAGE, PAGE, PROT_READ), 0, "one page to read only");
	is_status(in_child(write_it, (void *)(at + 2 * PAGE)), KILLED(SIGSEGV), "is");
	is_status(in_child(write_it, (void *)(at + PAGE)), EXITED(0), "the one before isn't");
	is_status(in_child(write_it, (void *)(at + 3 * PAGE)), EXITED(0), "the one behind isn't");
	is_long(raw(SYS_mprotect, at + 3 * PAGE, 3 * PAGE, PROT_READ), -ENOMEM,
		"mprotect over the hole");
	is_status(in_child(write_it, (void *)(at + 3 * PAGE)), KILLED(SIGSEGV),
		  "has done what came before it");
	is_long(raw(SYS_munmap, at, 9 * PAGE), 0, "munmap over holes and all");
	is_long(raw(SYS_munmap, at, 9 * PAGE), 0, "munmap of nothing");
	is_long(raw(SYS_munmap, at, 0), -EINVAL, "munmap of length 0");
	is_long(raw(SYS_munmap, at + 1, PAGE), -EINVAL, "munmap within a page");
	is_long(raw(SYS_munmap, at, -PAGE), -EINVAL, "munmap beyond the end");
}

/* Reserving costs nothing: far more than there is memory, touched in three places. */
static void lazily(void)
{
	long at = map(0, 1UL << 36, RW, ANON | MAP_NORESERVE);

	ok(at > 0, "64 GiB are reserved");
	if (at < 0)
		return;
	for (int i = 0; i < 3; i++) {
		volatile char *byte = (char *)at + i * (30UL << 30);

		ok(*byte == 0, "page %d of it is zero", i);
		*byte = 9;
		ok(*byte == 9, "and can be written");
	}
	is_long(raw(SYS_munmap, at, 1UL << 36), 0, "and given back");
}

static void program_break(void)
{
	unsigned long start = raw(SYS_brk, 0), half = 0xffff800000000000UL;

	ok(start > 0x400000 && start < USER_END, "brk(0) tells where it is");
	is_long(raw(SYS_brk, start + 3 * PAGE + 5), start + 3 * PAGE + 5, "it grows, by the byte");
	memset((void *)start, 7, 3 * PAGE);
	ok(((char *)start)[3 * PAGE] == 0, "fresh memory is zero");
	is_long(raw(SYS_brk, -1), start + 3 * PAGE + 5, "brk(-1) changes nothing");
	is_long(raw(SYS_brk, half), start + 3 * PAGE + 5, "nor does the kernel half");
	is_long(raw(SYS_brk, USER_END), start + 3 * PAGE + 5, "nor the end of the user half");
	is_long(raw(SYS_brk, 1), start + 3 * PAGE + 5, "nor an address before the start");
	is_long(raw(SYS_brk, start), start, "it shrinks");
	is_status(in_child(read_it, (void *)(((start + PAGE - 1) & -PAGE) + PAGE)), KILLED(SIGSEGV),
		  "what it left is gone");
	is_long(raw(SYS_brk, start + 3 * PAGE), start + 3 * PAGE, "it grows again");
	ok(*(char *)(((start + PAGE - 1) & -PAGE) + PAGE) == 0, "with fresh memory");
	raw(SYS_brk, start);
}

/* Five thousand maps of one page each with holes between: then all are given back. */
static void many(void)
{
	static long at[5000];
	int wrong = 0;

	for (int i = 0; i < 5000; i++) {
		at[i] = map(0x320000000000 + i * 2 * PAGE, PAGE, RW, ANON | MAP_FIXED);
		if (at[i] > 0)
			*(int *)at[i] = i;
	}
	for (int i = 0; i < 5000; i++)
		wrong += at[i] < 0 || *(int *)at[i] != i;
	is_long(wrong, 0, "five thousand maps");
	is_long(raw(SYS_munmap, 0x320000000000, 10000 * PAGE), 0, "and one munmap for all");
	is_allowed(at[4999], "", "the last of them");
}

int main(void)
{
	lengths();
	fixed();
	protections();
	parts();
	lazily();
	program_break();
	many();
	return done_testing();
}
