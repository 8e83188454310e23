/* SPDX-License-Identifier: ISC */
/* fork, vfork, clone and clone3: what they ask of proc/clone.c. */
#include "abi/clone.h"
#include "abi/errno.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

i64 sys_fork(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	return process_clone(&args);
}

i64 sys_vfork(void)
{
	struct clone_args args = { .flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD };

	return process_clone(&args);
}

i64 sys_clone(u64 flags, u64 stack, u64 parent_tid, u64 child_tid, u64 tls)
{
	struct clone_args args = {
		.flags = flags & 0xffffffff & ~CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack = stack,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
	};

	return process_clone(&args);
}

#define SET_TID_MAX 32 /* levels of pid namespaces; there is one */

/* clone3's structure, of whatever size the program knows: what we do not know must be zero. */
static i64 read_clone3(u64 at, u64 size, struct clone3_abi *in)
{
	u8 beyond[64];

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	memset(in, 0, sizeof(*in));
	if (user_read(in, at, MIN(size, sizeof(*in))))
		return -EFAULT;
	for (u64 done = sizeof(*in); done < size; done += sizeof(beyond)) {
		u64 n = MIN(size - done, sizeof(beyond));

		if (user_read(beyond, at + done, n))
			return -EFAULT;
		for (u64 i = 0; i < n; i++)
			if (beyond[i])
				return -E2BIG;
	}
	return 0;
}

static i64 check_clone3(const struct clone3_abi *in)
{
	if (in->set_tid_size > SET_TID_MAX || !in->set_tid != !in->set_tid_size)
		return -EINVAL;
	if (in->exit_signal & ~CSIGNAL || in->exit_signal > NSIG)
		return -EINVAL;
	if (in->flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
		return -EINVAL;
	if (in->flags >> 34) /* CLONE_INTO_CGROUP is the last */
		return -EINVAL;
	if ((in->flags & (CLONE_THREAD | CLONE_PARENT)) && in->exit_signal)
		return -EINVAL;
	if (!in->stack != !in->stack_size)
		return -EINVAL;
	return in->stack && !user_range_ok(in->stack, in->stack_size) ? -EINVAL : 0;
}

/* A number of the caller's choice: root only. */
static i64 read_set_tid(const struct clone3_abi *in, i32 *tid)
{
	u32 wanted;

	if (!in->set_tid_size)
		return 0;
	if (in->set_tid_size > 1)
		return -EINVAL; /* more than there are levels */
	if (user_read_u32(&wanted, in->set_tid))
		return -EFAULT;
	if ((i32)wanted < 1 || wanted >= PID_MAX)
		return -EINVAL;
	*tid = (i32)wanted;
	return cred_current()->euid ? -EPERM : 0;
}

i64 sys_clone3(u64 args, u64 size)
{
	struct clone3_abi in;
	struct clone_args a = { 0 };
	i64 r = read_clone3(args, size, &in);

	if (!r)
		r = check_clone3(&in);
	if (!r)
		r = read_set_tid(&in, &a.tid);
	if (r)
		return r;
	a.flags = in.flags;
	a.exit_signal = (i32)in.exit_signal;
	a.stack = in.stack ? in.stack + in.stack_size : 0;
	a.parent_tid = in.parent_tid;
	a.child_tid = in.child_tid;
	a.tls = in.tls;
	return process_clone(&a);
}
