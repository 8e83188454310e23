/* SPDX-License-Identifier: ISC */
/*
 * Who used the CPU, and for what. How long a thread ran is known exactly; whether that was in its
 * program or in the kernel is sampled, as by Linux's tick: a stamp at each system call would cost
 * a third of the shortest ones. The timer interrupt sees what it interrupted, and the time since the
 * last sample counts as that. There is one 4 ms after a thread began or changed between the two, then
 * after twice as long each time, up to 128 ms, while nothing changes; an idle CPU is not sampled.
 * So the parts are good to some ms, or some per cent of a long run; their sum is exact.
 *
 * Lock: the run queue's.
 */
#pragma once

#include "lib/types.h"

/* What a thread or a process has used. */
struct cpu_time {
	u64 user, system; /* ns */
	u64 switches[2]; /* away from it: by itself, by others */
	u64 faults; /* page faults that were resolved, its own and those of copies for it */
};

static inline void cpu_time_add(struct cpu_time *sum, const struct cpu_time *t)
{
	sum->user += t->user;
	sum->system += t->system;
	sum->switches[0] += t->switches[0];
	sum->switches[1] += t->switches[1];
	sum->faults += t->faults;
}

static inline u64 cpu_time_total(const struct cpu_time *t)
{
	return t->user + t->system;
}

/* What a CPU was used for since it started, ns. */
enum cpu_use { CPU_USER, CPU_NICE, CPU_SYSTEM, CPU_IDLE, CPU_USES };

struct thread;
struct run_queue;

/* Any context. */
void thread_times(struct thread *t, struct cpu_time *out);
void sched_cpu_uses(u32 cpu, u64 uses[CPU_USES]);

/* -- for the scheduler; queue locked ------------------------------------------------------------- */

/* State of a CPU's sampling. */
struct sampler {
	u64 at; /* when the next one is due */
	u64 interval;
	const struct thread *thread; /* the last one sampled: compared only */
	enum cpu_use use; /* what it was seen at */
	u64 counted; /* busy time that is in uses[] */
	u64 uses[CPU_USES];
};

/* The timer interrupted the running thread, which has been charged until @now. */
void account_sample(struct run_queue *q, bool in_user, u64 now);
