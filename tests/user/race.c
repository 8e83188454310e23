/* SPDX-License-Identifier: ISC */
/*
 * Time of check, time of use: while a thread is in a call, another one changes what the call reads,
 * or takes its memory away. The call does one thing or the other, or says EFAULT; what it was told
 * at its check it must not read again. Checklist line 15. A number as argument: that many rounds.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define KERNEL ((void *)0xffffffff80000000)
#define PAGE 4096

static volatile int over;
static long rounds = 3000;

static struct iovec vec[2];
static char good[64], path[PAGE] = "/dev/null";
static char *volatile page;

static void *flip_vector(void *arg)
{
	(void)arg;
	while (!over) {
		*(void *volatile *)&vec[1].iov_base = KERNEL;
		*(volatile size_t *)&vec[1].iov_len = 1UL << 62;
		*(void *volatile *)&vec[1].iov_base = good;
		*(volatile size_t *)&vec[1].iov_len = sizeof(good);
	}
	return NULL;
}

static bool writes_or_not(int fd)
{
	long n = raw(SYS_writev, fd, vec, 2);

	return n == -EFAULT || n == -EINVAL ||
	       (n >= (long)sizeof(good) && n <= 2 * (long)sizeof(good));
}

static void *flip_path(void *arg)
{
	(void)arg;
	while (!over) {
		memcpy(path, "/dev/zero", 10);
		path[0] = '\0';
		memcpy(path, "/nosuch/x", 10);
		memcpy(path, "/dev/null", 10);
	}
	return NULL;
}

static bool opens_or_not(int fd)
{
	long n = raw(SYS_open, path, O_RDONLY);

	(void)fd;
	if (n >= 0)
		raw(SYS_close, n);
	return n >= 0 || n == -ENOENT || n == -ENOTDIR || n == -EISDIR || n == -EACCES;
}

static void *flip_page(void *arg)
{
	(void)arg;
	while (!over) {
		munmap(page, PAGE);
		mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0);
	}
	return NULL;
}

static bool reads_or_not(int fd)
{
	long n = raw(SYS_read, fd, page, PAGE);

	return n == PAGE || n == -EFAULT || (n > 0 && n < PAGE);
}

static bool executes_or_not(int fd)
{
	char *argv[] = { page, NULL };
	long n = raw(SYS_execve, page, argv, argv);

	(void)fd;
	return n == -EFAULT || n == -ENOENT;
}

static bool stats_or_not(int fd)
{
	long n = raw(SYS_fstat, fd, page);

	return n == 0 || n == -EFAULT;
}

static void race(const char *name, void *(*flip)(void *), bool (*call)(int), const char *file)
{
	int fd = open(file, O_RDWR);
	pthread_t thread;
	long wrong = 0;

	over = 0;
	if (pthread_create(&thread, NULL, flip, NULL))
		return;
	for (long i = 0; i < rounds; i++)
		wrong += !call(fd);
	over = 1;
	pthread_join(thread, NULL);
	close(fd);
	is_long(wrong, 0, "%s", name);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		rounds = atol(argv[1]);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	vec[0] = vec[1] = (struct iovec){ good, sizeof(good) };
	race("writev, its vector changes", flip_vector, writes_or_not, "/dev/null");
	race("open, its path changes", flip_path, opens_or_not, "/dev/null");
	race("read, its buffer goes and comes", flip_page, reads_or_not, "/dev/zero");
	race("fstat, its buffer goes and comes", flip_page, stats_or_not, "/dev/null");
	race("execve, its path goes and comes", flip_page, executes_or_not, "/dev/null");
	ok(true, "all is well after that");
	return done_testing();
}
