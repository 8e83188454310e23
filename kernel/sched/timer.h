/* SPDX-License-Identifier: ISC */
/*
 * Kernel timers: a tree of deadlines a CPU, driven by the one-shot timer. Callbacks run in the
 * interrupt with interrupts off and must not sleep. Lock: the CPU's timer lock (before
 * run_queue.lock).
 */
#pragma once

#include "lib/rbtree.h"
#include "lib/types.h"

struct timer {
	struct rb_node node;
	u64 deadline; /* clock_ns() */
	void (*fire)(struct timer *t);
	u32 cpu;
	bool armed;
};

void timer_init(struct timer *t, void (*fire)(struct timer *t));
/* Arms (or re-arms) @t on this CPU. Any context; callers of one timer exclude each other. */
void timer_arm(struct timer *t, u64 deadline);
/* True if it was armed; after return the callback does not run any more, and has not armed it
 * again. Thread context, no lock held that the callback takes. */
bool timer_cancel(struct timer *t);
/* For the scheduler: runs what is due. Interrupts off. */
void timers_run(u64 now);
u64 timers_next(void); /* this CPU's next deadline, ~0: none */
