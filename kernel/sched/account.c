/* SPDX-License-Identifier: ISC */
/* CPU time by what it was used for (account.h). */
#include "machine/clock.h"
#include "sched/queue.h"

#define SAMPLE_SHORTEST (4 * NSEC_PER_MSEC)
#define SAMPLE_LONGEST (128 * NSEC_PER_MSEC)

/* What @t ran since it was last looked at counts as what it was then seen doing. */
static void classify(struct thread *t)
{
	u64 counted = t->times[0] + t->times[1];

	t->times[t->seen_in_kernel] += t->cpu_ns - counted;
}

static void classify_cpu(struct run_queue *q, u64 now)
{
	struct sampler *s = &q->sampler;
	u64 busy = now - q->start - q->idle->cpu_ns;

	s->uses[s->use] += busy - s->counted;
	s->counted = busy;
}

static void schedule_next(struct sampler *s, const struct thread *t, bool changed, u64 now)
{
	if (changed || s->thread != t)
		s->interval = SAMPLE_SHORTEST;
	else if (now >= s->at)
		s->interval = MIN(2 * s->interval, SAMPLE_LONGEST);
	s->thread = t;
	s->at = now + s->interval;
}

void account_sample(struct run_queue *q, bool in_user, u64 now)
{
	struct thread *t = q->current;
	enum cpu_use use = !in_user ? CPU_SYSTEM : t->sched.nice > 0 ? CPU_NICE : CPU_USER;

	if (t == q->idle)
		return;
	schedule_next(&q->sampler, t, t->seen_in_kernel == in_user, now);
	t->seen_in_kernel = !in_user;
	classify(t);
	q->sampler.use = use;
	classify_cpu(q, now);
}

static void charge_if_running(struct run_queue *q, const struct thread *t)
{
	if (q->current == t)
		queue_charge(q, clock_ns());
}

void thread_times(struct thread *t, struct cpu_time *out)
{
	u64 flags;
	struct run_queue *q = queue_lock_of(t, &flags);

	charge_if_running(q, t);
	classify(t);
	*out = (struct cpu_time){
		t->times[0], t->times[1], { t->switches[0], t->switches[1] }, READ_ONCE(t->faults)
	};
	spin_unlock_irq(&q->lock, flags);
}

u64 thread_cpu_time(struct thread *t)
{
	u64 flags, ns;
	struct run_queue *q = queue_lock_of(t, &flags);

	charge_if_running(q, t);
	ns = t->cpu_ns;
	spin_unlock_irq(&q->lock, flags);
	return ns;
}

void sched_cpu_uses(u32 cpu, u64 uses[CPU_USES])
{
	struct run_queue *q = &run_queues[cpu];
	u64 flags = spin_lock_irq(&q->lock);

	charge_if_running(q, q->current);
	classify_cpu(q, q->current->switched_in);
	for (unsigned i = 0; i < CPU_USES; i++)
		uses[i] = q->sampler.uses[i];
	uses[CPU_IDLE] = q->idle->cpu_ns;
	spin_unlock_irq(&q->lock, flags);
}

u64 sched_idle_ns(u32 cpu)
{
	return thread_cpu_time(run_queues[cpu].idle);
}
