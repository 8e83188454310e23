/* SPDX-License-Identifier: ISC */
/*
 * Choosing CPUs and carrying threads there (place.h). A woken thread goes where its data is warm: its
 * last CPU if that is idle, else an idle one that shares a cache with it, else any idle one, else
 * its last.
 */
#include "sched/place.h"

#include "base/trace.h"
#include "machine/smp.h"

u64 idle_cpus;

/* Takes the first of @candidates that is still idle; its number, or MAX_CPUS. */
static u32 claim_idle(u64 candidates)
{
	candidates &= __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED);
	while (candidates) {
		u64 bit = candidates & -candidates;

		if (__atomic_fetch_and(&idle_cpus, ~bit, __ATOMIC_SEQ_CST) & bit)
			return (u32)__builtin_ctzl(bit);
		candidates &= ~bit;
	}
	return MAX_CPUS;
}

static u32 load_of(u32 cpu)
{
	const struct run_queue *q = &run_queues[cpu];

	return READ_ONCE(q->count) + (READ_ONCE(q->current) != READ_ONCE(q->idle));
}

/* A real-time thread in the way of another weighs more than any number of others. */
static u32 rt_load_of(u32 cpu)
{
	const struct run_queue *q = &run_queues[cpu];

	return load_of(cpu) + (READ_ONCE(q->rt_runs) + READ_ONCE(q->rt.count)) * 4096;
}

/* The least loaded of @cpus, @first if none is less loaded than it. */
static u32 least_loaded(u64 cpus, u32 first, u32 (*load)(u32 cpu))
{
	u32 best = MAX_CPUS, least = ~0u;

	if (cpus >> first & 1) {
		best = first;
		least = load(first);
	}
	for (; cpus; cpus &= cpus - 1) {
		u32 cpu = (u32)__builtin_ctzl(cpus), n = load(cpu);

		if (n < least) {
			best = cpu;
			least = n;
		}
	}
	return best;
}

static u32 idle_near(u64 allowed, u32 last)
{
	u32 cpu = claim_idle(allowed & 1UL << last);

	if (cpu == MAX_CPUS)
		cpu = claim_idle(allowed & cpu_near_mask(last));
	return cpu == MAX_CPUS ? claim_idle(allowed) : cpu;
}

u32 place_woken(const struct thread *t)
{
	u64 allowed = t->affinity & cpu_online_mask();
	u32 last = t->cpu, cpu = idle_near(allowed, last);

	if (cpu != MAX_CPUS)
		return cpu;
	if (thread_is_rt(t))
		return least_loaded(allowed, last, rt_load_of);
	return allowed >> last & 1 ? last : least_loaded(allowed, last, load_of);
}

u32 place_fresh(const struct thread *t)
{
	u64 allowed = t->affinity & cpu_online_mask();
	u32 here = cpu_id(), cpu = idle_near(allowed, here);

	return cpu == MAX_CPUS ? least_loaded(allowed, here, load_of) : cpu;
}

/* -- carrying ------------------------------------------------------------------------------------ */

void place_depart(struct run_queue *q, struct thread *t, u32 cpu)
{
	assert(!t->on_queue && t != q->current);
	t->vruntime += q->fair.offset;
	trace_about(TRACE_MIGRATE, &t->ctx, t->tid, t->cpu, cpu);
	WRITE_ONCE(t->cpu, cpu);
}

void place_deliver(struct thread *t)
{
	for (;;) {
		struct run_queue *q = &run_queues[t->cpu];

		spin_lock(&q->lock);
		if (likely(t->affinity >> t->cpu & 1)) {
			fair_arrive(&q->fair, t, q->current == q->idle && !q->count);
			queue_add(q, t);
			queue_announce(q, t);
			spin_unlock(&q->lock);
			return;
		}
		WRITE_ONCE(t->cpu, place_fresh(t)); /* its affinity has changed on the way */
		spin_unlock(&q->lock);
	}
}
