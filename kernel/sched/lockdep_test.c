/* SPDX-License-Identifier: ISC */
/* Each kind of mistake that the check of lock orders is there for is found by one thread alone. */
#ifdef DEBUG
#include "base/ktest.h"
#include "base/lockdep.h"
#include "sched/mutex.h"
#include "sched/timer.h"
#include "machine/clock.h"

static struct spinlock spin_a, spin_b, spin_c, spin_irq, pair[2];
static struct mutex mutex_a = MUTEX_INIT(mutex_a), mutex_b = MUTEX_INIT(mutex_b);

static u32 spins_in_order(struct spinlock *first, struct spinlock *second, const char *names[2])
{
	u32 before = lockdep_reports;
	u64 flags;

	lockdep_testing = true;
	flags = spin_lock_irq_as(first, names[0], false);
	spin_lock_as(second, names[1], false);
	spin_unlock(second);
	spin_unlock_irq(first, flags);
	lockdep_testing = false;
	return lockdep_reports - before;
}
#define IN_ORDER(a, b) spins_in_order(&a, &b, (const char *[]){ "&" #a "@", "&" #b "@" })

KTEST(lockdep_finds_an_inversion, 100)
{
	KEXPECT_EQ(IN_ORDER(spin_a, spin_b), 0);
	KEXPECT_EQ(IN_ORDER(spin_a, spin_b), 0);
	KEXPECT_EQ(IN_ORDER(spin_b, spin_a), 1);
	KEXPECT_EQ(IN_ORDER(spin_b, spin_c), 0);
	KEXPECT_EQ(IN_ORDER(spin_c, spin_a), 1); /* over the middle one */
	KEXPECT_EQ(IN_ORDER(spin_a, spin_c), 0); /* what was wrong has taught nothing */
}

KTEST(lockdep_wants_a_rule_for_two_of_a_kind, 100)
{
	const char *names[] = { "&pair[0].lock@test", "&pair[0].lock@test" };
	u32 before = lockdep_reports;
	u64 flags;

	KEXPECT_EQ(spins_in_order(&pair[0], &pair[1], names), 1);
	flags = spin_lock_irq(&pair[0]);
	spin_lock_nested(&pair[1]);
	spin_unlock(&pair[1]);
	spin_unlock_irq(&pair[0], flags);
	KEXPECT_EQ(lockdep_reports - before, 1);
}

static u32 mutexes_in_order(struct mutex *first, struct mutex *second, const char *names[2])
{
	u32 before = lockdep_reports;

	lockdep_testing = true;
	mutex_lock_as(first, names[0], false);
	mutex_lock_as(second, names[1], false);
	mutex_unlock(first); /* in any order */
	mutex_unlock(second);
	lockdep_testing = false;
	return lockdep_reports - before;
}

KTEST(lockdep_finds_an_inversion_of_mutexes, 100)
{
	const char *names[] = { "&mutex_a@", "&mutex_b@", "&mutex_a@" };

	KEXPECT_EQ(mutexes_in_order(&mutex_a, &mutex_b, names), 0);
	KEXPECT_EQ(mutexes_in_order(&mutex_b, &mutex_a, names + 1), 1);
}

static bool fired; /* atomic */

static void take_in_interrupt(struct timer *t)
{
	u64 flags = spin_lock_irq(&spin_irq);

	(void)t;
	spin_unlock_irq(&spin_irq, flags);
	__atomic_store_n(&fired, true, __ATOMIC_SEQ_CST);
}

KTEST(lockdep_finds_a_lock_of_interrupts_with_them_on, 2000)
{
	u32 before = lockdep_reports;
	struct timer t;

	fired = false;
	timer_init(&t, take_in_interrupt);
	timer_arm(&t, clock_ns() + NSEC_PER_MSEC);
	while (!__atomic_load_n(&fired, __ATOMIC_SEQ_CST))
		cpu_relax();
	timer_cancel(&t);
	lockdep_testing = true;
	spin_lock(&spin_irq);
	spin_unlock(&spin_irq);
	lockdep_testing = false;
	KEXPECT_EQ(lockdep_reports - before, 2); /* when it is taken, and when it is given up */
}
#endif
