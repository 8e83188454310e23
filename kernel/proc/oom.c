/* SPDX-License-Identifier: ISC */
/*
 * Out of memory (oom.h). The one with most memory is killed, its pages are taken at once, and
 * whoever asked for a page asks again.
 *
 * That the pages are taken by the killer matters: the victim may sleep on a lock that the killer's
 * caller holds, and then could not die before the killer goes on. What is not private (page tables,
 * shared memory, open files) comes back only when the victim leaves; the killer waits for that, but
 * no longer than WAIT_NS, and then takes another one. Each is killed once, so this ends.
 */
#include "proc/oom.h"

#include "abi/errno.h"
#include "base/log.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "mm/page.h"
#include "proc/signal.h"

#define WAIT_NS (100 * NSEC_PER_MSEC)
#define KIB_PER_PAGE (PAGE_SIZE >> 10)

static struct mutex oom_lock = MUTEX_INIT(oom_lock);
static struct wait_queue left = WAIT_QUEUE_INIT(left);
static u32 leaving; /* [a] victims that still have their memory */

/* Frames that @p's end would give back, as its adjustment shifts them; 0: it is not to be killed. */
static u64 badness(const struct process *p)
{
	const struct process *init = process_init_task;
	i64 cost;

	if (p == init || !p->space || (init && p->space == init->space) ||
	    p->oom_adj == OOM_ADJ_MIN)
		return 0;
	cost = (i64)space_cost(p->space) + p->oom_adj * (i64)page_total_count() / OOM_ADJ_MAX;
	return (u64)MAX(cost, 1);
}

u64 oom_score(const struct process *p)
{
	return badness(p) * OOM_ADJ_MAX / page_total_count();
}

int oom_adjust(struct process *p, i64 adj)
{
	bool root = cred_current()->euid == 0;

	if (adj < OOM_ADJ_MIN || adj > OOM_ADJ_MAX)
		return -EINVAL;
	if (adj < p->oom_adj_min && !root)
		return -EACCES;
	p->oom_adj = (i16)adj;
	if (root)
		p->oom_adj_min = (i16)adj;
	return 0;
}

/* Under process_lock. */
static struct process *choose(void)
{
	struct process *p, *worst = NULL;
	u64 most = 0;

	list_for_each (p, &process_list, all) {
		u64 bad = p->oom_killed ? 0 : badness(p);

		if (bad > most) {
			most = bad;
			worst = p;
		}
	}
	return worst;
}

static void kill_locked(struct process *p)
{
	static const struct siginfo_kernel info = { .code = SI_KERNEL };

	p->oom_killed = true;
	__atomic_fetch_add(&leaving, 1, __ATOMIC_RELAXED);
	signal_send(p, SIGKILL, &info);
}

/* All who run in the memory of @victim; else it would not come back. Under process_lock. */
static void kill_sharers(const struct process *victim)
{
	struct process *p;

	list_for_each (p, &process_list, all) {
		if (p->space == victim->space && !p->oom_killed)
			kill_locked(p);
	}
}

/* What the log says of a victim: it may be gone before that is printed. */
struct victim {
	struct space *space; /* counted */
	char name[sizeof(((struct task *)0)->name)];
	i32 pid, adj;
	u32 uid;
	u64 cost;
};

/* Kills the worst; false: there was nobody. */
static bool kill_worst(struct victim *v)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = choose();

	if (p) {
		v->space = p->space;
		space_get(v->space);
		strlcpy(v->name, p->leader->name, sizeof(v->name));
		v->pid = p->pid;
		v->adj = p->oom_adj;
		v->uid = p->leader->cred.uid;
		v->cost = space_cost(p->space);
		kill_sharers(p);
	}
	spin_unlock_irq(&process_lock, flags);
	return p;
}

static void tell(const struct victim *v, const struct task *self)
{
	log_error("out of memory: %s[%d] (uid %u) is killed: it has %lu KiB, adjusted by %d; "
		  "%s[%d] wants a page, %lu of %lu KiB are free",
		  v->name, v->pid, v->uid, v->cost * KIB_PER_PAGE, v->adj, self->name,
		  self->process->pid, page_free_count() * KIB_PER_PAGE,
		  page_total_count() * KIB_PER_PAGE);
}

/* True once a victim that is on its way has given enough back. */
static bool wait_for_victims(const struct task *self)
{
	u64 deadline = clock_ns() + WAIT_NS;

	if (!READ_ONCE(leaving))
		return false;
	(void)wait_event_interruptible_until(&left, !READ_ONCE(leaving) || !page_memory_low(),
					     deadline);
	return !page_memory_low() || signal_fatal(self);
}

/* Under oom_lock. */
static bool make_room(struct task *self)
{
	struct victim v;
	bool own;

	if (!page_memory_low() || wait_for_victims(self))
		return !signal_fatal(self);
	if (!kill_worst(&v)) {
		log_error("out of memory: nobody is left to be killed but %s[%d]", self->name,
			  self->process->pid);
		return false;
	}
	tell(&v, self);
	own = v.space == self->process->space;
	if (!own)
		space_reap(v.space);
	space_put(v.space);
	return !own;
}

bool oom_make_room(void)
{
	struct task *self = task_current();
	bool again;

	mutex_wait_begin(&oom_lock);
	/* Who is killed while he waits for the lock does not want it any more. */
	wait_event(&oom_lock.queue, signal_fatal(self) || mutex_try_lock(&oom_lock));
	if (!mutex_is_mine(&oom_lock)) {
		wait_wake_one(&oom_lock.queue); /* the wake-up was perhaps another's */
		return false;
	}
	again = make_room(self);
	mutex_unlock(&oom_lock);
	return again;
}

void oom_process_left(struct process *p)
{
	if (likely(!p->oom_killed))
		return;
	__atomic_fetch_sub(&leaving, 1, __ATOMIC_RELAXED);
	wait_wake_all(&left);
}
