/* SPDX-License-Identifier: ISC */
/* The scheduler as programs see it. */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

i64 sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

/* Calls fn on the thread of @pid (0: the caller). -ESRCH. */
static int with_thread(i32 pid, int (*fn)(struct thread *t, u64 *mask), u64 *mask)
{
	struct process *p;
	int r = -ESRCH;
	u64 flags;

	if (pid == 0)
		return fn(thread_current(), mask);
	flags = spin_lock_irq(&process_lock);
	p = process_find(pid);
	if (p && p->state == PROCESS_ALIVE)
		r = fn(p->thread, mask);
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
