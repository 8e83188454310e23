/* SPDX-License-Identifier: ISC */
/*
 * What only several CPUs together can get wrong: calls across, wake-ups across, timers and locks
 * on all of them. With one CPU the same tests run with nobody to disturb them.
 */
#include "base/ktest.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "mm/page.h"
#include "mm/slab.h"
#include "sched/mutex.h"
#include "sched/timer.h"

/* -- calls ---------------------------------------------------------------------------------- */

static u64 called; /* atomic: CPUs that ran it */
static u32 calls; /* atomic */

static void note_call(void *arg)
{
	(void)arg;
	__atomic_or_fetch(&called, 1UL << cpu_id(), __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
	KEXPECT(!irq_enabled());
}

KTEST(smp_call_runs_on_each_cpu, 20)
{
	called = calls = 0;
	smp_call(cpu_online_mask(), note_call, NULL);
	KEXPECT_EQ(called, cpu_online_mask());
	KEXPECT_EQ(calls, cpu_count);
	called = 0;
	smp_call(cpu_online_mask() & ~1UL, note_call, NULL);
	KEXPECT_EQ(called, cpu_online_mask() & ~1UL);
}

/* -- threads on all CPUs --------------------------------------------------------------------- */

struct crowd {
	u32 left; /* atomic: threads that have not ended */
	void (*work)(struct crowd *c, u32 cpu);
	u64 value;
};

/* Not in the crowd: the last member wakes its starter, who may be gone by then. */
static struct wait_queue crowd_done = WAIT_QUEUE_INIT(crowd_done);

static void crowd_member(void *arg)
{
	struct crowd *c = arg;

	c->work(c, cpu_id());
	if (!__atomic_sub_fetch(&c->left, 1, __ATOMIC_SEQ_CST))
		wait_wake_all(&crowd_done);
}

/* Runs work(c, cpu) in a thread on each CPU at once, and waits for all. */
static void crowd_run(struct crowd *c, void (*work)(struct crowd *c, u32 cpu))
{
	c->work = work;
	c->left = cpu_count;
	for (u32 i = 0; i < cpu_count; i++)
		if (!kthread_start_on(i, "crowd", crowd_member, c))
			__atomic_sub_fetch(&c->left, 1, __ATOMIC_SEQ_CST);
	wait_event(&crowd_done, !__atomic_load_n(&c->left, __ATOMIC_SEQ_CST));
}

static void note_cpu(struct crowd *c, u32 cpu)
{
	__atomic_or_fetch(&c->value, 1UL << cpu, __ATOMIC_SEQ_CST);
}

KTEST(smp_threads_run_where_they_are_bound, 50)
{
	struct crowd c = { .value = 0 };

	crowd_run(&c, note_cpu);
	KEXPECT_EQ(c.value, cpu_online_mask());
}

#define CALL_ROUNDS 50

static void call_all(struct crowd *c, u32 cpu)
{
	(void)c, (void)cpu;
	for (u32 i = 0; i < CALL_ROUNDS; i++)
		smp_call(cpu_online_mask(), note_call, NULL);
}

/* All call all: nobody waits for somebody who waits. */
KTEST(smp_calls_cross, 200)
{
	struct crowd c = { .value = 0 };

	calls = 0;
	crowd_run(&c, call_all);
	KEXPECT_EQ(calls, cpu_count * cpu_count * CALL_ROUNDS);
}

/* -- time ------------------------------------------------------------------------------------ */

#define CLOCK_ROUNDS 20000

static void read_clock(struct crowd *c, u32 cpu)
{
	(void)cpu;
	for (u32 i = 0; i < CLOCK_ROUNDS; i++) {
		u64 seen = __atomic_load_n(&c->value, __ATOMIC_SEQ_CST), now = clock_ns();

		if (now < seen) {
			KEXPECT(now >= seen);
			return;
		}
		while (seen < now &&
		       !__atomic_compare_exchange_n(&c->value, &seen, now, true, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST))
			;
	}
}

KTEST(smp_clock_never_goes_back, 300)
{
	struct crowd c = { .value = 0 };

	crowd_run(&c, read_clock);
}

#define SLEEPS 5

static void sleep_a_little(struct crowd *c, u32 cpu)
{
	for (u32 i = 0; i < SLEEPS; i++) {
		struct wait_queue q = WAIT_QUEUE_INIT(q);
		u64 until = clock_ns() + (1 + cpu % 3) * NSEC_PER_MSEC;
		struct waiter w;

		wait_prepare(&q, &w);
		KEXPECT_EQ(schedule_until(until), -ETIMEDOUT);
		wait_finish(&w);
		KEXPECT(clock_ns() >= until);
		KEXPECT_EQ(cpu_id(), cpu);
	}
	__atomic_add_fetch(&c->value, 1, __ATOMIC_SEQ_CST);
}

KTEST(smp_timers_fire_on_each_cpu, 200)
{
	struct crowd c = { .value = 0 };

	crowd_run(&c, sleep_a_little);
	KEXPECT_EQ(c.value, cpu_count);
}

/* -- locks and wake-ups ---------------------------------------------------------------------- */

#define LOCK_ROUNDS (2000 / cpu_count)
static struct spinlock spin = SPINLOCK_INIT;
static struct mutex mutex = MUTEX_INIT(mutex);
static u64 spin_count, mutex_count; /* [spin], [mutex] */

static void take_locks(struct crowd *c, u32 cpu)
{
	(void)c, (void)cpu;
	for (u32 i = 0; i < LOCK_ROUNDS; i++) {
		u64 flags = spin_lock_irq(&spin), n = READ_ONCE(spin_count);

		cpu_relax();
		WRITE_ONCE(spin_count, n + 1);
		spin_unlock_irq(&spin, flags);
		mutex_lock(&mutex);
		n = READ_ONCE(mutex_count);
		if (i % 64 == 0)
			sched_yield();
		WRITE_ONCE(mutex_count, n + 1);
		mutex_unlock(&mutex);
	}
}

KTEST(smp_locks_exclude, 1000)
{
	struct crowd c = { .value = 0 };

	spin_count = mutex_count = 0;
	crowd_run(&c, take_locks);
	KEXPECT_EQ(spin_count, cpu_count * LOCK_ROUNDS);
	KEXPECT_EQ(mutex_count, cpu_count * LOCK_ROUNDS);
}

#define PASSES 240 /* an emulator's CPUs share few of ours: each may take a while */
static struct wait_queue baton_queue = WAIT_QUEUE_INIT(baton_queue);
static u32 baton; /* atomic: counts up; CPU (baton mod cpu_count) holds it */

static void pass_baton(struct crowd *c, u32 cpu)
{
	(void)c;
	for (u32 i = 0; i < PASSES / cpu_count; i++) {
		wait_event(&baton_queue,
			   __atomic_load_n(&baton, __ATOMIC_SEQ_CST) % cpu_count == cpu);
		__atomic_add_fetch(&baton, 1, __ATOMIC_SEQ_CST);
		wait_wake_all(&baton_queue);
	}
}

/* A lost wake-up stops it for ever. */
KTEST(smp_wakeups_arrive, 2000)
{
	struct crowd c = { .value = 0 };

	baton = 0;
	crowd_run(&c, pass_baton);
	KEXPECT_EQ(baton, PASSES / cpu_count * cpu_count);
}

/* -- memory order ---------------------------------------------------------------------------- */

#define PLACES 512
#define BATCHES 150

struct place {
	u32 flag, seen; /* atomic; seen: what the other side's flag was */
} __attribute__((aligned(64)));

static struct place sides[2][PLACES];
static u32 arrivals; /* atomic */
static u32 overtaken; /* places where both sides read before either's write was seen */

static void meet(u32 times)
{
	__atomic_add_fetch(&arrivals, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&arrivals, __ATOMIC_SEQ_CST) < 2 * times)
		cpu_relax();
}

/* The sleeper's and the waker's step, at many places one after the other. */
static void write_then_read(struct place *mine, struct place *other)
{
	for (u32 i = 0; i < PLACES; i++) {
		__atomic_store_n(&mine[i].flag, 1, __ATOMIC_RELAXED);
		wait_fence();
		mine[i].seen = __atomic_load_n(&other[i].flag, __ATOMIC_RELAXED);
	}
}

static void count_and_clear(void)
{
	for (u32 i = 0; i < PLACES; i++) {
		overtaken += !sides[0][i].seen && !sides[1][i].seen;
		sides[0][i].flag = sides[1][i].flag = 0;
	}
}

static void fence_side(struct crowd *c, u32 cpu)
{
	(void)c;
	if (cpu > 1)
		return;
	for (u32 i = 0; i < BATCHES; i++) {
		meet(3 * i + 1);
		write_then_read(sides[cpu], sides[!cpu]);
		meet(3 * i + 2);
		if (cpu == 0)
			count_and_clear();
		meet(3 * i + 3);
	}
}

/* Without its fences no argument of wait.h holds: one of two must see the other's write. */
KTEST(smp_fence_orders_write_and_read, 200)
{
	struct crowd c = { .value = 0 };

	if (cpu_count < 2) {
		ktest_skip("needs a second CPU");
		return;
	}
	arrivals = overtaken = 0;
	crowd_run(&c, fence_side);
	KEXPECT_EQ(overtaken, 0);
}

/* -- memory ---------------------------------------------------------------------------------- */

#define OBJECTS 200u /* more than magazines hold: CPUs meet at the slabs */
#define MEMORY_ROUNDS 45u

struct stamp {
	u64 cpu, address;
};

/* Objects of one size, each with its owner's stamp. Returns how many have another's. */
static u32 stamp_and_check(struct stamp *held[OBJECTS], size_t size, u32 cpu)
{
	u32 wrong = 0;

	for (u32 i = 0; i < OBJECTS; i++) {
		held[i] = kmalloc(size);
		if (held[i])
			*held[i] = (struct stamp){ cpu, (u64)held[i] };
	}
	for (u32 i = 0; i < OBJECTS; i++) {
		wrong += held[i] && (held[i]->cpu != cpu || held[i]->address != (u64)held[i]);
		kfree(held[i]);
	}
	return wrong;
}

static void use_memory(struct crowd *c, u32 cpu)
{
	struct stamp *held[OBJECTS];

	for (u32 i = 0; i < MEMORY_ROUNDS; i++) {
		u32 wrong = stamp_and_check(held, 16UL << i % 9, cpu);

		__atomic_add_fetch(&c->value, wrong, __ATOMIC_SEQ_CST);
	}
}

KTEST(smp_memory_has_one_owner, 500)
{
	struct crowd c = { .value = 0 };

	crowd_run(&c, use_memory);
	KEXPECT_EQ(c.value, 0);
}

/* What other CPUs keep for themselves is free memory all the same. */
KTEST(smp_memory_of_other_cpus_is_found, 500)
{
	struct crowd c = { .value = 0 };
	struct list taken = LIST_INIT(taken);
	u64 free, n = 0;
	struct page *p;

	crowd_run(&c, use_memory);
	free = page_free_count();
	while ((p = page_alloc(PAGE_MAX_ORDER, 0))) {
		list_push_front(&taken, &p->link);
		n += 1UL << PAGE_MAX_ORDER;
	}
	for (; (p = page_alloc(0, 0)); n++)
		list_push_front(&taken, &p->link);
	while (!list_empty(&taken))
		page_put(list_entry(list_pop_front(&taken), struct page, link));
	KEXPECT(n >= free);
}
