/* SPDX-License-Identifier: ISC */
/*
 * The scheduler: a run queue a CPU, real-time threads first, then fair shares with a quantum; tickless:
 * a CPU's timer is armed for the end of a quantum only while somebody waits for that CPU, for the next
 * kernel timer, and while a program runs for the next sample of what it does (account.h), 4 to 128 ms
 * apart (OSTEP 6.3, 7.7 and 9).
 *
 * Lock: run_queue.lock (interrupts off). Order: any lock → run_queue.lock; it is a leaf.
 */
#pragma once

#include "sched/account.h"
#include "sched/thread.h"

/* The machine's: whether the timer takes the CPU back. A thread's own policy is thread.sched. */
enum sched_mode { SCHED_ROUND_ROBIN, SCHED_COOPERATIVE };

struct thread *sched_prepare_cpu(
	u32 cpu); /* another CPU's queue and idle thread; NULL: no memory */
noreturn void sched_start_cpu(void); /* on that CPU: the idle loop */
void sched_init(void); /* the boot thread becomes the boot CPU's idle thread's predecessor */

/*
 * Gives the CPU away. The caller has set its state (BLOCKED, DEAD) or stays RUNNABLE. No spinlock held;
 * interrupts are off, and off again on return.
 */
void schedule_irq_off(void);
/* The same with interrupts on. */
static inline void schedule(void)
{
	irq_disable();
	schedule_irq_off();
	irq_enable();
}
/* Behind all others of this CPU; the caller is RUNNABLE, interrupts are on. 0, as the system call says. */
i64 sched_yield(void);

/* Makes a BLOCKED thread runnable; false if it was not blocked. Any context. */
bool thread_wake(struct thread *t);
/* The same where interrupts are off. */
bool thread_wake_irq_off(struct thread *t);
/* Does @t sleep, and has it left its CPU? For one whom nobody may wake at this moment. */
bool thread_is_away(struct thread *t);

/* In a long system call, where it could block: lets others run if the quantum is over. */
void sched_point(void);
/* Another CPU has changed this CPU's queue (interrupts off): the timer may be due earlier. */
void sched_kicked(void);
/* The timer interrupt's part (interrupts off): ends the quantum, runs due timers. @in_user: it came
 * from user mode; @now: clock_ns(). */
void sched_timer_interrupt(bool in_user, u64 now);
/* The boot thread ends here: the idle loop. */
noreturn void sched_idle(void);
/* First act of a new thread. */
void sched_finish_switch(void);

extern enum sched_mode sched_mode; /* atomic */
extern u64 sched_quantum; /* atomic */

void sched_set_mode(enum sched_mode m);
void sched_set_quantum(u64 ns); /* clamped to 100 us … 10 s */

static inline enum sched_mode sched_get_mode(void)
{
	return READ_ONCE(sched_mode);
}

static inline u64 sched_get_quantum(void)
{
	return READ_ONCE(sched_quantum);
}

/* From now on @t is scheduled so; whoever asks may (nothing is checked here). Any context. */
void thread_set_sched(struct thread *t, const struct sched_params *p);
/*
 * Lends @t a real-time priority, which it runs with while its own is less; 0: no more. Any context; one
 * lender at a time. What it can be asked for (thread.sched) stays.
 */
void thread_lend(struct thread *t, u8 priority);
/* The real-time priority that @t runs with, its own or lent; 0: it shares. Any context, no lock. */
static inline u8 thread_priority(const struct thread *t)
{
	return READ_ONCE(t->priority);
}
/* @child, which has not run, is scheduled as the running thread @parent: fork. */
void thread_inherit_sched(struct thread *child, const struct thread *parent);

/* Somebody's wait until a thread has left a CPU; on the waiter's stack. */
struct thread_move {
	struct thread_move *next; /* [q] of the thread */
	bool over; /* atomic: from now on it is the waiter's alone again */
};

/*
 * 0, or -EINVAL when the mask names no running CPU. Moves @t if it must; any context. One that runs on
 * a CPU that it may not have any more is gone from there once thread_await_move(@m) returns; for the
 * running thread itself that is when it returns to user mode, or from sched_point().
 */
int thread_set_affinity(struct thread *t, u64 mask, struct thread_move *m);
/* After the above returned 0; no lock held. @t may be gone altogether by then. Sleeps. */
void thread_await_move(struct thread_move *m);
/* How long @t may run while others wait, ns; 0: without limit. */
u64 thread_slice(const struct thread *t);

/* CPU time used so far by @t, running or not, ns (account.h has more). Any context. */
u64 thread_cpu_time(struct thread *t);
u64 sched_idle_ns(u32 cpu);
u64 sched_switch_count(u32 cpu);
