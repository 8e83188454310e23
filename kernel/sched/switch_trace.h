/* SPDX-License-Identifier: ISC */
/* The switch in the trace; apart and cold, so that the switch itself stays short. */
#pragma once

#include "base/trace.h"
#include "sched/queue.h"

/*
 * @q goes from @prev to @next. @frame is the frame of the scheduler's entry point: its caller stands
 * there, and in the frame above, if there is one, who called that. Queue locked.
 */
void trace_switch(struct run_queue *q, struct thread *prev, struct thread *next, bool yields,
		  const u64 *frame) __attribute__((cold));
/* The first thing on the other stack. Queue locked. */
void trace_switched(struct run_queue *q) __attribute__((cold));
/* Lets events say who runs. Once, from sched_init(). */
void trace_name_threads(void);
