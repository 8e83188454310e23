/* SPDX-License-Identifier: ISC */
/* Policies and nice values of other threads: finding them, and the right to it (priority.h). */
#include "proc/priority.h"

#include "abi/errno.h"
#include "abi/sched.h"
#include "proc/futex.h"
#include "proc/process.h"

/* The task @tid names, 0: the caller's; NULL: none, or it has ended. Under process_lock. */
static struct task *find(i32 tid)
{
	struct task *t = task_find_or_self(tid);

	return t && t->thread ? t : NULL;
}

static bool is_root(void)
{
	return cred_current()->euid == 0;
}

static bool is_mine(const struct task *t)
{
	u32 euid = cred_current()->euid;

	return euid == t->cred.euid || euid == t->cred.uid;
}

/* Who may set @t's priority of input and output: Linux asks for other ids there than is_mine() does. */
static bool is_user_of(const struct task *t)
{
	return t->cred.uid == cred_current()->euid || t->cred.uid == cred_current()->uid;
}

/* Do @t's limits allow the nice value? */
static bool nice_allowed(const struct task *t, int nice)
{
	return (u64)(20 - nice) <= t->process->limits[RLIMIT_NICE].soft;
}

static bool is_rt(u8 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_known(u8 policy)
{
	return is_rt(policy) || policy == SCHED_OTHER || policy == SCHED_BATCH ||
	       policy == SCHED_IDLE;
}

/* -- policies ------------------------------------------------------------------------------------ */

static bool rt_allowed(const struct task *t, const struct sched_params *old,
		       const struct sched_params *new)
{
	u64 limit = t->process->limits[RLIMIT_RTPRIO].soft;

	if (new->policy != old->policy && !limit)
		return false;
	return new->priority <= old->priority || new->priority <= limit;
}

/* May a user without rights do this to @t? */
static bool allowed(const struct task *t, const struct sched_params *old,
		    const struct sched_params *new)
{
	if (!is_mine(t) || (old->reset_on_fork && !new->reset_on_fork))
		return false;
	if (is_rt(new->policy))
		return rt_allowed(t, old, new);
	if (new->nice < old->nice && !nice_allowed(t, new->nice))
		return false;
	return old->policy != SCHED_IDLE || new->policy == SCHED_IDLE || nice_allowed(t, old->nice);
}

/* What @old becomes by @c. */
static struct sched_params changed(struct sched_params old, const struct sched_change *c)
{
	struct sched_params new = c->params;

	if (c->keep_policy)
		new.policy = old.policy;
	if (c->keep_params)
		new.priority = old.priority;
	if (c->keep_params || c->keep_nice || is_rt(new.policy))
		new.nice = old.nice;
	if (c->keep_reset)
		new.reset_on_fork = old.reset_on_fork;
	return new;
}

static int change_locked(struct task *t, const struct sched_change *c)
{
	struct sched_params new;

	if (!t)
		return -ESRCH;
	new = changed(t->thread->sched, c);
	if (!is_known(new.policy) || new.priority > SCHED_PRIORITY_MAX ||
	    is_rt(new.policy) != (new.priority != 0))
		return -EINVAL;
	if (!is_root() && !allowed(t, &t->thread->sched, &new))
		return -EPERM;
	thread_set_sched(t->thread, &new);
	futex_pi_changed(t);
	return 0;
}

int sched_change(i32 tid, const struct sched_change *c)
{
	u64 flags = spin_lock_irq(&process_lock);
	int err = change_locked(find(tid), c);

	spin_unlock_irq(&process_lock, flags);
	return err;
}

int sched_look(i32 tid, struct sched_params *params, u64 *slice)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = find(tid);

	if (t) {
		*params = t->thread->sched;
		*slice = thread_slice(t->thread);
	}
	spin_unlock_irq(&process_lock, flags);
	return t ? 0 : -ESRCH;
}

/* -- CPUs ---------------------------------------------------------------------------------------- */

int sched_change_affinity(i32 tid, u64 mask)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = find(tid);
	struct thread_move move;
	int err;

	if (!t)
		err = -ESRCH;
	else if (!is_root() && !is_mine(t))
		err = -EPERM;
	else
		err = thread_set_affinity(t->thread, mask, &move);
	spin_unlock_irq(&process_lock, flags);
	if (!err)
		thread_await_move(&move);
	return err;
}

int sched_look_affinity(i32 tid, u64 *mask)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = find(tid);

	if (t)
		*mask = t->thread->affinity;
	spin_unlock_irq(&process_lock, flags);
	return t ? 0 : -ESRCH;
}

/* -- nice values --------------------------------------------------------------------------------- */

static bool selected(const struct process *p, int which, i32 who)
{
	if (which == PRIO_PGRP)
		return p->pgid == (who ? who : process_current()->pgid);
	return p->leader->cred.uid == (who ? (u32)who : cred_current()->uid);
}

/* The first error stays, but that nobody was found yet. */
static int set_one(struct task *t, int nice, int result)
{
	struct sched_params s = t->thread->sched;
	int err = 0;

	if (!is_root() && !is_mine(t))
		err = -EPERM;
	else if (nice < s.nice && !is_root() && !nice_allowed(t, nice))
		err = -EACCES;
	s.nice = (i8)nice;
	if (!err)
		thread_set_sched(t->thread, &s);
	return err || result == -ESRCH ? err : result;
}

static int get_one(struct task *t, int unused, int result)
{
	(void)unused;
	return MAX(result, 20 - t->thread->sched.nice);
}

/* Calls fn(task, arg, result so far) for all threads that @which and @who mean; -ESRCH: none. */
static int for_each(int which, i32 who, int (*fn)(struct task *, int, int), int arg)
{
	const struct process *p;
	struct task *t;
	u64 flags = spin_lock_irq(&process_lock);
	int r = -ESRCH;

	if (which == PRIO_PROCESS) {
		t = find(who);
		r = t ? fn(t, arg, r) : r;
	} else {
		list_for_each (p, &process_list, all)
			if (selected(p, which, who))
				list_for_each (t, &p->tasks, link)
					r = t->thread ? fn(t, arg, r) : r;
	}
	spin_unlock_irq(&process_lock, flags);
	return r;
}

int nice_set(int which, i32 who, int nice)
{
	return for_each(which, who, set_one, MAX(NICE_MIN, MIN(nice, NICE_MAX)));
}

int nice_get(int which, i32 who)
{
	return for_each(which, who, get_one, 0);
}

/* -- input and output ---------------------------------------------------------------------------- */

/* As Linux: the first error stays. */
static int set_io(struct task *t, int priority, int result)
{
	if (result != -ESRCH && result)
		return result;
	if (!is_root() && !is_user_of(t))
		return -EPERM;
	t->io_priority = (u16)priority;
	return 0;
}

/* What @t has by its policy and nice value. */
static int io_priority_of(const struct task *t)
{
	const struct sched_params *s = &t->thread->sched;
	int class = is_rt(s->policy)          ? IOPRIO_CLASS_RT
		    : s->policy == SCHED_IDLE ? IOPRIO_CLASS_IDLE
					      : IOPRIO_CLASS_BE;

	return t->io_priority ? t->io_priority
			      : class << IOPRIO_CLASS_SHIFT | (s->nice - NICE_MIN) / 5;
}

static int get_io(struct task *t, int alone, int result)
{
	int own = alone ? t->io_priority : io_priority_of(t);

	return result == -ESRCH ? own : MIN(result, own);
}

int io_priority_set(int which, i32 who, u32 priority)
{
	return for_each(which, who, set_io, (int)priority);
}

int io_priority_get(int which, i32 who)
{
	return for_each(which, who, get_io, which == PRIO_PROCESS);
}
