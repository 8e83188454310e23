/* SPDX-License-Identifier: ISC */
/* The scheduler as programs see it. */
#include "abi/errno.h"
#include "abi/stat.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

i64 sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

/* Calls fn on the thread @tid (0: the caller). -ESRCH. */
static int with_thread(i32 tid, int (*fn)(struct thread *t, u64 *mask), u64 *mask)
{
	struct task *t;
	int r = -ESRCH;
	u64 flags;

	if (tid == 0)
		return fn(thread_current(), mask);
	flags = spin_lock_irq(&process_lock);
	t = task_find(tid);
	if (t && t->thread)
		r = fn(t->thread, mask);
	spin_unlock_irq(&process_lock, flags);
	return r;
}

static int set_mask(struct thread *t, u64 *mask)
{
	return thread_set_affinity(t, *mask);
}

static int get_mask(struct thread *t, u64 *mask)
{
	u64 running = cpu_count >= 64 ? ~0UL : (1UL << cpu_count) - 1;

	*mask = t->affinity & running;
	return 0;
}

i64 sys_sched_setaffinity(u64 pid, u64 size, u64 mask)
{
	u64 bits = 0;

	if (user_read(&bits, mask, MIN(size, sizeof(bits))))
		return -EFAULT;
	return with_thread((i32)pid, set_mask, &bits);
}

i64 sys_sched_getaffinity(u64 pid, u64 size, u64 mask)
{
	u64 bits;
	int r;

	if (size < sizeof(bits) || size % sizeof(bits))
		return -EINVAL;
	r = with_thread((i32)pid, get_mask, &bits);
	if (r)
		return r;
	return user_write_u64(mask, bits) ? -EFAULT : (i64)sizeof(bits);
}

/* -- policies ------------------------------------------------------------------------------------ */

/* Every program has the same share. The batch policies say nothing else; real-time ones are not
 * offered, not even to root: -EPERM, as to a Linux program without the right to them. */
enum { SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE = 5 };
#define RESET_ON_FORK 0x40000000u

static int min_priority(u32 policy)
{
	switch (policy) {
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE: return 0;
	case SCHED_FIFO:
	case SCHED_RR: return 1;
	default: return -EINVAL;
	}
}

i64 sys_sched_get_priority_min(u64 policy)
{
	return min_priority((u32)policy);
}

i64 sys_sched_get_priority_max(u64 policy)
{
	int min = min_priority((u32)policy);

	return min > 0 ? 99 : min;
}

/* Reads (@set NULL) or sets the policy of thread @tid. The policy, -ESRCH, -EPERM. */
static i64 policy_of(i32 tid, const u32 *set)
{
	const struct credentials *mine = cred_current();
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = task_find_or_self(tid);
	i64 r = -ESRCH;

	if (t && set && mine->euid && mine->euid != t->cred.uid && mine->euid != t->cred.euid)
		r = -EPERM;
	else if (t)
		r = set ? (i64)(t->sched_policy = *set) : t->sched_policy;
	spin_unlock_irq(&process_lock, flags);
	return r;
}

static i64 set_policy(i32 pid, u32 policy, i32 priority)
{
	int min = min_priority(policy);
	i64 r;

	if (min < 0 || priority < min || priority > (min ? 99 : 0))
		return -EINVAL;
	if (min)
		return -EPERM;
	r = policy_of(pid, &policy);
	return r < 0 ? r : 0;
}

i64 sys_sched_setscheduler(u64 pid, u64 policy, u64 param)
{
	u32 priority;

	if ((i32)pid < 0 || !param || (i32)policy < 0)
		return -EINVAL;
	if (user_read_u32(&priority, param))
		return -EFAULT;
	return set_policy((i32)pid, (u32)policy & ~RESET_ON_FORK, (i32)priority);
}

i64 sys_sched_getscheduler(u64 pid)
{
	return (i32)pid < 0 ? -EINVAL : policy_of((i32)pid, NULL);
}

i64 sys_sched_setparam(u64 pid, u64 param)
{
	u32 priority;
	i64 policy;

	if ((i32)pid < 0 || !param)
		return -EINVAL;
	if (user_read_u32(&priority, param))
		return -EFAULT;
	policy = policy_of((i32)pid, NULL);
	return policy < 0 ? policy : set_policy((i32)pid, (u32)policy, (i32)priority);
}

i64 sys_sched_getparam(u64 pid, u64 param)
{
	i64 policy;

	if ((i32)pid < 0 || !param)
		return -EINVAL;
	policy = policy_of((i32)pid, NULL);
	if (policy < 0)
		return policy;
	return user_write_u32(param, 0) ? -EFAULT : 0;
}

i64 sys_sched_rr_get_interval(u64 pid, u64 interval)
{
	u64 ns = sched_get_quantum();
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
	i64 policy = (i32)pid < 0 ? -EINVAL : policy_of((i32)pid, NULL);

	if (policy < 0)
		return policy;
	return user_write(interval, &ts, sizeof(ts)) ? -EFAULT : 0;
}

struct sched_attr_abi {
	u32 size, policy;
	u64 flags;
	i32 nice;
	u32 priority;
	u64 runtime, deadline, period;
};

i64 sys_sched_getattr(u64 pid, u64 attr, u64 size, u64 flags)
{
	struct sched_attr_abi a = { .size = sizeof(a) };
	i64 policy;

	if ((i32)pid < 0 || !attr || flags || size < sizeof(a) || size > PAGE_SIZE)
		return -EINVAL;
	policy = policy_of((i32)pid, NULL);
	if (policy < 0)
		return policy;
	a.policy = (u32)policy;
	return user_write(attr, &a, sizeof(a)) ? -EFAULT : 0;
}

i64 sys_getcpu(u64 cpu, u64 node, u64 unused)
{
	(void)unused;
	if ((cpu && user_write_u32(cpu, cpu_id())) || (node && user_write_u32(node, 0)))
		return -EFAULT;
	return 0;
}

i64 sys_getpriority(u64 which, u64 who)
{
	(void)who;
	return which > 2 ? -EINVAL : 20; /* nice 0, in the kernel's encoding */
}

i64 sys_setpriority(u64 which, u64 who, u64 value)
{
	(void)who;
	if (which > 2)
		return -EINVAL;
	return (i32)value == 0 ? 0 : -EACCES;
}
