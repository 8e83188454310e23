/* SPDX-License-Identifier: ISC */
/*
 * Interval timers: what alarm, setitimer and timer_create have in common. One runs on the wall's
 * clock or on a process's CPU time; the latter looks at the time used whenever a kernel timer
 * says that it could have run out.
 *
 * Locks: interval_timer.lock (outside process.time_lock only) guards its fields. Set and cancelled
 * by the process itself, under its timers_lock.
 */
#pragma once

#include "base/spinlock.h"
#include "sched/timer.h"

struct process;

struct interval_timer {
	struct timer timer;
	struct spinlock lock;
	bool cpu_time; /* counts the process's CPU time, not the wall's */
	u64 expires; /* [lock] in its clock's ns; 0: not running */
	u64 interval; /* [lock] ns, 0: once */
	u64 patience; /* [lock] ns between two looks at least */
	struct process *process; /* [i] */
	bool of_user; /* [i] cpu_time: what the process spent in user mode alone */
	i32 of_thread; /* [i] cpu_time: counts that of this thread; 0: of the process */
	/* It ran out @times times. In an interrupt, no lock held. */
	void (*expired)(struct interval_timer *t, u64 times);
};

/* The timer's clock now. */
u64 interval_timer_now(const struct interval_timer *t);
/* Sets an initialized timer: first at @expires (its clock's ns, 0: never), then each @interval. */
void interval_timer_set(struct interval_timer *t, u64 expires, u64 interval);
/* What is left (0: not running; at least 1 ns if it is) and the interval. */
void interval_timer_get(struct interval_timer *t, u64 *left, u64 *interval);
/*
 * It ran out and what it did the last time has not been noticed yet: the time between its looks
 * doubles, up to a tenth of a second. A thousand timers of a nanosecond whose signals are blocked
 * would else leave no time for anything. Any context.
 */
void interval_timer_unnoticed(struct interval_timer *t);
/* It was: looks at its time again. Returns how often it ran out since the last look. Any context. */
u64 interval_timer_noticed(struct interval_timer *t);
/* After return it does not run out any more. Thread context, without process_lock. */
void interval_timer_cancel(struct interval_timer *t);
void interval_timer_init(struct interval_timer *t, struct process *p, bool cpu_time,
			 void (*expired)(struct interval_timer *, u64));

/* The three of setitimer(2); their signals. A fork's child and nobody else begins without. */
enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF, ITIMER_COUNT };
void itimer_set(int which, u64 first, u64 interval);
void itimer_get(int which, u64 *left, u64 *interval);
/* At the process's end. */
void itimers_cancel(struct process *p);
