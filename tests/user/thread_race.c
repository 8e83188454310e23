/* SPDX-License-Identifier: ISC */
/*
 * Threads that take away what a call of another is using: memory under reads, writes and exec, iovecs
 * and paths that change, descriptors that are closed. The kernel copies once and checks what it copied, so
 * each call succeeds, as a whole or as far as the memory was there, or fails; nothing else happens.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "beside.h"
#include "child.h"
#include "sys.h"
#include "tap.h"

#define ROUNDS 150
#define PAGE 4096

/* -- memory that comes and goes -------------------------------------------------------------------- */

static void *flip_map(void *arg)
{
	while (!stop) {
		munmap(arg, PAGE);
		sched_yield();
		mmap(arg, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		     0);
		sched_yield();
	}
	return NULL;
}

static void *flip_protection(void *arg)
{
	while (!stop) {
		mprotect(arg, PAGE, PROT_NONE);
		sched_yield();
		mprotect(arg, PAGE, PROT_READ | PROT_WRITE);
		sched_yield();
	}
	return NULL;
}

static long odd;

static void io_on(void *page)
{
	int zero = open("/dev/zero", O_RDWR), ends[2];
	char c[64];

	if (pipe(ends) < 0)
		return;
	for (int i = 0; i < ROUNDS; i++) {
		long r = raw(SYS_read, zero, page, 64);

		odd += !(r > 0 && r <= 64) && r != -EFAULT; /* cut where the page went */
		r = raw(SYS_write, ends[1], page, 64);
		odd += r != 64 && r != -EFAULT;
		if (r > 0 && read(ends[0], c, r) != r)
			odd++;
		r = raw(SYS_clock_gettime, 1, (char *)page + 32); /* the path below stays "" */
		odd += r != 0 && r != -EFAULT;
		r = raw(SYS_access, page, 0);
		odd += r != -ENOENT && r != -EFAULT;
		r = raw(SYS_futex, page, 0 | 128, 1, 0, 0, 0);
		odd += r != -EAGAIN && r != -EFAULT;
		r = raw(SYS_sigaltstack, 0, page);
		odd += r != 0 && r != -EFAULT;
		if (i % 16 == 0)
			sched_yield();
	}
	close(zero);
	close(ends[0]);
	close(ends[1]);
}

static void memory(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	beside(flip_map, page, io_on);
	is_long(odd, 0, "calls on memory that another thread unmaps work or fail");
	beside(flip_protection, page, io_on);
	is_long(odd, 0, "or takes the rights from");
	munmap(page, PAGE);
}

/* -- what the kernel reads twice, if it does --------------------------------------------------------- */

static struct iovec vector[2];
static char buffer[64];

static void *flip_vector(void *arg)
{
	(void)arg;
	while (!stop) {
		vector[1].iov_len = 1UL << 62;
		vector[1].iov_base = (void *)0xffffffff80000000;
		vector[1].iov_len = 8;
		vector[1].iov_base = buffer;
	}
	return NULL;
}

static void write_vector(void *arg)
{
	int null = open("/tmp/race.out", O_RDWR | O_CREAT | O_TRUNC, 0600);

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		long r = raw(SYS_writev, null, vector, 2);

		odd += r != 16 && r != 8 && r != -EFAULT && r != -EINVAL;
		if (i % 8 == 0)
			sched_yield();
	}
	close(null);
	unlink("/tmp/race.out");
}

static char path[16] = "/tmp/race.a";

static void *flip_path(void *arg)
{
	(void)arg;
	for (int i = 0; !stop; i++)
		path[10] = 'a' + i % 2;
	return NULL;
}

static void open_path(void *arg)
{
	char end[64] = "/proc/self/fd/", seen[64];

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		int fd = raw(SYS_open, path, O_RDWR | O_CREAT, 0600);
		ssize_t n;

		if (fd < 0) {
			odd++;
			continue;
		}
		end[14] = '0' + fd / 10 % 10;
		end[15] = '0' + fd % 10;
		end[16] = 0;
		if (fd < 10)
			end[14] = '0' + fd, end[15] = 0;
		n = readlink(end, seen, sizeof(seen) - 1);
		seen[n > 0 ? n : 0] = 0;
		odd += strcmp(seen, "/tmp/race.a") && strcmp(seen, "/tmp/race.b");
		close(fd);
	}
	unlink("/tmp/race.a");
	unlink("/tmp/race.b");
}

static void twice(void)
{
	vector[0] = (struct iovec){ buffer, 8 };
	vector[1] = (struct iovec){ buffer, 8 };
	odd = 0;
	beside(flip_vector, NULL, write_vector);
	is_long(odd, 0, "an iovec that changes is read once");
	beside(flip_path, NULL, open_path);
	is_long(odd, 0, "a path that changes is one or the other");
}

/* -- exec of what changes ---------------------------------------------------------------------------- */

static char *argv_[4];

static void *flip_argv(void *arg)
{
	for (;;) {
		argv_[1] = (char *)8;
		argv_[1] = arg;
		argv_[2] = (char *)0xffffffff80000000;
		argv_[2] = NULL;
	}
	return NULL;
}

/* 7: what it became; -EFAULT ends as 8; never anything else. */
static int exec_racing(void *arg)
{
	char *envp[] = { NULL };
	long r = 0;

	argv_[0] = arg;
	argv_[1] = arg;
	start(flip_argv, arg);
	for (int i = 0; i < 200; i++) {
		r = raw(SYS_execve, arg, argv_, envp);
		if (r != -EFAULT)
			return 9;
	}
	return 8;
}

static void execs(char *self)
{
	int good = 0;

	for (int i = 0; i < 10; i++) {
		int status = in_child(exec_racing, self);

		good += status == EXITED(7) || status == EXITED(8);
	}
	is_long(good, 10, "exec with arguments that change becomes the program, or does not");
}

/* -- descriptors ------------------------------------------------------------------------------------- */

static int ends_[2];

static void *close_often(void *arg)
{
	(void)arg;
	while (!stop) {
		int fd = dup(ends_[0]);

		dup2(fd, 50);
		close(fd);
		sched_yield();
		close(50);
	}
	return NULL;
}

static void read_closed(void *arg)
{
	char c;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		long r = raw(SYS_read, 50, &c, 1);

		odd += r != -EBADF && r != -EAGAIN;
		r = raw(SYS_lseek, 50, 0, 0);
		odd += r != -EBADF && r != -ESPIPE;
		r = raw(SYS_fcntl, 50, F_GETFL, 0);
		odd += r < 0 && r != -EBADF;
		if (i % 4 == 0)
			sched_yield();
	}
}

static void *read_blocked(void *arg)
{
	char c;

	*(volatile int *)arg = 1;
	return (void *)(long)read(60, &c, 1);
}

static void descriptors(void)
{
	volatile int begun = 0;
	pthread_t t;
	void *r;

	if (pipe2(ends_, O_NONBLOCK) < 0)
		return;
	odd = 0;
	beside(close_often, NULL, read_closed);
	is_long(odd, 0, "descriptors that are closed meanwhile are there, or not");
	fcntl(ends_[0], F_SETFL, 0);
	dup2(ends_[0], 60);
	t = start(read_blocked, (void *)&begun);
	while (!begun)
		usleep(200);
	usleep(2000);
	close(60);
	is_long(raw(SYS_read, 60, &begun, 1), -EBADF, "it is closed");
	is_long(write(ends_[1], "x", 1), 1, "but who reads there");
	pthread_join(t, &r);
	is_long((long)r, 1, "goes on");
	close(ends_[0]);
	close(ends_[1]);
}

int main(int argc, char **argv)
{
	static char self[256];

	if (argc > 1)
		return 7;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		strcpy(self, argv[0]);
	memory();
	twice();
	execs(self);
	descriptors();
	return done_testing();
}
