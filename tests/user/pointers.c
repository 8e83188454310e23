/* SPDX-License-Identifier: ISC */
/*
 * Each pointer argument of each call, given every kind of bad pointer: EFAULT, never a signal, never
 * a success. Checklist line 14.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define PAGE 4096

/* Which kinds make no sense for an argument. */
#define NULL_IS_FINE 1 /* NULL means "none" */
#define ONE_BYTE 2 /* too short to lie across a page's end */
#define PARTIAL 4 /* what fits is transferred: the bytes before the page's end */

#define BAD 0xbad00000L /* the argument under test */
#define A_FD -2L /* a pipe's end with something to read, or room to write */
#define A_CHILD -3L /* a child that has ended */

struct call {
	const char *name;
	long nr;
	long args[5];
	int flags;
};

static int data_fd, room_fd, dir_fd;
static char good[PAGE];

/* What else an argument may stand for. */
enum { READ_FD = -10, WRITE_FD = -11, DIR_FD = -12, CHILD = -13, GOOD = -14, NAME = -15 };

/* clang-format off */
static const struct call calls[] = {
	{ "read", SYS_read, { READ_FD, BAD, 16 }, PARTIAL },
	{ "write", SYS_write, { WRITE_FD, BAD, 16 }, PARTIAL },
	{ "readv", SYS_readv, { READ_FD, BAD, 2 }, 0 },
	{ "writev", SYS_writev, { WRITE_FD, BAD, 2 }, 0 },
	{ "open", SYS_open, { BAD, O_RDONLY }, 0 },
	{ "openat", SYS_openat, { AT_FDCWD, BAD, O_RDONLY }, 0 },
	{ "stat: path", SYS_stat, { BAD, GOOD }, 0 },
	{ "stat: result", SYS_stat, { NAME, BAD }, 0 },
	{ "lstat: result", SYS_lstat, { NAME, BAD }, 0 },
	{ "fstat", SYS_fstat, { READ_FD, BAD }, 0 },
	{ "newfstatat: path", SYS_newfstatat, { AT_FDCWD, BAD, GOOD, 0 }, NULL_IS_FINE },
	{ "newfstatat: result", SYS_newfstatat, { AT_FDCWD, NAME, BAD, 0 }, 0 },
	{ "getdents64", SYS_getdents64, { DIR_FD, BAD, 256 }, PARTIAL },
	{ "mkdir", SYS_mkdir, { BAD, 0700 }, 0 },
	{ "rmdir", SYS_rmdir, { BAD }, 0 },
	{ "unlink", SYS_unlink, { BAD }, 0 },
	{ "link: old", SYS_link, { BAD, NAME }, 0 },
	{ "link: new", SYS_link, { NAME, BAD }, 0 },
	{ "symlink: target", SYS_symlink, { BAD, NAME }, 0 },
	{ "symlink: path", SYS_symlink, { NAME, BAD }, 0 },
	{ "rename: old", SYS_rename, { BAD, NAME }, 0 },
	{ "rename: new", SYS_rename, { NAME, BAD }, 0 },
	{ "readlink: path", SYS_readlink, { BAD, GOOD, 16 }, 0 },
	{ "chmod", SYS_chmod, { BAD, 0700 }, 0 },
	{ "access", SYS_access, { BAD, 0 }, 0 },
	{ "chdir", SYS_chdir, { BAD }, 0 },
	{ "getcwd", SYS_getcwd, { BAD, PAGE }, 0 },
	{ "execve: path", SYS_execve, { BAD, GOOD, GOOD }, 0 },
	{ "pipe", SYS_pipe, { BAD }, 0 },
	{ "pipe2", SYS_pipe2, { BAD, 0 }, 0 },
	{ "poll", SYS_poll, { BAD, 2, 0 }, 0 },
	{ "wait4: status", SYS_wait4, { CHILD, BAD, 0, 0 }, NULL_IS_FINE },
	{ "wait4: usage", SYS_wait4, { CHILD, 0, 0, BAD }, NULL_IS_FINE },
	{ "uname", SYS_uname, { BAD }, 0 },
	{ "nanosleep: time", SYS_nanosleep, { BAD, 0 }, 0 },
	{ "clock_nanosleep: time", SYS_clock_nanosleep, { 1, 0, BAD, 0 }, 0 },
	{ "clock_gettime", SYS_clock_gettime, { 1, BAD }, 0 },
	{ "clock_getres", SYS_clock_getres, { 1, BAD }, NULL_IS_FINE },
	{ "gettimeofday", SYS_gettimeofday, { BAD, 0 }, NULL_IS_FINE },
	{ "time", SYS_time, { BAD }, NULL_IS_FINE },
	{ "getrandom", SYS_getrandom, { BAD, 256, 0 }, PARTIAL },
	{ "sched_getaffinity", SYS_sched_getaffinity, { 0, 128, BAD }, 0 },
	{ "sched_setaffinity", SYS_sched_setaffinity, { 0, 128, BAD }, 0 },
	{ "rt_sigprocmask: new", SYS_rt_sigprocmask, { 0, BAD, 0, 8 }, NULL_IS_FINE },
	{ "rt_sigprocmask: old", SYS_rt_sigprocmask, { 0, 0, BAD, 8 }, NULL_IS_FINE },
	{ "rt_sigaction: new", SYS_rt_sigaction, { SIGUSR1, BAD, 0, 8 }, NULL_IS_FINE },
	{ "rt_sigaction: old", SYS_rt_sigaction, { SIGUSR1, 0, BAD, 8 }, NULL_IS_FINE },
	{ "prlimit64: old", SYS_prlimit64, { 0, 7, 0, BAD }, NULL_IS_FINE },
	{ "getrlimit", SYS_getrlimit, { 7, BAD }, 0 },
	{ "getrusage", SYS_getrusage, { 0, BAD }, 0 },
	{ "sysinfo", SYS_sysinfo, { BAD }, 0 },
	{ "times", SYS_times, { BAD }, NULL_IS_FINE },
	{ "arch_prctl: get", SYS_arch_prctl, { 0x1003, BAD }, 0 },
};
/* clang-format on */

static int end_at_once(void *arg)
{
	return (long)arg;
}

/* A fresh child for each wait4, reaped afterwards whatever came of the call. */
static pid_t child;

static long argument(long wanted, long bad)
{
	switch (wanted) {
	case BAD: return bad;
	case READ_FD: return data_fd;
	case WRITE_FD: return room_fd;
	case DIR_FD: return dir_fd;
	case GOOD: return (long)good;
	case NAME: return (long)"/tmp";
	case CHILD: return child;
	default: return wanted;
	}
}

static long perform(const struct call *call, unsigned long bad)
{
	long args[5], ret;

	child = call->args[0] == CHILD ? start_child(end_at_once, NULL) : 0;
	for (int i = 0; i < 5; i++)
		args[i] = argument(call->args[i], bad);
	ret = raw(call->nr, args[0], args[1], args[2], args[3], args[4]);
	if (child)
		waitpid(child, NULL, 0);
	return ret;
}

/*
 * The last byte of a page with nothing behind it; it is not zero, so a path runs over the end.
 */
static unsigned long page_end(void)
{
	char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(at + PAGE, PAGE);
	memset(at, 'x', PAGE);
	return (unsigned long)at + PAGE - 1;
}

static void check_call(const struct call *call, unsigned long edge)
{
	static const struct {
		const char *name;
		unsigned long address;
	} kinds[] = {
		{ "unmapped", 0x500000000000 },
		{ "the null page", 8 },
		{ "the kernel's image", 0xffffffff80100000 },
		{ "the kernel half", 0xffff800000000000 },
		{ "non-canonical", 0x800000000000 },
		{ "wrapping", -8UL },
		{ "the end of the user half", 0x7ffffffffff8 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		is_long(perform(call, kinds[i].address), -EFAULT, "%s: %s", call->name,
			kinds[i].name);
	if (!(call->flags & NULL_IS_FINE))
		is_long(perform(call, 0), -EFAULT, "%s: null", call->name);
	*(char *)edge = 'x'; /* a call before may have put a zero there */
	if (!(call->flags & PARTIAL))
		is_long(perform(call, edge), -EFAULT, "%s: across a page's end", call->name);
}

/* A read-only page takes no results. */
static void read_only(void)
{
	void *at = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	is_long(raw(SYS_read, data_fd, at, 16), -EFAULT, "read into a read-only page");
	is_long(raw(SYS_uname, at), -EFAULT, "uname into a read-only page");
	is_long(raw(SYS_pipe, at), -EFAULT, "pipe into a read-only page");
	is_long(raw(SYS_read, data_fd, check_call, 16), -EFAULT, "read into code");
	munmap(at, PAGE);
}

/* Lengths that reach beyond everything from a good pointer. */
static void lengths(char *page)
{
	is_long(raw(SYS_getrandom, page, -1, 0), PAGE, "getrandom of -1 fills the page there is");
	is_long(raw(SYS_read, data_fd, page, 1UL << 62), -EFAULT, "read of 2^62");
	is_long(raw(SYS_write, room_fd, page, 1UL << 63), -EFAULT, "write of 2^63");
	is_long(raw(SYS_write, room_fd, page, -1), -EFAULT, "write of -1");
}

/*
 * Paths of every length that end with the last byte of a page: read to their end and not beyond.
 * Without the NUL they run over it.
 */
static void paths_at_a_page_end(void)
{
	char *area = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int wrong_end = 0, wrong_length = 0;

	munmap(area + 4096, 4096);
	for (int length = 1; length <= 40; length++) {
		char *path = area + 4096 - length - 1;
		struct stat st;

		memset(path, '/', length);
		path[length] = 0;
		wrong_length += stat(path, &st) != 0 || !S_ISDIR(st.st_mode);
		path[length] = '/';
		wrong_end += raw(SYS_stat, path, &st) != -EFAULT;
	}
	is_long(wrong_length, 0, "paths that end with the page are read");
	is_long(wrong_end, 0, "those that run over it: EFAULT");
	munmap(area, 4096);
}

int main(void)
{
	unsigned long edge = page_end();
	int p[2], next;

	if (pipe(p) < 0 || write(p[1], good, 512) != 512)
		return 2;
	data_fd = p[0];
	if (pipe(p) < 0)
		return 2;
	room_fd = p[1];
	dir_fd = open("/tmp", O_RDONLY | O_DIRECTORY);
	next = dup(0);
	close(next);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		check_call(&calls[i], edge);
	read_only();
	is_long(dup(0), next, "none of them left a descriptor open");
	is_long(raw(SYS_wait4, -1, 0, 0, 0), -ECHILD, "or a child");
	lengths((char *)edge - PAGE + 1);
	paths_at_a_page_end();
	return done_testing();
}
