/* SPDX-License-Identifier: ISC */
/* signalfd: signals that are read. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static struct signalfd_siginfo info[4];

static long make(int fd, sigset_t *set, int flags)
{
	return raw(SYS_signalfd4, fd, set, 8, flags);
}

static short ready(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static int send_later(void *arg)
{
	(void)arg;
	union sigval v = { .sival_int = 77 };

	for (int i = 0; i < 50; i++)
		sched_yield();
	return sigqueue(getppid(), SIGRTMIN + 1, v);
}

int main(void)
{
	struct epoll_event e = { EPOLLIN, { 0 } };
	sigset_t set, one;
	int fd, ep = epoll_create1(0);
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = make(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	ok(fd >= 0, "a signalfd");
	is_long(fcntl(fd, F_GETFD), FD_CLOEXEC, "close-on-exec");
	is_long(raw(SYS_read, fd, info, sizeof(info)), -EAGAIN, "nothing yet");
	is_long(ready(fd), 0, "which poll tells");
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	kill(getpid(), SIGUSR1);
	is_long(ready(fd), POLLIN, "a signal waits");
	is_long(epoll_wait(ep, &e, 1, 0), 1, "epoll sees it too");
	is_long(raw(SYS_read, fd, info, 100), -EINVAL, "no room for it");
	is_long(raw(SYS_read, fd, 8, 128), -EFAULT, "a bad place");
	kill(getpid(), SIGUSR1);
	is_long(raw(SYS_read, fd, info, sizeof(info)), 128, "it is read");
	ok(info[0].ssi_signo == SIGUSR1 && info[0].ssi_pid == (unsigned)getpid() &&
		   info[0].ssi_code == SI_USER,
	   "who sent it");
	is_long(raw(SYS_read, fd, info, sizeof(info)), -EAGAIN, "and gone");
	sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 5 });
	sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 6 });
	is_long(raw(SYS_read, fd, info, sizeof(info)), 256, "two in one read");
	ok(info[0].ssi_int == 5 && info[1].ssi_int == 6 && info[1].ssi_code == SI_QUEUE,
	   "in order, with their values");
	fcntl(fd, F_SETFL, 0);
	pid = start_child(send_later, NULL);
	is_long(raw(SYS_read, fd, info, 128), 128, "a read waits for one");
	is_long(raw(SYS_read, fd, info + 1, 128), 128, "and for another");
	if (info[0].ssi_signo == SIGCHLD) /* both may be there by now: the lower number first */
		info[2] = info[0], info[0] = info[1], info[1] = info[2];
	ok(info[0].ssi_signo == (unsigned)SIGRTMIN + 1 && info[0].ssi_int == 77, "the child's");
	ok(info[1].ssi_signo == SIGCHLD && info[1].ssi_pid == (unsigned)pid &&
		   info[1].ssi_code == CLD_EXITED,
	   "and its end");
	waitpid(pid, NULL, 0);
	pid = start_child(send_later, NULL);
	is_long(epoll_wait(ep, &e, 1, 10000), 1, "epoll waits for one");
	raw(SYS_read, fd, info, sizeof(info));
	waitpid(pid, NULL, 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	raw(SYS_read, fd, info, sizeof(info));
	sigemptyset(&one);
	is_long(make(fd, &one, 0), fd, "another mask");
	kill(getpid(), SIGUSR1);
	is_long(raw(SYS_read, fd, info, 128), -EAGAIN, "it is not for this one");
	is_long(make(fd, &set, 0), fd, "the old mask");
	is_long(ready(fd), POLLIN, "it is");
	is_long(make(0, &set, 0) < 0, 1, "no signalfd");
	is_long(make(999, &set, 0), -EBADF, "no descriptor");
	is_long(make(-1, &set, 1), -EINVAL, "unknown flags");
	is_long(raw(SYS_signalfd4, -1, &set, 4, 0), -EINVAL, "half a mask");
	is_long(raw(SYS_signalfd4, -1, 8, 8, 0), -EFAULT, "a bad mask");
	is_long(raw(SYS_write, fd, info, 128), -EINVAL, "nothing is written to it");
	return done_testing();
}
