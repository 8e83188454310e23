/* SPDX-License-Identifier: ISC */
/*
 * rt_sigtimedwait: what is pending, what comes, what is ignored by default, time-outs, and other
 * signals. Section 3, line 9 of the ABI page.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define BIT(sig) (1UL << ((sig)-1))

static void ignore_it(int sig)
{
	(void)sig;
}

static long wait_in(unsigned long set, siginfo_t *info, long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	return raw(SYS_rt_sigtimedwait, &set, info, ms < 0 ? NULL : &ts, 8);
}

static void block(unsigned long set)
{
	raw(SYS_rt_sigprocmask, SIG_SETMASK, &set, 0, 8);
}

static void pending(void)
{
	siginfo_t info;

	block(BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(50));
	is_long(wait_in(BIT(SIGUSR1), NULL, 0), -EAGAIN, "nothing pending, no time: EAGAIN");
	is_long(wait_in(BIT(SIGUSR1), NULL, 3), -EAGAIN, "nor after 3 ms");
	kill(getpid(), SIGUSR1);
	is_long(wait_in(BIT(SIGUSR2), NULL, 0), -EAGAIN, "another one than asked for");
	is_long(wait_in(BIT(SIGUSR1) | BIT(SIGUSR2), &info, -1), SIGUSR1, "the one asked for");
	ok(info.si_signo == SIGUSR1 && info.si_code == SI_USER && info.si_pid == getpid(),
	   "with its siginfo");
	is_long(wait_in(BIT(SIGUSR1), NULL, 0), -EAGAIN, "it is taken");
	for (int i = 0; i < 2; i++)
		kill(getpid(), 50);
	is_long(wait_in(BIT(50), NULL, 0), 50, "a real-time one");
	is_long(wait_in(BIT(50), NULL, 0), 50, "twice");
	is_long(wait_in(BIT(50), NULL, 0), -EAGAIN, "and no more");
}

static int end_with(void *code)
{
	return (long)code;
}

static void child(void)
{
	siginfo_t info;
	int status;
	pid_t pid;

	block(BIT(SIGCHLD));
	pid = start_child(end_with, (void *)7);
	is_long(wait_in(BIT(SIGCHLD), &info, -1), SIGCHLD, "a blocked SIGCHLD, ignored by default");
	ok(info.si_code == CLD_EXITED && info.si_pid == pid && info.si_status == 7,
	   "it tells who and how");
	is_long(waitpid(pid, &status, 0), pid, "the child is still to be reaped");
}

static int signal_parent(void *sig)
{
	until_asleep(getppid());
	return kill(getppid(), (long)sig);
}

static void others(void)
{
	struct sigaction act = { .sa_handler = ignore_it, .sa_flags = SA_RESTART };
	pid_t pid;

	sigaction(SIGUSR2, &act, NULL);
	block(BIT(SIGUSR1));
	pid = start_child(signal_parent, (void *)SIGUSR2);
	is_long(wait_in(BIT(SIGUSR1), NULL, -1), -EINTR, "a handler interrupts, SA_RESTART or not");
	status_of(pid);
	pid = start_child(signal_parent, (void *)SIGUSR1);
	is_long(wait_in(BIT(SIGUSR1), NULL, -1), SIGUSR1, "what it sleeps for wakes it");
	status_of(pid);
	pid = start_child(signal_parent, (void *)SIGUSR2);
	is_long(wait_in(BIT(SIGUSR2), NULL, -1), SIGUSR2, "one that is not blocked is taken, too");
	status_of(pid);
}

static void errors(void)
{
	unsigned long set = BIT(SIGUSR1);
	struct timespec bad = { 0, 1000000000 };

	is_long(raw(SYS_rt_sigtimedwait, &set, 0, 0, 4), -EINVAL, "a set of another size");
	is_long(raw(SYS_rt_sigtimedwait, 8, 0, 0, 8), -EFAULT, "a bad set");
	is_long(raw(SYS_rt_sigtimedwait, &set, 0, 8, 8), -EFAULT, "a bad time");
	is_long(raw(SYS_rt_sigtimedwait, &set, 0, &bad, 8), -EINVAL, "no time");
	kill(getpid(), SIGUSR1);
	is_long(raw(SYS_rt_sigtimedwait, &set, 8, 0, 8), -EFAULT, "a bad siginfo");
	is_long(wait_in(set, NULL, 0), -EAGAIN, "has taken the signal");
}

int main(void)
{
	pending();
	child();
	others();
	errors();
	return done_testing();
}
