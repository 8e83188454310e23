/* SPDX-License-Identifier: ISC */
/*
 * Locks on files: fcntl's ranges, those of open files, flock's; conflicts, waits, deadlocks, and
 * when they end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define PATH "/tmp/leash-lock"

static int fd;

static long range(int file, int cmd, int type, long start, long len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return raw(SYS_fcntl, file, cmd, &l);
}

/* In another process: may it lock so? 0, or the errno. */
struct attempt {
	int cmd, type;
	long start, len;
};

static int attempt(void *arg)
{
	struct attempt *a = arg;

	return -range(fd, a->cmd, a->type, a->start, a->len);
}

static int try(int cmd, int type, long start, long len)
{
	struct attempt a = { cmd, type, start, len };

	return in_child(attempt, &a) >> 8;
}

static void ranges(void)
{
	is_long(range(fd, F_SETLK, F_WRLCK, 100, 100), 0, "a write lock");
	is_long(try(F_SETLK, F_RDLCK, 150, 1), EAGAIN, "excludes another's read lock");
	is_long(try(F_SETLK, F_WRLCK, 0, 100), 0, "not beside it");
	is_long(try(F_SETLK, F_WRLCK, 0, 0), EAGAIN, "but to the end of the file");
	is_long(range(fd, F_SETLK, F_UNLCK, 140, 20), 0, "a hole in it");
	is_long(try(F_SETLK, F_WRLCK, 140, 20), 0, "is free");
	is_long(try(F_SETLK, F_WRLCK, 139, 1), EAGAIN, "what is below is not");
	is_long(try(F_SETLK, F_WRLCK, 160, 1), EAGAIN, "nor what is above");
	is_long(range(fd, F_SETLK, F_RDLCK, 100, 100), 0, "made a read lock");
	is_long(try(F_SETLK, F_RDLCK, 100, 100), 0, "is shared");
	is_long(try(F_SETLK, F_WRLCK, 199, 1), EAGAIN, "with readers only");
	is_long(range(fd, F_SETLK, F_UNLCK, 0, 0), 0, "unlocked");
	is_long(try(F_SETLK, F_WRLCK, 0, 0), 0, "everything is free");
}

static int who_holds(void *arg)
{
	struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 15, .l_len = 100 };

	if (raw(SYS_fcntl, fd, F_GETLK, &l))
		return 1;
	if (l.l_type != F_WRLCK || l.l_start != 10 || l.l_len != 20 || l.l_whence != SEEK_SET)
		return 2;
	return l.l_pid == *(int *)arg ? 0 : 3;
}

static void questions(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int me = getpid();

	is_long(range(fd, F_SETLK, F_WRLCK, 10, 20), 0, "a lock");
	is_long(raw(SYS_fcntl, fd, F_GETLK, &l), 0, "its owner asks");
	is_long(l.l_type, F_UNLCK, "and nothing is in the way");
	is_long(in_child(who_holds, &me), 0, "another is told range and owner");
	l.l_type = 77;
	is_long(raw(SYS_fcntl, fd, F_SETLK, &l), -EINVAL, "no such type");
	is_long(range(fd, F_SETLK, F_WRLCK, -1, 1), -EINVAL, "nothing before the file");
	is_long(raw(SYS_fcntl, fd, F_SETLK, 1), -EFAULT, "a bad address");
	is_long(range(99, F_SETLK, F_WRLCK, 0, 1), -EBADF, "not open");
	is_long(range(fd, F_SETLK, F_UNLCK, 30, -25), 0, "a negative length is what lies before");
	is_long(try(F_SETLK, F_WRLCK, 5, 25), 0, "so it is free");
}

static void closing(void)
{
	int other = raw(SYS_openat, AT_FDCWD, PATH, O_RDONLY);

	is_long(range(other, F_SETLK, F_WRLCK, 0, 1), -EBADF, "no write lock on a read-only file");
	is_long(range(fd, F_SETLK, F_WRLCK, 0, 1), 0, "a lock by one descriptor");
	is_long(raw(SYS_close, other), 0, "another of the file is closed");
	is_long(try(F_SETLK, F_WRLCK, 0, 1), 0, "and the lock is gone");
}

static void nothing(int sig)
{
	(void)sig;
}

/* Holds bytes 0-9 for a while, tells by the pipe that it has them. */
static int holder(void *arg)
{
	struct timespec t = { .tv_nsec = 150000000 };

	if (range(fd, F_SETLK, F_WRLCK, 0, 10))
		return 1;
	raw(SYS_write, ((int *)arg)[1], "x", 1);
	nanosleep(&t, NULL);
	return 0;
}

static void waits(void)
{
	struct sigaction act = { .sa_handler = nothing };
	int ends[2];
	char c;
	pid_t pid;

	raw(SYS_pipe, ends);
	pid = start_child(holder, ends);
	raw(SYS_read, ends[0], &c, 1);
	is_long(range(fd, F_SETLK, F_WRLCK, 0, 1), -EAGAIN, "another has it");
	is_long(range(fd, F_SETLKW, F_WRLCK, 0, 1), 0, "it comes when the other ends");
	range(fd, F_SETLK, F_UNLCK, 0, 0);
	status_of(pid);
	pid = start_child(holder, ends);
	raw(SYS_read, ends[0], &c, 1);
	sigaction(SIGUSR1, &act, NULL);
	if (fork() == 0) {
		struct timespec t = { .tv_nsec = 30000000 };

		nanosleep(&t, NULL);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	is_long(range(fd, F_SETLKW, F_WRLCK, 0, 1), -EINTR, "a signal ends the wait");
	status_of(pid);
	wait(NULL);
	close(ends[0]);
	close(ends[1]);
}

/* Has byte 1, waits for byte 0. */
static int crosswise(void *arg)
{
	if (range(fd, F_SETLK, F_WRLCK, 1, 1))
		return 1;
	raw(SYS_write, ((int *)arg)[1], "x", 1);
	return range(fd, F_SETLKW, F_WRLCK, 0, 1) ? 2 : 0;
}

static void deadlock(void)
{
	struct timespec t = { .tv_nsec = 100000000 };
	int ends[2];
	char c;
	pid_t pid;

	raw(SYS_pipe, ends);
	range(fd, F_SETLK, F_WRLCK, 0, 1);
	pid = start_child(crosswise, ends);
	raw(SYS_read, ends[0], &c, 1);
	nanosleep(&t, NULL);
	is_long(range(fd, F_SETLKW, F_WRLCK, 1, 1), -EDEADLK, "to wait for each other is refused");
	is_long(range(fd, F_SETLK, F_UNLCK, 0, 0), 0, "one gives way");
	is_long(status_of(pid), 0, "and the other goes on");
}

static void open_files(void)
{
	int other = raw(SYS_openat, AT_FDCWD, PATH, O_RDWR);
	int same = raw(SYS_dup, fd);

	is_long(range(fd, F_OFD_SETLK, F_WRLCK, 0, 10), 0, "a lock of an open file");
	is_long(range(other, F_OFD_SETLK, F_WRLCK, 5, 1), -EAGAIN, "holds against another of it");
	is_long(range(same, F_OFD_SETLK, F_RDLCK, 5, 1), 0, "not against a duplicate");
	is_long(range(other, F_SETLK, F_WRLCK, 0, 1), -EAGAIN, "and against the process itself");
	raw(SYS_close, same);
	is_long(range(other, F_OFD_SETLK, F_WRLCK, 0, 1), -EAGAIN,
		"closing one descriptor keeps it");
	is_long(range(fd, F_OFD_SETLK, F_UNLCK, 0, 0), 0, "unlocked");
	is_long(range(other, F_OFD_SETLK, F_WRLCK, 0, 1), 0, "it is free");
	raw(SYS_close, other);
	is_long(range(fd, F_OFD_SETLK, F_WRLCK, 0, 1), 0, "the last close ends it");
	range(fd, F_OFD_SETLK, F_UNLCK, 0, 0);
}

static void whole(void)
{
	int other = raw(SYS_openat, AT_FDCWD, PATH, O_RDONLY);

	is_long(raw(SYS_flock, fd, LOCK_EX), 0, "flock");
	is_long(raw(SYS_flock, other, LOCK_SH | LOCK_NB), -EAGAIN, "excludes");
	is_long(range(fd, F_SETLK, F_WRLCK, 0, 0), 0, "and knows nothing of ranges");
	range(fd, F_SETLK, F_UNLCK, 0, 0);
	is_long(raw(SYS_flock, fd, LOCK_SH), 0, "shared");
	is_long(raw(SYS_flock, other, LOCK_SH | LOCK_NB), 0, "by two");
	is_long(raw(SYS_flock, fd, LOCK_EX | LOCK_NB), -EAGAIN, "nobody alone");
	is_long(raw(SYS_flock, other, LOCK_UN), 0, "unlocked");
	is_long(raw(SYS_flock, fd, LOCK_EX | LOCK_NB), 0, "now");
	is_long(raw(SYS_flock, fd, 77), -EINVAL, "no such operation");
	is_long(raw(SYS_flock, 99, LOCK_SH), -EBADF, "not open");
	raw(SYS_flock, fd, LOCK_UN);
	raw(SYS_close, other);
}

/* Make's jobs take turns to print by a lock on the standard output, whatever that is. */
static void pipes(void)
{
	int file = fd, ends[2];

	raw(SYS_pipe, ends);
	is_long(range(file, F_SETLK, F_WRLCK, 0, 0), 0, "a file is locked");
	is_long(range(ends[1], F_SETLK, F_WRLCK, 0, 0), 0, "a pipe, too");
	is_long(range(ends[0], F_SETLK, F_WRLCK, 0, 0), -EBADF, "no write lock where it is read");
	fd = ends[0];
	is_long(try(F_SETLK, F_RDLCK, 0, 0), EAGAIN, "it is one lock on both ends");
	raw(SYS_close, raw(SYS_dup, ends[1]));
	is_long(try(F_SETLK, F_RDLCK, 0, 0), 0, "which ends when one is closed");
	fd = file;
	is_long(try(F_SETLK, F_RDLCK, 0, 0), EAGAIN, "the file stays locked");
	range(file, F_SETLK, F_UNLCK, 0, 0);
	is_long(raw(SYS_flock, ends[0], LOCK_EX), 0, "flock of a pipe");
	is_long(raw(SYS_flock, ends[1], LOCK_SH | LOCK_NB), -EAGAIN, "excludes its other end");
	raw(SYS_close, ends[0]);
	is_long(raw(SYS_flock, ends[1], LOCK_SH | LOCK_NB), 0, "until that is closed");
	raw(SYS_close, ends[1]);
}

int main(void)
{
	fd = raw(SYS_openat, AT_FDCWD, PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ok(fd >= 0, "a file");
	ranges();
	questions();
	closing();
	waits();
	deadlock();
	open_files();
	whole();
	pipes();
	raw(SYS_unlink, PATH);
	return done_testing();
}
