/* SPDX-License-Identifier: ISC */
/* System calls on files that tell of events: eventfd and timerfd. */
#include "abi/errno.h"
#include "abi/time.h"
#include "fs/eventfd.h"
#include "fs/timerfd.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"

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

struct itimerspec {
	struct timespec interval, value;
};

i64 sys_timerfd_create(u64 clock, u64 flags)
{
	u32 id = clock;

	if ((u32)flags & ~(u32)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME)
		return -EINVAL;
	return fd_give(timerfd_create(id == CLOCK_REALTIME, flags), flags);
}

/* 0, or -EINVAL; what is too long becomes the longest time there is. */
static int timespec_ns(const struct timespec *ts, u64 *ns)
{
	if (ts->tv_sec < 0 || (u64)ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (__builtin_mul_overflow((u64)ts->tv_sec, NSEC_PER_SEC, ns) ||
	    __builtin_add_overflow(*ns, (u64)ts->tv_nsec, ns))
		*ns = ~0UL;
	return 0;
}

static int put_setting(u64 addr, struct timerfd_setting s)
{
	struct itimerspec v = {
		.interval = { s.interval / NSEC_PER_SEC, s.interval % NSEC_PER_SEC },
		.value = { s.left / NSEC_PER_SEC, s.left % NSEC_PER_SEC },
	};

	return user_write(addr, &v, sizeof(v));
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
	struct itimerspec v;
	u64 value, interval;
	struct fd_ref r;
	int error;

	if (user_read(&v, new, sizeof(v)))
		return -EFAULT;
	if (((u32)flags & ~(TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
	    timespec_ns(&v.value, &value) || timespec_ns(&v.interval, &interval))
		return -EINVAL;
	error = borrow_timer(fd, &r);
	if (error)
		return error;
	before = timerfd_set(r.file, value, interval, flags & TIMER_ABSTIME);
	fd_return(r);
	return old ? put_setting(old, before) : 0;
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
	return put_setting(value, s);
}
