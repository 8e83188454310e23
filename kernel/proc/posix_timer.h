/* SPDX-License-Identifier: ISC */
/*
 * timer_create(2) and its sisters: interval timers of which a process may have many, each with a
 * queue entry of its own for its signal, so that sending never fails.
 *
 * Locks: the list belongs to the process; overrun counts to its sig_lock.
 */
#pragma once

#include "proc/process.h"

struct posix_timer {
	struct list link; /* process.posix_timers */
	i32 id; /* [i] */
	u32 clock; /* [i] */
	bool sends; /* [i] SIGEV_SIGNAL; false: SIGEV_NONE */
	struct interval_timer timer;
	struct sigqueue entry; /* [sig_lock] */
	bool untaken; /* [sig_lock] the signal it sent last is pending, or was ignored */
	u64 overrun; /* [sig_lock] times it ran out since entry was queued, but for the first */
	i32 overrun_last; /* [sig_lock] of the signal taken last */
};

/*
 * Makes a timer of the running process; @sig 0: it sends none. @value goes into the siginfo, NULL:
 * the timer's id. *err: -EAGAIN (the user has too many, or memory is out).
 */
struct posix_timer *posix_timer_create(u32 clock, bool cpu_time, int sig, const u64 *value,
				       int *err);
struct posix_timer *posix_timer_find(i32 id); /* of the running process; NULL: none */
void posix_timer_delete(struct posix_timer *t);
/* exec, exit: all of the running process. */
void posix_timers_delete_all(void);
/* Forgets the overruns so far: the timer is set anew. */
void posix_timer_reset_overrun(struct posix_timer *t);
