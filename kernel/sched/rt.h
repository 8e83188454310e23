/* SPDX-License-Identifier: ISC */
/*
 * Real-time threads: SCHED_FIFO and SCHED_RR of sched(7). A list a priority and a bitmap of those that
 * are not empty: all is O(1).
 *
 * While others wait they get 950 ms of a second at most, as on Linux: a real-time loop is slow poison
 * instead of the end of the machine. With nobody waiting they are not held back.
 * Lock: all of it is [q], the run queue's.
 */
#pragma once

#include "abi/sched.h"
#include "machine/clock.h"
#include "sched/thread.h"

#define RT_LEVELS 100 /* level 0 is priority 99 */
#define RT_QUANTUM (100 * NSEC_PER_MSEC) /* of SCHED_RR, Linux's */
#define RT_PERIOD NSEC_PER_SEC
#define RT_BUDGET (950 * NSEC_PER_MSEC)

struct rt_queue {
	u32 count;
	u64 present[2]; /* a bit a level */
	struct list level[RT_LEVELS]; /* thread.run_link, next to run first */
	u64 used, period; /* CPU time used in the period that began then */
};

void rt_init(struct rt_queue *r);
/* Puts @t before or behind the others of its priority. */
void rt_enqueue(struct rt_queue *r, struct thread *t, bool first);
void rt_dequeue(struct rt_queue *r, struct thread *t);
/* The one to run next, left where it is; NULL: none. */
struct thread *rt_peek(const struct rt_queue *r);
/* A real-time thread has run for @ns until @now. */
void rt_charge(struct rt_queue *r, u64 ns, u64 now);

/* When the budget is used up if one runs from @now on; it may be already. */
u64 rt_limit(struct rt_queue *r, u64 now);

static inline bool thread_is_rt(const struct thread *t)
{
	return t->priority != 0;
}
