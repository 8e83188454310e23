/* SPDX-License-Identifier: ISC */
/* The slow half of spin_lock(): somebody has the lock. */
#include "base/spinlock.h"

#include "base/lockup.h"

void spin_wait(struct spinlock *l, u16 ticket)
{
	struct patience p = { 0 };

	while (__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != ticket) {
		cpu_relax();
		if (unlikely(patience_ends(&p)))
			lockup_report("the spinlock at %p is not given up", l);
	}
}
