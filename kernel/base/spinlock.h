/* SPDX-License-Identifier: ISC */
/*
 * Spinlocks: first come, first served. Who does not find the word zero draws a ticket and waits for its
 * turn, and then for the owner; the last of those leaves no trace of them in the word. So a lock that
 * nobody waits for is taken by one exchange and given up by one store. Not so on a virtual machine: there
 * the CPU whose turn it is may not be running, and all behind it would wait for the host's scheduler, so
 * who finds the lock free takes it. tests/models/spinlock.pml tries every interleaving.
 *
 * Never held across a sleep; a lock that an interrupt handler takes is taken with interrupts
 * off everywhere (the _irq forms).
 * Debug builds count the locks a CPU holds and assert that none is held at a switch, and check
 * their order (lockdep.h): hence the macros, which pass on how a lock is called.
 */
#pragma once

#include "base/lockdep.h"
#include "base/panic.h"
#include "machine/cpu.h"
#include "machine/rarely.h"

struct spinlock {
	union {
		u32 word; /* atomic; zero: free, and nobody waits */
		struct {
			u8 held; /* cleared by the owner alone */
			u8 unused;
			u8 serving; /* whose turn it is; changed by that one alone */
			u8 next; /* the ticket the next comer draws */
		};
	};
	struct lock_dep dep;
};

#define SPINLOCK_INIT                                                                              \
	{                                                                                          \
		.word = 0                                                                          \
	}
#define SPINLOCK_HELD 1u /* the word of one that is held and not waited for */

static inline bool spin_try(struct spinlock *l)
{
	u32 word = 0;

	return __atomic_compare_exchange_n(&l->word, &word, SPINLOCK_HELD, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* The lock was not free. */
RARE void spin_wait(struct spinlock *l);

/* In debug builds: the class of a lock that is zeroes so far. */
#define spin_lock_class(l, what) debug_only((l)->dep.name = "&" what "@")

static inline void spin_lock_as(struct spinlock *l, const char *name, bool nested)
{
	lockdep_check(NULL, &l->dep, name, nested);
	if (unlikely(!spin_try(l)))
		call_rarely(spin_wait, l);
	lockdep_acquired(NULL, &l->dep);
	debug_only(cpu_this()->lock_depth++);
}
#define spin_lock(l) spin_lock_as(l, LOCK_NAME(l), false)
/* The class is held already, and a rule of its own orders the two. */
#define spin_lock_nested(l) spin_lock_as(l, LOCK_NAME(l), true)

static inline void spin_unlock(struct spinlock *l)
{
	debug_only(cpu_this()->lock_depth--);
	lockdep_release(NULL, &l->dep);
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

/*
 * A lock of things that one CPU's threads have for themselves, interrupts on or off: its handlers keep
 * away from them (cpu.irq_depth), and another CPU, with interrupts off, takes the lock only if it is
 * free. So whoever waits for it, holding whatever, waits for an owner that no handler holds up. Hence it
 * has no place in lockdep's order: what matters there is what is taken within.
 */
static inline void spin_lock_own(struct spinlock *l)
{
	assert(cpu_this()->irq_depth == 0);
	if (unlikely(!spin_try(l)))
		call_rarely(spin_wait, l);
	debug_only(cpu_this()->lock_depth++);
}

/* As one that does not own it. */
static inline bool spin_lock_if_free(struct spinlock *l)
{
	assert(!irq_enabled());
	if (!spin_try(l))
		return false;
	debug_only(cpu_this()->lock_depth++);
	return true;
}

/* After either. */
static inline void spin_unlock_own(struct spinlock *l)
{
	debug_only(cpu_this()->lock_depth--);
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

/* Interrupts off, then the lock; returns the flags for spin_unlock_irq(). */
static inline u64 spin_lock_irq_as(struct spinlock *l, const char *name, bool nested)
{
	u64 flags = irq_save();

	spin_lock_as(l, name, nested);
	return flags;
}
#define spin_lock_irq(l) spin_lock_irq_as(l, LOCK_NAME(l), false)
#define spin_lock_irq_nested(l) spin_lock_irq_as(l, LOCK_NAME(l), true)

static inline void spin_unlock_irq(struct spinlock *l, u64 flags)
{
	spin_unlock(l);
	irq_restore(flags);
}
