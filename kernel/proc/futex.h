/* SPDX-License-Identifier: ISC */
/*
 * Futexes: sleeping until a word of user memory has changed, and waking who sleeps so (futex(2)).
 * Addresses are checked by the caller: aligned, and in the user half.
 */
#pragma once

#include "lib/types.h"

struct task;

void futex_room_init(void); /* once */

#define FUTEX_ANY 0xffffffffu /* a bitset that matches all */

/* The word's value with which robust and priority-inheriting locks live. */
#define FUTEX_TID_MASK 0x3fffffffu
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_WAITERS 0x80000000u

/* One word to sleep on or to wake. */
struct futex_word {
	u64 addr;
	bool shared; /* also with other processes, through the page beneath; else by address */
};

/*
 * Sleeps if *w is @value still, until a wake with a bit of @bitset or @deadline (clock_ns, ~0: none).
 * 0, -EAGAIN (another value), -ETIMEDOUT, -EINTR, -EFAULT.
 */
int futex_wait(struct futex_word w, u32 value, u32 bitset, u64 deadline);

struct futex_waitv_entry {
	struct futex_word word;
	u32 value;
};
/* The same for any of several. The index of one that was woken, or an error. */
int futex_wait_many(const struct futex_waitv_entry *e, u32 count, u64 deadline);

/* Wakes @n (at least one) who wait with a bit of @bitset. How many; -EINVAL: locks wait there. */
int futex_wake(struct futex_word w, u32 n, u32 bitset);

/*
 * Wakes @wake at *from and moves @move others to *to, if (@compare) *from is *compare still. How many
 * in all; -EAGAIN.
 */
int futex_requeue(struct futex_word from, struct futex_word to, u32 wake, u32 move,
		  const u32 *compare);
/* FUTEX_WAKE_OP: changes *b as @code says, wakes @n at *a, and @m at *b if the old value compares so. */
int futex_wake_op(struct futex_word a, struct futex_word b, u32 n, u32 m, u32 code);

/*
 * Locks that inherit priority: the word is the owner's tid. 0, -EDEADLK, -ESRCH (no such owner),
 * -EAGAIN (@try: it is taken), -ETIMEDOUT, -EINTR.
 */
int futex_lock_pi(struct futex_word w, u64 deadline, bool try);
int futex_unlock_pi(struct futex_word w); /* -EPERM: not the caller's */
/* As futex_wait(); a requeue gives the caller the lock *lock, or a place in its queue. */
int futex_wait_requeue_pi(struct futex_word w, u32 value, struct futex_word lock, u64 deadline);
int futex_requeue_pi(struct futex_word from, struct futex_word lock, u32 move, u32 compare);

/* The scheduling of @t was changed: where it waits for a lock it may have more to lend now, or less. Any context. */
void futex_pi_changed(struct task *t);

/* The running thread ends or execs: locks that it holds pass on. Its memory is loaded still. */
void futex_exit(struct task *t);
