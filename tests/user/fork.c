/* SPDX-License-Identifier: ISC */
/*
 * fork: two processes with the same memory and neither sees the other's writes (copy on write);
 * descriptors and their offsets are shared; ids differ. vfork: the parent waits for the child.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#include "child.h"
#include "stat.h"
#include "sys.h"
#include "tap.h"

static int data = 1;
static int bss;

static int change_everything(void *heap)
{
	int stack = 3;

	if (data != 1 || bss != 2 || *(int *)heap != 4)
		return 1;
	data = bss = *(int *)heap = stack = 9;
	return data + bss + *(int *)heap + stack == 36 ? 0 : 2;
}

static void memory_is_copied(void)
{
	int *heap = malloc(sizeof(int));

	bss = 2;
	*heap = 4;
	is_status(in_child(change_everything, heap), EXITED(0),
		  "the child sees and changes memory");
	ok(data == 1 && bss == 2 && *heap == 4, "the parent's memory is unchanged");
	free(heap);
}

/* The parent writes first, the child must still see the old value. */
static void parent_writes_first(void)
{
	static char page[4096] __attribute__((aligned(4096)));
	int ends[2];
	pid_t pid;
	char c;

	page[100] = 1;
	if (pipe(ends) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		if (read(ends[0], &c, 1) != 1)
			_exit(2);
		_exit(page[100] == 1 ? 0 : 1);
	}
	page[100] = 2;
	if (write(ends[1], "g", 1) != 1)
		return;
	is_status(status_of(pid), EXITED(0), "the child keeps the old value");
	is_long(page[100], 2, "the parent has the new value");
	close(ends[0]);
	close(ends[1]);
}

/* Eight generations share the same pages; each changes its own. */
static int generation(void *depth)
{
	static int level;
	long left = (long)depth;

	level++;
	if (left > 0 && in_child(generation, (void *)(left - 1)) != EXITED(0))
		return 1;
	return level == 8 - left ? 0 : 2;
}

/* A system call writes into a shared page: the kernel's write must copy it too. */
static int kernel_writes(void *arg)
{
	static char page[4096] __attribute__((aligned(4096)));
	int ends[2];
	int status;

	(void)arg;
	strcpy(page, "old");
	if (pipe(ends) < 0 || write(ends[1], "new", 3) != 3)
		return 1;
	if (fork() == 0)
		_exit(read(ends[0], page, 3) == 3 && strcmp(page, "new") == 0 ? 0 : 1);
	if (waitpid(-1, &status, 0) < 0 || status != 0)
		return 2;
	return strcmp(page, "old") == 0 ? 0 : 3;
}

static void ids(void)
{
	pid_t parent = getpid();
	int ends[2];
	pid_t told[2];
	pid_t pid;

	if (pipe(ends) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		pid_t mine[2] = { getpid(), getppid() };

		_exit(write(ends[1], mine, sizeof(mine)) == sizeof(mine) ? 0 : 1);
	}
	is_long(read(ends[0], told, sizeof(told)), sizeof(told), "the child tells its ids");
	is_long(told[0], pid, "fork returns the child's pid");
	is_long(told[1], parent, "the child's parent is this process");
	is_status(status_of(pid), EXITED(0), "the child ends");
	is_long(getpid(), parent, "the parent's pid is unchanged");
	close(ends[0]);
	close(ends[1]);
}

/* Grandchild: its parent is another when the old one has ended; 0: as /proc says. */
static int look_at_parents(pid_t old)
{
	while (getppid() == old)
		sched_yield();
	return stat_field("/proc/self/stat", 4) == getppid() ? 0 : 1;
}

static void orphans_have_another_parent(void)
{
	int ends[2];
	char result = 9;
	pid_t pid;

	if (pipe(ends) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		pid_t old = getpid();

		if (fork() == 0) {
			result = (char)look_at_parents(old);
			_exit(write(ends[1], &result, 1) != 1);
		}
		_exit(0);
	}
	close(ends[1]);
	is_status(status_of(pid), EXITED(0), "a parent ends");
	is_long(read(ends[0], &result, 1), 1, "its child goes on");
	is_long(result, 0, "and has another one, as /proc says");
	close(ends[0]);
}

static int read_three(void *fd)
{
	char c[3];

	return read(*(int *)fd, c, 3) == 3 && memcmp(c, "abc", 3) == 0 ? 0 : 1;
}

static void offsets_are_shared(void)
{
	char path[] = "/tmp/fork.test";
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char c = 0;

	ok(fd >= 0 && write(fd, "abcd", 4) == 4 && lseek(fd, 0, SEEK_SET) == 0, "a file");
	is_status(in_child(read_three, &fd), EXITED(0), "the child reads three bytes");
	ok(read(fd, &c, 1) == 1 && c == 'd', "the parent reads the fourth");
	close(fd);
	unlink(path);
}

static int close_it(void *fd)
{
	return close(*(int *)fd);
}

static void tables_are_not_shared(void)
{
	int fd = dup(0);

	is_status(in_child(close_it, &fd), EXITED(0), "the child closes a descriptor");
	is_long(close(fd), 0, "it is still open in the parent");
}

static void vfork_waits(void)
{
	static volatile int seen;
	pid_t pid = vfork();

	if (pid == 0) {
		sched_yield();
		seen = 1;
		_exit(7);
	}
	is_long(seen, 1, "vfork: the child ran first, in the same memory");
	is_status(status_of(pid), EXITED(7), "vfork: the child's status");
}

static void clone_as_fork(void)
{
	volatile int mine = 1;
	pid_t tid = -1, pid;

	/* CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID: what libc's fork asks for */
	pid = raw(SYS_clone, 0x01200000 | SIGCHLD, 0, 0, &tid, 0);
	if (pid == 0) {
		mine = 2;
		_exit(tid == getpid() && mine == 2 ? 0 : 1);
	}
	is_status(status_of(pid), EXITED(0), "clone: the child finds its tid written");
	ok(tid == -1 && mine == 1, "clone: not in the parent's memory");
}

static volatile int shared_tid;

static int exit_or_exec(void *exec)
{
	if (exec)
		execl("/proc/self/exe", "fork", "exit", NULL);
	_exit(5);
}

/* The word is cleared when the child leaves the memory, and before the parent goes on. */
static void tid_is_cleared(void *exec, const char *how)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid;

	shared_tid = -1;
	pid = clone(exit_or_exec, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | CLONE_CHILD_CLEARTID | SIGCHLD, exec, NULL, NULL,
		    &shared_tid);
	is_long(shared_tid, 0, "CLONE_CHILD_CLEARTID: cleared by %s", how);
	is_status(status_of(pid), EXITED(5), "%s: the child's status", how);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "exit") == 0)
		return 5;
	memory_is_copied();
	parent_writes_first();
	is_status(in_child(generation, (void *)7), EXITED(0),
		  "eight generations, each its own copy");
	is_status(in_child(kernel_writes, NULL), EXITED(0), "a read into a shared page copies it");
	ids();
	orphans_have_another_parent();
	offsets_are_shared();
	tables_are_not_shared();
	vfork_waits();
	clone_as_fork();
	tid_is_cleared(NULL, "_exit");
	tid_is_cleared("exec", "execve");
	return done_testing();
}
