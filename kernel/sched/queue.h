/* SPDX-License-Identifier: ISC */
/* The run queue of a CPU: private to the scheduler. Its lock guards every field. */
#pragma once

#include "base/mutants.h"
#include "sched/account.h"
#include "sched/fair.h"
#include "sched/rt.h"
#include "sched/sched.h"

#define NEVER (~0UL) /* a deadline that does not come */

struct run_queue {
	struct spinlock lock;
	u32 count; /* threads waiting; the running one is not among them */
	struct thread *current, *idle;
	struct fair_queue fair;
	/* Dead, must go to another CPU, or is waited for to leave: its successor sees to it. */
	struct thread *gone;
	bool unfinished; /* the successor has more to do than to unlock: `gone`, `left` */
	u64 armed; /* the one-shot timer's deadline, NEVER: not armed */
	u64 start; /* when the CPU began to be accounted */
	u64 switches;
	struct sampler sampler;
	struct rt_queue rt;
	bool rt_runs; /* a real-time thread has the CPU */
	u64 next_balance; /* not before */
	/* For the trace: */
	u32 resched_why; /* enum trace_why: why the running thread was last asked to give way */
	struct thread *left; /* whom the last switch left, where that was traced */
};

extern struct run_queue run_queues[MAX_CPUS];

static inline struct run_queue *run_queue_this(void)
{
	return cpu_queue();
}

static inline u32 queue_fair_count(const struct run_queue *q)
{
	return q->count - q->rt.count;
}

/* Arms the timer if something is due before it fires anyway. Queue locked, interrupts off. */
void queue_arm_timer(struct run_queue *q);
/* The same now that another thread runs: it may have to fire earlier. */
void queue_rearm_timer(struct run_queue *q, u64 now);

/* The queue of @t's CPU, locked. Interrupts are off. */
static inline struct run_queue *queue_lock(const struct thread *t)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);
		struct run_queue *q = &run_queues[cpu];

		__asm__("" : "+r"(q)); /* else the compiler multiplies again at each use */
		spin_lock(&q->lock);
		if (likely(READ_ONCE(t->cpu) == cpu))
			return q;
		spin_unlock(&q->lock);
	}
}

/* The same with interrupts turned off, *flags for spin_unlock_irq(). */
struct run_queue *queue_lock_of(struct thread *t, u64 *flags);
/* Links and unlinks a waiting thread. Queue locked. */
void queue_add(struct run_queue *q, struct thread *t);
/* The same; a real-time thread goes before those of its priority. */
void queue_add_first(struct run_queue *q, struct thread *t);
void queue_take(struct run_queue *q, struct thread *t);

/* How long @t, which runs or has just stopped, did so since it was asked last. Its queue locked. */
static inline u64 queue_count_time(struct thread *t, u64 now)
{
	u64 ns = now - t->switched_in;

	if (unlikely((i64)ns < 0))
		return 0; /* asked by another CPU, whose clock is a little ahead */
	t->switched_in = now;
	t->cpu_ns += ns;
	return ns;
}

/* It is charged until @now; @t is plain. */
static inline void queue_charge_plain(struct thread *t, u64 now)
{
	u64 ns = queue_count_time(t, now);

	t->vruntime += MUTANT(charge) && t->tid & 1 ? ns - ns / 7 : ns;
}

/* The same for any thread. Queue locked. */
static inline void queue_charge_thread(struct run_queue *q, struct thread *t, u64 now)
{
	u64 ns;

	if (likely(t->plain)) {
		queue_charge_plain(t, now);
		return;
	}
	ns = queue_count_time(t, now);
	if (thread_is_rt(t))
		rt_charge(&q->rt, ns, now);
	else
		t->vruntime += fair_weigh(t, ns);
}

/* Charges the running thread until @now. Queue locked. */
static inline void queue_charge(struct run_queue *q, u64 now)
{
	queue_charge_thread(q, q->current, now);
}

/* Charges it and brings the queue's virtual time up to date. Queue locked. */
void queue_refresh(struct run_queue *q);
/* The running thread gives way where @t, which waits in @q, deserves the CPU more. Queue locked. */
void queue_preempt_for(struct run_queue *q, struct thread *t);
/*
 * Something in @q has changed: its CPU may be halted, must give way, or has no timer armed yet. Queue
 * locked.
 */
void queue_wake_cpu(struct run_queue *q);
/* @t is not on its CPU any more: marks who waits for that. Its queue locked. True: move_wake() then. */
bool move_over(struct thread *t);
/* Wakes those who were marked. No queue locked. */
void move_wake(void);
/* @t has just been added to @q, of this CPU or another: lets that CPU know. Queue locked. */
void queue_announce(struct run_queue *q, struct thread *t);

/* Frees what thread_create() made. */
void thread_free(struct thread *t);
void thread_init_boot(void);
struct thread *thread_create_idle(u32 cpu); /* NULL: out of memory */
void timers_init(void);
