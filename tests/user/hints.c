/* SPDX-License-Identifier: ISC */
/*
 * Hints and promises about memory and files: what they refuse, and that they promise the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"
#include "tap.h"

#define PATH "/tmp/leash-hints"
#define P 4096UL

/* Which of the four pages at @m are in memory: a digit each. */
static long there(char *m)
{
	unsigned char vec[4] = { 9, 9, 9, 9 };
	long r = raw(SYS_mincore, m, 4 * P, vec);

	return r ? r : vec[0] * 1000 + vec[1] * 100 + vec[2] * 10 + vec[3];
}

static void residence(void)
{
	int fd = raw(SYS_openat, AT_FDCWD, PATH, O_RDWR | O_CREAT, 0600);
	char *m = mmap(NULL, 4 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *s = mmap(NULL, 4 * P, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *f;

	is_long(there(m), 0, "mincore: nothing was touched");
	m[P] = m[2 * P] = 1;
	(void)*(volatile char *)(m + 3 * P);
	is_long(there(m), 111, "what was touched");
	mprotect(m + P, P, PROT_NONE);
	is_long(there(m), 111, "though it may not be touched any more");
	madvise(m + 2 * P, P, MADV_DONTNEED);
	is_long(there(m), 101, "not what was given back");
	is_long(there(s), 0, "of shared memory nothing");
	if (fork() == 0) {
		s[P] = 1;
		_exit(0);
	}
	wait(NULL);
	is_long(there(s), 100, "what another one touched");
	pwrite(fd, "x", 1, 0);
	pwrite(fd, "x", 1, 2 * (long)P);
	f = mmap(NULL, 4 * P, PROT_READ, MAP_SHARED, fd, 0);
	is_long(there(f) / 10, 101, "of a file what was written");
	munmap(f, 4 * P);
	f = mmap(NULL, 4 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	f[P] = 1;
	is_long(there(f) / 10, 111, "and a copy");
	munmap(f, 4 * P);
	munmap(m, 4 * P);
	munmap(s, 4 * P);
	close(fd);
	unlink(PATH);
}

static void memory(void)
{
	unsigned char vec[3] = { 9, 9, 9 };
	char *m = mmap(NULL, 3 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(m, 1, 3 * P);
	is_long(raw(SYS_mincore, m, 3 * P, vec), 0, "mincore");
	is_long(raw(SYS_mincore, m + 1, P, vec), -EINVAL, "misaligned");
	is_long(raw(SYS_mincore, m, P, 0), -EFAULT, "no place for the answer");
	is_long(raw(SYS_msync, m, 3 * P, MS_SYNC), 0, "msync");
	is_long(raw(SYS_msync, m, P, MS_SYNC | MS_ASYNC), -EINVAL, "at once and later");
	is_long(raw(SYS_msync, m, P, 64), -EINVAL, "no such flag");
	is_long(raw(SYS_munlock, m, P), 0, "munlock");
	raw(SYS_munmap, m + P, P);
	is_long(raw(SYS_mincore, m, 3 * P, vec), -ENOMEM, "mincore over a hole");
	is_long(raw(SYS_msync, m, 3 * P, MS_ASYNC), -ENOMEM, "msync over a hole");
	is_long(raw(SYS_munlock, m, 3 * P), -ENOMEM, "munlock over a hole");
	is_long(raw(SYS_mlockall, 0), -EINVAL, "mlockall of nothing");
	is_long(raw(SYS_munlockall), 0, "munlockall");
	raw(SYS_munmap, m, 3 * P);
}

static void files(void)
{
	int fd = raw(SYS_openat, AT_FDCWD, PATH, O_RDWR | O_CREAT, 0600), ends[2];

	raw(SYS_pipe, ends);
	is_long(raw(SYS_fadvise64, fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0, "advice");
	is_long(raw(SYS_fadvise64, fd, 0, 0, 77), -EINVAL, "no such advice");
	is_long(raw(SYS_fadvise64, ends[0], 0, 0, 0), -ESPIPE, "a pipe wants none");
	is_long(raw(SYS_fadvise64, 99, 0, 0, 0), -EBADF, "not open");
	is_long(raw(SYS_readahead, fd, 0, 10), 0, "readahead");
	is_long(raw(SYS_syncfs, fd), 0, "syncfs");
	is_long(raw(SYS_syncfs, 99), -EBADF, "not open");
	is_long(raw(SYS_getxattr, PATH "-none", "user.a", 0, 0), -ENOENT, "no file, no attribute");
	ok(raw(SYS_getxattr, PATH, "security.none", 0, 0) < 0, "no such attribute");
	is_long(raw(SYS_fgetxattr, 99, "user.a", 0, 0), -EBADF, "not open");
	is_long(raw(SYS_listxattr, PATH "-none", 0, 0), -ENOENT, "no file, no list");
	ok(raw(SYS_listxattr, PATH, 0, 0) >= 0, "a list");
	close(ends[0]);
	close(ends[1]);
	close(fd);
	raw(SYS_unlink, PATH);
}

int main(void)
{
	residence();
	memory();
	files();
	return done_testing();
}
