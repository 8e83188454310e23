/* SPDX-License-Identifier: ISC */
/*
 * For tests of sessions: a pseudo-terminal whose slave a child takes for its own, in a new line each
 * time, and signals that are waited for.
 */
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "child.h"
#include "pty.h"
#include "sys.h"
#include "tap.h"

static struct pair pty; /* of the test; a child's slave end becomes its own */

static inline bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* In a session of its own with the slave as its terminal, on the pair above. 0: it has. */
static inline int begin_session(void)
{
	setsid();
	close(pty.slave);
	pty.slave = open(pty.name, O_RDWR);
	return pty.slave < 0 || !has_terminal();
}

/* For a child: its exit code is the line where it went wrong. */
#define STEP(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			return __LINE__ & 0x7f;                                                    \
	} while (0)

static volatile sig_atomic_t heard[65]; /* how often, by signal */

static inline void hear(int sig)
{
	heard[sig]++;
}

static inline void listen_to(int sig)
{
	struct sigaction act = { .sa_handler = hear };

	sigaction(sig, &act, NULL);
}

/* Sleeps until @sig has been heard @n times. */
static inline bool hears(int sig, int n)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, &old);
	while (heard[sig] < n)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return heard[sig] == n;
}

/* A result of the test: @fn in a child, with a pair of its own. */
static inline void in_new_line(child_fn *fn, const char *name)
{
	int status;

	close_pair(&pty);
	if (!open_pair(&pty)) {
		ok(false, "%s", name);
		return;
	}
	status = in_child(fn, NULL);
	if (!ok(status == EXITED(0), "%s", name))
		diag("status %x, line %d modulo 128", status, status >> 8);
}
