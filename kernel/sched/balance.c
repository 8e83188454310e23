/* SPDX-License-Identifier: ISC */
/*
 * Moving waiting threads between CPUs (balance.h). Figures of other queues are read without their
 * locks: they may be a little old, and decide only who is worth a try.
 */
#include "sched/balance.h"

#include "base/mutants.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "sched/place.h"

#define PERIOD (20 * NSEC_PER_MSEC) /* between two looks of a CPU that has threads waiting */
#define UNFAIR (20 * NSEC_PER_MSEC) /* virtual time: less is not worth cold caches */
/* Queues whose threads may not leave drift apart for ever; not further than this. */
#define DRIFT_MOST (500 * NSEC_PER_MSEC)

/* Sends @t, which waits in @q, to @cpu. Queue locked; unlocked on return. */
static void send(struct run_queue *q, struct thread *t, u32 cpu)
{
	queue_take(q, t);
	place_depart(q, t, cpu);
	spin_unlock(&q->lock);
	place_deliver(t);
}

static struct thread *waiting_for(struct run_queue *q, u32 cpu)
{
	struct thread *t = rt_peek(&q->rt);

	return t && t->affinity >> cpu & 1 ? t : fair_find(&q->fair, cpu);
}

static struct run_queue *busiest(u32 here)
{
	struct run_queue *best = NULL;
	u32 most = 0;

	for (u32 i = 0; i < cpu_count; i++) {
		u32 n = READ_ONCE(run_queues[i].count);

		if (i != here && n > most) {
			best = &run_queues[i];
			most = n;
		}
	}
	return best;
}

bool balance_pull(void)
{
	u32 here = cpu_id();
	struct run_queue *q = busiest(here);
	struct thread *t;

	if (!q || MUTANT(balance))
		return false;
	spin_lock(&q->lock);
	t = waiting_for(q, here);
	if (t)
		send(q, t, here);
	else
		spin_unlock(&q->lock);
	return t != NULL;
}

/* What another CPU is found to be at. */
struct look {
	u64 least; /* machine's virtual time that the first waiting thread has come to */
	u64 ahead; /* the farthest any CPU has come */
	u64 most; /* the farthest of those that the thread may go to */
	u32 cpu; /* that CPU; MAX_CPUS: none is UNFAIR ahead of the thread */
};

static void look_at(struct look *l, u32 cpu, u64 affinity)
{
	struct run_queue *q = &run_queues[cpu];
	bool may = affinity >> cpu & 1;
	u64 time;

	spin_lock(&q->lock);
	queue_refresh(q);
	time = q->current == q->idle ? l->least : q->fair.now + q->fair.offset;
	may = may && !q->rt_runs;
	spin_unlock(&q->lock);
	if ((i64)(time - l->ahead) > 0)
		l->ahead = time;
	if (may && (i64)(time - l->most) > 0) {
		l->most = time;
		l->cpu = cpu;
	}
}

/* An idle CPU that one of the first waiting threads may go to; NULL: none. */
static struct thread *for_an_idle_cpu(struct run_queue *q, u32 *cpu)
{
	u64 idle = __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) & cpu_online_mask();

	for (; idle; idle &= idle - 1) {
		struct thread *t;

		*cpu = (u32)__builtin_ctzl(idle);
		t = waiting_for(q, *cpu);
		if (t)
			return t;
	}
	return NULL;
}

/* To where it is behind the others, which have gone on meanwhile: it may not be the first any more. */
static void push_first(struct run_queue *q, const struct look *l)
{
	struct thread *t;

	spin_lock(&q->lock);
	t = fair_peek(&q->fair);
	if (l->cpu != MAX_CPUS && t && t->affinity >> l->cpu & 1) {
		send(q, t, l->cpu);
		return;
	}
	/* Nobody here may leave: what this CPU lags behind is forgotten beyond a bound. */
	if ((i64)(l->ahead - l->least) > (i64)DRIFT_MOST)
		q->fair.offset += l->ahead - l->least - DRIFT_MOST;
	spin_unlock(&q->lock);
}

void balance_push(u64 now)
{
	struct run_queue *q = &run_queues[cpu_id()];
	struct look look = { .cpu = MAX_CPUS };
	struct thread *t;
	u64 affinity;
	u32 cpu;

	if (cpu_count == 1 || now < q->next_balance || MUTANT(balance))
		return;
	spin_lock(&q->lock);
	q->next_balance = now + PERIOD;
	t = for_an_idle_cpu(q, &cpu);
	if (t) {
		send(q, t, cpu);
		return;
	}
	t = fair_peek(&q->fair);
	affinity = t ? t->affinity : 0;
	look.least = look.ahead = t ? t->vruntime + q->fair.offset : 0;
	look.most = look.least + UNFAIR;
	spin_unlock(&q->lock);
	if (!t)
		return;
	for (u32 i = 0; i < cpu_count; i++)
		if (i != cpu_id())
			look_at(&look, i, affinity);
	push_first(q, &look);
}
