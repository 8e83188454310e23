/* SPDX-License-Identifier: ISC */
/*
 * Job control between processes: stops by the terminal's signals, orphaned groups, what SIGCHLD
 * says, calls that a stop interrupts, and a parent that is killed while it sleeps in vfork.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define STOPPED(sig) ((sig) << 8 | 0x7f)

static int ends[2];

static void tell(char c)
{
	if (write(ends[1], &c, 1) != 1)
		_exit(99);
}

static char hear(void)
{
	char c = 0;

	return read(ends[0], &c, 1) == 1 ? c : 0;
}

static int stop_by(void *sig)
{
	setpgid(0, 0);
	kill(getpid(), (long)sig);
	return 5;
}

/* In a group of its own, whose parent is in another one of the session: not orphaned. */
static void terminal_stops(void)
{
	static const int signals[] = { SIGTSTP, SIGTTIN, SIGTTOU };
	int status;

	for (int i = 0; i < 3; i++) {
		pid_t pid = start_child(stop_by, (void *)(long)signals[i]);

		waitpid(pid, &status, WUNTRACED);
		is_long(status, STOPPED(signals[i]), "signal %d stops", signals[i]);
		kill(pid, SIGCONT);
		is_status(status_of(pid), EXITED(5), "and goes on");
	}
}

/* The leader of a session: no parent is in it, its group is orphaned. */
static int stop_when_orphaned(void *sig)
{
	setsid();
	kill(getpid(), (long)sig);
	return 6;
}

static void orphans_do_not_stop(void)
{
	int status;
	pid_t pid;

	is_status(in_child(stop_when_orphaned, (void *)SIGTSTP), EXITED(6),
		  "SIGTSTP does not stop an orphaned group");
	pid = start_child(stop_when_orphaned, (void *)SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	is_long(status, STOPPED(SIGSTOP), "SIGSTOP does");
	kill(pid, SIGCONT);
	is_status(status_of(pid), EXITED(6), "and SIGCONT ends it");
}

static void on_signal(int sig)
{
	tell(sig == SIGHUP ? 'h' : 'c');
	if (sig == SIGCONT)
		_exit(0);
}

/* Grandchild: stops in a group of its own; with its parent's end that group is orphaned. */
static int leave_stopped_child(void *arg)
{
	struct sigaction act = { .sa_handler = on_signal };
	int status;
	pid_t pid;

	(void)arg;
	sigfillset(&act.sa_mask);
	setsid();
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		sigaction(SIGHUP, &act, NULL);
		sigaction(SIGCONT, &act, NULL);
		kill(getpid(), SIGSTOP);
		for (;;)
			pause();
	}
	return waitpid(pid, &status, WUNTRACED) != pid;
}

static void newly_orphaned(void)
{
	is_status(in_child(leave_stopped_child, NULL), EXITED(0), "a stopped group is left alone");
	is_long(hear(), 'h', "it gets SIGHUP");
	is_long(hear(), 'c', "and SIGCONT");
}

static int stop_until_told_and_end(void *sig)
{
	stop_until_told((long)sig);
	return 5;
}

static siginfo_t last;
static volatile int children_heard;

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	last = *info;
	children_heard++;
}

/* The signal of the end would be merged with that of the go if both were pending. */
static void hear_of_go(pid_t pid)
{
	sigset_t child, old;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &old);
	kill(pid, SIGCONT);
	while (last.si_code != CLD_CONTINUED)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void what_sigchld_says(void)
{
	struct sigaction act = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART };
	int status;
	pid_t pid;

	sigaction(SIGCHLD, &act, NULL);
	pid = start_child(stop_until_told_and_end, (void *)SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	ok(last.si_code == CLD_STOPPED && last.si_pid == pid && last.si_status == SIGSTOP,
	   "SIGCHLD tells of the stop");
	hear_of_go(pid);
	kill(pid, SIGUSR1);
	is_status(status_of(pid), EXITED(5), "then it ends");
	ok(last.si_code == CLD_EXITED && last.si_status == 5 && last.si_uid == getuid(),
	   "SIGCHLD tells of the end");
	act.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &act, NULL);
	children_heard = 0;
	pid = start_child(stop_by, (void *)SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	is_long(status, STOPPED(SIGSTOP), "with SA_NOCLDSTOP wait4 tells all the same");
	is_long(children_heard, 0, "but no signal does");
	kill(pid, SIGCONT);
	is_status(status_of(pid), EXITED(5), "then it ends, too");
	is_long(children_heard, 1, "and that is told");
	signal(SIGCHLD, SIG_DFL);
}

/* -- calls that a stop interrupts ---------------------------------------------------------------- */

static int timed_sleep(void *arg)
{
	struct timespec ts = { 0, 300000000 }, begin, end;
	long ns;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	tell('r');
	if (raw(SYS_nanosleep, &ts, 0))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &end);
	ns = (end.tv_sec - begin.tv_sec) * 1000000000L + end.tv_nsec - begin.tv_nsec;
	return ns >= 300000000 ? 0 : 2;
}

static int timed_poll(void *arg)
{
	(void)arg;
	tell('r');
	return raw(SYS_poll, 0, 0, 300) != 0;
}

static int suspend(void *arg)
{
	unsigned long none = 0;

	(void)arg;
	tell('r');
	return raw(SYS_rt_sigsuspend, &none, 8) == -EINTR ? 1 : 2;
}

static int sleep_for_good(void *arg)
{
	(void)arg;
	tell('r');
	return raw(SYS_pause) == -EINTR ? 1 : 2;
}

static void stop_in_call(child_fn *fn, int want, int end_by, const char *what)
{
	int status = 0;
	pid_t pid = start_child(fn, NULL);

	hear();
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	is_long(status, STOPPED(SIGSTOP), "%s: stopped", what);
	kill(pid, SIGCONT);
	waitpid(pid, &status, WCONTINUED);
	is_long(status, 0xffff, "%s: continued", what);
	if (end_by)
		kill(pid, end_by);
	is_status(status_of(pid), want, "%s: goes on as if nothing had been", what);
}

/* -- a parent's end -------------------------------------------------------------------------------- */

static void on_parents_end(int sig)
{
	tell(sig == SIGUSR1 ? 'p' : '?');
	_exit(0);
}

static int leave_child_that_hears(void *arg)
{
	int gate[2];
	char c;

	(void)arg;
	if (pipe(gate) < 0)
		return 1;
	if (fork() == 0) {
		int sig = 0;

		signal(SIGUSR1, on_parents_end);
		raw(SYS_prctl, PR_SET_PDEATHSIG, SIGUSR1);
		raw(SYS_prctl, PR_GET_PDEATHSIG, &sig);
		if (sig != SIGUSR1 || write(gate[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	return read(gate[0], &c, 1) != 1;
}

static void death_of_parent(void)
{
	is_status(in_child(leave_child_that_hears, NULL), EXITED(0), "a child asks for a signal");
	is_long(hear(), 'p', "when its parent ends it comes");
	is_long(raw(SYS_prctl, PR_SET_PDEATHSIG, 65), -EINVAL, "no signal 65");
}

/* -- vfork ----------------------------------------------------------------------------------------- */

static int sleep_in_vfork(void *arg)
{
	int *gate = arg;
	char c;

	if (vfork() == 0) {
		tell('v');
		c = read(gate[0], &c, 1) == 1 ? 'e' : '?';
		tell(c);
		_exit(0);
	}
	return 0;
}

static void killed_in_vfork(void)
{
	int gate[2];
	pid_t pid;

	if (pipe(gate) < 0)
		return;
	pid = start_child(sleep_in_vfork, gate);
	is_long(hear(), 'v', "a parent sleeps in vfork");
	kill(pid, SIGKILL);
	is_status(status_of(pid), SIGKILL, "it can be killed");
	is_long(write(gate[1], "x", 1), 1, "while the child");
	is_long(hear(), 'e', "lives on");
}

int main(void)
{
	if (pipe(ends) < 0)
		return 2;
	setpgid(0, 0);
	terminal_stops();
	orphans_do_not_stop();
	newly_orphaned();
	what_sigchld_says();
	stop_in_call(timed_sleep, EXITED(0), 0, "nanosleep");
	stop_in_call(timed_poll, EXITED(0), 0, "poll");
	stop_in_call(suspend, SIGTERM, SIGTERM, "sigsuspend");
	stop_in_call(sleep_for_good, SIGTERM, SIGTERM, "pause");
	death_of_parent();
	killed_in_vfork();
	return done_testing();
}
