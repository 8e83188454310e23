/* SPDX-License-Identifier: ISC */
/*
 * Resource limits: who may set them, that children have them, and that each of them holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define PATH "/tmp/leash-limit"
#define MB (1UL << 20)

static long set(int resource, unsigned long soft, unsigned long hard)
{
	struct rlimit l = { soft, hard };

	return raw(SYS_setrlimit, resource, &l);
}

static int is_set(int resource, unsigned long soft, unsigned long hard)
{
	struct rlimit l = { 1, 1 };

	return raw(SYS_prlimit64, 0, resource, 0, &l) == 0 && l.rlim_cur == soft &&
	       l.rlim_max == hard;
}

static int become_user(void)
{
	return raw(SYS_geteuid) == 0 && raw(SYS_setresuid, 54321, 54321, 54321);
}

static int child_has(void *arg)
{
	(void)arg;
	return !is_set(RLIMIT_NOFILE, 50, 60);
}

static int rights(void *arg)
{
	(void)arg;
	if (set(RLIMIT_NOFILE, 50, 60) || !is_set(RLIMIT_NOFILE, 50, 60))
		return 1;
	if (in_child(child_has, NULL))
		return 2;
	if (become_user() || set(RLIMIT_NOFILE, 60, 60) || set(RLIMIT_NOFILE, 61, 60) != -EINVAL)
		return 3;
	if (set(RLIMIT_NOFILE, 60, 61) != -EPERM || set(RLIMIT_NOFILE, 20, 30))
		return 4;
	if (set(RLIMIT_NOFILE, 20, 60) != -EPERM)
		return 5;
	if (set(99, 1, 1) != -EINVAL || raw(SYS_setrlimit, RLIMIT_CPU, 0) != -EFAULT)
		return 6;
	return raw(SYS_prlimit64, 0x7ffffff, RLIMIT_CPU, 0, 0) == -ESRCH ? 0 : 7;
}

static int descriptors(void *arg)
{
	int fd;

	(void)arg;
	if (set(RLIMIT_NOFILE, 10, 100))
		return 1;
	while ((fd = raw(SYS_dup, 0)) >= 0)
		if (fd >= 10)
			return 2;
	if (fd != -EMFILE || raw(SYS_dup2, 0, 10) != -EBADF)
		return 3;
	if (raw(SYS_fcntl, 0, F_DUPFD, 10) != -EINVAL)
		return 4;
	if (raw(SYS_openat, AT_FDCWD, "/", O_RDONLY) != -EMFILE)
		return 5;
	return set(RLIMIT_NOFILE, 20, 100) || raw(SYS_dup, 0) < 10 ? 6 : 0;
}

static int processes(void *arg)
{
	pid_t pid;

	(void)arg;
	if (become_user() || set(RLIMIT_NPROC, 2, 2))
		return 1;
	pid = raw(SYS_fork);
	if (pid == 0)
		_exit(raw(SYS_fork) == -EAGAIN ? 0 : 1);
	return pid < 0 ? 2 : status_of(pid) ? 3 : 0;
}

static int file_size(void *arg)
{
	static char text[3000];
	int fd = raw(SYS_openat, AT_FDCWD, PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || set(RLIMIT_FSIZE, 5000, RLIM_INFINITY))
		return 1;
	if (raw(SYS_write, fd, text, 3000) != 3000 || raw(SYS_write, fd, text, 3000) != 2000)
		return 2;
	if (arg)
		signal(SIGXFSZ, SIG_IGN);
	if (raw(SYS_write, fd, text, 1) != -EFBIG)
		return 3;
	if (raw(SYS_pwrite64, fd, text, 10, 4995) != 5 || raw(SYS_ftruncate, fd, 5000))
		return 4;
	return raw(SYS_ftruncate, fd, 5001) != -EFBIG ? 5 : 0;
}

static int address_space(void *arg)
{
	char *m;

	(void)arg;
	if (set(RLIMIT_AS, 64 * MB, RLIM_INFINITY))
		return 1;
	m = mmap(NULL, 30 * MB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m == MAP_FAILED)
		return 2;
	if (raw(SYS_mmap, 0, 40 * MB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != -ENOMEM)
		return 3;
	if (raw(SYS_mremap, m, 30 * MB, 70 * MB, MREMAP_MAYMOVE) != -ENOMEM)
		return 4;
	if (mmap(m, 30 * MB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != m)
		return 5;
	return set(RLIMIT_AS, RLIM_INFINITY, RLIM_INFINITY) ||
			       mmap(NULL, 40 * MB, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
				       MAP_FAILED
		       ? 6
		       : 0;
}

static int data(void *arg)
{
	unsigned long brk = raw(SYS_brk, 0);
	int how = MAP_PRIVATE | MAP_ANONYMOUS;

	(void)arg;
	if (set(RLIMIT_DATA, 4 * MB, RLIM_INFINITY))
		return 1;
	if (raw(SYS_mmap, 0, 8 * MB, PROT_READ | PROT_WRITE, how, -1, 0) != -ENOMEM)
		return 2;
	if (mmap(NULL, 8 * MB, PROT_READ, how, -1, 0) == MAP_FAILED)
		return 3;
	if (mmap(NULL, 8 * MB, PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		return 4;
	if (raw(SYS_brk, brk + 8 * MB) != (long)brk)
		return 5;
	return raw(SYS_brk, brk + MB) == (long)(brk + MB) ? 0 : 6;
}

static int use_stack(void *arg)
{
	volatile char big[2 * 1024 * 1024];

	for (long i = sizeof(big) - 1; i >= 0; i -= 4096)
		big[i] = 1;
	(void)arg;
	return big[4095] > 1;
}

static int small_stack(void *arg)
{
	if (set(RLIMIT_STACK, MB, RLIM_INFINITY))
		return 1;
	return use_stack(arg);
}

static volatile int warned;

static void on_xcpu(int sig)
{
	(void)sig;
	warned++;
}

static int cpu_time(void *arg)
{
	if (set(RLIMIT_CPU, 1, 2))
		return 1;
	if (arg)
		signal(SIGXCPU, on_xcpu);
	for (;;)
		if (warned && arg == (void *)1)
			return 0;
}

int main(void)
{
	is_long(in_child(rights, NULL), 0, "hard limits go down only, but for root");
	is_long(in_child(descriptors, NULL), 0, "RLIMIT_NOFILE");
	if (raw(SYS_geteuid) == 0)
		is_long(in_child(processes, NULL), 0, "RLIMIT_NPROC");
	is_long(in_child(file_size, (void *)1), 0, "RLIMIT_FSIZE");
	is_long(in_child(file_size, NULL), SIGXFSZ, "SIGXFSZ");
	is_long(in_child(address_space, NULL), 0, "RLIMIT_AS");
	is_long(in_child(data, NULL), 0, "RLIMIT_DATA");
	is_long(in_child(use_stack, NULL), 0, "2 MiB of stack");
	is_long(in_child(small_stack, NULL), SIGSEGV, "RLIMIT_STACK");
	is_long(in_child(cpu_time, (void *)1), 0, "RLIMIT_CPU: a signal");
	is_long(in_child(cpu_time, (void *)2), SIGKILL, "then the end");
	is_long(in_child(cpu_time, NULL), SIGXCPU, "SIGXCPU ends a program that does not know it");
	raw(SYS_unlink, PATH);
	return done_testing();
}
