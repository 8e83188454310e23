/* SPDX-License-Identifier: ISC */
/* The scheduler as programs see it. */
#include "abi/errno.h"
#include "abi/sched.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "proc/priority.h"
#include "proc/process.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

i64 sys_sched_yield(void)
{
	return sched_yield();
}

i64 sys_getcpu(u64 cpu, u64 node, u64 unused)
{
	(void)unused;
	if ((cpu && user_write_u32(cpu, cpu_id())) || (node && user_write_u32(node, 0)))
		return -EFAULT;
	return 0;
}

/* -- CPUs ---------------------------------------------------------------------------------------- */

i64 sys_sched_setaffinity(u64 pid, u64 size, u64 mask)
{
	u64 bits = 0;

	if (user_read(&bits, mask, MIN((u32)size, sizeof(bits))))
		return -EFAULT;
	return sched_change_affinity((i32)pid, bits);
}

i64 sys_sched_getaffinity(u64 pid, u64 size, u64 mask)
{
	u64 bits, running = cpu_count >= 64 ? ~0UL : (1UL << cpu_count) - 1;
	int err;

	if (size < sizeof(bits) || size % sizeof(bits))
		return -EINVAL;
	err = sched_look_affinity((i32)pid, &bits);
	if (err)
		return err;
	return user_write_u64(mask, bits & running) ? -EFAULT : (i64)sizeof(bits);
}

/* -- policies ------------------------------------------------------------------------------------ */

static int min_priority(u32 policy)
{
	switch (policy) {
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_DEADLINE: return 0;
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

	return min > 0 ? SCHED_PRIORITY_MAX : min;
}

/* Numbers beyond a byte are no policy and no priority; cutting them off must not make them one. */
static u8 byte_of(u32 n)
{
	return (u8)MIN(n, 0xffu);
}

static i64 set_priority(i32 pid, u64 param, struct sched_change *c)
{
	u32 priority;

	if (pid < 0 || !param)
		return -EINVAL;
	if (user_read_u32(&priority, param))
		return -EFAULT;
	c->params.priority = byte_of(priority);
	return sched_change(pid, c);
}

i64 sys_sched_setscheduler(u64 pid, u64 policy, u64 param)
{
	struct sched_change c = { .keep_nice = true };

	if ((i32)policy < 0)
		return -EINVAL;
	c.params.policy = byte_of((u32)policy & ~(u32)SCHED_RESET_ON_FORK);
	c.params.reset_on_fork = policy & SCHED_RESET_ON_FORK;
	return set_priority((i32)pid, param, &c);
}

i64 sys_sched_setparam(u64 pid, u64 param)
{
	struct sched_change c = { .keep_nice = true, .keep_policy = true, .keep_reset = true };

	return set_priority((i32)pid, param, &c);
}

i64 sys_sched_getscheduler(u64 pid)
{
	struct sched_params p;
	u64 slice;
	int err = (i32)pid < 0 ? -EINVAL : sched_look((i32)pid, &p, &slice);

	return err ? err : p.policy | (p.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
}

i64 sys_sched_getparam(u64 pid, u64 param)
{
	struct sched_params p;
	u64 slice;
	int err = (i32)pid < 0 || !param ? -EINVAL : sched_look((i32)pid, &p, &slice);

	if (err)
		return err;
	return user_write_u32(param, p.priority) ? -EFAULT : 0;
}

i64 sys_sched_rr_get_interval(u64 pid, u64 interval)
{
	struct sched_params p;
	u64 ns;
	int err = (i32)pid < 0 ? -EINVAL : sched_look((i32)pid, &p, &ns);

	return err ? err : timespec_put(interval, ns);
}

/* -- struct sched_attr ------------------------------------------------------------------------- */

/* A program of tomorrow may say more, as long as it says nothing by it. */
static i64 check_tail(u64 at, u64 size)
{
	u8 byte;

	for (u64 i = sizeof(struct sched_attr_abi); i < size; i++) {
		if (user_read(&byte, at + i, 1))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return 0;
}

static i64 read_attr(struct sched_attr_abi *a, u64 at)
{
	u32 size;
	i64 err;

	memset(a, 0, sizeof(*a));
	if (user_read_u32(&size, at))
		return -EFAULT;
	size = size ? size : SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		err = -E2BIG;
	else
		err = check_tail(at, size);
	if (err == -E2BIG && user_write_u32(at, sizeof(*a)))
		return -EFAULT;
	if (err)
		return err;
	return user_read(a, at, MIN(size, sizeof(*a))) ? -EFAULT : 0;
}

i64 sys_sched_setattr(u64 pid, u64 attr, u64 flags)
{
	struct sched_change c = { 0 };
	struct sched_attr_abi a;
	i64 err = !attr || (i32)pid < 0 || (u32)flags ? -EINVAL : read_attr(&a, attr);

	if (err)
		return err;
	if (a.flags & ~(u64)SCHED_FLAG_ALL || (i32)a.policy < 0)
		return -EINVAL;
	if (a.flags & (SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX))
		return -EOPNOTSUPP;
	c.keep_policy = a.flags & SCHED_FLAG_KEEP_POLICY;
	c.keep_params = a.flags & SCHED_FLAG_KEEP_PARAMS;
	c.params.policy = byte_of(a.policy);
	c.params.priority = byte_of(a.priority);
	c.params.nice = (i8)MAX(NICE_MIN, MIN(a.nice, NICE_MAX));
	c.params.reset_on_fork = a.flags & SCHED_FLAG_RESET_ON_FORK;
	return sched_change((i32)pid, &c);
}

i64 sys_sched_getattr(u64 pid, u64 attr, u64 size, u64 flags)
{
	struct sched_attr_abi a = { .util_max = 1024 };
	struct sched_params p;
	u64 slice;
	int err;

	if ((i32)pid < 0 || !attr || (u32)flags || (u32)size < SCHED_ATTR_SIZE_VER0 ||
	    (u32)size > PAGE_SIZE)
		return -EINVAL;
	err = sched_look((i32)pid, &p, &slice);
	if (err)
		return err;
	a.size = MIN((u32)size, sizeof(a));
	a.policy = p.policy;
	a.flags = p.reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0;
	a.priority = p.priority;
	a.nice = p.priority ? 0 : p.nice;
	return user_write(attr, &a, a.size) ? -EFAULT : 0;
}

/* -- nice values --------------------------------------------------------------------------------- */

i64 sys_getpriority(u64 which, u64 who)
{
	return (u32)which > PRIO_USER ? -EINVAL : nice_get((int)which, (i32)who);
}

i64 sys_setpriority(u64 which, u64 who, u64 value)
{
	return (u32)which > PRIO_USER ? -EINVAL : nice_set((int)which, (i32)who, (i32)value);
}

/* -- priorities of input and output ------------------------------------------------------------ */

/* 0, or why nobody may have @priority, or the caller may not give it. */
static i64 check_io_priority(u32 priority)
{
	u32 level = priority & ((1u << IOPRIO_CLASS_SHIFT) - 1);

	switch (priority >> IOPRIO_CLASS_SHIFT) {
	case IOPRIO_CLASS_NONE: return level ? -EINVAL : 0;
	case IOPRIO_CLASS_RT:
		if (cred_current()->euid)
			return -EPERM; /* fallthrough */
	case IOPRIO_CLASS_BE: return level < IOPRIO_LEVELS ? 0 : -EINVAL;
	case IOPRIO_CLASS_IDLE: return 0;
	default: return -EINVAL;
	}
}

/* Its kinds of targets are setpriority's, counted from 1. */
i64 sys_ioprio_set(u64 which, u64 who, u64 priority)
{
	i64 r = check_io_priority((u32)priority);

	if (r)
		return r;
	return (u32)which - 1 > PRIO_USER
		       ? -EINVAL
		       : io_priority_set((int)which - 1, (i32)who, (u32)priority);
}

i64 sys_ioprio_get(u64 which, u64 who)
{
	return (u32)which - 1 > PRIO_USER ? -EINVAL : io_priority_get((int)which - 1, (i32)who);
}
