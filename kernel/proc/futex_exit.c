/* SPDX-License-Identifier: ISC */
/*
 * Robust locks: a list in user memory of the locks that a thread holds (set_robust_list(2)). When it
 * ends, those that it has not left are marked, and one who waits for each is woken. All of it is the
 * program's word: its length is bounded, and nothing is believed but through the copy routines.
 * Locks: none; the thread is the running one.
 */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "proc/futex_private.h"

#define ROBUST_LIST_MAX 2048

struct robust_list_head {
	u64 next; /* of entries in a circle; bit 0: a lock with priority inheritance */
	i64 offset; /* from an entry to its word */
	u64 pending; /* the entry that is being taken or left */
};

static bool is_word(u64 addr)
{
	return addr % sizeof(u32) == 0 && user_range_ok(addr, sizeof(u32));
}

/* *seen is the word; with an owner that has died if @t held it. 1: it did; 0: not; -EFAULT. */
static int mark(const struct task *t, u64 addr, u32 *seen)
{
	u32 expected;

	if (user_read_u32(seen, addr))
		return -EFAULT;
	do {
		expected = *seen;
		if ((expected & FUTEX_TID_MASK) != (u32)t->tid)
			return 0;
		if (user_compare_exchange_u32(addr, seen,
					      (expected & FUTEX_WAITERS) | FUTEX_OWNER_DIED))
			return -EFAULT;
	} while (*seen != expected);
	return 1;
}

/* The lock of one entry. @pending: it may have been left, and its wake-up not have been made. */
static int owner_died(const struct task *t, u64 entry, i64 offset, bool pi, bool pending)
{
	struct futex_word w = { entry + (u64)offset, true };
	u32 seen = 0;
	int held;

	if (!is_word(w.addr))
		return -EFAULT;
	held = mark(t, w.addr, &seen);
	if (held < 0)
		return held;
	if (!pi && ((held && (seen & FUTEX_WAITERS)) || (pending && !held && !seen)))
		(void)futex_wake(w, 1, FUTEX_ANY);
	return 0;
}

static void walk_robust_list(const struct task *t)
{
	u64 end = t->robust_list, entry, next;
	struct robust_list_head head;

	if (user_read(&head, end, sizeof(head)))
		return;
	entry = head.next;
	for (u32 n = 0; n < ROBUST_LIST_MAX && (entry & ~1UL) != end; n++) {
		/* The next one first: the lock is another's once it is marked. */
		bool more = !user_read_u64(&next, entry & ~1UL);

		if ((entry & ~1UL) != (head.pending & ~1UL) &&
		    owner_died(t, entry & ~1UL, head.offset, entry & 1, false))
			return;
		if (!more)
			break;
		entry = next;
	}
	if (head.pending & ~1UL)
		(void)owner_died(t, head.pending & ~1UL, head.offset, head.pending & 1, true);
}

void futex_exit(struct task *t)
{
	if (unlikely(t->robust_list))
		walk_robust_list(t);
	t->robust_list = 0;
	futex_pi_exit(t);
}
