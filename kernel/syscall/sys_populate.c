/* SPDX-License-Identifier: ISC */
/*
 * Pages that are wanted before they are touched: mlock and its kin, and what mmap and madvise ask for;
 * and which pages are there (mincore).
 * All memory stays in memory, so a lock is nothing but that. A range may be all of memory: others get
 * their turn now and then, and who must end ends. Locks: none held.
 */
#include "syscall/populate.h"

#include "lib/overflow.h"
#include "machine/trap.h"
#include "machine/usercopy.h"
#include "proc/signal.h"
#include "sched/sched.h"
#include "syscall/syscalls.h"

#define MCL_CURRENT 1u
#define MCL_FUTURE 2u
#define MCL_ONFAULT 4u
#define MLOCK_ONFAULT 1u
#define MINCORE_STEP 256u

/* Between two steps of a longer way: others get their turn. 0, -EINTR. */
static int pause_or_end(void)
{
	if (signal_fatal(task_current()))
		return -EINTR;
	sched_point();
	return 0;
}

/* A step: 0, an error of space_populate, -EINTR. */
static int step(u64 *at, u64 end, u32 need)
{
	int err = pause_or_end();

	return err ? err : space_populate(process_current()->space, at, end, need);
}

int populate(u64 addr, u64 len, u32 need)
{
	u64 end = addr + ALIGN_UP(len, PAGE_SIZE);
	int err = 0;

	while (addr < end && !err)
		err = step(&addr, end, need);
	return err;
}

void populate_what_can_be(u64 addr, u64 len)
{
	u64 end = addr + ALIGN_UP(len, PAGE_SIZE);

	while (addr < end && step(&addr, end, 0) != -EINTR)
		;
}

/* -- mlock ----------------------------------------------------------------------------------------- */

/* Widens a range to whole pages. 0, -EINVAL (wraps), -ENOMEM: a part of it is not mapped. */
static i64 check_range(u64 *addr, u64 *len)
{
	u64 start = ALIGN_DOWN(*addr, PAGE_SIZE), end;

	if (add_overflows(*addr, *len, &end) || add_overflows(end, PAGE_SIZE - 1, &end))
		return -EINVAL;
	*addr = start;
	*len = ALIGN_DOWN(end, PAGE_SIZE) - start;
	return space_is_mapped(process_current()->space, start, *len) ? 0 : -ENOMEM;
}

i64 sys_mlock(u64 addr, u64 len)
{
	i64 err = check_range(&addr, &len);

	if (err)
		return err;
	err = populate(addr, len, 0);
	if (err == -ENOMEM)
		return -EAGAIN;
	return err == -EINVAL || err == -EFAULT ? -ENOMEM : err;
}

i64 sys_mlock2(u64 addr, u64 len, u64 flags)
{
	if ((u32)flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return flags & MLOCK_ONFAULT ? check_range(&addr, &len) : sys_mlock(addr, len);
}

i64 sys_munlock(u64 addr, u64 len)
{
	return check_range(&addr, &len);
}

i64 sys_mlockall(u64 flags)
{
	struct space *s = process_current()->space;
	u32 what = (u32)flags;

	if (!(what & (MCL_CURRENT | MCL_FUTURE)) ||
	    (what & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)))
		return -EINVAL;
	WRITE_ONCE(s->populates, (what & (MCL_FUTURE | MCL_ONFAULT)) == MCL_FUTURE);
	if ((what & (MCL_CURRENT | MCL_ONFAULT)) == MCL_CURRENT)
		populate_what_can_be(0, USER_END);
	return 0;
}

i64 sys_munlockall(void)
{
	WRITE_ONCE(process_current()->space->populates, false);
	return 0;
}

/* -- mincore --------------------------------------------------------------------------------------- */

i64 sys_mincore(u64 addr, u64 len, u64 vec)
{
	struct space *s = process_current()->space;
	u8 there[MINCORE_STEP];
	u64 pages = ALIGN_UP(len, PAGE_SIZE) / PAGE_SIZE;

	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	if (!range_ok(addr, len, USER_END))
		return -ENOMEM;
	if (!user_range_ok(vec, pages))
		return -EFAULT;
	for (u32 n; pages; pages -= n, vec += n, addr += n * PAGE_SIZE) {
		n = (u32)MIN(pages, MINCORE_STEP);
		if (space_residency(s, addr, n, there))
			return -ENOMEM;
		if (user_write(vec, there, n))
			return -EFAULT;
		if (pause_or_end())
			return -EINTR;
	}
	return 0;
}
