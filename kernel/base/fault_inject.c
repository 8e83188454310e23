/* SPDX-License-Identifier: ISC */
/*
 * Fault injection on allocation: tests make the n-th allocation fail and see whether
 * everything before it is given back. Lock: inject_lock (leaf, interrupts off).
 */
#include "base/ktest.h"

#include "base/spinlock.h"

u32 fault_injection_on;

static struct spinlock inject_lock = SPINLOCK_INIT;
static u32 left_to_pass, left_to_fail; /* [inject_lock] */

void fault_inject(u32 skip, u32 count)
{
	u64 flags = spin_lock_irq(&inject_lock);

	left_to_pass = skip;
	left_to_fail = count;
	WRITE_ONCE(fault_injection_on, count != 0);
	spin_unlock_irq(&inject_lock, flags);
}

bool fault_injected_slow(void)
{
	u64 flags = spin_lock_irq(&inject_lock);
	bool fail = false;

	if (left_to_pass) {
		left_to_pass--;
	} else if (left_to_fail) {
		left_to_fail--;
		fail = true;
	}
	if (!left_to_fail)
		WRITE_ONCE(fault_injection_on, 0);
	spin_unlock_irq(&inject_lock, flags);
	return fail;
}
