/* SPDX-License-Identifier: ISC */
/*
 * Ticket spinlocks: first come, first served. Never held across a sleep; a lock that an
 * interrupt handler takes is taken with interrupts off everywhere (the _irq forms).
 * Debug builds count the locks a CPU holds and assert that none is held at a switch.
 */
#pragma once

#include "base/panic.h"
#include "machine/cpu.h"

struct spinlock {
	u16 next; /* the ticket the next comer draws */
	u16 serving;
};

#define SPINLOCK_INIT                                                                              \
	{                                                                                          \
		0, 0                                                                               \
	}

void spin_wait(struct spinlock *l, u16 ticket);

static inline void spin_lock(struct spinlock *l)
{
	u16 ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	if (unlikely(__atomic_load_n(&l->serving, __ATOMIC_ACQUIRE) != ticket))
		spin_wait(l, ticket);
	debug_only(cpu_this()->lock_depth++);
}

static inline void spin_unlock(struct spinlock *l)
{
	debug_only(cpu_this()->lock_depth--);
	__atomic_store_n(&l->serving, (u16)(l->serving + 1), __ATOMIC_RELEASE);
}

static inline bool spin_is_locked(const struct spinlock *l)
{
	return READ_ONCE(l->next) != READ_ONCE(l->serving);
}

/* Interrupts off, then the lock; returns the flags for spin_unlock_irq(). */
static inline u64 spin_lock_irq(struct spinlock *l)
{
	u64 flags = irq_save();

	spin_lock(l);
	return flags;
}

static inline void spin_unlock_irq(struct spinlock *l, u64 flags)
{
	spin_unlock(l);
	irq_restore(flags);
}
