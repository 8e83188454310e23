/* SPDX-License-Identifier: ISC */
/*
 * Which CPU a thread is put on, and how it gets there.
 *
 * A thread on its way between two queues is "in flight": RUNNABLE, in no queue, on no CPU, and
 * thread.cpu says where it goes. Only who carries it moves it on; others find it under the lock of
 * the queue it goes to, see that it is not there yet, and only write down what they want:
 *
 *	carrier (CPU 0)				other (CPU 1)
 *	lock queue A: state BLOCKED		affinity or policy of t:
 *	    RUNNABLE, t->cpu = B		lock the queue of t->cpu, look again
 *	unlock A					still A: t is blocked there, or in its queue
 *	    (in flight)					B, in flight: note it in t only
 *	lock B: is B still allowed?  -----------	unlock
 *	    no: t->cpu = C, unlock, again		a wake-up: not BLOCKED, nothing to do
 *	    yes: into the queue, kick
 *	unlock B
 *
 * Its old stack is free by then: a thread leaves a queue's CPU under the lock that is held until
 * the successor runs (sched.c), so whoever holds the lock and sees that the thread is not `current`
 * knows that nobody runs on its stack. A thread that must leave while it runs is put on its way by
 * its successor (run_queue.gone). No two run queues are ever locked at once.
 */
#pragma once

#include "sched/queue.h"

/* Halted CPUs with nothing to do, a bit each; whoever takes a bit away may put a thread there. */
extern u64 idle_cpus; /* [a] */

/* The CPU to wake @t on. Any lock or none; interrupts off. */
u32 place_woken(const struct thread *t);
/* The CPU for a thread that has nothing in any cache: the least loaded. */
u32 place_fresh(const struct thread *t);

/* Takes @t off @q, in which it does not wait and does not run: from now on in flight to @cpu. Locked. */
void place_depart(struct run_queue *q, struct thread *t, u32 cpu);
/* Brings @t there, or to where it may be by then. No queue locked; interrupts off. */
void place_deliver(struct thread *t);
