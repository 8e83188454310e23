/* SPDX-License-Identifier: ISC */
/*
 * The order of locks, checked while debug builds run. Locks of a kind are a class; who takes one
 * while he holds another says that the first class comes before the second. An acquisition that
 * would close a circle is reported before it waits, though nobody else is near: one run of
 * each path is enough, they need not meet. Nor may a class that interrupt handlers take be held
 * with interrupts on, or one be held inside it that is. Other builds have nothing of this.
 *
 * A class is a name: that of the field or variable, which the macros that take locks spell out; for
 * fields that are just called `lock` the whole expression and its file. A lock gets
 * its class when it is taken first, mutexes when they are made; zeroes will do.
 */
#pragma once

#include "lib/types.h"

#ifdef DEBUG
#define LOCKDEP_HELD 16
#define LOCK_NAME(lock) #lock "@" __FILE_NAME__

struct lock_dep {
	const char *name; /* NULL: that of the first acquisition */
	u32 class; /* 0: not taken yet */
};

/* What a CPU holds of spinlocks, or a thread of mutexes; oldest first. */
struct lock_stack {
	u32 count;
	struct lock_held {
		const struct lock_dep *lock;
		u32 class, site; /* low half of the address that took it */
	} held[LOCKDEP_HELD];
};

/*
 * To be called before one waits for a lock, and when one has got it. @s NULL: the running CPU's
 * spinlocks. @nested: a rule of its own orders the lock after those of its class that are held.
 */
void lockdep_check(struct lock_stack *s, struct lock_dep *d, const char *name, bool nested);
void lockdep_acquired(struct lock_stack *s, struct lock_dep *d);
void lockdep_release(struct lock_stack *s, struct lock_dep *d);

/* For tests: while it is set findings are counted, and do not panic. */
extern bool lockdep_testing;
extern u32 lockdep_reports;
#else
#define LOCK_NAME(lock) NULL /* a kernel without the check has no names either */
struct lock_dep {
};
struct lock_stack {
};
static inline void lockdep_check(struct lock_stack *s, struct lock_dep *d, const char *name,
				 bool nested)
{
	(void)s, (void)d, (void)name, (void)nested;
}
static inline void lockdep_acquired(struct lock_stack *s, struct lock_dep *d)
{
	(void)s, (void)d;
}
static inline void lockdep_release(struct lock_stack *s, struct lock_dep *d)
{
	(void)s, (void)d;
}
#endif
