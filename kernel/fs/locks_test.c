/* SPDX-License-Identifier: ISC */
/* The bound on locks. What they do is seen from user space (tests/user/lock.c). */
#include "base/ktest.h"
#include "fs/locks.h"

KTEST(locks_are_bounded, 50)
{
	u32 held = locks_held;
	struct lock_request r = {
		.on = &r, .owner = &r, .end = LOCK_END, .kind = LOCK_RANGE, .type = LOCK_WRITE
	};

	KREQUIRE(!locks_set(&r, false));
	locks_held = LOCKS_MAX;
	r.type = LOCK_NONE;
	r.start = r.end = 10;
	KEXPECT_EQ(locks_set(&r, false), -ENOLCK); /* a hole makes two of one */
	r.start = 0;
	KEXPECT_EQ(locks_set(&r, false), 0);
	r.type = LOCK_READ;
	KEXPECT_EQ(locks_set(&r, false), -ENOLCK);
	locks_held = held + 1;
	locks_drop(&r, NULL);
	KEXPECT_EQ(locks_held, held);
}
