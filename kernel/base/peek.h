/* SPDX-License-Identifier: ISC */
/*
 * Looking at objects without lock or count, for a moment. Who takes such an object out of sight waits
 * for those that may be looking still before he frees it.
 *
 *      looks                          removes
 *      peek_begin: odd, fence         the last way to it is gone
 *      finds it, reads it             peek_await: fence, reads the numbers
 *      peek_end: even                 frees it
 *
 * Each side writes first and reads then, with a full fence between: either the remover sees that
 * somebody looks, or that one finds the object no more. A CPU's number goes on with each look, so who
 * begins meanwhile is not waited for.
 *
 * Invariant: between peek_begin() and peek_end() nothing sleeps, waits or takes a lock, and there is an
 * end to it; debug builds count it as a spinlock held. Interrupt handlers do not look.
 */
#pragma once

#include "base/panic.h"
#include "machine/cpu.h"

/* What is found between the two stays in memory until the end, longer only if it is counted. */
static inline void peek_begin(void)
{
	struct cpu *c = cpu_this();

	assert(!(c->peeks & 1) && c->irq_depth == 0);
	__atomic_store_n(&c->peeks, c->peeks + 1, __ATOMIC_SEQ_CST);
	debug_only(c->lock_depth++);
}

static inline void peek_end(void)
{
	struct cpu *c = cpu_this();

	debug_only(c->lock_depth--);
	assert(c->peeks & 1);
	__atomic_store_n(&c->peeks, c->peeks + 1, __ATOMIC_RELEASE);
}

/*
 * When it returns, nobody looks at what nobody could find any more when it was called. Sleeping locks may
 * be held; no spinlock, for it waits while other CPUs take an interrupt.
 */
void peek_await(void);
