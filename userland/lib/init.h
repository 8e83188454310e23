/* SPDX-License-Identifier: ISC */
/*
 * A program that may be started as the first process: it inherits every orphan, and must reap them
 * while it does what it is for.
 */
#pragma once

#include <sys/wait.h>
#include <unistd.h>

/*
 * As pid 1: go on in a child, while this process does nothing but reap, and at last ends as the child
 * has ended. As any other process: nothing.
 */
static inline void leave_init_behind(void)
{
	int status = 0;
	pid_t child;

	if (getpid() != 1)
		return;
	child = fork();
	if (child == 0)
		return;
	if (child < 0)
		_exit(1);
	while (wait(&status) != child)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
