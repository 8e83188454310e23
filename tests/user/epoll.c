/* SPDX-License-Identifier: ISC */
/* epoll: levels and edges, single shots, sets in sets, files that go away, and what is refused. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static struct epoll_event got[8];

static long control(int ep, int op, int fd, unsigned events)
{
	struct epoll_event e = { events, { .u64 = 0x1234567800000000UL | (unsigned)fd } };

	return raw(SYS_epoll_ctl, ep, op, fd, &e);
}

static long collect(int ep)
{
	memset(got, 0, sizeof(got));
	return raw(SYS_epoll_wait, ep, got, 8, 0);
}

static void levels(void)
{
	int ep = raw(SYS_epoll_create1, EPOLL_CLOEXEC), p[2];
	char c;

	if (pipe(p) < 0)
		return;
	ok(ep >= 0, "a set");
	is_long(collect(ep), 0, "an empty one has nothing");
	is_long(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN), 0, "the reading end of a pipe");
	is_long(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN), -EEXIST, "only once");
	is_long(collect(ep), 0, "nothing to read");
	is_long(write(p[1], "xy", 2), 2, "two bytes");
	is_long(collect(ep), 1, "ready");
	is_long(got[0].events, EPOLLIN, "for reading");
	is_long(got[0].data.u64, 0x1234567800000000L | p[0], "with what was given to keep");
	is_long(collect(ep), 1, "and ready still");
	is_long(read(p[0], &c, 1), 1, "one out");
	is_long(collect(ep), 1, "and still");
	is_long(read(p[0], &c, 1), 1, "the other out");
	is_long(collect(ep), 0, "no more");
	is_long(control(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT), 0, "the other end as well");
	is_long(collect(ep), 1, "can be written");
	is_long(got[0].data.u64, 0x1234567800000000L | p[1], "that one");
	is_long(control(ep, EPOLL_CTL_MOD, p[1], 0), 0, "asked for nothing");
	is_long(collect(ep), 0, "it says nothing");
	is_long(control(ep, EPOLL_CTL_DEL, p[1], 0), 0, "taken out");
	is_long(control(ep, EPOLL_CTL_DEL, p[1], 0), -ENOENT, "only once");
	is_long(control(ep, EPOLL_CTL_MOD, p[1], 0), -ENOENT, "nor changed then");
	close(p[1]);
	is_long(collect(ep), 1, "the writer goes");
	is_long(got[0].events, EPOLLHUP, "which is told unasked");
	close(p[0]);
	is_long(collect(ep), 0, "a closed file leaves the set");
	close(ep);
}

static void edges(void)
{
	int ep = epoll_create1(0), p[2];
	char c;

	if (pipe(p) < 0)
		return;
	is_long(write(p[1], "x", 1), 1, "a byte");
	is_long(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN | EPOLLET), 0, "edge-triggered");
	is_long(collect(ep), 1, "what holds is the first edge");
	is_long(collect(ep), 0, "told once");
	is_long(write(p[1], "x", 1), 1, "another byte");
	is_long(collect(ep), 1, "the next edge");
	is_long(collect(ep), 0, "told once");
	is_long(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET), 0, "changing it");
	is_long(collect(ep), 1, "asks anew");
	is_long(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT), 0, "a single shot");
	is_long(collect(ep), 1, "is told");
	is_long(write(p[1], "x", 1), 1, "a byte more");
	is_long(collect(ep), 0, "and is spent");
	is_long(control(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT), 0, "loaded again");
	is_long(collect(ep), 1, "is told again");
	is_long(read(p[0], &c, 1), 1, "a byte out");
	close(p[0]);
	close(p[1]);
	close(ep);
}

static void references(void)
{
	int ep = epoll_create1(0), p[2], copy;

	if (pipe(p) < 0)
		return;
	copy = dup(p[0]);
	is_long(write(p[1], "x", 1), 1, "a byte");
	is_long(control(ep, EPOLL_CTL_ADD, p[0], EPOLLIN), 0, "one descriptor");
	is_long(control(ep, EPOLL_CTL_ADD, copy, EPOLLIN), 0, "and a second of the same file");
	is_long(collect(ep), 2, "both tell");
	close(p[0]);
	is_long(collect(ep), 2, "while the file is open, both do");
	close(copy);
	is_long(collect(ep), 0, "then none");
	close(p[1]);
	close(ep);
}

/* A small buffer gets round to every file. */
static void turns(void)
{
	int ep = epoll_create1(0), fd[3];
	unsigned seen = 0;

	for (int i = 0; i < 3; i++) {
		fd[i] = eventfd(1, 0);
		control(ep, EPOLL_CTL_ADD, fd[i], EPOLLIN);
	}
	for (int i = 0; i < 3; i++) {
		is_long(raw(SYS_epoll_wait, ep, got, 1, 0), 1, "room for one of three");
		for (int k = 0; k < 3; k++)
			seen |= got[0].data.u32 == (unsigned)fd[k] ? 1u << k : 0;
	}
	is_long(seen, 7, "in three turns all are told");
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	close(ep);
}

static void nesting(void)
{
	int a = epoll_create1(0), b = epoll_create1(0), fd = eventfd(0, 0);
	unsigned long one = 1;

	is_long(control(a, EPOLL_CTL_ADD, b, EPOLLIN), 0, "a set in a set");
	is_long(control(b, EPOLL_CTL_ADD, a, EPOLLIN), -ELOOP, "not the other way round too");
	is_long(control(a, EPOLL_CTL_ADD, a, EPOLLIN), -EINVAL, "nor in itself");
	is_long(control(b, EPOLL_CTL_ADD, fd, EPOLLIN), 0, "a file in the inner one");
	is_long(collect(a), 0, "not ready");
	is_long(write(fd, &one, 8), 8, "now it is");
	is_long(collect(a), 1, "the outer one tells it");
	is_long(got[0].data.u32, b, "of the inner");
	close(b);
	is_long(collect(a), 0, "until that is closed");
	close(a);
	close(fd);
}

static int add_later(void *arg)
{
	unsigned long one = 1;

	usleep(20000);
	return write(*(int *)arg, &one, 8) != 8;
}

static void ignore(int sig)
{
	(void)sig;
}

static void sleeping(void)
{
	int a = epoll_create1(0), b = epoll_create1(0), fd = eventfd(0, EFD_NONBLOCK);
	unsigned long block = 1UL << (SIGUSR1 - 1), none = 0, n;
	struct sigaction sa = { .sa_handler = ignore };
	pid_t pid;

	control(a, EPOLL_CTL_ADD, b, EPOLLIN);
	control(b, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET);
	is_long(raw(SYS_epoll_wait, b, got, 8, 20), 0, "waiting in vain");
	pid = start_child(add_later, &fd);
	is_long(raw(SYS_epoll_wait, b, got, 8, -1), 1, "waiting until something comes");
	is_status(status_of(pid), EXITED(0), "from a child");
	is_long(read(fd, &n, 8), 8, "taken");
	pid = start_child(add_later, &fd);
	is_long(raw(SYS_epoll_wait, a, got, 8, 2000), 1, "through two sets");
	is_status(status_of(pid), EXITED(0), "from a child");
	is_long(collect(b), 1, "the inner one has it");
	sigaction(SIGUSR1, &sa, 0);
	raw(SYS_rt_sigprocmask, SIG_BLOCK, &block, 0, 8);
	kill(getpid(), SIGUSR1);
	is_long(raw(SYS_epoll_pwait, b, got, 8, 5000, &none, 8), -EINTR, "a mask lets a signal in");
	is_long(raw(SYS_epoll_pwait, b, got, 8, 0, &none, 4), -EINVAL, "a mask of four bytes");
	close(a);
	close(b);
	close(fd);
}

static void refused(void)
{
	int ep = epoll_create1(0), fd = open("/", O_RDONLY), ev = eventfd(0, 0);

	is_long(raw(SYS_epoll_create, 0), -EINVAL, "epoll_create of size 0");
	is_long(raw(SYS_epoll_create1, 1), -EINVAL, "an unknown flag");
	is_long(control(ep, EPOLL_CTL_ADD, fd, EPOLLIN), -EPERM, "a directory is never waited for");
	is_long(control(ep, EPOLL_CTL_ADD, 999, EPOLLIN), -EBADF, "a file that is not open");
	is_long(control(999, EPOLL_CTL_ADD, ev, EPOLLIN), -EBADF, "a set that is not open");
	is_long(control(ev, EPOLL_CTL_ADD, ep, EPOLLIN), -EINVAL, "a set that is none");
	is_long(control(ep, 9, ev, EPOLLIN), -EINVAL, "an unknown operation");
	is_long(raw(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, ev, 8), -EFAULT, "a bad event");
	is_long(raw(SYS_epoll_wait, ep, got, 0, 0), -EINVAL, "room for none");
	is_long(raw(SYS_epoll_wait, ep, got, -1, 0), -EINVAL, "room for less");
	is_long(raw(SYS_epoll_wait, ev, got, 1, 0), -EINVAL, "waiting for no set");
	is_long(raw(SYS_epoll_wait, 999, got, 1, 0), -EBADF, "waiting for nothing");
	control(ep, EPOLL_CTL_ADD, ev, EPOLLOUT);
	is_long(raw(SYS_epoll_wait, ep, 8, 1, 0), -EFAULT, "a bad buffer");
	is_long(collect(ep), 1, "which loses no event");
	close(ep);
	close(ev);
	close(fd);
}

int main(void)
{
	levels();
	edges();
	references();
	turns();
	nesting();
	sleeping();
	refused();
	return done_testing();
}
