/* SPDX-License-Identifier: ISC */
/*
 * Who takes a timer interrupt looks after the others, once in a few seconds in all. The load
 * average's timer is there anyway, as are those of CPUs that share out their time; a second CPU has a
 * timer that does nothing but that, three times a minute, for when the first one is the locked one
 * and all others sleep. A CPU that is idle is left alone.
 *
 *	hard	a CPU that runs something is kicked at each look; if it has taken no interrupt
 *		from one look to a later one, it keeps them off
 *	soft	it takes interrupts, but the thread that shall give way for others does not
 *
 * What nobody's timer finds, whoever waits for that CPU does (base/lockup.h).
 *
 * State: watched[] belongs to the one that looks, who has moved watch_next on (atomic exchange).
 */
#include "sched/watch.h"

#include "base/lockup.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "sched/queue.h"
#include "sched/timer.h"

#define PERIOD (4 * NSEC_PER_SEC)
#define PATROL_CPU 1 /* not the first, which has the load average's timer */
#define PATROL_PERIOD (20 * NSEC_PER_SEC)

u64 watch_next; /* atomic */

static struct watched {
	u64 interrupts, heard; /* irq_count as last seen to change, and when */
	u64 switches, moved; /* the same for switches, or nobody had to give way */
	bool told_deaf, told_stuck; /* each is told once, until it is over */
} watched[MAX_CPUS];

struct state {
	bool idle, must_switch;
	u64 switches;
};

/* At a glance: the queue's lock may be what a locked CPU holds. */
static bool is_idle(const struct run_queue *q)
{
	return READ_ONCE(q->current) == READ_ONCE(q->idle);
}

static struct state state_of(struct run_queue *q)
{
	u64 flags = spin_lock_irq(&q->lock);
	struct state s = {
		.idle = is_idle(q),
		.must_switch = READ_ONCE(q->current->ctx.work) & WORK_RESCHED,
		.switches = q->switches,
	};

	spin_unlock_irq(&q->lock, flags);
	return s;
}

static void complain(u32 cpu, bool *told, const char *what)
{
	if (*told)
		return;
	*told = true;
	lockup_report("CPU %u %s", cpu, what);
}

static void look_at(u32 cpu, u64 now)
{
	struct watched *w = &watched[cpu];
	u64 interrupts = READ_ONCE(cpus[cpu]->irq_count), limit = lockup_limit();
	struct state s;

	/* One that sleeps takes none however long ago the last look was. */
	if (interrupts != w->interrupts || !w->heard || is_idle(&run_queues[cpu])) {
		w->interrupts = interrupts;
		w->heard = now;
		w->told_deaf = false;
	} else if (now - w->heard > limit) {
		complain(cpu, &w->told_deaf, "takes no interrupts");
		return; /* nor may its queue's lock be had */
	}
	s = state_of(&run_queues[cpu]);
	if (!s.idle)
		cpu_kick(cpu);
	if (!s.must_switch || s.switches != w->switches) {
		w->switches = s.switches;
		w->moved = now;
		w->told_stuck = false;
	} else if (now - w->moved > limit) {
		complain(cpu, &w->told_stuck, "does not switch");
	}
}

void watch_look(u64 now)
{
	u64 due = READ_ONCE(watch_next);

	if (now < due || !__atomic_compare_exchange_n(&watch_next, &due, now + PERIOD, false,
						      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	for (u32 i = 0; i < cpu_count; i++)
		if (i != cpu_id())
			look_at(i, now);
}

/* -- the patrol ---------------------------------------------------------------------------------- */

static struct timer patrol;
static u64 patrol_period;

/* Any timer's interrupt looks (watch_tick): this one has only to come. */
static void patrol_again(struct timer *t)
{
	timer_arm(t, clock_ns() + READ_ONCE(patrol_period));
}

static void patrol_begin(void *unused)
{
	(void)unused;
	patrol_again(&patrol);
}

bool watch_patrol(u64 period)
{
	WRITE_ONCE(patrol_period, period ? period : PATROL_PERIOD);
	if (!patrol.fire)
		timer_init(&patrol, patrol_again);
	return cpu_count <= PATROL_CPU ||
	       kthread_start_on(PATROL_CPU, "patrol", patrol_begin, NULL);
}
