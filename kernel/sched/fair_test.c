/* SPDX-License-Identifier: ISC */
/*
 * The order in which the queues give their threads out, against the simplest description of it: the
 * least virtual time first, in steps, first come, first served within one. And the real-time budget.
 */
#include "base/ktest.h"
#include "machine/clock.h"
#include "sched/queue.h"
#include "sched/wait.h"

#define COUNT 64
#define STEP (1UL << FAIR_STEP_SHIFT)

static struct thread threads[COUNT];
static struct fair_queue fair;
static u64 seed;

static u64 random(u64 below)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % below;
}

static struct thread *fresh(unsigned i, u64 vruntime)
{
	threads[i] = (struct thread){ .vruntime = vruntime, .weight = FAIR_NICE_0 };
	return &threads[i];
}

KTEST(fair_takes_turns, 20)
{
	u64 base;

	fair_init(&fair);
	base = fair.now;
	for (unsigned i = 0; i < COUNT; i++)
		fair_enqueue(&fair, fresh(i, base));
	for (unsigned n = 0; n < 10 * COUNT; n++) {
		struct thread *t = fair_pick(&fair);

		KEXPECT_EQ(t - threads, n % COUNT);
		t->vruntime += 10 * STEP; /* a quantum */
		fair_enqueue(&fair, t);
	}
}

KTEST(fair_yields_go_last, 20)
{
	u64 base;

	fair_init(&fair);
	base = fair.now;
	for (unsigned i = 1; i < COUNT; i++)
		fair_enqueue(&fair, fresh(i, base + i * STEP));
	fair_enqueue_last(&fair, fresh(0, base));
	for (unsigned i = 1; i < COUNT; i++)
		KEXPECT_EQ(fair_pick(&fair) - threads, i);
	KEXPECT_EQ(fair_pick(&fair) - threads, 0);
	KEXPECT(!fair_peek(&fair));
}

/* Whoever is picked has had no more than any that waits, but for what the front's order allows. */
static void expect_least(const struct thread *picked, const bool *waits)
{
	for (unsigned i = 0; i < COUNT; i++)
		if (waits[i] && threads[i].key < picked->key && threads[i].key > fair.front_key)
			ktest_fail(__FILE__, __LINE__, "least first", threads[i].key, picked->key);
}

KTEST(fair_any_order, 200)
{
	bool waits[COUNT] = { false };
	u64 waiting = 0;

	fair_init(&fair);
	for (unsigned i = 0; i < COUNT; i++)
		fresh(i, fair.now);
	for (seed = 1; seed && waiting < COUNT; waiting++)
		fair_enqueue(&fair, &threads[waiting]), waits[waiting] = true;
	for (unsigned n = 0; n < 20000; n++) {
		unsigned i = (unsigned)random(COUNT);

		if (waits[i] && random(4) == 0) { /* it goes to another CPU */
			fair_dequeue(&fair, &threads[i]);
		} else if (!waits[i]) { /* it wakes */
			threads[i].vruntime += random(30 * STEP);
			fair_place(&fair, &threads[i]);
			fair_enqueue(&fair, &threads[i]);
		} else {
			struct thread *t = fair_pick(&fair);

			i = (unsigned)(t - threads);
			KREQUIRE(waits[i]);
			waits[i] = false;
			expect_least(t, waits);
			continue;
		}
		waits[i] = !waits[i];
	}
	for (unsigned i = 0; i < COUNT; i++)
		if (waits[i])
			fair_dequeue(&fair, &threads[i]);
	KEXPECT(!fair_peek(&fair) && rb_empty(&fair.tree) && !fair.last);
}

KTEST(fair_weights_are_linux_s, 20)
{
	struct thread *t = fresh(0, 0);

	fair_set_weight(t);
	KEXPECT_EQ(t->weight, 1024);
	KEXPECT_EQ(fair_weigh(t, 1000), 1000);
	t->sched.nice = 5;
	fair_set_weight(t);
	KEXPECT_EQ(fair_weigh(t, 335000) / 1000, 1023); /* rounded down once */
	t->sched.nice = -20;
	fair_set_weight(t);
	KEXPECT_EQ(t->weight, 88761);
	t->sched.policy = SCHED_IDLE;
	fair_set_weight(t);
	KEXPECT_EQ(fair_weigh(t, 3 * NSEC_PER_SEC) / NSEC_PER_SEC, 1023);
}

static struct rt_queue rt;

KTEST(rt_by_priority, 20)
{
	static const u8 priority[] = { 1, 99, 36, 35, 36 }, order[] = { 1, 4, 2, 3, 0 };

	rt_init(&rt);
	for (unsigned i = 0; i < ARRAY_SIZE(priority); i++) {
		fresh(i, 0)->priority = priority[i];
		rt_enqueue(&rt, &threads[i], i == 4);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		struct thread *t = rt_peek(&rt);

		KREQUIRE(t);
		KEXPECT_EQ(t - threads, order[i]);
		rt_dequeue(&rt, t);
	}
	KEXPECT(!rt_peek(&rt));
}

KTEST(rt_budget_is_95_percent, 20)
{
	u64 now = 5 * RT_PERIOD;

	rt_init(&rt);
	KEXPECT_EQ(rt_limit(&rt, now), now + RT_BUDGET);
	rt_charge(&rt, RT_BUDGET / 2, now + RT_BUDGET / 2);
	now += RT_BUDGET / 2;
	KEXPECT_EQ(rt_limit(&rt, now), now + RT_BUDGET / 2);
	rt_charge(&rt, RT_BUDGET / 2, now + RT_BUDGET / 2);
	now += RT_BUDGET / 2;
	KEXPECT_EQ(rt_limit(&rt, now), now); /* nothing left */
	now = 6 * RT_PERIOD;
	KEXPECT_EQ(rt_limit(&rt, now), now + RT_BUDGET); /* the next period */
}
