/* SPDX-License-Identifier: ISC */
/*
 * Setting the wall clock. Sleeps and timers run on the monotonic clock, which nobody sets; those that
 * were given a time of the day keep the moment that it was when they were set.
 */
#include "abi/errno.h"
#include "abi/stat.h"
#include "abi/time.h"
#include "base/log.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "proc/process.h"
#include "proc/vdso.h"
#include "syscall/syscalls.h"

#define SECONDS_MAX 8000000000L /* the year 2223 */

static struct mutex setting = MUTEX_INIT(setting);

/* Makes the clock show @ns since 1970. 0, -EINVAL: before the machine was switched on. */
static i64 set_wall(u64 ns)
{
	u64 up = clock_ns();

	if (cred_current()->euid)
		return -EPERM;
	if (ns < up)
		return -EINVAL;
	mutex_lock(&setting); /* or the programs' page would keep one time and the kernel another */
	clock_set_wall_offset(ns - up);
	vdso_clock_was_set();
	mutex_unlock(&setting);
	log_info("clock: set by %s[%d] to %lu s since 1970", task_current()->name,
		 process_current()->pid, ns / NSEC_PER_SEC);
	return 0;
}

static i64 set_checked(i64 sec, i64 nsec)
{
	if (sec < 0 || nsec < 0 || nsec >= (i64)NSEC_PER_SEC || sec > SECONDS_MAX)
		return -EINVAL;
	return set_wall(sec * NSEC_PER_SEC + nsec);
}

i64 sys_clock_settime(u64 clock, u64 ts)
{
	struct timespec t;

	if ((u32)clock != CLOCK_REALTIME)
		return -EINVAL;
	if (user_read(&t, ts, sizeof(t)))
		return -EFAULT;
	return set_checked(t.tv_sec, t.tv_nsec);
}

/* Programs no longer keep the time zone in the kernel: it is checked, and forgotten. */
i64 sys_settimeofday(u64 tv, u64 tz)
{
	struct {
		i64 sec, usec;
	} t = { 0, 0 };
	i32 zone[2] = { 0, 0 };

	if (tv && user_read(&t, tv, sizeof(t)))
		return -EFAULT;
	if (t.usec < 0 || t.usec >= 1000000)
		return -EINVAL;
	if (tz && user_read(zone, tz, sizeof(zone)))
		return -EFAULT;
	if (tz && (zone[0] > 15 * 60 || zone[0] < -15 * 60))
		return -EINVAL;
	if (tv)
		return set_checked(t.sec, t.usec * 1000);
	return cred_current()->euid ? -EPERM : 0;
}

/* -- adjtimex: the clock runs free; it can be read, and stepped ---------------------------------- */

#define ADJ_SETOFFSET 0x100u
#define ADJ_NANO 0x2000u
#define ADJ_OFFSET_SS_READ 0xa001u
#define STA_UNSYNC 0x40
#define TIME_ERROR 5 /* not synchronised */
#define ERROR_MAX 16000000 /* microseconds */
#define TOLERANCE 32768000 /* 500 ppm, times 2^16 */

struct timex_abi {
	u32 modes, pad0;
	i64 offset, freq, maxerror, esterror;
	i32 status, pad1;
	i64 constant, precision, tolerance;
	i64 sec, fraction, tick;
	i64 unused[8];
	i32 tai, pad2[11];
};
_Static_assert(sizeof(struct timex_abi) == 208, "the ABI's size");

static i64 step(const struct timex_abi *t)
{
	i64 unit = t->modes & ADJ_NANO ? 1 : 1000, wall = (i64)(clock_ns() + clock_wall_offset());

	if (t->fraction < 0 || t->fraction * unit >= (i64)NSEC_PER_SEC || t->sec > SECONDS_MAX ||
	    t->sec < -SECONDS_MAX)
		return -EINVAL;
	wall += t->sec * (i64)NSEC_PER_SEC + t->fraction * unit;
	return set_checked(wall / (i64)NSEC_PER_SEC, wall % (i64)NSEC_PER_SEC);
}

static void describe(struct timex_abi *t)
{
	u64 now = clock_ns() + clock_wall_offset();
	u32 modes = t->modes;

	memset(t, 0, sizeof(*t));
	t->modes = modes;
	t->maxerror = t->esterror = ERROR_MAX;
	t->status = STA_UNSYNC;
	t->constant = 2;
	t->precision = 1;
	t->tolerance = TOLERANCE;
	t->sec = now / NSEC_PER_SEC;
	t->fraction = now % NSEC_PER_SEC / (modes & ADJ_NANO ? 1 : 1000);
	t->tick = 10000;
}

i64 sys_adjtimex(u64 buf)
{
	struct timex_abi t;
	i64 r = 0;

	if (user_read(&t, buf, sizeof(t)))
		return -EFAULT;
	if (t.modes && t.modes != ADJ_OFFSET_SS_READ) {
		if (cred_current()->euid)
			return -EPERM;
		if (t.modes & ~(ADJ_SETOFFSET | ADJ_NANO))
			return -EOPNOTSUPP; /* nothing slews the clock */
		r = t.modes & ADJ_SETOFFSET ? step(&t) : 0;
	}
	if (r)
		return r;
	describe(&t);
	return user_write(buf, &t, sizeof(t)) ? -EFAULT : TIME_ERROR;
}

i64 sys_clock_adjtime(u64 clock, u64 buf)
{
	return (u32)clock == CLOCK_REALTIME ? sys_adjtimex(buf) : -EOPNOTSUPP;
}
