/* SPDX-License-Identifier: ISC */
/*
 * futex(2) for programs of one thread: every libc wakes sleepers that a lock might have, and there
 * are none, because waiting is not offered before there are threads (it answers -ENOSYS).
 */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "syscall/syscalls.h"

#define FUTEX_WAKE 1u
#define FUTEX_WAKE_BITSET 10u
#define FUTEX_FLAGS (128u | 256u) /* private, realtime */

i64 sys_futex(u64 addr, u64 op, u64 value, u64 timeout, u64 addr2, u64 value3)
{
	u32 call = (u32)op & ~FUTEX_FLAGS;

	(void)value, (void)timeout, (void)addr2;
	if (call != FUTEX_WAKE && call != FUTEX_WAKE_BITSET)
		return -ENOSYS;
	if (addr % sizeof(u32) || (call == FUTEX_WAKE_BITSET && !(u32)value3))
		return -EINVAL;
	return user_range_ok(addr, sizeof(u32)) ? 0 : -EFAULT;
}
