/* SPDX-License-Identifier: ISC */
/*
 * The load average. One timer each five seconds for the whole machine is all that it costs; the
 * way through a switch knows nothing of it.
 * Locks: the averages are written by the timer's CPU only and read as single words.
 */
#include "sched/load.h"

#include "machine/clock.h"
#include "sched/queue.h"
#include "sched/timer.h"

#define SAMPLE_NS (5 * NSEC_PER_SEC)
#define ONE (1UL << LOAD_SHIFT)

/* What of an old average is left after five seconds: e^(-5/60), e^(-5/300), e^(-5/900). */
static const u64 left[3] = { 1884, 2014, 2037 };
static u64 average[3]; /* twice as many binary places, or small loads would never fade */
static struct timer timer;

u32 sched_runnable(void)
{
	u32 n = 0;

	for (u32 i = 0; i < cpu_count; i++) {
		const struct run_queue *q = &run_queues[i];

		n += READ_ONCE(q->count) + (READ_ONCE(q->current) != READ_ONCE(q->idle));
	}
	return n;
}

void sched_load_averages(u64 out[3])
{
	for (unsigned i = 0; i < 3; i++)
		out[i] = READ_ONCE(average[i]) >> LOAD_SHIFT;
}

static void sample(struct timer *t)
{
	u64 now = (u64)sched_runnable() << 2 * LOAD_SHIFT;

	for (unsigned i = 0; i < 3; i++)
		WRITE_ONCE(average[i],
			   (average[i] * left[i] + now * (ONE - left[i])) >> LOAD_SHIFT);
	timer_arm(t, t->deadline + SAMPLE_NS);
}

void sched_load_start(void)
{
	timer_init(&timer, sample);
	timer_arm(&timer, clock_ns() + SAMPLE_NS);
}
