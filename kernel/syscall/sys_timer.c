/* SPDX-License-Identifier: ISC */
/* Timers that send signals: alarm, setitimer, timer_create and what belongs to them. */
#include "abi/errno.h"
#include "abi/resource.h"
#include "abi/time.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "proc/posix_timer.h"
#include "syscall/cpu_clock.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

/* -- alarm and setitimer ----------------------------------------------------------------------- */

struct itimerval {
	struct timeval interval, value;
};

i64 sys_alarm(u64 seconds)
{
	u64 left, interval;

	itimer_get(ITIMER_REAL, &left, &interval);
	itimer_set(ITIMER_REAL, (u32)seconds * NSEC_PER_SEC, 0);
	if (!left)
		return 0;
	return left < NSEC_PER_SEC ? 1 : (left + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
}

/* 0, or -EINVAL; what is too long becomes the longest time there is. */
static int timeval_ns(const struct timeval *tv, u64 *ns)
{
	if (tv->tv_sec < 0 || tv->tv_usec < 0 || tv->tv_usec >= 1000000)
		return -EINVAL;
	if (__builtin_mul_overflow((u64)tv->tv_sec, NSEC_PER_SEC, ns) ||
	    __builtin_add_overflow(*ns, (u64)tv->tv_usec * NSEC_PER_USEC, ns))
		*ns = ~0UL;
	return 0;
}

static struct timeval to_timeval(u64 ns)
{
	ns += NSEC_PER_USEC - 1; /* a timer that runs has something left */
	return (struct timeval){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

static int put_itimerval(u64 at, u64 left, u64 interval)
{
	struct itimerval v = { to_timeval(interval), to_timeval(left) };

	return user_write(at, &v, sizeof(v));
}

i64 sys_getitimer(u64 which, u64 value)
{
	u64 left, interval;

	if ((u32)which >= ITIMER_COUNT)
		return -EINVAL;
	itimer_get((u32)which, &left, &interval);
	return put_itimerval(value, left, interval);
}

i64 sys_setitimer(u64 which, u64 value, u64 old)
{
	u64 left, interval, new_left, new_interval;
	struct itimerval v = { 0 };

	if (value && user_read(&v, value, sizeof(v)))
		return -EFAULT;
	if (timeval_ns(&v.value, &new_left) || timeval_ns(&v.interval, &new_interval))
		return -EINVAL;
	if ((u32)which >= ITIMER_COUNT)
		return -EINVAL;
	itimer_get((u32)which, &left, &interval);
	itimer_set((u32)which, new_left, new_interval);
	return old ? put_itimerval(old, left, interval) : 0;
}

/* -- timer_create ------------------------------------------------------------------------------ */

/* 0 with what @r->clock shows, or why no timer can run on it. */
static int clock_kind(struct posix_timer_request *r)
{
	r->cpu_time = false;
	r->of = 0;
	switch (r->clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME: return 0;
	case CLOCK_THREAD_CPUTIME_ID: r->of = task_current()->tid; /* fallthrough */
	case CLOCK_PROCESS_CPUTIME_ID: r->cpu_time = true; return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE: return -EOPNOTSUPP;
	default:
		r->cpu_time = cpu_clock_is(r->clock);
		return r->cpu_time ? cpu_clock_owner(r->clock, &r->of) : -EINVAL;
	}
}

static bool is_sibling(i32 tid)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = task_find(tid);
	bool is = t && t->process == process_current();

	spin_unlock_irq(&process_lock, flags);
	return is;
}

/* SIGEV_THREAD is the C library's business; SIGEV_THREAD_ID names a thread of the process. */
static int check_event(const struct sigevent_abi *e)
{
	switch (e->notify) {
	case SIGEV_NONE: return 0;
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		if (!is_sibling(e->tid))
			return -EINVAL;
		break;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD: break;
	default: return -EINVAL;
	}
	return e->signo < 1 || e->signo > NSIG ? -EINVAL : 0;
}

/* Makes it and tells its number. Under timers_lock: nobody deletes it in between. */
static int create_and_tell(const struct posix_timer_request *r, u64 id)
{
	int err;
	struct posix_timer *t = posix_timer_create(r, &err);

	if (!t)
		return err;
	if (user_write_u32(id, t->id) == 0)
		return 0;
	posix_timer_delete(t);
	return -EFAULT;
}

i64 sys_timer_create(u64 clock, u64 event, u64 id)
{
	struct sigevent_abi e = { .signo = SIGALRM, .notify = SIGEV_SIGNAL };
	struct posix_timer_request r = { .clock = (u32)clock };
	int err;

	if (event && user_read(&e, event, sizeof(e)))
		return -EFAULT;
	err = clock_kind(&r);
	if (!err)
		err = check_event(&e);
	if (err)
		return err;
	r.sig = e.notify == SIGEV_NONE ? 0 : e.signo;
	r.to = e.notify & SIGEV_THREAD_ID ? e.tid : 0;
	r.value = event ? &e.value : NULL;
	mutex_lock(&process_current()->timers_lock);
	err = create_and_tell(&r, id);
	mutex_unlock(&process_current()->timers_lock);
	return err;
}

/* When a timer set to @value runs out, in its own clock's time. */
static u64 expiry(const struct posix_timer *t, bool absolute, u64 value)
{
	u64 offset = t->clock == CLOCK_REALTIME ? clock_wall_offset() : 0;
	u64 now = interval_timer_now(&t->timer);

	if (absolute)
		return value > offset ? value - offset : 1;
	return now + value < now ? ~0UL : now + value;
}

/* Timer @id of the process, which stays until timer_unlock(); NULL: there is none. */
static struct posix_timer *timer_lock(u64 id)
{
	struct posix_timer *t;

	mutex_lock(&process_current()->timers_lock);
	t = posix_timer_find((i32)id);
	if (!t)
		mutex_unlock(&process_current()->timers_lock);
	return t;
}

static void timer_unlock(void)
{
	mutex_unlock(&process_current()->timers_lock);
}

i64 sys_timer_settime(u64 id, u64 flags, u64 new, u64 old)
{
	u64 left, interval, value, new_interval;
	struct posix_timer *t;
	int err;

	if (!new)
		return -EINVAL;
	err = itimerspec_get(new, &value, &new_interval);
	if (err)
		return err;
	t = timer_lock(id);
	if (!t)
		return -EINVAL;
	interval_timer_get(&t->timer, &left, &interval);
	interval_timer_cancel(&t->timer);
	posix_timer_reset_overrun(t);
	if (value)
		interval_timer_set(&t->timer, expiry(t, flags & TIMER_ABSTIME, value),
				   new_interval);
	timer_unlock();
	return old ? itimerspec_put(old, left, interval) : 0;
}

i64 sys_timer_gettime(u64 id, u64 value)
{
	struct posix_timer *t = timer_lock(id);
	u64 left, interval;

	if (!t)
		return -EINVAL;
	interval_timer_get(&t->timer, &left, &interval);
	timer_unlock();
	return itimerspec_put(value, left, interval);
}

i64 sys_timer_getoverrun(u64 id)
{
	struct posix_timer *t = timer_lock(id);
	i64 n;

	if (!t)
		return -EINVAL;
	n = READ_ONCE(t->overrun_last);
	timer_unlock();
	return n;
}

i64 sys_timer_delete(u64 id)
{
	struct posix_timer *t = timer_lock(id);

	if (!t)
		return -EINVAL;
	posix_timer_delete(t);
	timer_unlock();
	return 0;
}
