/* SPDX-License-Identifier: ISC */
/*
 * Interval timers and the three of setitimer(2). See itimer.h.
 * Locks: see itimer.h; a signal is sent under process_lock, after interval_timer.lock is dropped.
 */
#include "proc/itimer.h"

#include "machine/clock.h"
#include "proc/signal.h"

/* No timer may fill the machine with its interrupts: shorter periods count as overruns. */
#define SHORTEST (50 * NSEC_PER_USEC)
#define LONGEST_PATIENCE (100 * NSEC_PER_MSEC)
/* A process that sleeps uses no CPU time: then the next look may wait. */
#define IDLE_LOOK (10 * NSEC_PER_MSEC)
/* So does one that is in the kernel, to its user time. */
#define USER_LOOK NSEC_PER_MSEC

u64 interval_timer_now(const struct interval_timer *t)
{
	struct cpu_time sum;

	if (!t->cpu_time)
		return clock_ns();
	if (t->of_user) {
		process_times(t->process, &sum);
		return sum.user;
	}
	return t->of_thread ? task_cpu_time(t->process, t->of_thread)
			    : process_cpu_time(t->process);
}

/* When the wall's clock should look again, @left before the timer runs out. */
static u64 next_look(const struct interval_timer *t, u64 left, bool idle)
{
	if (t->cpu_time)
		left = MAX(left, idle ? IDLE_LOOK : t->of_user ? USER_LOOK : SHORTEST);
	return clock_ns() + left < left ? ~0UL : clock_ns() + left;
}

/* It ran out at @now: how often, and when next. Under its lock. */
static u64 advance(struct interval_timer *t, u64 now)
{
	u64 times = 1;

	if (!t->interval) {
		t->expires = 0;
		return 1;
	}
	times += (now - t->expires) / t->interval;
	t->expires += times * t->interval;
	return times;
}

static void fire(struct timer *timer)
{
	struct interval_timer *t = container_of(timer, struct interval_timer, timer);
	u64 flags = spin_lock_irq(&t->lock), now = interval_timer_now(t), times = 0, look = 0;

	if (t->expires && t->expires <= now)
		times = advance(t, now);
	if (t->expires) {
		u64 left = MAX(t->expires - now, MAX(SHORTEST, t->patience));
		bool idle = t->cpu_time && process_is_idle(t->process);

		look = next_look(t, left, idle);
	}
	spin_unlock_irq(&t->lock, flags);
	if (look)
		timer_arm(timer, look);
	if (times)
		t->expired(t, times);
}

void interval_timer_init(struct interval_timer *t, struct process *p, bool cpu_time,
			 void (*expired)(struct interval_timer *, u64))
{
	timer_init(&t->timer, fire);
	t->lock = (struct spinlock)SPINLOCK_INIT;
	t->cpu_time = cpu_time;
	t->expires = t->interval = t->patience = 0;
	t->process = p;
	t->of_thread = 0;
	t->of_user = false;
	t->expired = expired;
}

void interval_timer_cancel(struct interval_timer *t)
{
	u64 flags = spin_lock_irq(&t->lock);

	t->expires = t->interval = 0;
	spin_unlock_irq(&t->lock, flags);
	timer_cancel(&t->timer);
	timer_cancel(&t->timer); /* a callback under way may have armed it before it saw the 0 */
}

void interval_timer_set(struct interval_timer *t, u64 expires, u64 interval)
{
	u64 flags, now;

	interval_timer_cancel(t);
	if (!expires)
		return;
	flags = spin_lock_irq(&t->lock);
	now = interval_timer_now(t);
	t->expires = expires;
	t->interval = interval;
	spin_unlock_irq(&t->lock, flags);
	timer_arm(&t->timer, next_look(t, expires > now ? expires - now : 0, false));
}

void interval_timer_unnoticed(struct interval_timer *t)
{
	u64 flags = spin_lock_irq(&t->lock);

	t->patience = MIN(MAX(2 * t->patience, SHORTEST), LONGEST_PATIENCE);
	spin_unlock_irq(&t->lock, flags);
}

u64 interval_timer_noticed(struct interval_timer *t)
{
	u64 flags = spin_lock_irq(&t->lock), now = interval_timer_now(t), times = 0;

	if (t->patience && t->interval && t->expires && t->expires <= now)
		times = advance(t, now);
	t->patience = 0;
	spin_unlock_irq(&t->lock, flags);
	return times;
}

void interval_timer_get(struct interval_timer *t, u64 *left, u64 *interval)
{
	u64 flags = spin_lock_irq(&t->lock), now = interval_timer_now(t);

	*interval = t->interval;
	*left = 0;
	if (t->expires > now)
		*left = t->expires - now;
	else if (t->expires) /* it has not looked yet */
		*left = t->interval ? t->interval - (now - t->expires) % t->interval : 1;
	spin_unlock_irq(&t->lock, flags);
}

/* -- setitimer --------------------------------------------------------------------------------- */

static void itimer_expired(struct interval_timer *t, u64 times)
{
	static const int signals[] = { SIGALRM, SIGVTALRM, SIGPROF };
	static const struct siginfo_kernel info = { .code = SI_KERNEL };
	u64 flags = spin_lock_irq(&process_lock);

	(void)times;
	signal_send(t->process, signals[t - t->process->itimer], &info);
	spin_unlock_irq(&process_lock, flags);
}

void itimer_get(int which, u64 *left, u64 *interval)
{
	struct process *p = process_current();
	struct interval_timer *t = &p->itimer[which];

	*left = *interval = 0;
	mutex_lock(&p->timers_lock); /* another thread may be making it */
	if (t->expired)
		interval_timer_get(t, left, interval);
	mutex_unlock(&p->timers_lock);
}

void itimer_set(int which, u64 first, u64 interval)
{
	struct process *p = process_current();
	struct interval_timer *t = &p->itimer[which];
	u64 expires;

	mutex_lock(&p->timers_lock);
	if (!t->expired)
		interval_timer_init(t, p, which != ITIMER_REAL, itimer_expired);
	t->of_user = which == ITIMER_VIRTUAL;
	if (__builtin_add_overflow(interval_timer_now(t), first, &expires))
		expires = ~0UL;
	interval_timer_set(t, first ? expires : 0, interval);
	mutex_unlock(&p->timers_lock);
}

void itimers_cancel(struct process *p)
{
	for (int i = 0; i < ITIMER_COUNT; i++)
		if (p->itimer[i].expired)
			interval_timer_cancel(&p->itimer[i]);
}
