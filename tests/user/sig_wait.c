/* SPDX-License-Identifier: ISC */
/*
 * Signals and sleeping: what a handler interrupts, what starts again, pending signals, sigsuspend, and
 * the children of one who ignores SIGCHLD. Checklist line 26.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static volatile int calls;
static int pipe_ends[2];

static void count(int sig)
{
	(void)sig;
	calls++;
}

static void catch (int sig, int flags)
{
	struct sigaction act = { .sa_handler = count, .sa_flags = flags };

	calls = 0;
	sigaction(sig, &act, NULL);
}

/*
 * Signals the parent until it is gone or says "enough" by closing the pipe: whenever the parent goes
 * to sleep, another signal comes.
 */
static int poke_parent(void *arg)
{
	pid_t target = getppid();
	const struct timespec pause = { 0, 2000000 };

	(void)arg;
	while (kill(target, SIGUSR1) == 0)
		nanosleep(&pause, NULL);
	return 0;
}

static void interrupted(void)
{
	const struct timespec long_time = { 100, 0 };
	struct timespec left = { 0, 0 };
	struct pollfd fd = { .fd = pipe_ends[0], .events = POLLIN };
	char c;
	pid_t pid;

	catch (SIGUSR1, 0);
	pid = start_child(poke_parent, NULL);
	is_long(raw(SYS_read, pipe_ends[0], &c, 1), -EINTR, "read: EINTR");
	is_long(raw(SYS_nanosleep, &long_time, &left), -EINTR, "nanosleep: EINTR");
	ok(left.tv_sec >= 90 && left.tv_sec < 100, "and tells what is left");
	is_long(raw(SYS_poll, &fd, 1, -1), -EINTR, "poll: EINTR");
	is_long(raw(SYS_wait4, pid, 0, 0, 0), -EINTR, "wait4: EINTR");
	catch (SIGUSR1, SA_RESTART);
	is_long(raw(SYS_nanosleep, &long_time, &left), -EINTR, "nanosleep with SA_RESTART: EINTR");
	is_long(raw(SYS_poll, &fd, 1, -1), -EINTR, "poll with SA_RESTART: EINTR");
	kill(pid, SIGKILL);
	status_of(pid);
}

/* Signals ten times, then writes the byte that the parent waits for. */
static int poke_then_write(void *arg)
{
	const struct timespec pause = { 0, 2000000 };

	(void)arg;
	for (int i = 0; i < 10; i++) {
		kill(getppid(), SIGUSR1);
		nanosleep(&pause, NULL);
	}
	return write(pipe_ends[1], "x", 1) != 1;
}

static void restarted(void)
{
	char c = 0;
	pid_t pid;

	catch (SIGUSR1, SA_RESTART);
	pid = start_child(poke_then_write, NULL);
	is_long(raw(SYS_read, pipe_ends[0], &c, 1), 1, "read with SA_RESTART goes on");
	ok(calls > 0, "after the handler");
	is_status(status_of(pid), EXITED(0), "wait4 with SA_RESTART goes on");
}

static void pending(void)
{
	unsigned long set = 1UL << (SIGUSR1 - 1), old, none = 0, waiting = 0;

	catch (SIGUSR1, 0);
	raw(SYS_rt_sigprocmask, SIG_BLOCK, &set, &old, 8);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	is_long(calls, 0, "a blocked signal waits");
	is_long(raw(SYS_rt_sigpending, &waiting, 8), 0, "sigpending");
	is_long(waiting & set, set, "shows it");
	is_long(raw(SYS_rt_sigsuspend, &none, 8), -EINTR, "sigsuspend lets it in");
	is_long(calls, 1, "once, though it was sent twice");
	raw(SYS_rt_sigprocmask, SIG_BLOCK, &none, &waiting, 8);
	is_long(waiting & set, set, "afterwards it is blocked again");
	kill(getpid(), SIGUSR1);
	raw(SYS_rt_sigprocmask, SIG_SETMASK, &old, 0, 8);
	is_long(calls, 2, "unblocking lets it in at once");
}

static int end_with(void *code)
{
	return (long)code;
}

static void child_signal(void)
{
	int status;
	pid_t pid;

	catch (SIGCHLD, SA_RESTART);
	pid = start_child(end_with, (void *)3);
	is_long(waitpid(pid, &status, 0), pid, "a child ends");
	is_long(calls, 1, "SIGCHLD comes");
	signal(SIGCHLD, SIG_IGN);
	pid = start_child(end_with, (void *)3);
	is_long(raw(SYS_wait4, pid, &status, 0, 0), -ECHILD, "ignored: it is reaped by itself");
	catch (SIGCHLD, SA_NOCLDWAIT);
	pid = start_child(end_with, (void *)3);
	while (raw(SYS_wait4, pid, &status, 0, 0) == -EINTR)
		;
	is_long(raw(SYS_wait4, pid, &status, 0, 0), -ECHILD, "SA_NOCLDWAIT: likewise");
	is_long(calls, 1, "but the signal comes");
	signal(SIGCHLD, SIG_DFL);
	pid = start_child(end_with, (void *)4);
	is_status(status_of(pid), EXITED(4), "by default it waits to be reaped");
}

int main(void)
{
	if (pipe(pipe_ends) < 0)
		return 2;
	interrupted();
	restarted();
	pending();
	child_signal();
	return done_testing();
}
