/* SPDX-License-Identifier: ISC */
/*
 * Real, effective, saved and file-system ids together (credentials(7)), and what of capabilities
 * can be told: root has all of them, everybody else none.
 */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

#define KEEP (~0u) /* -1: leave this id alone */
#define CAP_MASK 0x1ffffffffffULL /* CAP_LAST_CAP is 40 */

/* The four ids of one kind; the same for users and groups. */
struct ids {
	u32 *real, *effective, *saved, *fs;
};

static struct ids users(struct credentials *c)
{
	return (struct ids){ &c->uid, &c->euid, &c->suid, &c->fsuid };
}

static struct ids groups(struct credentials *c)
{
	return (struct ids){ &c->gid, &c->egid, &c->sgid, &c->fsgid };
}

static bool privileged(void)
{
	return cred_current()->euid == 0;
}

static bool is_one_of(u32 id, struct ids i)
{
	return id == KEEP || id == *i.real || id == *i.effective || id == *i.saved;
}

static i64 set_res(struct ids i, u32 real, u32 effective, u32 saved)
{
	if (!privileged() &&
	    (!is_one_of(real, i) || !is_one_of(effective, i) || !is_one_of(saved, i)))
		return -EPERM;
	if (real != KEEP)
		*i.real = real;
	if (effective != KEEP)
		*i.effective = effective;
	if (saved != KEEP)
		*i.saved = saved;
	*i.fs = *i.effective;
	return 0;
}

static i64 get_res(struct ids i, u64 real, u64 effective, u64 saved)
{
	if (user_write_u32(real, *i.real) || user_write_u32(effective, *i.effective) ||
	    user_write_u32(saved, *i.saved))
		return -EFAULT;
	return 0;
}

/* The saved id follows the new effective one if the real id is set, or the effective differs. */
static i64 set_re(struct ids i, u32 real, u32 effective)
{
	u32 old_real = *i.real;

	if (!privileged() &&
	    ((real != KEEP && real != *i.real && real != *i.effective) || !is_one_of(effective, i)))
		return -EPERM;
	if (real != KEEP)
		*i.real = real;
	if (effective != KEEP)
		*i.effective = effective;
	if (real != KEEP || (effective != KEEP && effective != old_real))
		*i.saved = *i.effective;
	*i.fs = *i.effective;
	return 0;
}

/* An id that may not be is quietly not set. */
static void set_fs(struct ids i, u32 id)
{
	if (id != KEEP && (privileged() || id == *i.fs || is_one_of(id, i)))
		*i.fs = id;
}

/* @c, a changed copy of the caller's credentials, takes their place if @result is no error. */
static i64 commit(const struct credentials *c, i64 result)
{
	if (result >= 0)
		cred_set(c);
	return result;
}

i64 sys_setresuid(u64 ruid, u64 euid, u64 suid)
{
	struct credentials c = *cred_current();

	return commit(&c, set_res(users(&c), (u32)ruid, (u32)euid, (u32)suid));
}

i64 sys_setresgid(u64 rgid, u64 egid, u64 sgid)
{
	struct credentials c = *cred_current();

	return commit(&c, set_res(groups(&c), (u32)rgid, (u32)egid, (u32)sgid));
}

i64 sys_getresuid(u64 ruid, u64 euid, u64 suid)
{
	return get_res(users(cred_current()), ruid, euid, suid);
}

i64 sys_getresgid(u64 rgid, u64 egid, u64 sgid)
{
	return get_res(groups(cred_current()), rgid, egid, sgid);
}

i64 sys_setreuid(u64 ruid, u64 euid)
{
	struct credentials c = *cred_current();

	return commit(&c, set_re(users(&c), (u32)ruid, (u32)euid));
}

i64 sys_setregid(u64 rgid, u64 egid)
{
	struct credentials c = *cred_current();

	return commit(&c, set_re(groups(&c), (u32)rgid, (u32)egid));
}

i64 sys_setfsuid(u64 uid)
{
	struct credentials c = *cred_current();
	u32 old = c.fsuid;

	set_fs(users(&c), (u32)uid);
	return commit(&c, old);
}

i64 sys_setfsgid(u64 gid)
{
	struct credentials c = *cred_current();
	u32 old = c.fsgid;

	set_fs(groups(&c), (u32)gid);
	return commit(&c, old);
}

/* -- capabilities -------------------------------------------------------------------------------- */

struct cap_header {
	u32 version;
	i32 pid;
};

struct cap_data {
	u32 effective, permitted, inheritable;
};

/* Words of each set in this version's structures; 0: not a version (the newest is told). */
static i64 cap_words(u64 header, struct cap_header *h)
{
	if (user_read(h, header, sizeof(*h)))
		return -EFAULT;
	switch (h->version) {
	case 0x19980330: return 1;
	case 0x20071026:
	case 0x20080522: return 2;
	}
	return user_write_u32(header, 0x20080522) ? -EFAULT : 0;
}

static i64 caps_of(i32 pid, u64 *caps)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = task_find_or_self(pid);

	if (t)
		*caps = t->cred.euid == 0 ? CAP_MASK : 0;
	spin_unlock_irq(&process_lock, flags);
	return t ? 0 : -ESRCH;
}

i64 sys_capget(u64 header, u64 data)
{
	struct cap_header h;
	struct cap_data sets[2];
	i64 words = cap_words(header, &h), err;
	u64 caps;

	if (words <= 0)
		return words || !data ? words : -EINVAL;
	if (h.pid < 0)
		return -EINVAL;
	err = caps_of(h.pid, &caps);
	if (err)
		return err;
	sets[0] = (struct cap_data){ (u32)caps, (u32)caps, 0 };
	sets[1] = (struct cap_data){ caps >> 32, caps >> 32, 0 };
	return data && user_write(data, sets, words * sizeof(sets[0])) ? -EFAULT : 0;
}

/* What one has can be set again; more nobody gets, and less cannot be told apart from ids. */
i64 sys_capset(u64 header, u64 data)
{
	struct cap_header h;
	struct cap_data sets[2] = { 0 };
	i64 words = cap_words(header, &h);
	u64 mine = 0, wanted;

	if (words <= 0)
		return words ? words : -EINVAL;
	if (h.pid && h.pid != task_current()->tid)
		return -EPERM;
	if (user_read(sets, data, words * sizeof(sets[0])))
		return -EFAULT;
	(void)caps_of(0, &mine);
	wanted = sets[0].permitted | sets[0].effective |
		 (u64)(sets[1].permitted | sets[1].effective) << 32;
	return wanted & ~mine ? -EPERM : 0;
}
