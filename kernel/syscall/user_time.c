/* SPDX-License-Identifier: ISC */
/* The one way from a program's times to ours and back. */
#include "syscall/user_time.h"

#include "abi/errno.h"

struct itimerspec {
	struct timespec interval, value;
};

/* 0, -EINVAL. */
static int to_ns(const struct timespec *ts, u64 *ns)
{
	if (ts->tv_sec < 0 || (u64)ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (__builtin_mul_overflow((u64)ts->tv_sec, NSEC_PER_SEC, ns) ||
	    __builtin_add_overflow(*ns, (u64)ts->tv_nsec, ns))
		*ns = ~0UL;
	return 0;
}

int timespec_get(u64 at, u64 *ns)
{
	struct timespec ts;

	return user_read(&ts, at, sizeof(ts)) ? -EFAULT : to_ns(&ts, ns);
}

int itimerspec_get(u64 at, u64 *value, u64 *interval)
{
	struct itimerspec its;

	if (user_read(&its, at, sizeof(its)))
		return -EFAULT;
	return to_ns(&its.value, value) || to_ns(&its.interval, interval) ? -EINVAL : 0;
}

int itimerspec_put(u64 at, u64 value, u64 interval)
{
	struct itimerspec its = { .interval = timespec_of(interval), .value = timespec_of(value) };

	return user_write(at, &its, sizeof(its));
}

u64 deadline_after(u64 ns)
{
	u64 deadline;

	if (!ns)
		return 0;
	return __builtin_add_overflow(clock_ns(), ns, &deadline) ? ~0UL : deadline;
}

int deadline_get(u64 at, u64 *deadline)
{
	u64 ns;
	int err;

	*deadline = ~0UL;
	if (!at)
		return 0;
	err = timespec_get(at, &ns);
	if (!err)
		*deadline = deadline_after(ns);
	return err;
}
