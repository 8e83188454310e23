/* SPDX-License-Identifier: ISC */
/* What the trace says of a switch; see switch_trace.h. */
#include "sched/switch_trace.h"

static enum trace_why switch_why(const struct run_queue *q, const struct thread *prev, bool yields)
{
	if (prev == q->idle)
		return WHY_IDLE;
	if (prev->state != THREAD_RUNNABLE)
		return prev->state == THREAD_DEAD ? WHY_EXIT : WHY_BLOCKED;
	return yields ? WHY_YIELD : (enum trace_why)q->resched_why;
}

/* Who called the caller of the function of @frame; 0: that is the entry, and the link the program's own. */
static u64 outer_caller(const struct thread *prev, const u64 *frame)
{
	const u64 *outer = (const u64 *)frame[0];
	bool from_entry = (const u64 *)thread_frame((struct thread *)prev) == frame + 2;

	return outer && !from_entry ? outer[1] : 0;
}

void trace_switch(struct run_queue *q, struct thread *prev, struct thread *next, bool yields,
		  const u64 *frame)
{
	q->left = prev;
	trace_about(TRACE_SWITCH, &next->ctx, switch_why(q, prev, yields), prev->tid, next->tid,
		    frame[1], outer_caller(prev, frame));
}

void trace_switched(struct run_queue *q)
{
	const struct thread *prev = q->left;

	q->left = NULL;
	if (prev && trace_wants(TRACE_REGS_SAVED))
		trace_record_as(TRACE_REGS_SAVED, prev->pid, (i32)prev->tid, &prev->ctx,
				(u64)&prev->ctx);
	trace(TRACE_REGS_RESTORED, 0, (u64)thread_current());
}

static void identify_current(i32 *pid, i32 *tid)
{
	const struct thread *t = thread_current();

	*pid = t->pid;
	*tid = (i32)t->tid;
}

void trace_name_threads(void)
{
	trace_identify = identify_current;
}
