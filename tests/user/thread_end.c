/* SPDX-License-Identifier: ISC */
/*
 * How processes of many threads end: by exit_group and by exit, by signals and faults, by exec; and what
 * a fork of one has.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"
#include "raw_thread.h"

static void *sleep_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static _Noreturn void *exit_group_later(void *arg)
{
	usleep(2000);
	_exit((int)(long)arg);
}

static _Noreturn void *spin(void *arg)
{
	for (;;)
		(void)*(volatile int *)arg;
}

static int zero;

static _Noreturn int exits_from_thread(void *arg)
{
	start(sleep_for_ever, &zero);
	start(spin, &zero);
	start(exit_group_later, arg);
	for (;;)
		pause();
}

static int leader_leaves(void *arg)
{
	start(exit_group_later, arg);
	raw(SYS_exit, 3);
	return 1;
}

static void *leave_later(void *arg)
{
	usleep(2000);
	raw(SYS_exit, (long)arg);
	return NULL;
}

static int all_leave(void *arg)
{
	start(leave_later, arg);
	raw(SYS_exit, 3);
	return 1;
}

static void *fault(void *arg)
{
	(void)arg;
	__asm__ volatile("movl $1, 8");
	return NULL;
}

static _Noreturn int faults_in_thread(void *arg)
{
	(void)arg;
	start(fault, NULL);
	for (;;)
		pause();
}

static _Noreturn int is_killed(void *arg)
{
	start(sleep_for_ever, &zero);
	start(spin, &zero);
	kill(getpid(), (int)(long)arg);
	for (;;)
		pause();
}

static _Noreturn void *exec_from_here(void *arg)
{
	char *argv[] = { arg, "pid", NULL };

	execv(arg, argv);
	_exit(9);
}

static char self[256];

/* The program that it becomes tells whether its pid and tid are what they were. */
static _Noreturn int execs_from_thread(void *arg)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("PID", pid, 1);
	start(sleep_for_ever, &zero);
	start(spin, &zero);
	start(exec_from_here, self);
	if (arg)
		raw(SYS_exit, 0);
	for (;;)
		pause();
}

static int after_exec(void)
{
	char line[64] = "";
	FILE *f = fopen("/proc/self/status", "r");
	int threads = 0;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "Threads: %d", &threads);
	if (getpid() != atoi(getenv("PID")) || tid() != getpid())
		return 1;
	return threads == 1 ? 0 : 2;
}

static void *fork_here(void *arg)
{
	pid_t pid = fork();

	(void)arg;
	if (pid == 0)
		_exit(tid() == getpid() ? 4 : 5);
	return (void *)(long)status_of(pid);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return after_exec();
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		strcpy(self, argv[0]);
	is_status(in_child(exits_from_thread, (void *)7), EXITED(7), "exit_group ends all threads");
	is_status(in_child(leader_leaves, (void *)7), EXITED(7), "also without the first one");
	is_status(in_child(all_leave, (void *)7), EXITED(7), "the status is the last one's");
	is_status(in_child(faults_in_thread, NULL), KILLED(SIGSEGV), "a fault ends the process");
	is_status(in_child(is_killed, (void *)SIGTERM), KILLED(SIGTERM), "a signal ends all");
	is_status(in_child(is_killed, (void *)SIGKILL), KILLED(SIGKILL), "SIGKILL too");
	is_status(in_child(execs_from_thread, NULL), EXITED(0),
		  "exec from a thread: it is the leader");
	is_status(in_child(execs_from_thread, self), EXITED(0), "also when that has left");
	is_long((long)join(start(fork_here, NULL)), EXITED(4),
		"a fork from a thread has one thread");
	return done_testing();
}
