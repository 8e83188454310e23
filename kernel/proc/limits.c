/* SPDX-License-Identifier: ISC */
/* Resource limits (limits.h): their values, who may change them, and the timer for CPU time. */
#include "proc/limits.h"

#include "abi/errno.h"
#include "machine/clock.h"
#include "proc/process.h"
#include "proc/signal.h"

#define STACK_DEFAULT (8UL << 20)
#define MEMLOCK_DEFAULT (8UL << 20)
#define MSGQUEUE_DEFAULT 819200

void limits_init(struct rlimit_abi *limits, u64 processes)
{
	for (u32 i = 0; i < RLIMIT_COUNT; i++)
		limits[i] = (struct rlimit_abi){ RLIM_INFINITY, RLIM_INFINITY };
	limits[RLIMIT_STACK].soft = STACK_DEFAULT;
	limits[RLIMIT_CORE] = (struct rlimit_abi){ 0, 0 };
	limits[RLIMIT_NPROC] = (struct rlimit_abi){ processes, processes };
	limits[RLIMIT_NOFILE] = (struct rlimit_abi){ FD_LIMIT, FD_HARD_LIMIT };
	limits[RLIMIT_MEMLOCK] = (struct rlimit_abi){ MEMLOCK_DEFAULT, MEMLOCK_DEFAULT };
	limits[RLIMIT_SIGPENDING] = (struct rlimit_abi){ processes, processes };
	limits[RLIMIT_MSGQUEUE] = (struct rlimit_abi){ MSGQUEUE_DEFAULT, MSGQUEUE_DEFAULT };
	limits[RLIMIT_NICE] = limits[RLIMIT_RTPRIO] = (struct rlimit_abi){ 0, 0 };
}

u64 limits_now(u32 resource)
{
	const struct thread *t = thread_current();

	return t && t->process ? READ_ONCE(t->process->limits[resource].soft) : RLIM_INFINITY;
}

/* May the caller change @p's? As Linux: its ids are all of @p's, or it is root. */
static bool may_change(const struct process *p)
{
	const struct credentials *mine = cred_current(), *c = &p->leader->cred;

	if (p == process_current() || mine->euid == 0)
		return true;
	return mine->uid == c->uid && mine->uid == c->euid && mine->uid == c->suid &&
	       mine->gid == c->gid && mine->gid == c->egid && mine->gid == c->sgid;
}

static int check_new(u32 resource, const struct rlimit_abi *new, const struct rlimit_abi *now)
{
	bool root = cred_current()->euid == 0;

	if (new->soft > new->hard)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE && new->hard > FD_LIMIT_MAX)
		return -EPERM;
	return new->hard > now->hard && !root ? -EPERM : 0;
}

static int change_locked(i32 pid, u32 resource, const struct rlimit_abi *new,
			 struct rlimit_abi *old)
{
	struct process *p = process_of(pid);
	int err;

	if (!p)
		return -ESRCH;
	if (!may_change(p))
		return -EPERM;
	if (old)
		*old = p->limits[resource];
	if (!new)
		return 0;
	err = check_new(resource, new, &p->limits[resource]);
	if (!err)
		p->limits[resource] = *new;
	return err;
}

int limits_change(i32 pid, u32 resource, const struct rlimit_abi *new, struct rlimit_abi *old)
{
	struct process *p = process_current();
	u64 flags;
	int err;

	if (resource >= RLIMIT_COUNT)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	err = change_locked(pid, resource, new, old);
	spin_unlock_irq(&process_lock, flags);
	if (err || !new || (pid && pid != p->pid))
		return err;
	mutex_lock(&p->timers_lock);
	if (resource == RLIMIT_CPU)
		limits_start(p);
	mutex_unlock(&p->timers_lock);
	limits_to_space(p);
	return 0;
}

bool limits_forbid_process(const struct process *p)
{
	u64 limit = p->limits[RLIMIT_NPROC].soft, count = 0;
	const struct process *other;

	const struct credentials *mine = cred_current();

	if (!mine->uid || !mine->euid || limit >= task_count())
		return false;
	list_for_each (other, &process_list, all)
		count += other->leader->cred.uid == mine->uid ? MAX(other->live, 1u) : 0;
	return count >= limit;
}

/* A space that a vfork's parent uses too stays the parent's. */
void limits_to_space(struct process *p)
{
	struct space *s = p->space;
	u64 stack = p->limits[RLIMIT_STACK].soft;

	if (!s || __atomic_load_n(&s->refs, __ATOMIC_RELAXED) > 1)
		return;
	s->max_mapped = p->limits[RLIMIT_AS].soft;
	s->max_data = p->limits[RLIMIT_DATA].soft;
	s->stack_limit = stack < s->stack_top ? s->stack_top - ALIGN_DOWN(stack, PAGE_SIZE) : 0;
}

/* -- CPU time -------------------------------------------------------------------------------- */

/* The soft limit is over, or one more second beyond it. */
static void cpu_time_over(struct interval_timer *t, u64 times)
{
	struct siginfo_kernel info = { .code = SI_KERNEL };
	struct process *p = t->process;
	u64 hard = p->limits[RLIMIT_CPU].hard, flags;

	(void)times;
	flags = spin_lock_irq(&process_lock);
	signal_send(p, interval_timer_now(t) / NSEC_PER_SEC >= hard ? SIGKILL : SIGXCPU, &info);
	spin_unlock_irq(&process_lock, flags);
}

void limits_start(struct process *p)
{
	u64 soft = p->limits[RLIMIT_CPU].soft;

	if (!p->cpu_limit.expired && soft == RLIM_INFINITY)
		return;
	if (!p->cpu_limit.expired)
		interval_timer_init(&p->cpu_limit, p, true, cpu_time_over);
	if (soft > RLIM_INFINITY / NSEC_PER_SEC)
		interval_timer_cancel(&p->cpu_limit);
	else
		interval_timer_set(&p->cpu_limit, MAX(soft, 1) * NSEC_PER_SEC, NSEC_PER_SEC);
}

void limits_end(struct process *p)
{
	if (p->cpu_limit.expired)
		interval_timer_cancel(&p->cpu_limit);
}

/* -- sizes of files ------------------------------------------------------------------------------ */

u64 limits_file_size(u64 pos)
{
	u64 limit = limits_now(RLIMIT_FSIZE);

	if (unlikely(pos >= limit))
		signal_send_self(SIGXFSZ);
	return limit;
}
