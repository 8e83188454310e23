/* SPDX-License-Identifier: ISC */
/* What the trace says of a switch; see switch_trace.h. */
#include "sched/switch_trace.h"

#include "base/backtrace.h"

static enum trace_why switch_why(const struct run_queue *q, const struct thread *prev, bool yields)
{
	if (prev == q->idle)
		return WHY_IDLE;
	if (prev->state != THREAD_RUNNABLE)
		return prev->state == THREAD_DEAD ? WHY_EXIT : WHY_BLOCKED;
	return yields ? WHY_YIELD : (enum trace_why)q->resched_why;
}

void trace_switch(struct run_queue *q, struct thread *prev, struct thread *next, bool yields)
{
	u64 chain[4] = { 0 }; /* here, in the scheduler, who called that, and its caller */

	backtrace_collect(backtrace_here(), chain, 4);
	q->left = prev;
	q->unfinished = true;
	trace_about(TRACE_SWITCH, &next->ctx, switch_why(q, prev, yields), prev->tid, next->tid,
		    chain[2], chain[3]);
}

void trace_switched(struct run_queue *q)
{
	const struct thread *prev = q->left;

	q->left = NULL;
	if (trace_wants(TRACE_REGS_SAVED))
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
