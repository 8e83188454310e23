/* SPDX-License-Identifier: ISC */
/*
 * timer_create(2) and its sisters: interval timers of which a process may have many, each with a
 * queue entry of its own for its signal, so that sending never fails.
 *
 * Locks: process.timers_lock (mutex) guards the list and what is set, so that a timer that was found
 * stays; overrun counts belong to sig_lock.
 */
#pragma once

#include "proc/process.h"

struct posix_timer {
	struct list link; /* process.posix_timers */
	i32 id; /* [i] */
	u32 clock; /* [i] */
	bool sends; /* [i] SIGEV_SIGNAL; false: SIGEV_NONE */
	i32 to; /* [i] SIGEV_THREAD_ID: this thread; 0: the process */
	struct interval_timer timer;
	struct sigqueue entry; /* [sig_lock] */
	bool untaken; /* [sig_lock] the signal it sent last is pending, or was ignored */
	u64 overrun; /* [sig_lock] times it ran out since entry was queued, but for the first */
	i32 overrun_last; /* [sig_lock] of the signal taken last */
};

struct posix_timer_request {
	u32 clock;
	bool cpu_time; /* of the process, or of thread @of */
	i32 of;
	int sig; /* 0: it sends none */
	i32 to; /* the thread that gets it; 0: the process */
	const u64 *value; /* for the siginfo; NULL: the timer's id */
};
/*
 * Makes a timer of the running process. *err: -EAGAIN (the user has too many, or memory is out).
 * This and the next two under timers_lock.
 */
struct posix_timer *posix_timer_create(const struct posix_timer_request *r, int *err);
struct posix_timer *posix_timer_find(i32 id); /* of the running process; NULL: none */
void posix_timer_delete(struct posix_timer *t);
/* exec, exit: all of the running process, which has one thread. */
void posix_timers_delete_all(void);
/* Forgets the overruns so far: the timer is set anew. */
void posix_timer_reset_overrun(struct posix_timer *t);
