/* SPDX-License-Identifier: ISC */
/* The run queue of a CPU: private to the scheduler. Its lock guards every field. */
#pragma once

#include "sched/sched.h"

struct run_queue {
	struct spinlock lock;
	u32 count; /* threads waiting; the running one is not among them */
	struct list waiting; /* thread.run_link, next to run first */
	struct thread *current, *idle;
	struct thread *dead; /* switched away for the last time: its successor frees it */
	u64 armed; /* the one-shot timer's deadline, ~0: not armed */
	u64 idle_ns, switches;
};

extern struct run_queue run_queues[MAX_CPUS];

static inline struct run_queue *run_queue_this(void)
{
	return cpu_this()->queue;
}

/* Arms the timer if something is due before it fires anyway. Queue locked, interrupts off. */
void queue_arm_timer(struct run_queue *q);

/* Frees what thread_create() made. */
void thread_free(struct thread *t);
void thread_init_boot(void);
struct thread *thread_create_idle(u32 cpu); /* NULL: out of memory */
void timers_init(void);
