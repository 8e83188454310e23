/* SPDX-License-Identifier: ISC */
/*
 * Threads: what the scheduler switches between.
 *
 * A struct thread lies at the top of its own kernel stack (see machine/context.h); one
 * allocation holds both. `owner` is the process, which this room never opens.
 *
 * States: a thread is RUNNABLE while it runs or waits for the CPU, BLOCKED in a wait queue,
 * DEAD once it has switched away for the last time; then whoever runs next frees it.
 *
 * Legend: [i] immutable  [q] run-queue lock of its cpu  [c] only the thread itself
 *         [o] owned by the room above (proc)  [a] atomic
 */
#pragma once

#include "lib/list.h"
#include "lib/rbtree.h"
#include "machine/context.h"
#include "machine/cpu.h"
#include "base/spinlock.h"

/* How a thread shares the CPU: sched_setattr(2)'s words (abi/sched.h). */
struct sched_params {
	u8 policy; /* SCHED_* */
	u8 priority; /* 1-99 of the real-time policies, else 0 */
	i8 nice;
	bool reset_on_fork;
};

enum thread_state { THREAD_RUNNABLE, THREAD_BLOCKED, THREAD_DEAD };

struct thread {
	struct context ctx; /* first: RSP0 and the work bits are found through it */
	u32 state; /* [q] */
	u32 cpu; /* [q] whose queue it is or was on */
	u64 affinity; /* [q] bit a CPU */
	bool on_queue; /* [q] linked in the run queue (the running one is not) */
	bool kernel; /* [i] never leaves the kernel */
	bool seen_in_kernel; /* [q] when it was sampled last */
	bool fresh; /* [q] slept or is new, and goes to another CPU */
	bool leads; /* [q] is a node of the fair queue's tree */
	bool plain; /* [q] SCHED_OTHER of nice 0 that runs with no real-time priority, as nearly all */
	u8 priority; /* [q] real-time one that it runs with: the greater of its own and the next */
	u8 lent; /* [q] by who waits for a lock of its; 0: nothing */
	struct sched_params sched; /* [q] its own */
	u32 weight, inverse; /* [q] of its nice value; and 2^32 / weight */
	i32 pid; /* [o] of its process, for the trace; 0: none */
	u32 tid; /* [i] */
	u64 vruntime, key; /* [q] virtual time, and its step when it was queued: fair.h */
	struct rb_node node; /* [q] while it leads */
	struct list run_link; /* [q] its ring, or its priority's list */
	u64 slice_end; /* [q] when its quantum is over, clock_ns time */
	u64 slice_left; /* [q] of SCHED_RR's, when it was taken from it; 0: a new one */
	u64 cpu_ns, switched_in; /* [q] accounted CPU time, and until when */
	u64 times[2]; /* [q] of it, in its program and in the kernel: account.h */
	u64 switches[2]; /* [q] away from it: by itself, by others */
	u64 faults; /* [o] page faults resolved for it */
	bool (*interrupted)(struct thread *t); /* [i] true: an interruptible wait must end */
	void *stack; /* [i] lowest address of its kernel stack */
	struct process *process; /* [o] NULL for kernel threads */
	struct task *task; /* [o] what it has for itself there */
	void (*release)(struct thread *t); /* [o] last act, on another stack; may be NULL */
	char name[16]; /* [c] */
	struct thread_move *moves; /* [q] who waits until it has left its CPU */
	struct lock_stack mutexes; /* [c] held (debug builds) */
};

/*
 * Makes a thread (not yet runnable) with its kernel stack; NULL: out of memory. fn NULL means
 * it starts in user mode with its trap frame (fill thread_frame() first); it then has an
 * FPU area in the initial state.
 */
struct thread *thread_create(const char *name, void (*fn)(void *), void *arg, bool user);
/* Frees a thread that never ran. */
void thread_discard(struct thread *t);

/* Puts a new thread on a run queue. */
void thread_start(struct thread *t);
/* The same, bound to @cpu, which is counted. */
void thread_start_on(struct thread *t, u32 cpu);
/* Convenience: create and start a kernel thread; NULL: out of memory. */
struct thread *kthread_start(const char *name, void (*fn)(void *), void *arg);
/* Bound to @cpu. */
struct thread *kthread_start_on(u32 cpu, const char *name, void (*fn)(void *), void *arg);
/* Ends the running thread; its release() is called and its stack freed by the next one. */
noreturn void thread_exit(void);

static inline struct trap_frame *thread_frame(struct thread *t)
{
	return context_frame(&t->ctx);
}

/* Must an interruptible wait of the running thread end now? */
static inline bool thread_interrupted(struct thread *t)
{
	return (READ_ONCE(t->ctx.work) & WORK_SIGNAL) && t->interrupted && t->interrupted(t);
}
