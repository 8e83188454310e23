/* SPDX-License-Identifier: ISC */
/* Clocks and sleeping. */
#include "abi/errno.h"
#include "abi/resource.h"
#include "abi/time.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "proc/signal.h"
#include "syscall/cpu_clock.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

/* What @clock shows, in ns; -EINVAL: no such clock. */
static inline i64 clock_read(u32 clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_TAI: /* nobody has told us the leap seconds */
	case CLOCK_REALTIME_COARSE: return (i64)(clock_ns() + clock_wall_offset());
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME: return (i64)clock_ns();
	case CLOCK_PROCESS_CPUTIME_ID: return (i64)process_cpu_time(process_current());
	case CLOCK_THREAD_CPUTIME_ID: return (i64)thread_cpu_time(thread_current());
	default: return cpu_clock_is(clock) ? cpu_clock_read(clock) : -EINVAL;
	}
}

i64 sys_clock_gettime(u64 clock, u64 ts)
{
	i64 ns = clock_read((u32)clock);

	return ns < 0 ? ns : timespec_put(ts, (u64)ns);
}

i64 sys_clock_getres(u64 clock, u64 ts)
{
	i64 ns = clock_read((u32)clock);

	if (ns < 0 || !ts)
		return MIN(ns, 0);
	return timespec_put(ts, 1);
}

i64 sys_gettimeofday(u64 tv, u64 tz)
{
	u64 ns = clock_ns() + clock_wall_offset();
	struct timeval now = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };

	if (tv && user_write(tv, &now, sizeof(now)))
		return -EFAULT;
	if (tz && user_zero(tz, 8))
		return -EFAULT;
	return 0;
}

i64 sys_time(u64 tloc)
{
	u64 now = (clock_ns() + clock_wall_offset()) / NSEC_PER_SEC;

	if (tloc && user_write_u64(tloc, now))
		return -EFAULT;
	return now;
}

typedef i64 resume_fn(const struct trap_frame *f, u64 deadline);

/*
 * Sleeps until clock_ns() reaches @deadline; interrupted: the rest goes to @rem, and @resume
 * goes on after a stop.
 */
static i64 sleep_until(u64 deadline, u64 rem, resume_fn *resume)
{
	struct wait_queue never = WAIT_QUEUE_INIT(never);
	int r = wait_event_interruptible_until(&never, clock_ns() >= deadline, deadline);
	u64 now = clock_ns();

	if (r != -EINTR)
		return 0;
	if (rem && timespec_put(rem, deadline > now ? deadline - now : 0))
		return -EFAULT;
	return signal_restart_later(resume, deadline);
}

static i64 resume_nanosleep(const struct trap_frame *f, u64 deadline)
{
	return sleep_until(deadline, f->rsi, resume_nanosleep);
}

static i64 resume_clock_nanosleep(const struct trap_frame *f, u64 deadline)
{
	return sleep_until(deadline, f->rsi & TIMER_ABSTIME ? 0 : f->r10, resume_clock_nanosleep);
}

i64 sys_nanosleep(u64 req, u64 rem)
{
	u64 ns;
	int err = timespec_get(req, &ns);

	if (err)
		return err;
	return sleep_until(deadline_after(ns), rem, resume_nanosleep);
}

i64 sys_clock_nanosleep(u64 clock, u64 flags, u64 req, u64 rem)
{
	i64 now = clock_read((u32)clock);
	u64 ns;
	int err;

	if (now < 0 || (u32)clock == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	if ((u32)clock >= CLOCK_MONOTONIC_RAW && (u32)clock < CLOCK_BOOTTIME)
		return -EOPNOTSUPP; /* raw and coarse clocks wake nobody, on Linux too */
	err = timespec_get(req, &ns);
	if (err)
		return err;
	if (!(flags & TIMER_ABSTIME))
		return sleep_until(deadline_after(ns), rem, resume_clock_nanosleep);
	return sleep_until(ns <= (u64)now ? 0 : deadline_after(ns - (u64)now), 0,
			   resume_clock_nanosleep);
}

i64 sys_times(u64 buf)
{
	u64 tick = NSEC_PER_SEC / 100;
	struct cpu_time own, children = process_child_times();
	u64 t[4];

	process_times(process_current(), &own);
	t[0] = own.user / tick;
	t[1] = own.system / tick;
	t[2] = children.user / tick;
	t[3] = children.system / tick;
	if (buf && user_write(buf, t, sizeof(t)))
		return -EFAULT;
	return clock_ns() / tick;
}
