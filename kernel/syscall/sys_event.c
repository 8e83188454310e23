/* SPDX-License-Identifier: ISC */
/* System calls on files that tell of events: eventfd and timerfd. */
#include "abi/errno.h"
#include "abi/time.h"
#include "fs/eventfd.h"
#include "fs/timerfd.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

#define EFD_SEMAPHORE 1u
#define TFD_TIMER_CANCEL_ON_SET 2u

i64 sys_eventfd2(u64 count, u64 flags)
{
	u32 fl = flags;

	if (fl & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	return fd_give(eventfd_create(count, fl & EFD_SEMAPHORE, fl), fl);
}

i64 sys_eventfd(u64 count)
{
	return sys_eventfd2(count, 0);
}

/* -- timerfd ----------------------------------------------------------------------------------- */

i64 sys_timerfd_create(u64 clock, u64 flags)
{
	u32 id = clock;

	if ((u32)flags & ~(u32)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME)
		return -EINVAL;
	return fd_give(timerfd_create(id == CLOCK_REALTIME, flags), flags);
}

/* The descriptor's file if it is a timer. 0, -EBADF, -EINVAL; fd_return() only after 0. */
static int borrow_timer(u64 fd, struct fd_ref *r)
{
	*r = fd_borrow(fd);
	if (!r->file)
		return -EBADF;
	if (file_is_timerfd(r->file))
		return 0;
	fd_return(*r);
	return -EINVAL;
}

i64 sys_timerfd_settime(u64 fd, u64 flags, u64 new, u64 old)
{
	struct timerfd_setting before;
	u64 value, interval;
	struct fd_ref r;
	int error = itimerspec_get(new, &value, &interval);

	if (!error && ((u32)flags & ~(TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)))
		error = -EINVAL;
	if (!error)
		error = borrow_timer(fd, &r);
	if (error)
		return error;
	before = timerfd_set(r.file, value, interval, flags & TIMER_ABSTIME);
	fd_return(r);
	return old ? itimerspec_put(old, before.left, before.interval) : 0;
}

i64 sys_timerfd_gettime(u64 fd, u64 value)
{
	struct timerfd_setting s;
	struct fd_ref r;
	int error = borrow_timer(fd, &r);

	if (error)
		return error;
	s = timerfd_get(r.file);
	fd_return(r);
	return itimerspec_put(value, s.left, s.interval);
}
