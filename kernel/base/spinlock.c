/* SPDX-License-Identifier: ISC */
/* The slow half of spin_lock(): somebody has the lock. */
#include "base/spinlock.h"

#include "base/lockup.h"

static void pause_a_little(const struct spinlock *l, struct patience *p)
{
	cpu_relax();
	if (unlikely(patience_ends(p)))
		lockup_report("the spinlock at %p is not given up", l);
}

RARE void spin_wait(struct spinlock *l)
{
	struct patience p = { 0 };
	u16 ticket;

	if (cpu_features.hypervisor) {
		while (!spin_try(l))
			pause_a_little(l, &p);
		return;
	}
	ticket = __atomic_fetch_add(&l->word, SPINLOCK_TICKET, __ATOMIC_RELAXED) >> 16;
	while (__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != ticket)
		pause_a_little(l, &p);
}
