/* SPDX-License-Identifier: ISC */
/*
 * What a task is as somebody's tracee (ptrace.h). A part of struct task, so that being traced needs
 * no memory and ends with the task.
 *
 * Legend: [l] process_lock  [c] the thread itself, or its tracer while it is stopped
 */
#pragma once

#include "proc/sigqueue.h"

struct task;

/* A stop, on the stack of the thread that sleeps in it. All under process_lock. */
struct trace_stop {
	i32 code; /* as wait tells it: a signal, an event above it */
	i32 signo; /* of info; 0: a group-stop, which has none */
	struct siginfo_kernel info;
	bool told; /* its tracer has waited for it */
	bool listens; /* it is a stop no more for its tracer, only for the thread */
	bool last; /* its end has begun: only SIGKILL ends it without the tracer */
	bool over; /* go on, with */
	i32 signal; /* this one; 0: none */
};

/* How a tracee was let go last. */
enum trace_mode { TRACE_FREE, TRACE_CALLS, TRACE_STEP };

/* Why it is to come to a stop by itself: one test for all on the way of a signal. */
#define TRAP_STOP 1u /* its tracer asked it to */
#define TRAP_NOTIFY 2u /* for its tracer: a stop of its process has begun or ended */
#define TRAP_TRACED (TRAP_STOP | TRAP_NOTIFY)
#define TRAP_PROCESS 4u /* with the others of its process, be it traced or not */

struct tracee {
	struct task *tracer; /* [l] NULL: nobody traces it */
	struct list link; /* [l] of the tracer's tracees */
	struct trace_stop *stop; /* [l] NULL: it runs */
	u64 message; /* [l] PTRACE_GETEVENTMSG's */
	u32 options; /* [l] PTRACE_O_* */
	u8 mode; /* [c] enum trace_mode */
	u8 traps; /* [l] TRAP_* */
	bool seized; /* [l] */
	bool privileged; /* [l] root began it: set-id bits hold */
	bool steps; /* [c] the trap flag in its frame is the tracer's */
	bool ended; /* [l] its thread is gone, it is there to be waited for */
	i32 exit_status, pgid; /* [l] then */
};
