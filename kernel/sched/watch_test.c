/* SPDX-License-Identifier: ISC */
/* A CPU that keeps its interrupts off is found out by each of those who could notice. */
#include "base/ktest.h"
#include "base/lockup.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "sched/sched.h"
#include "sched/watch.h"

#define LIMIT (20 * NSEC_PER_MSEC)
#define PATIENCE (20 * NSEC_PER_SEC)

static struct spinlock held = SPINLOCK_INIT;
static u32 before; /* reports so far */
static bool deaf, listen; /* atomic: CPU 1 holds the lock; it may give it up */

static void be_deaf(void *unused)
{
	u64 flags = spin_lock_irq(&held), begin = clock_ns();

	(void)unused;
	__atomic_store_n(&deaf, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&listen, __ATOMIC_SEQ_CST) && clock_ns() - begin < PATIENCE)
		cpu_relax();
	spin_unlock_irq(&held, flags);
	__atomic_store_n(&deaf, false, __ATOMIC_SEQ_CST);
}

/* Has CPU 1 deaf until there is one report more. False: there is no CPU 1. */
static bool deafen(void)
{
	if (cpu_count < 2 || !kthread_start_on(1, "deaf", be_deaf, NULL)) {
		ktest_skip("needs a second CPU");
		return false;
	}
	listen = false;
	before = lockup_reports;
	while (!__atomic_load_n(&deaf, __ATOMIC_SEQ_CST))
		cpu_relax();
	return true;
}

/* Until somebody has complained. */
static void wait_for_report(void)
{
	u64 begin = clock_ns();

	while (__atomic_load_n(&lockup_reports, __ATOMIC_SEQ_CST) == before &&
	       clock_ns() - begin < PATIENCE)
		cpu_relax();
}

static void hear_again(void)
{
	KEXPECT(lockup_reports > before);
	__atomic_store_n(&listen, true, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&deaf, __ATOMIC_SEQ_CST))
		cpu_relax();
	lockup_test_limit = 0;
}

KTEST(lockup_is_found_by_the_watch, 200)
{
	u64 begin = clock_ns();

	if (!deafen())
		return;
	lockup_test_limit = LIMIT;
	while (lockup_reports == before && clock_ns() - begin < PATIENCE) {
		watch_next = 0;
		watch_look(clock_ns());
	}
	hear_again();
}

static void knows_when_to_stop(void *unused)
{
	(void)unused;
	wait_for_report();
	__atomic_store_n(&listen, true, __ATOMIC_SEQ_CST);
}

/* A third one is needed: the waiting CPU goes on only when the lock is given up. */
KTEST(lockup_is_found_by_a_spinning_cpu, 200)
{
	u64 flags;

	if (cpu_count < 3) {
		ktest_skip("needs a third CPU");
		return;
	}
	if (!deafen() || !kthread_start_on(2, "helper", knows_when_to_stop, NULL))
		return;
	lockup_test_limit = LIMIT;
	flags = spin_lock_irq(&held);
	spin_unlock_irq(&held, flags);
	hear_again();
}

static void nothing(void *unused)
{
	(void)unused;
}

KTEST(lockup_is_found_by_a_caller, 200)
{
	if (cpu_count < 3) {
		ktest_skip("needs a third CPU");
		return;
	}
	if (!deafen() || !kthread_start_on(2, "helper", knows_when_to_stop, NULL))
		return;
	lockup_test_limit = LIMIT;
	smp_call(1UL << 1, nothing, NULL);
	hear_again();
}

/* What the report shows of the deaf one. */
KTEST(lockup_snapshot_shows_the_other_cpu, 100)
{
	const struct cpu_snapshot *s;

	if (!deafen())
		return;
	s = smp_look_at(1);
	KEXPECT(s && !s->user && !s->irqs_on && s->depth >= 2);
	__atomic_add_fetch(&lockup_reports, 1, __ATOMIC_SEQ_CST);
	hear_again();
}
