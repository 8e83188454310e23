/* SPDX-License-Identifier: ISC */
/*
 * The lock of an output device. Like a spinlock taken with interrupts off, but a panic passes
 * through it: whoever held it may never run again, and the report must come out.
 * Order: log_lock → console_lock; no lock is taken inside it but the timers'.
 */
#pragma once

#include "base/log.h"
#include "machine/cpu.h"

struct console_lock {
	u32 held; /* atomic */
};

/* Returns the flags for console_unlock(). */
static inline u64 console_lock(struct console_lock *l)
{
	u64 flags = irq_save();

	while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE) && !log_in_panic())
		cpu_relax();
	return flags;
}

static inline void console_unlock(struct console_lock *l, u64 flags)
{
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
	irq_restore(flags);
}
