/* SPDX-License-Identifier: ISC */
/* User and group ids, process groups and sessions. */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

#define MAX_GROUPS 32

i64 sys_getuid(void)
{
	return cred_current()->uid;
}

i64 sys_geteuid(void)
{
	return cred_current()->euid;
}

i64 sys_getgid(void)
{
	return cred_current()->gid;
}

i64 sys_getegid(void)
{
	return cred_current()->egid;
}

i64 sys_setuid(u64 uid)
{
	struct credentials c = *cred_current();
	u32 id = (u32)uid;

	if (c.euid == 0)
		c.uid = c.suid = id;
	else if (id != c.uid && id != c.suid)
		return -EPERM;
	c.euid = c.fsuid = id;
	cred_set(&c);
	return 0;
}

i64 sys_setgid(u64 gid)
{
	struct credentials c = *cred_current();
	u32 id = (u32)gid;

	if (c.euid == 0)
		c.gid = c.sgid = id;
	else if (id != c.gid && id != c.sgid)
		return -EPERM;
	c.egid = c.fsgid = id;
	cred_set(&c);
	return 0;
}

i64 sys_getgroups(u64 size, u64 list)
{
	const struct credentials *c = cred_current();

	if ((i32)size < 0 || (size && size < c->group_count))
		return -EINVAL;
	if (size && user_write(list, c->groups, c->group_count * sizeof(c->groups[0])))
		return -EFAULT;
	return c->group_count;
}

i64 sys_setgroups(u64 size, u64 list)
{
	struct credentials c = *cred_current();

	if (c.euid != 0)
		return -EPERM;
	if (size > MAX_GROUPS)
		return -EINVAL;
	if (user_read(c.groups, list, size * sizeof(c.groups[0])))
		return -EFAULT;
	c.group_count = size;
	cred_set(&c);
	return 0;
}

/* -- groups and sessions ------------------------------------------------------------------------ */

i64 sys_getpgrp(void)
{
	return process_current()->pgid;
}

/* Reads a field of @pid (0: the caller) under the lock. */
static i64 get_id(i32 pid, size_t field)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct process *p = process_of(pid);
	i64 r = p ? *(i32 *)((u8 *)p + field) : -ESRCH;

	spin_unlock_irq(&process_lock, flags);
	return r;
}

i64 sys_getpgid(u64 pid)
{
	return get_id((i32)pid, offsetof(struct process, pgid));
}

i64 sys_getsid(u64 pid)
{
	return get_id((i32)pid, offsetof(struct process, sid));
}

/* Is @pgid a group of session @sid? Under process_lock. */
static bool group_in_session(i32 pgid, i32 sid)
{
	struct process *p;

	list_for_each (p, &process_list, all)
		if (p->pgid == pgid && p->sid == sid)
			return true;
	return false;
}

static int set_group(struct process *self, i32 pid, i32 pgid)
{
	struct process *p = pid ? process_of(pid) : self;

	if (!p)
		return -ESRCH;
	if (pid && p->pid != pid)
		return -EINVAL; /* a thread that is not the leader */
	if (p != self && p->parent != self)
		return -ESRCH;
	if (p->sid != self->sid)
		return -EPERM;
	if (p != self && p->has_execed)
		return -EACCES;
	if (p->sid == p->pid)
		return -EPERM;
	if (!pgid)
		pgid = p->pid;
	if (pgid != p->pid && !group_in_session(pgid, self->sid))
		return -EPERM;
	p->pgid = pgid;
	return 0;
}

i64 sys_setpgid(u64 pid, u64 pgid)
{
	u64 flags;
	int r;

	if ((i32)pgid < 0)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	r = set_group(process_current(), (i32)pid, (i32)pgid);
	spin_unlock_irq(&process_lock, flags);
	return r;
}

i64 sys_setsid(void)
{
	struct process *p = process_current(), *other;
	u64 flags = spin_lock_irq(&process_lock);
	i64 r = p->pid;

	list_for_each (other, &process_list, all)
		if (other->pgid == p->pid)
			r = -EPERM;
	if (r > 0)
		p->pgid = p->sid = p->pid;
	spin_unlock_irq(&process_lock, flags);
	return r;
}
