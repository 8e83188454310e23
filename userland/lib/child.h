/* SPDX-License-Identifier: ISC */
/*
 * Running a piece of a test in a process of its own, so that it may die.
 */
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stat.h"
#include "tap.h"

/* The child's exit code says 0 for "as expected"; anything else is the step that went wrong. */
typedef int child_fn(void *arg);

/* Without a child there is no test: the program ends, before it signals pid -1, which is everyone. */
static inline pid_t start_child(child_fn *fn, void *arg)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn(arg));
	if (pid < 0) {
		diag("fork failed");
		_exit(2);
	}
	return pid;
}

/* Returns the wait status without the core bit, or -1 where there was no child. */
static inline int status_of(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : status;
}

/* Until process @pid sleeps, as far as /proc knows: what is sent then finds it waiting. */
static inline void until_asleep(pid_t pid)
{
	char path[32], state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	do
		state = stat_state(path);
	while (state && state != 'S' && !usleep(1000));
}

static inline int in_child(child_fn *fn, void *arg)
{
	return status_of(start_child(fn, arg));
}

/* For a child: stops by @sig. Continued, it waits for SIGUSR1, so that the parent sees one after the other. */
static inline void stop_until_told(int sig)
{
	sigset_t told;

	sigemptyset(&told);
	sigaddset(&told, SIGUSR1);
	sigprocmask(SIG_BLOCK, &told, NULL);
	kill(getpid(), sig);
	sigwaitinfo(&told, NULL);
}
