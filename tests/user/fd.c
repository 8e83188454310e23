/* SPDX-License-Identifier: ISC */
/*
 * Descriptors: the lowest number, duplicates and what they share, flags, places alone, and the limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static const char path[] = "/tmp/fd.test";

static int open_test(int flags)
{
	return open(path, flags | O_CREAT, 0600);
}

static void duplicates(void)
{
	int fd = open_test(O_RDWR | O_TRUNC);
	int copy = dup(fd);
	char c;

	is_long(copy, fd + 1, "dup gives the lowest free descriptor");
	is_long(write(fd, "abc", 3), 3, "write to the one");
	is_long(lseek(copy, 0, SEEK_CUR), 3, "the other is at the same offset");
	is_long(lseek(copy, 1, SEEK_SET), 1, "seek in the other");
	ok(read(fd, &c, 1) == 1 && c == 'b', "the one reads from there");
	close(fd);
	ok(read(copy, &c, 1) == 1 && c == 'c', "the other outlives the one");
	is_long(dup(copy), fd, "the closed number is free again");
	close(fd);
	close(copy);
	is_long(raw(SYS_dup, copy), -EBADF, "dup of a closed descriptor");
	is_long(raw(SYS_close, copy), -EBADF, "close of a closed descriptor");
	is_long(raw(SYS_close, -1), -EBADF, "close of -1");
	is_long(raw(SYS_close, 0x7fffffff), -EBADF, "close of the largest number");
}

static void dup2_and_dup3(void)
{
	int fd = open_test(O_RDWR), p[2];
	char c;

	if (pipe(p) < 0)
		return;
	is_long(raw(SYS_dup2, fd, fd), fd, "dup2 to itself does nothing");
	is_long(raw(SYS_dup2, 99, 99), -EBADF, "dup2 of a bad descriptor to itself");
	is_long(raw(SYS_dup2, 99, fd), -EBADF, "dup2 of a bad descriptor");
	is_long(fcntl(fd, F_GETFD), 0, "leaves the target open");
	is_long(raw(SYS_dup2, fd, -1), -EBADF, "dup2 to -1");
	is_long(raw(SYS_dup2, fd, 0x7fffffff), -EBADF, "dup2 to beyond the limit");
	is_long(raw(SYS_dup2, fd, p[1]), p[1], "dup2 over a pipe's writing end");
	is_long(read(p[0], &c, 1), 0, "has closed that end");
	is_long(raw(SYS_dup2, fd, 40), 40, "dup2 to a number far away");
	is_long(raw(SYS_dup3, fd, fd, 0), -EINVAL, "dup3 to itself");
	is_long(raw(SYS_dup3, fd, 41, O_CLOEXEC), 41, "dup3 with close-on-exec");
	is_long(fcntl(41, F_GETFD), FD_CLOEXEC, "which is set");
	is_long(fcntl(fd, F_GETFD), 0, "for the copy alone");
	is_long(raw(SYS_dup3, fd, 42, 1), -EINVAL, "dup3 with an unknown flag");
	close(40);
	close(41);
	close(p[0]);
	close(p[1]);
	close(fd);
}

static void flags(void)
{
	int fd = open_test(O_RDWR | O_CLOEXEC), copy;

	is_long(fcntl(fd, F_GETFD), FD_CLOEXEC, "O_CLOEXEC is in F_GETFD");
	is_long(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR, "the access mode is in F_GETFL");
	copy = fcntl(fd, F_DUPFD, 100);
	is_long(copy, 100, "F_DUPFD counts from its argument");
	is_long(fcntl(copy, F_GETFD), 0, "without close-on-exec");
	is_long(fcntl(fd, F_DUPFD_CLOEXEC, 100), 101, "F_DUPFD_CLOEXEC takes the next");
	is_long(fcntl(101, F_GETFD), FD_CLOEXEC, "with close-on-exec");
	is_long(fcntl(fd, F_SETFD, 0), 0, "F_SETFD clears it");
	is_long(fcntl(fd, F_GETFD), 0, "it is clear");
	is_long(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_WRONLY), 0, "F_SETFL");
	is_long(fcntl(copy, F_GETFL) & (O_APPEND | O_NONBLOCK | O_ACCMODE),
		O_APPEND | O_NONBLOCK | O_RDWR, "is shared, and keeps the access mode");
	is_long(raw(SYS_fcntl, fd, 12345, 0), -EINVAL, "an unknown command");
	is_long(raw(SYS_fcntl, 99, F_GETFD, 0), -EBADF, "a bad descriptor");
	is_long(raw(SYS_fcntl, fd, F_DUPFD, -1), -EINVAL, "F_DUPFD from -1");
	close(101);
	close(copy);
	close(fd);
}

static void appending(void)
{
	int fd = open_test(O_RDWR | O_TRUNC | O_APPEND);
	char back[8] = { 0 };

	ok(write(fd, "abc", 3) == 3, "three bytes");
	is_long(lseek(fd, 0, SEEK_SET), 0, "seek to the start");
	ok(write(fd, "def", 3) == 3, "three more");
	is_long(lseek(fd, 0, SEEK_CUR), 6, "went to the end");
	ok(lseek(fd, 0, SEEK_SET) == 0 && read(fd, back, 8) == 6 && strcmp(back, "abcdef") == 0,
	   "behind the first");
	close(fd);
}

/* O_PATH: a place, whose file it is not. */
static void place_only(void)
{
	int fd = open_test(O_PATH);
	struct iovec v = { (char[1]){ 0 }, 1 };
	char link[32];
	struct stat st;

	ok(fd >= 0, "open with O_PATH");
	is_long(raw(SYS_read, fd, v.iov_base, 1), -EBADF, "no read");
	is_long(raw(SYS_write, fd, v.iov_base, 1), -EBADF, "no write");
	is_long(raw(SYS_pread64, fd, v.iov_base, 1, 0), -EBADF, "no pread");
	is_long(raw(SYS_pwrite64, fd, v.iov_base, 1, 0), -EBADF, "no pwrite");
	is_long(raw(SYS_readv, fd, &v, 1), -EBADF, "no readv");
	is_long(raw(SYS_writev, fd, &v, 1), -EBADF, "no writev");
	is_long(raw(SYS_ftruncate, fd, 0), -EBADF, "no ftruncate");
	is_long(raw(SYS_fcntl, fd, F_SETFL, 0), -EBADF, "no F_SETFL");
	is_long(raw(SYS_pread64, fd, -4096L, 1, 0), -EBADF, "no pread, wherever to");
	is_long(raw(SYS_lseek, fd, 0, SEEK_SET), -EBADF, "no lseek");
	ok(fstat(fd, &st) == 0 && S_ISREG(st.st_mode), "fstat tells what is there");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ok(lstat(link, &st) == 0 && (st.st_mode & 07777) == 0, "and its link permits nothing");
	close(fd);
}

/* What the file may not do is told before where the bytes should have gone. */
static void refused_first(void)
{
	int fd = open_test(O_WRONLY), end[2];

	ok(fd >= 0 && pipe(end) == 0, "a file for writing and a pipe");
	is_long(raw(SYS_read, fd, -4096L, 1), -EBADF,
		"read to nowhere, of what is not open for it");
	is_long(raw(SYS_pread64, fd, -4096L, 1, 0), -EBADF, "pread");
	is_long(raw(SYS_write, fd, -4096L, 1), -EFAULT, "write from nowhere");
	is_long(raw(SYS_read, end[0], -4096L, 1), -EFAULT, "read to nowhere");
	is_long(raw(SYS_pread64, end[0], -4096L, 1, 0), -ESPIPE, "pread of a pipe");
	is_long(raw(SYS_pread64, end[0], -4096L, 1, -1L), -EINVAL, "before its beginning");
	close(fd);
	close(end[0]);
	close(end[1]);
}

/* A table that is one task's alone, then two tasks', then one's again. */
static void shared_for_a_while(void)
{
	int fd = open_test(O_RDWR | O_TRUNC), other, status = -1;
	long child;

	ok(write(fd, "x", 1) == 1, "a byte is written");
	child = raw(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (child == 0) {
		close(fd);
		_exit(dup(1) != fd);
	}
	ok(waitpid((pid_t)child, &status, 0) == child && status == 0,
	   "a task with the same descriptors closes it, and its number is given again");
	ok(raw(SYS_lseek, fd, 0, SEEK_END) != 1, "which is another file");
	is_long(close(fd), 0, "that can be closed");
	is_long(raw(SYS_lseek, fd, 0, SEEK_END), -EBADF, "and is then");
	other = open_test(O_RDWR);
	ok(other == fd && lseek(other, 0, SEEK_END) == 1, "the first file is opened again");
	close(other);
}

/* Access mode 3: for ioctls, and whatever else is neither reading nor writing. */
static void neither(void)
{
	int fd = open_test(3), other;
	struct iovec v = { (char[1]){ 0 }, 1 };
	struct stat st;

	ok(fd >= 0, "open with access mode 3");
	is_long(raw(SYS_fcntl, fd, F_GETFL) & O_ACCMODE, 3, "which F_GETFL tells");
	is_long(raw(SYS_read, fd, v.iov_base, 1), -EBADF, "no read");
	is_long(raw(SYS_write, fd, v.iov_base, 1), -EBADF, "no write");
	is_long(raw(SYS_readv, fd, &v, 1), -EBADF, "no readv");
	is_long(raw(SYS_pwrite64, fd, v.iov_base, 1, 0), -EBADF, "no pwrite");
	ok(fstat(fd, &st) == 0 && S_ISREG(st.st_mode), "fstat tells what is there");
	other = raw(SYS_dup, fd);
	ok(other >= 0, "dup");
	close(other);
	close(fd);
	is_long(raw(SYS_open, "/tmp", 3), -EISDIR, "no directory");
	mkfifo("/tmp/leash-fifo", 0600);
	is_long(raw(SYS_open, "/tmp/leash-fifo", 3 | O_NONBLOCK), -EINVAL, "no fifo");
	unlink("/tmp/leash-fifo");
}

/* In a child, which leaves them all to be closed by its end. */
static int take_all(void *arg)
{
	struct rlimit limit;
	long fd, last = 2, taken = 0;

	(void)arg;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1;
	if (limit.rlim_cur > 4096) {
		limit.rlim_cur = 1024;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	while ((fd = raw(SYS_dup, 0)) >= 0) {
		if (fd <= last && taken)
			return 2;
		last = fd;
		taken++;
	}
	if (fd != -EMFILE)
		return 3;
	if (last != (long)limit.rlim_cur - 1)
		return 4;
	if (raw(SYS_open, "/tmp", O_RDONLY) != -EMFILE || raw(SYS_pipe, &limit) != -EMFILE)
		return 5;
	close(5);
	return dup(0) == 5 ? 0 : 6;
}

int main(void)
{
	duplicates();
	dup2_and_dup3();
	flags();
	appending();
	place_only();
	neither();
	refused_first();
	shared_for_a_while();
	is_status(in_child(take_all, NULL), EXITED(0), "EMFILE at the limit, not before");
	unlink(path);
	return done_testing();
}
