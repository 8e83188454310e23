/* SPDX-License-Identifier: ISC */
/* eventfd: a counter that is added to and taken, as a whole or one at a time. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static uint64_t value;

static long put(int fd, uint64_t n)
{
	return raw(SYS_write, fd, &n, 8);
}

static long get(int fd)
{
	value = 0;
	return raw(SYS_read, fd, &value, 8);
}

static short ready(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static void counting(void)
{
	int fd = raw(SYS_eventfd2, 3, O_NONBLOCK | O_CLOEXEC);
	char small[4];

	ok(fd >= 0, "an eventfd that begins at 3");
	is_long(fcntl(fd, F_GETFD), FD_CLOEXEC, "close-on-exec");
	is_long(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK, "its flags");
	is_long(ready(fd), POLLIN | POLLOUT, "it can be read and written");
	is_long(put(fd, 4), 8, "4 more");
	is_long(get(fd), 8, "a read takes eight bytes");
	is_long(value, 7, "all 7 at once");
	is_long(get(fd), -EAGAIN, "nothing is left");
	is_long(ready(fd), POLLOUT, "and it cannot be read");
	is_long(put(fd, ~0UL), -EINVAL, "the largest number cannot be added");
	is_long(put(fd, ~0UL - 1), 8, "the second largest can");
	is_long(ready(fd), POLLIN, "full: cannot be written");
	is_long(put(fd, 1), -EAGAIN, "one more does not fit");
	is_long(put(fd, 0), 8, "nothing more does");
	is_long(raw(SYS_read, fd, small, 4), -EINVAL, "a buffer of four bytes");
	is_long(raw(SYS_write, fd, small, 4), -EINVAL, "for writing too");
	is_long(raw(SYS_write, fd, 8, 8), -EFAULT, "a bad pointer");
	close(fd);
	is_long(raw(SYS_eventfd2, 0, 4), -EINVAL, "an unknown flag");
}

static void semaphore(void)
{
	int fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);

	is_long(get(fd), 8, "a semaphore of 2");
	is_long(value, 1, "gives one");
	is_long(get(fd), 8, "and");
	is_long(value, 1, "another");
	is_long(get(fd), -EAGAIN, "and no third");
	close(fd);
}

static int add_later(void *arg)
{
	usleep(20000);
	return put(*(int *)arg, 5) != 8;
}

static int take_later(void *arg)
{
	usleep(20000);
	return get(*(int *)arg) != 8;
}

static void sleeping(void)
{
	int fd = raw(SYS_eventfd, 0);
	struct pollfd p = { fd, POLLIN, 0 };
	struct stat st;
	pid_t pid;

	ok(fd >= 0, "eventfd without flags");
	is_long(fstat(fd, &st), 0, "it can be asked for its attributes");
	pid = start_child(add_later, &fd);
	is_long(get(fd), 8, "a reader sleeps until something is added");
	is_long(value, 5, "and gets it");
	is_status(status_of(pid), EXITED(0), "the writer is content");
	pid = start_child(add_later, &fd);
	is_long(poll(&p, 1, 2000), 1, "poll sleeps until then too");
	is_status(status_of(pid), EXITED(0), "the writer is content");
	is_long(put(fd, ~0UL - 6), 8, "filled up");
	pid = start_child(take_later, &fd);
	is_long(put(fd, 1), 8, "a writer sleeps until there is room");
	is_status(status_of(pid), EXITED(0), "the reader is content");
	close(fd);
}

int main(void)
{
	counting();
	semaphore();
	sleeping();
	return done_testing();
}
