/* SPDX-License-Identifier: ISC */
/*
 * Stopping and continuing: SIGSTOP and SIGCONT, what wait4 and SIGCHLD tell of them, that a stopped
 * process can be killed but not otherwise reached, and that it goes on in the call it was in.
 */
#include <signal.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define STOPPED(sig) ((sig) << 8 | 0x7f)
#define CONTINUED 0xffff

static int talk(void *arg)
{
	int *p = arg;
	char c;

	while (read(p[0], &c, 1) == 1)
		if (write(p[3], &c, 1) != 1)
			return 1;
	return 0;
}

static int stop_self(void *sig)
{
	kill(getpid(), (long)sig);
	return 7;
}

static int wait_for(pid_t pid, int options)
{
	int status = -1;

	return waitpid(pid, &status, options) == pid ? status : -1;
}

static void stop_and_go(void)
{
	int p[4], status;
	char c = 'x';
	pid_t pid;

	if (pipe(p) < 0 || pipe(p + 2) < 0)
		return;
	pid = start_child(talk, p);
	close(p[0]);
	ok(write(p[1], &c, 1) == 1 && read(p[2], &c, 1) == 1, "a child that answers");
	is_long(kill(pid, SIGSTOP), 0, "is stopped");
	is_long(wait_for(pid, WUNTRACED), STOPPED(SIGSTOP), "wait4 tells it");
	is_long(waitpid(pid, &status, WUNTRACED | WNOHANG), 0, "once");
	is_long(write(p[1], &c, 1), 1, "it is asked something");
	is_long(waitpid(pid, &status, WNOHANG), 0, "and doesn't end");
	is_long(kill(pid, SIGTERM), 0, "not even by SIGTERM");
	is_long(waitpid(pid, &status, WNOHANG), 0, "while it is stopped");
	is_long(kill(pid, SIGCONT), 0, "continued");
	is_long(wait_for(pid, 0), SIGTERM, "it dies of the SIGTERM that waited");
	for (int i = 1; i < 4; i++)
		close(p[i]);
}

static void continuing(void)
{
	pid_t pid = start_child(stop_self, (void *)SIGSTOP);

	is_long(wait_for(pid, WUNTRACED), STOPPED(SIGSTOP), "a child stops itself");
	is_long(kill(pid, SIGCONT), 0, "continued");
	is_long(wait_for(pid, 0), 7 << 8, "it goes on to its end");
	pid = start_child(stop_self, (void *)SIGSTOP);
	is_long(wait_for(pid, WUNTRACED), STOPPED(SIGSTOP), "another one stops");
	is_long(kill(pid, SIGKILL), 0, "SIGKILL");
	is_long(wait_for(pid, 0), SIGKILL, "kills it as it is");
}

/* A child that sleeps on a pipe tells that it was continued. */
static void told_of_continuing(void)
{
	int p[4];
	pid_t pid;

	if (pipe(p) < 0 || pipe(p + 2) < 0)
		return;
	pid = start_child(talk, p);
	kill(pid, SIGSTOP);
	is_long(wait_for(pid, WUNTRACED), STOPPED(SIGSTOP), "stopped");
	kill(pid, SIGCONT);
	is_long(wait_for(pid, WCONTINUED), CONTINUED, "wait4 tells of the continuing");
	kill(pid, SIGKILL);
	is_long(wait_for(pid, 0), SIGKILL, "and of the end");
	for (int i = 0; i < 4; i++)
		close(p[i]);
}

static volatile int told;

static void note(int sig)
{
	(void)sig;
	told++;
}

static int stop_twice(void *arg)
{
	(void)arg;
	kill(getpid(), SIGSTOP);
	kill(getpid(), SIGSTOP);
	return 7;
}

/* Stops and continues a child; returns how many SIGCHLD came of that. */
static int signals_of_stop(int flags)
{
	struct sigaction act = { .sa_handler = note, .sa_flags = SA_RESTART | flags };
	int signals;
	pid_t pid;

	told = 0;
	sigaction(SIGCHLD, &act, NULL);
	pid = start_child(stop_twice, NULL);
	is_long(wait_for(pid, WUNTRACED), STOPPED(SIGSTOP), "a child stops");
	signals = told;
	kill(pid, SIGCONT);
	is_long(wait_for(pid, WUNTRACED), STOPPED(SIGSTOP), "goes on, and stops again");
	signals += told;
	signal(SIGCHLD, SIG_DFL);
	kill(pid, SIGKILL);
	is_long(wait_for(pid, 0), SIGKILL, "and is killed");
	return signals;
}

static long elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

/* 0 if the sleep took its whole time in one call. */
static int sleep_once(void *arg)
{
	const struct timespec nap = { 0, 600000000 };
	struct timespec before;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &before);
	if (raw(SYS_nanosleep, &nap, 0))
		return 1;
	return elapsed_ms(&before) >= 600 ? 0 : 2;
}

/* Ends with 0 where sigsuspend returns to the first handler that runs. */
static int suspend_once(void *arg)
{
	struct sigaction act = { .sa_handler = note };
	sigset_t none;

	(void)arg;
	told = 0;
	sigemptyset(&none);
	sigaction(SIGUSR1, &act, NULL);
	sigsuspend(&none);
	return told == 1 ? 0 : 1;
}

/* Stops a child in its call, lets it go on, and tells how it ended; SIGUSR1 if @signal says so. */
static int stopped_within(child_fn *fn, int signal)
{
	const struct timespec moment = { 0, 200000000 };
	pid_t pid = start_child(fn, NULL);

	nanosleep(&moment, NULL);
	kill(pid, SIGSTOP);
	is_long(wait_for(pid, WUNTRACED), STOPPED(SIGSTOP), "stopped in a call");
	kill(pid, SIGCONT);
	nanosleep(&moment, NULL);
	if (signal)
		kill(pid, signal);
	return wait_for(pid, 0);
}

int main(void)
{
	stop_and_go();
	continuing();
	told_of_continuing();
	ok(signals_of_stop(0) > 0, "SIGCHLD tells of stops");
	is_long(signals_of_stop(SA_NOCLDSTOP), 0, "not with SA_NOCLDSTOP");
	is_status(stopped_within(sleep_once, 0), EXITED(0), "nanosleep goes on to its time");
	is_status(stopped_within(suspend_once, SIGUSR1), EXITED(0), "sigsuspend goes on waiting");
	return done_testing();
}
