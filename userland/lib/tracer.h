/* SPDX-License-Identifier: ISC */
/* A tracer's calls for tests: ptrace with the error as its result, waits that see every tracee. */
#pragma once

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#define STOPPED(code) ((code) << 8 | 0x7f)
#define SEIZED_STOP 128 /* PTRACE_EVENT_STOP */

static inline long trace(int request, pid_t pid, long addr, long data)
{
	long r = syscall(SYS_ptrace, request, pid, addr, data);

	return r < 0 ? -errno : r;
}

/* The wait status of @pid's next stop or end; -1: there is none. */
static inline int wait_all(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, __WALL) == pid ? status : -1;
}

/* Lets it go on and tells its next stop. */
static inline int go(int request, pid_t pid, int sig)
{
	long r = trace(request, pid, 0, sig);

	return r ? (int)r : wait_all(pid);
}

/* A child that runs @fn(@arg) and exits with its result, stopped before that, with these options. */
static inline int traced(child_fn *fn, void *arg, long options, pid_t *out)
{
	pid_t pid = fork();

	if (pid == 0) {
		trace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(fn(arg));
	}
	*out = pid;
	if (wait_all(pid) != STOPPED(SIGSTOP))
		return -1;
	return (int)trace(PTRACE_SETOPTIONS, pid, 0, options);
}
