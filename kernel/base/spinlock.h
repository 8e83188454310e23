/* SPDX-License-Identifier: ISC */
/*
 * Ticket spinlocks: first come, first served. Not so on a virtual machine: there the CPU whose turn
 * it is may not be running, and all behind it would wait for the host's scheduler, so who finds
 * the lock free takes it.
 *
 * Never held across a sleep; a lock that an interrupt handler takes is taken with interrupts
 * off everywhere (the _irq forms).
 * Debug builds count the locks a CPU holds and assert that none is held at a switch.
 */
#pragma once

#include "base/panic.h"
#include "machine/cpu.h"

struct spinlock {
	union {
		u32 word; /* atomic; both halves, free while they are equal */
		struct {
			u16 serving; /* changed by the owner alone */
			u16 next; /* the ticket the next comer draws */
		};
	};
};

#define SPINLOCK_INIT                                                                              \
	{                                                                                          \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
#define SPINLOCK_TICKET (1u << 16)

static inline bool spin_try(struct spinlock *l)
{
	u32 word = READ_ONCE(l->word);

	return word >> 16 == (word & 0xffff) &&
	       __atomic_compare_exchange_n(&l->word, &word, word + SPINLOCK_TICKET, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* The lock was not free. */
void spin_wait(struct spinlock *l);

static inline void spin_lock(struct spinlock *l)
{
	if (unlikely(!spin_try(l)))
		spin_wait(l);
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
