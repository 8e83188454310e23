/* SPDX-License-Identifier: ISC */
/* The switch in the trace; apart and cold, so that the switch itself stays short. */
#pragma once

#include "base/trace.h"
#include "sched/queue.h"

/* @q goes from @prev to @next; the one who called the scheduler and its caller are told. Queue locked. */
void trace_switch(struct run_queue *q, struct thread *prev, struct thread *next, bool yields)
	__attribute__((cold, noinline));
/* The first thing on the other stack. Queue locked. */
void trace_switched(struct run_queue *q) __attribute__((cold));
/* Lets events say who runs. Once, from sched_init(). */
void trace_name_threads(void);
