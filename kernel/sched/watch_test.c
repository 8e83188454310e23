/* SPDX-License-Identifier: ISC */
/* A CPU that keeps its interrupts off, or does not switch, is found out by those who could notice. */
#include "base/ktest.h"
#include "base/lockup.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "sched/watch.h"

#define LIMIT (20 * NSEC_PER_MSEC)
#define PATIENCE (20 * NSEC_PER_SEC)

static struct spinlock held = SPINLOCK_INIT;
static u32 before; /* reports so far */
static struct wait_queue heard = WAIT_QUEUE_INIT(heard);
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

static void nothing(void *unused)
{
	(void)unused;
}

static void look_until_report(const char *what)
{
	u64 begin = clock_ns();

	lockup_test_limit = LIMIT;
	lockup_last[0] = '\0';
	while (strcmp(lockup_last, what) && clock_ns() - begin < PATIENCE) {
		watch_next = 0;
		watch_look(clock_ns());
	}
}

KTEST(lockup_is_found_by_the_watch, 200)
{
	if (!deafen())
		return;
	look_until_report("CPU 1 takes no interrupts");
	KEXPECT_EQ(lockup_reports - before, 1); /* not of those that sleep */
	hear_again();
}

/* Takes its interrupts, but the kernel is not preempted: others of its CPU wait for ever. */
static void be_stubborn(void *unused)
{
	u64 begin = clock_ns();

	(void)unused;
	__atomic_store_n(&deaf, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&listen, __ATOMIC_SEQ_CST) && clock_ns() - begin < PATIENCE)
		cpu_relax();
	__atomic_store_n(&deaf, false, __ATOMIC_SEQ_CST);
}

KTEST(lockup_of_a_thread_that_does_not_switch_is_found, 500)
{
	if (cpu_count < 2) {
		ktest_skip("needs a second CPU");
		return;
	}
	listen = deaf = false;
	before = lockup_reports;
	KREQUIRE(kthread_start_on(1, "stubborn", be_stubborn, NULL));
	while (!__atomic_load_n(&deaf, __ATOMIC_SEQ_CST))
		cpu_relax();
	if (!kthread_start_on(1, "patient", nothing, NULL))
		listen = true; /* the next line fails */
	look_until_report("CPU 1 does not switch");
	KEXPECT(!strcmp(lockup_last, "CPU 1 does not switch"));
	hear_again();
}

/* First takes no interrupts until that is told, then takes them, but does not switch. */
static void be_deaf_then_stubborn(void *unused)
{
	u64 flags = irq_save(), begin = clock_ns();

	(void)unused;
	__atomic_store_n(&deaf, true, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&lockup_reports, __ATOMIC_SEQ_CST) == before &&
	       clock_ns() - begin < PATIENCE)
		cpu_relax();
	irq_restore(flags);
	be_stubborn(NULL);
}

KTEST(lockup_that_takes_interrupts_again_is_told_apart, 500)
{
	if (cpu_count < 2) {
		ktest_skip("needs a second CPU");
		return;
	}
	listen = deaf = false;
	before = lockup_reports;
	KREQUIRE(kthread_start_on(1, "stubborn", be_deaf_then_stubborn, NULL));
	while (!__atomic_load_n(&deaf, __ATOMIC_SEQ_CST))
		cpu_relax();
	if (!kthread_start_on(1, "patient", nothing, NULL))
		listen = true; /* the next line but one fails */
	look_until_report("CPU 1 takes no interrupts");
	look_until_report("CPU 1 does not switch");
	KEXPECT(!strcmp(lockup_last, "CPU 1 does not switch"));
	hear_again();
}

/* On the first CPU; nobody waits for it, nobody else runs, and the load's timer is its own. */
static void be_deaf_till_reported(void *unused)
{
	u64 flags = irq_save(), begin = clock_ns();

	(void)unused;
	while (__atomic_load_n(&lockup_reports, __ATOMIC_SEQ_CST) == before &&
	       clock_ns() - begin < PATIENCE) {
		WRITE_ONCE(watch_next, 0);
		cpu_relax();
	}
	__atomic_store_n(&deaf, false, __ATOMIC_SEQ_CST);
	irq_restore(flags);
	wait_wake_all(&heard);
}

KTEST(lockup_is_found_by_the_patrol_alone, 500)
{
	if (cpu_count < 2) {
		ktest_skip("needs a second CPU");
		return;
	}
	before = lockup_reports;
	deaf = true;
	lockup_test_limit = LIMIT;
	KREQUIRE(watch_patrol(5 * NSEC_PER_MSEC));
	KREQUIRE(kthread_start_on(0, "deaf", be_deaf_till_reported, NULL));
	wait_event(&heard, !__atomic_load_n(&deaf, __ATOMIC_SEQ_CST));
	lockup_test_limit = 0;
	KEXPECT(lockup_reports > before);
	KEXPECT(watch_patrol(0));
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
