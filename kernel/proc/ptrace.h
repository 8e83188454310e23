/* SPDX-License-Identifier: ISC */
/*
 * ptrace: a thread (the tracer) that stops others (its tracees), looks into them and changes them.
 *
 * A tracee stops only by itself, in places where its frame holds all its registers: at a system
 * call's entry and exit, before a signal is acted on, at an event that the tracer asked for. It puts a
 * struct trace_stop on its stack and sleeps until `over`. So the tracer finds a thread that is in the
 * kernel, and out of it only by IRET from the frame:
 *
 *	tracee					tracer
 *	frame complete
 *	lock, trace.stop = s, unlock
 *	SIGCHLD, wake its wait	  ----------->	wait: s->code
 *	sleep					lock, is it off its CPU? read and write
 *						    frame, FPU area, bases; unlock
 *	awake  <-----------------------------	lock, s->over = true, wake; unlock
 *	exit work, IRET
 *
 * Lock: process_lock for all of it. Off its CPU and kept there: it is blocked, and whoever could wake
 * it takes process_lock or its process's sig_lock, which ptrace_with_stopped() holds both.
 */
#pragma once

#include "abi/ptrace.h"
#include "proc/process.h"

/* Is @t somebody's tracee? Under process_lock a fact, else a hint. */
static inline bool task_is_traced(const struct task *t)
{
	return READ_ONCE(t->trace.tracer);
}

/* -- the tracer's side (ptrace.c) ------------------------------------------------------------------ */

/* The caller becomes its parent's tracee. 0, -EPERM. */
int ptrace_traceme(void);
/* PTRACE_ATTACH, or (@seize) PTRACE_SEIZE with @options. 0, -ESRCH, -EPERM. */
int ptrace_attach(i32 tid, bool seize, u32 options);
/*
 * Calls @fn with @tid's task, the caller's tracee, stopped and off its CPU, under process_lock and its
 * process's sig_lock. What it returns, or -ESRCH: it is none, or it does not stop. May sleep.
 */
int ptrace_with_stopped(i32 tid, int (*fn)(struct task *t, void *arg), void *arg);
/* Calls @fn with the caller's tracee @tid, whatever it does, under process_lock. */
int ptrace_with_tracee(i32 tid, int (*fn)(struct task *t, void *arg), void *arg);

/* For these two. A stopped one goes on with @sig; 0. */
int ptrace_resume(struct task *t, enum trace_mode mode, int sig);
int ptrace_detach(struct task *t, int sig);
int ptrace_interrupt(struct task *t); /* 0, -EIO: it was not seized */
int ptrace_listen(struct task *t); /* 0, -EIO: not in a stop of its process */

/* May the caller trace @t (ptrace(2), "access mode checking", real ids)? Under process_lock. */
bool ptrace_may_access(const struct task *t);

/* The running thread ends: its tracees are free. Threads that have ended already go to @gone (by
 * trace.link), processes to @unwanted. Under process_lock. */
void ptrace_tracer_ends(struct task *me, struct list *gone, struct list *unwanted);
/* Nobody traces @t any more, whatever it does. Under process_lock. */
void ptrace_release(struct task *t, int sig);

/* -- the tracee's side (ptrace_stop.c): the running thread's own stops ----------------------------- */

/* @sig was taken and is to be acted on. What the tracer makes of it; 0: nothing. May sleep. */
int ptrace_signal_stop(struct task *me, int sig, struct siginfo_kernel *info);
/* trace.traps: a stop that its tracer asked for, or its process's. */
void ptrace_trap(struct task *me);
/* Its process stops: so does it, for its tracer. */
void ptrace_group_stop(struct task *me);
/* An event, if its tracer wants to hear of it. True: it has stopped. */
bool ptrace_event(u32 event, u64 message);
/* In a call that is about to return @result: all registers come from the frame. Returns @result. */
i64 ptrace_call_result(i64 result);
/* What the calls of clone and exec report: the new task becomes a tracee, too. Under process_lock and
 * before it runs. */
void ptrace_inherit(struct task *child, const struct task *me);
/* The event of a clone with these arguments that the tracer of @me wants; 0: none. */
u32 ptrace_clone_event(const struct task *me, const struct clone_args *a);

/* A system call begins or ends in a thread with WORK_PTRACE. Interrupts on, may sleep. The first
 * returns the number to run, ~0: none, the frame has the result. */
u64 ptrace_call_enter(struct trap_frame *f);
void ptrace_call_exit(struct trap_frame *f);

/* A debug trap of the running thread: is it a step, and nobody there any more to hear of it? */
bool ptrace_step_is_stray(struct trap_frame *f);
/* Before a handler's frame is built: was @me to make a step? It is over then. */
bool ptrace_step_ends(struct task *me);
/* After it: the step has led into the handler. */
void ptrace_step_report(struct task *me);

/* -- for wait and exit ------------------------------------------------------------------------------ */

/* The thread of @t, a tracee, ends with wait status @status; true: its task is kept, to be waited for.
 * Under process_lock. */
bool ptrace_thread_ends(struct task *t, i32 status);
/* The end of @p is told to the tracer of its leader first; false: there is none but its parent. */
bool ptrace_process_ends(struct process *p);
/* Is @t traced by somebody else than its parent? */
static inline bool ptrace_by_other(const struct task *t)
{
	const struct task *tracer = t->trace.tracer;

	return tracer && tracer->process != t->process->parent;
}
static inline bool ptrace_by_parent(const struct process *p)
{
	const struct task *tracer = p->leader->trace.tracer;

	return unlikely(tracer != NULL) && tracer->process == p->parent;
}
/* SIGSTOP, SIGCONT of its process: one that was seized comes to a stop of its own. */
void ptrace_notify_trap(struct task *t);

/* -- registers (ptrace_regs.c): of a stopped one, under ptrace_with_stopped() -------------------------- */

void ptrace_get_regs(struct task *t, struct user_regs_abi *r);
/* 0, or -EIO and nothing changed: what the kernel could not load, or what would lift a protection. */
int ptrace_set_regs(struct task *t, const struct user_regs_abi *r);
/* The FPU image: the first USER_FPREGS_BYTES of it, or all (cpu_features.xsave_bytes). */
void ptrace_get_fpu(struct task *t, void *image, size_t bytes);
/* 0, -EINVAL. Spoils @image, which is of fpu_area_bytes(), zero beyond @bytes. */
int ptrace_set_fpu(struct task *t, void *image, size_t bytes);
