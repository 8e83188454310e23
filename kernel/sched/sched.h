/* SPDX-License-Identifier: ISC */
/*
 * The scheduler: a run queue a CPU, round robin with a quantum, tickless: the timer is armed
 * only while somebody else waits for this CPU (OSTEP 6.3 and 7.7).
 *
 * Lock: run_queue.lock (interrupts off). Order: any lock → run_queue.lock; it is a leaf.
 */
#pragma once

#include "sched/thread.h"

enum sched_policy { SCHED_ROUND_ROBIN, SCHED_COOPERATIVE };

struct thread *sched_prepare_cpu(
	u32 cpu); /* another CPU's queue and idle thread; NULL: no memory */
noreturn void sched_start_cpu(void); /* on that CPU: the idle loop */
void sched_init(void); /* the boot thread becomes the boot CPU's idle thread's predecessor */

/*
 * Gives the CPU away. The caller has set its state (BLOCKED, DEAD) or stays RUNNABLE.
 * Interrupts on or off (restored); no spinlock held.
 */
void schedule(void);
void sched_yield(void); /* behind all others of this CPU */

/* Makes a BLOCKED thread runnable; false if it was not blocked. Any context. */
bool thread_wake(struct thread *t);

/* The exit-to-user work for WORK_RESCHED: switch if the quantum is over. */
void sched_resched(void);
/* In a long system call, where it could block: lets others run if the quantum is over. */
void sched_point(void);
/* Another CPU has changed this CPU's queue (interrupts off): the timer may be due earlier. */
void sched_kicked(void);
/* The timer interrupt's part (interrupts off): ends the quantum, runs due timers. */
void sched_timer_interrupt(void);
/* The boot thread ends here: the idle loop. */
noreturn void sched_idle(void);
/* First act of a new thread. */
void sched_finish_switch(void);

void sched_set_policy(enum sched_policy p);
enum sched_policy sched_get_policy(void);
void sched_set_quantum(u64 ns); /* clamped to 100 us … 10 s */
u64 sched_get_quantum(void);

/* 0, or -EINVAL when the mask names no running CPU. Moves the thread if it must. */
int thread_set_affinity(struct thread *t, u64 mask);

/* CPU time used so far by @t, running or not, ns. */
u64 thread_cpu_time(struct thread *t);
u64 sched_idle_ns(u32 cpu);
u64 sched_switch_count(u32 cpu);
