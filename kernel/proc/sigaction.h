/* SPDX-License-Identifier: ISC */
/*
 * What a process does about each signal. A table of its own, for CLONE_SIGHAND without CLONE_THREAD
 * lets two processes share it.
 *
 * Lock: sigaction_table.lock (leaf, interrupts off) for a whole entry; the only thread of the only
 * process that has a table goes without. An entry's `handler` or `flags` alone may be read without:
 * default, ignored or caught is a word, and whoever asks may be late anyway.
 */
#pragma once

#include "abi/signal.h"
#include "base/spinlock.h"
#include "proc/sigqueue.h"

struct sigaction_table {
	struct spinlock lock;
	u32 refs; /* [a] of each process one, and of each thread that it has beside its first */
	u64 changed; /* [lock] whose entries are not as in a new table */
	struct sigaction_kernel action[NSIG + 1]; /* [lock] */
};

void sigaction_room_init(void);
/* All default; a copy; NULL: out of memory. One reference. */
struct sigaction_table *sigaction_create(void);
struct sigaction_table *sigaction_copy(struct sigaction_table *t);
static inline struct sigaction_table *sigaction_get(struct sigaction_table *t)
{
	__atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
	return t;
}
void sigaction_put(struct sigaction_table *t); /* NULL is fine */

/* Sets the entry of @sig. For one who has the table for itself, or under the lock. */
static inline void sigaction_set(struct sigaction_table *t, u32 sig,
				 const struct sigaction_kernel *new)
{
	t->action[sig] = *new;
	t->changed |= SIGNAL_BIT(sig);
}
/* Tells the entry of @sig, then sets it (@new, NULL: not). */
void sigaction_change(struct sigaction_table *t, int sig, const struct sigaction_kernel *new,
		      struct sigaction_kernel *old);
/* A copy of the entry for a signal that is taken: a handler for once goes back to the default. */
void sigaction_use(struct sigaction_table *t, int sig, struct sigaction_kernel *copy);
/* To the default: a fault that cannot be handled. */
void sigaction_default(struct sigaction_table *t, int sig);
/* exec: what was caught is default again. */
void sigaction_reset(struct sigaction_table *t);

static inline u64 sigaction_handler(const struct sigaction_table *t, int sig)
{
	return READ_ONCE(t->action[sig].handler);
}
