/* SPDX-License-Identifier: ISC */
/*
 * Wait queues, mutexes and timers: no wake-up is lost, whoever comes first; time-outs end waits;
 * a lock lets one in.
 */
#include "base/ktest.h"
#include "machine/clock.h"
#include "sched/mutex.h"
#include "sched/timer.h"
#include "sched/wait.h"

#define ROUNDS 2000

static struct wait_queue ping = WAIT_QUEUE_INIT(ping), pong = WAIT_QUEUE_INIT(pong);
static u32 sent, answered;

static void answer_main(void *arg)
{
	(void)arg;
	for (u32 i = 1; i <= ROUNDS; i++) {
		wait_event(&ping, READ_ONCE(sent) >= i);
		WRITE_ONCE(answered, i);
		wait_wake_one(&pong);
	}
}

KTEST(wait_no_wake_up_is_lost, 500)
{
	sent = answered = 0;
	KREQUIRE(kthread_start("answer", answer_main, NULL));
	for (u32 i = 1; i <= ROUNDS; i++) {
		WRITE_ONCE(sent, i);
		wait_wake_one(&ping);
		wait_event(&pong, READ_ONCE(answered) >= i);
	}
	KEXPECT_EQ(answered, ROUNDS);
}

/* The waker is an interrupt: it may come at any instruction of the sleeper. */
struct alarm {
	struct timer timer;
	u32 rung;
};

static void ring(struct timer *t)
{
	struct alarm *a = container_of(t, struct alarm, timer);

	WRITE_ONCE(a->rung, a->rung + 1);
	wait_wake_all(&ping);
}

KTEST(wait_woken_by_interrupts, 1000)
{
	struct alarm a = { .rung = 0 };

	timer_init(&a.timer, ring);
	for (u32 i = 1; i <= 300; i++) {
		/* From "already past" to "a little later": around the moment of blocking. */
		timer_arm(&a.timer, clock_ns() + i * 50);
		wait_event(&ping, READ_ONCE(a.rung) >= i);
	}
	KEXPECT_EQ(a.rung, 300);
	KEXPECT(!timer_cancel(&a.timer));
}

KTEST(wait_ends_at_its_deadline, 200)
{
	u64 start = clock_ns(), deadline = start + 5 * NSEC_PER_MSEC;
	int r = wait_event_interruptible_until(&ping, false, deadline);

	KEXPECT_EQ(r, -ETIMEDOUT);
	KEXPECT(clock_ns() >= deadline);
	r = wait_event_interruptible_until(&ping, true, deadline);
	KEXPECT_EQ(r, 0);
}

KTEST(wait_wakes_one_or_all, 200)
{
	struct waiter w[3] = {};
	unsigned fired = 0;

	/* Entries of threads that are not blocked: nobody is woken, all are left in place. */
	for (unsigned i = 0; i < ARRAY_SIZE(w); i++) {
		w[i].thread = thread_current();
		wait_enqueue(&pong, &w[i]);
	}
	fired += wait_wake_one(&pong);
	fired += wait_wake_all(&pong);
	KEXPECT_EQ(fired, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(w); i++)
		wait_finish(&w[i]);
	KEXPECT(list_empty(&pong.waiters));
}

KTEST(wait_takes_out_whom_it_wakes, 200)
{
	struct waiter w;

	for (unsigned i = 0; i < 2; i++) {
		wait_prepare(&pong, &w);
		KEXPECT(w.queued && !list_empty(&pong.waiters));
		KEXPECT_EQ(wait_wake_all(&pong), 1);
		KEXPECT(!w.queued && list_empty(&pong.waiters));
		KEXPECT_EQ(thread_current()->state, THREAD_RUNNABLE);
		if (i)
			wait_finish(&w);
		else
			wait_finish_lasting(&w);
		KEXPECT(list_empty(&pong.waiters));
	}
	/* Nobody has: it leaves by itself. */
	irq_disable();
	wait_prepare_irq_off(&pong, &w);
	irq_enable();
	KEXPECT(w.queued && !list_empty(&pong.waiters));
	wait_finish_lasting(&w);
	KEXPECT(!w.queued && list_empty(&pong.waiters));
	KEXPECT_EQ(thread_current()->state, THREAD_RUNNABLE);
}

/* -- timers --------------------------------------------------------------------------------- */

static struct timer timers[16];
static u32 order[16], fired;

static void note(struct timer *t)
{
	order[fired++] = t - timers;
	wait_wake_all(&ping);
}

KTEST(timer_fires_in_order_and_not_early, 300)
{
	u64 flags = irq_save(), now = clock_ns();

	fired = 0;
	/* All of them, however slow the emulator is, before any fires. */
	for (u32 i = 0; i < 16; i++) {
		timer_init(&timers[i], note);
		timer_arm(&timers[i], now + (1 + i * 7 % 16) * NSEC_PER_MSEC);
	}
	irq_restore(flags);
	wait_event(&ping, READ_ONCE(fired) == 16);
	KEXPECT(clock_ns() >= now + 16 * NSEC_PER_MSEC);
	for (u32 i = 1; i < 16; i++)
		KEXPECT(order[i - 1] * 7 % 16 < order[i] * 7 % 16);
}

KTEST(timer_cancelled_does_not_fire, 200)
{
	fired = 0;
	timer_init(&timers[0], note);
	timer_init(&timers[1], note);
	/* The cancelled one would be first; an hour away, it cannot fire before the cancel. */
	timer_arm(&timers[0], clock_ns() + 3600 * NSEC_PER_SEC);
	KEXPECT(timer_cancel(&timers[0]));
	KEXPECT(!timer_cancel(&timers[0]));
	timer_arm(&timers[1], clock_ns() + NSEC_PER_MSEC);
	wait_event(&ping, READ_ONCE(fired) >= 1);
	KEXPECT_EQ(fired, 1);
	KEXPECT_EQ(order[0], 1);
}

/* -- mutex ---------------------------------------------------------------------------------- */

static struct mutex lock = MUTEX_INIT(lock);
static u32 inside, collisions, workers;

static void worker_main(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < 100; i++) {
		mutex_lock(&lock);
		if (inside++)
			collisions++;
		sched_yield(); /* the others try now */
		inside--;
		mutex_unlock(&lock);
		sched_yield();
	}
	__atomic_sub_fetch(&workers, 1, __ATOMIC_SEQ_CST);
	wait_wake_all(&ping);
}

KTEST(mutex_lets_one_in, 500)
{
	workers = 4;
	collisions = 0;
	for (u32 i = 0; i < 4; i++)
		KREQUIRE(kthread_start("worker", worker_main, NULL));
	wait_event(&ping, READ_ONCE(workers) == 0);
	KEXPECT_EQ(collisions, 0);
	KEXPECT(lock.owner == NULL);
}
