/* SPDX-License-Identifier: ISC */
/*
 * clone and clone3 by raw calls: which flags go together, structures of any size, what is stored where,
 * and children that share some things only.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "futex.h"
#include "sys.h"
#include "tap.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

#define STACK 16384
#define THREAD (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

static char stack[STACK] __attribute__((aligned(64)));

static long clone3(const struct clone3_args *a, size_t size)
{
	return raw(SYS_clone3, a, size);
}

/* -- what is refused ------------------------------------------------------------------------------- */

static void combinations(void)
{
	is_long(raw(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), -EINVAL,
		"actions need memory");
	is_long(raw(SYS_clone, CLONE_THREAD | CLONE_VM, stack + STACK, 0, 0, 0), -EINVAL,
		"a thread needs actions");
	is_long(raw(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0), -EINVAL, "and memory");
	is_long(raw(SYS_clone, THREAD | CLONE_SETTLS, stack + STACK, 0, 0, 1UL << 63), -EPERM,
		"thread data in the kernel");
	is_long(raw(SYS_clone, THREAD | CLONE_SETTLS, stack + STACK, 0, 0, 1UL << 47), -EPERM,
		"thread data nowhere");
}

static long try3(struct clone3_args a, size_t size)
{
	return clone3(&a, size);
}

static void structures(void)
{
	struct clone3_args ok_args = { .exit_signal = SIGCHLD }, a;
	char *page =
		mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t tid = 1;

	munmap(page + 8192, 4096);
	is_long(try3(ok_args, 63), -EINVAL, "too small");
	is_long(try3(ok_args, 0), -EINVAL, "no structure");
	is_long(clone3((void *)page, 4097), -E2BIG, "larger than a page");
	memset(page, 0, 8192);
	page[88] = 1;
	is_long(clone3((void *)page, 96), -E2BIG, "what nobody knows must be zero");
	is_long(clone3((void *)(page + 8192 - 32), 64), -EFAULT, "half of it is not there");
	is_long(clone3((void *)8, 64), -EFAULT, "nor any of it");
	is_long(clone3((void *)0xffffffff80000000, 64), -EFAULT, "the kernel's");
	a = ok_args, a.exit_signal = 65;
	is_long(try3(a, 64), -EINVAL, "no such signal");
	a = ok_args, a.exit_signal = 1UL << 32 | SIGCHLD;
	is_long(try3(a, 64), -EINVAL, "nor one with more bits");
	a = ok_args, a.flags = SIGCHLD;
	is_long(try3(a, 64), -EINVAL, "the signal is no flag here");
	a = ok_args, a.flags = 1UL << 40;
	is_long(try3(a, 64), -EINVAL, "an unknown flag");
	a = ok_args, a.flags = 0x00400000; /* CLONE_DETACHED */
	is_long(try3(a, 64), -EINVAL, "a flag that means nothing");
	a = ok_args, a.flags = THREAD, a.stack = (uint64_t)stack, a.stack_size = STACK;
	is_long(try3(a, 64), -EINVAL, "a thread ends without a signal");
	a = ok_args, a.stack = (uint64_t)stack;
	is_long(try3(a, 64), -EINVAL, "a stack without a size");
	a = ok_args, a.stack_size = STACK;
	is_long(try3(a, 64), -EINVAL, "a size without a stack");
	a = ok_args, a.stack = (uint64_t)stack, a.stack_size = ~0UL;
	is_long(try3(a, 64), -EINVAL, "a stack that wraps");
	a = ok_args, a.set_tid_size = 1;
	is_long(try3(a, 80), -EINVAL, "numbers of nothing");
	a = ok_args, a.set_tid = (uint64_t)&tid;
	is_long(try3(a, 80), -EINVAL, "none of some");
	a = ok_args, a.set_tid = (uint64_t)&tid, a.set_tid_size = 33;
	is_long(try3(a, 80), -EINVAL, "too many");
	a = ok_args, a.flags = 0x100000000UL | CLONE_SIGHAND | CLONE_VM;
	is_long(try3(a, 64), -EINVAL, "handlers both shared and cleared");
	munmap(page, 8192);
}

/* -- children -------------------------------------------------------------------------------------- */

static int after(long pid)
{
	return pid == 0 ? raw(SYS_exit_group, 5) : status_of(pid);
}

static void handler(int sig)
{
	(void)sig;
}

static void processes(void)
{
	struct clone3_args a = { .exit_signal = SIGCHLD };
	struct sigaction sa;
	uint32_t ptid = 0, ctid = 0;
	char grown[128] = { 0 };
	long pid;

	is_status(after(clone3(&a, 64)), EXITED(5), "a child by clone3");
	memcpy(grown, &a, sizeof(a));
	is_status(after(clone3((void *)grown, 128)), EXITED(5), "by a structure of the future");
	pid = raw(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &ptid, &ctid,
		  0);
	if (pid == 0)
		raw(SYS_exit_group, ctid == raw(SYS_gettid) && !ptid ? 0 : ptid == ctid ? 1 : 2);
	ok(ptid == pid && ctid == 0, "the parent has the tid in its word");
	is_status(status_of(pid), EXITED(0), "the child in its own");
	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	a.flags = 0x100000000UL; /* CLONE_CLEAR_SIGHAND */
	pid = clone3(&a, 64);
	if (pid == 0) {
		sigaction(SIGUSR1, NULL, &sa);
		pid = sa.sa_handler == SIG_DFL;
		sigaction(SIGUSR2, NULL, &sa);
		raw(SYS_exit_group, pid && sa.sa_handler == SIG_IGN ? 0 : 1);
	}
	is_status(status_of(pid), EXITED(0), "handlers are cleared, ignoring is not");
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	pid = raw(SYS_clone, CLONE_UNTRACED | 0x00400000 | SIGCHLD, 0, 0, 0, 0);
	is_status(after(pid), EXITED(5), "flags of old are passed over");
	pid = raw(SYS_clone, 0, 0, 0, 0, 0);
	if (pid == 0)
		raw(SYS_exit_group, 6);
	is_long(raw(SYS_wait4, pid, 0, 0, 0), -ECHILD,
		"a child without a signal is no child to wait");
	is_long(raw(SYS_wait4, pid, 0, 0x40000000, 0), pid, "but with __WALL");
}

static volatile int shared_value;
static volatile uint32_t clear_me;

struct sharing {
	unsigned long flags;
	int fd;
};

/* Runs on a stack of its own in the parent's memory. */
static int change(void *arg)
{
	struct sharing *s = arg;

	shared_value = 9;
	s->fd = raw(SYS_open, "/dev/null", O_RDONLY);
	raw(SYS_chdir, "/tmp");
	raw(SYS_umask, 077);
	signal(SIGUSR1, SIG_IGN);
	raw(SYS_exit, 8);
	return 0;
}

static void share(unsigned long flags, const char *what, int files, int fs, int actions)
{
	struct sharing s = { .flags = flags, .fd = -1 };
	struct sigaction sa;
	char cwd[64];
	int pid;

	if (chdir("/") < 0)
		return;
	umask(022);
	signal(SIGUSR1, SIG_DFL);
	shared_value = 0;
	pid = clone(change, stack + STACK, flags | CLONE_VM | SIGCHLD, &s);
	is_status(status_of(pid), EXITED(8), "%s: it ends", what);
	is_long(shared_value, 9, "%s: the memory is one", what);
	is_long(fcntl(s.fd, F_GETFD) >= 0, files, "%s: descriptors", what);
	if (files)
		close(s.fd);
	is_long(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/tmp"), fs, "%s: the directory", what);
	is_long(umask(022) == 077, fs, "%s: the umask", what);
	sigaction(SIGUSR1, NULL, &sa);
	is_long(sa.sa_handler == SIG_IGN, actions, "%s: actions", what);
	signal(SIGUSR1, SIG_DFL);
}

/* -- threads ---------------------------------------------------------------------------------------- */

static int clears(void *arg)
{
	shared_value = raw(SYS_gettid) != getpid();
	(void)arg;
	raw(SYS_exit, 0);
	return 0;
}

static void threads(void)
{
	unsigned long flags = THREAD | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM |
			      CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	pid_t ptid = 0;
	long tid;

	shared_value = 0;
	clear_me = 77;
	tid = clone(clears, stack + STACK, flags, NULL, &ptid, NULL, &clear_me);
	while (clear_me)
		futex((void *)&clear_me, FUTEX_WAIT, 77, NULL, NULL, 0);
	is_long(ptid, tid, "a thread's tid is stored");
	is_long(shared_value, 1, "it ran, and its word was cleared");
	clear_me = 77;
	tid = clone(clears, stack + STACK, flags | CLONE_VFORK, NULL, &ptid, NULL, &clear_me);
	is_long(clear_me, 0, "vfork waits for a thread, too");
	is_long(raw(SYS_wait4, tid, 0, 0x40000000, 0), -ECHILD, "nobody waits for threads");
	is_long(clone(clears, stack + STACK, THREAD | CLONE_PARENT_SETTID, NULL, (void *)8) > 0, 1,
		"a bad address for the tid is the program's loss");
	while (clear_me && !shared_value)
		usleep(100);
	usleep(2000);
}

static int sibling(void *arg)
{
	(void)arg;
	return raw(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0 ? 3 : 4;
}

static void siblings(void)
{
	pid_t pid = start_child(sibling, NULL);
	int status, sum = 0;

	status = status_of(pid);
	sum = status;
	pid = waitpid(-1, &status, 0);
	ok(pid > 0 && sum + status == EXITED(3) + EXITED(4), "CLONE_PARENT makes a sibling");
}

int main(void)
{
	combinations();
	structures();
	processes();
	share(0, "memory only", 0, 0, 0);
	share(CLONE_FILES, "with files", 1, 0, 0);
	share(CLONE_FS, "with directories", 0, 1, 0);
	share(CLONE_SIGHAND, "with actions", 0, 0, 1);
	share(CLONE_FS | CLONE_FILES | CLONE_SIGHAND, "with all", 1, 1, 1);
	threads();
	siblings();
	return done_testing();
}
