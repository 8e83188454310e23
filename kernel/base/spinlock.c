/* SPDX-License-Identifier: ISC */
/* The slow half of spin_lock(): somebody has the lock. */
#include "base/spinlock.h"

#include "base/lockup.h"

/* Where the tickets are in the word. */
#define SERVING_SHIFT 16
#define NEXT_SHIFT 24

_Static_assert(MAX_CPUS < 256, "a ticket is a byte");

static void pause_a_little(const struct spinlock *l, struct patience *p)
{
	cpu_relax();
	if (unlikely(patience_ends(p)))
		lockup_report("the spinlock at %p is not given up", l);
}

/* Our turn, and the lock is free: others only draw tickets meanwhile, if any are left. */
static void take(struct spinlock *l, u8 ticket)
{
	u8 after = ticket + 1;
	u32 alone = (u32)ticket << SERVING_SHIFT | (u32)after << NEXT_SHIFT;

	if (__atomic_compare_exchange_n(&l->word, &alone, SPINLOCK_HELD, false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return;
	WRITE_ONCE(l->held, 1); /* first: who is next looks at it when he is served */
	__atomic_store_n(&l->serving, after, __ATOMIC_RELEASE);
}

RARE void spin_wait(struct spinlock *l)
{
	struct patience p = { 0 };
	u8 ticket;

	if (cpu_features.hypervisor) {
		while (!spin_try(l))
			pause_a_little(l, &p);
		return;
	}
	ticket = __atomic_fetch_add(&l->word, 1u << NEXT_SHIFT, __ATOMIC_RELAXED) >> NEXT_SHIFT;
	while (__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != ticket ||
	       __atomic_load_n(&l->held, __ATOMIC_ACQUIRE))
		pause_a_little(l, &p);
	take(l, ticket);
}
