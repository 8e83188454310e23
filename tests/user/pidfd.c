/* SPDX-License-Identifier: ISC */
/* pidfds: one process, whatever becomes of its number. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define SYS_pidfd_send_signal 424
#define SYS_pidfd_open 434
#define SYS_process_madvise 440
#define P_PIDFD 3

static char page[4096] __attribute__((aligned(4096)));

static int waits(void *arg)
{
	(void)arg;
	while (pause())
		;
	return 0;
}

static int ends(void *arg)
{
	(void)arg;
	return 7;
}

static short ready(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, ms) < 0 ? -1 : p.revents;
}

static int as_user(void *arg)
{
	int fd = *(int *)arg;

	if (raw(SYS_setresuid, 1000, 1000, 1000))
		return 1;
	return raw(SYS_pidfd_send_signal, fd, SIGTERM, 0, 0) == -EPERM ? 0 : 2;
}

/* The directory of a process in /proc: signals go to it as by a pidfd. */
static void directories(void)
{
	siginfo_t info;
	char path[32];
	pid_t pid = start_child(waits, NULL);
	int fd, threads;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	threads = raw(SYS_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY);
	is_long(raw(SYS_pidfd_send_signal, fd, 0, 0, 0), 0, "its directory does as well");
	is_long(raw(SYS_pidfd_send_signal, threads, 0, 0, 0), -EBADF, "no other directory");
	is_status(in_child(as_user, &fd), EXITED(0), "nor to an ordinary user");
	is_long(raw(SYS_waitid, P_PIDFD, fd, &info, WEXITED, 0), -EBADF, "nor to wait");
	is_long(raw(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0), 0, "it is killed");
	is_long(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0, "and dead");
	is_long(raw(SYS_pidfd_send_signal, fd, 0, 0, 0), 0, "signals go nowhere");
	is_long(waitid(P_PID, pid, &info, WEXITED), 0, "it is waited for");
	is_long(raw(SYS_pidfd_send_signal, fd, 0, 0, 0), -ESRCH, "nobody is there");
	raw(SYS_close, fd);
	raw(SYS_close, threads);
}

int main(void)
{
	struct epoll_event e = { EPOLLIN, { 0 } };
	struct iovec v = { page, 100 };
	siginfo_t info = { 0 };
	int fd, other, ep = epoll_create1(0);
	pid_t pid = start_child(waits, NULL);

	fd = raw(SYS_pidfd_open, pid, 0);
	ok(fd >= 0, "a pidfd");
	is_long(fcntl(fd, F_GETFD), FD_CLOEXEC, "close-on-exec always");
	is_long(ready(fd, 0), 0, "it lives");
	is_long(raw(SYS_pidfd_send_signal, fd, 0, 0, 0), 0, "it may be signalled");
	is_long(raw(SYS_pidfd_send_signal, fd, 99, 0, 0), -EINVAL, "not by any number");
	is_long(raw(SYS_pidfd_send_signal, fd, SIGTERM, 0, 9999), -EINVAL, "unknown flags");
	is_long(raw(SYS_pidfd_send_signal, fd, SIGTERM, 8, 0), -EFAULT, "a bad siginfo");
	info.si_signo = SIGUSR1;
	is_long(raw(SYS_pidfd_send_signal, fd, SIGTERM, &info, 0), -EINVAL, "another signal's");
	info.si_signo = SIGTERM;
	info.si_code = SI_USER;
	is_long(raw(SYS_pidfd_send_signal, fd, SIGTERM, &info, 0), -EPERM,
		"that looks like kill's");
	is_status(in_child(as_user, &fd), EXITED(0), "an ordinary user may not");
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	is_long(epoll_wait(ep, &e, 1, 0), 0, "epoll: nothing");
	is_long(waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG), 0, "waitid: not yet");
	is_long(raw(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0), 0, "it is killed");
	is_long(epoll_wait(ep, &e, 1, 10000), 1, "epoll: it has ended");
	is_long(ready(fd, 0), POLLIN, "poll says so");
	is_long(raw(SYS_pidfd_send_signal, fd, SIGTERM, 0, 0), 0, "the dead take signals");
	info.si_pid = 0;
	is_long(waitid(P_PIDFD, fd, &info, WEXITED), 0, "it is waited for");
	ok(info.si_pid == pid && info.si_code == CLD_KILLED && info.si_status == SIGKILL, "it is");
	is_long(raw(SYS_pidfd_send_signal, fd, 0, 0, 0), -ESRCH, "it has gone");
	ok(ready(fd, 0) & POLLIN, "for poll as well");
	is_long(raw(SYS_waitid, P_PIDFD, fd, &info, WEXITED, 0), -ECHILD, "nothing to wait for");
	pid = start_child(ends, NULL);
	other = raw(SYS_pidfd_open, pid, 0);
	is_long(raw(SYS_pidfd_send_signal, fd, 0, 0, 0), -ESRCH, "the old one means no other");
	ok(ready(other, 10000) & POLLIN, "a poll that sleeps until the end");
	is_long(waitid(P_PIDFD, other, &info, WEXITED), 0, "waited for");
	is_long(info.si_status, 7, "with its status");
	is_long(raw(SYS_pidfd_open, 0, 0), -EINVAL, "nobody");
	is_long(raw(SYS_pidfd_open, -1, 0), -EINVAL, "less than nobody");
	is_long(raw(SYS_pidfd_open, 0x3ffffff, 0), -ESRCH, "no such process");
	is_long(raw(SYS_pidfd_open, getpid(), 1), -EINVAL, "unknown flags to open");
	is_long(raw(SYS_pidfd_send_signal, 0, 0, 0, 0), -EBADF, "no pidfd");
	is_long(raw(SYS_waitid, P_PIDFD, 0, &info, WEXITED, 0), -EBADF, "none to wait for");
	other = raw(SYS_pidfd_open, getpid(), 0);
	is_long(raw(SYS_process_madvise, other, &v, 1, 20, 0), 100, "advice on its memory");
	v.iov_base = page + 1;
	is_long(raw(SYS_process_madvise, other, &v, 1, 20, 0), -EINVAL, "on a part of a page");
	is_long(raw(SYS_process_madvise, other, &v, 1, 4, 0), -EINVAL, "what is no hint");
	is_long(raw(SYS_process_madvise, 999, &v, 1, 20, 0), -EBADF, "on nobody's");
	directories();
	return done_testing();
}
