/* SPDX-License-Identifier: ISC */
/*
 * What all vnodes have in common: counting, attributes, and who may change them.
 * Locks: vnode.lock for the attributes that change. Reading one field takes no lock.
 */
#include "abi/statx.h"
#include "fs/path.h"
#include "lib/string.h"
#include "machine/clock.h"

u64 vnode_new_ino(void)
{
	static u64 last; /* atomic */

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

u64 file_time_now(void)
{
	return FILE_EPOCH * NSEC_PER_SEC + clock_wall_offset() + clock_ns();
}

u64 file_time_of(i64 sec, u32 nsec)
{
	sec = MIN(MAX(sec, -FILE_EPOCH), FILE_EPOCH);
	return (u64)(sec + FILE_EPOCH) * NSEC_PER_SEC + nsec;
}

struct timespec file_time_to_timespec(u64 time)
{
	return (struct timespec){ (i64)(time / NSEC_PER_SEC) - FILE_EPOCH, time % NSEC_PER_SEC };
}

void vnode_init(struct vnode *v, const struct vnode_ops *ops, const struct file_ops *fops, u32 mode)
{
	memset(v, 0, sizeof(*v));
	v->ops = ops;
	v->file_ops = fops;
	v->refs = 1;
	v->mode = mode;
	v->nlink = 1;
	v->ino = vnode_new_ino();
	v->atime = v->mtime = v->ctime = file_time_now();
	mutex_init_as(&v->lock, vnode_is_dir(v) ? "&directory@" : "&file@");
}

/* Moves writers by @by unless it has the other sign. */
static int take(struct vnode *v, i32 by)
{
	i32 was = READ_ONCE(v->writers);

	do {
		if (by > 0 ? was < 0 : was > 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&v->writers, &was, was + by, true, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return 0;
}

int vnode_take_write(struct vnode *v)
{
	return take(v, 1);
}

int vnode_take_text(struct vnode *v)
{
	return take(v, -1);
}

/* Field by field, without clearing first: fstat(2) is called often. */
void vnode_stat(struct vnode *v, struct stat *st)
{
	u32 mode = READ_ONCE(v->mode);

	st->st_dev = v->dev;
	st->st_ino = v->ino;
	st->st_nlink = READ_ONCE(v->nlink);
	st->st_mode = mode;
	st->st_uid = READ_ONCE(v->uid);
	st->st_gid = READ_ONCE(v->gid);
	st->pad0 = 0;
	st->st_rdev = v->rdev;
	st->st_size = READ_ONCE(v->size);
	st->st_blksize = PAGE_SIZE;
	st->st_blocks = READ_ONCE(v->blocks);
	st->st_atim = file_time_to_timespec(READ_ONCE(v->atime));
	st->st_mtim = file_time_to_timespec(READ_ONCE(v->mtime));
	st->st_ctim = file_time_to_timespec(READ_ONCE(v->ctime));
	st->unused[0] = st->unused[1] = st->unused[2] = 0;
}

static bool in_group(const struct credentials *cred, u32 gid)
{
	if (cred->fsgid == gid)
		return true;
	for (u32 i = 0; i < cred->group_count; i++) {
		if (cred->groups[i] == gid)
			return true;
	}
	return false;
}

int vnode_permission(const struct credentials *cred, struct vnode *v, u32 want)
{
	u32 mode = READ_ONCE(v->mode);

	if (!cred->fsuid) {
		/* Root may do all but execute what nobody may execute. */
		bool runs = vnode_is_dir(v) || (mode & 0111);

		return (want & 1) && !runs ? -EACCES : 0;
	}
	if (cred->fsuid == v->uid)
		mode >>= 6;
	else if (in_group(cred, v->gid))
		mode >>= 3;
	return (want & ~mode & 7) ? -EACCES : 0;
}

static bool owns(const struct credentials *cred, const struct vnode *v)
{
	return !cred->fsuid || cred->fsuid == v->uid;
}

/*
 * Who may do it is asked under the lock: a file that changes hands meanwhile must not get set-id bits
 * from its old owner.
 */
static int chmod_locked(const struct credentials *cred, struct vnode *v, u32 mode)
{
	if (!owns(cred, v))
		return -EPERM;
	if (cred->fsuid && !in_group(cred, v->gid))
		mode &= ~S_ISGID;
	v->mode = (v->mode & S_IFMT) | mode;
	v->ctime = file_time_now();
	return 0;
}

int vnode_chmod(const struct credentials *cred, struct vnode *v, u32 mode)
{
	int r;

	mutex_lock(&v->lock);
	r = chmod_locked(cred, v, mode & 07777);
	mutex_unlock(&v->lock);
	return r;
}

static int chown_locked(const struct credentials *cred, struct vnode *v, u32 uid, u32 gid)
{
	if (cred->fsuid) {
		bool same_uid = uid == ~0u || uid == v->uid;
		bool own_gid = gid == ~0u || gid == v->gid || in_group(cred, gid);

		if (cred->fsuid != v->uid || !same_uid || !own_gid)
			return -EPERM;
	}
	if (uid != ~0u)
		v->uid = uid;
	if (gid != ~0u)
		v->gid = gid;
	/* A program that changes hands loses its powers (chown(2)). */
	if ((v->mode & S_IFMT) == S_IFREG)
		v->mode &= v->mode & 010 ? ~(S_ISUID | S_ISGID) : ~S_ISUID;
	v->ctime = file_time_now();
	return 0;
}

int vnode_chown(const struct credentials *cred, struct vnode *v, u32 uid, u32 gid)
{
	int r;

	mutex_lock(&v->lock);
	r = chown_locked(cred, v, uid, gid);
	mutex_unlock(&v->lock);
	return r;
}

struct vnode_owner vnode_owner(struct vnode *v)
{
	struct vnode_owner o;

	mutex_lock(&v->lock);
	o = (struct vnode_owner){ v->mode, v->uid, v->gid };
	mutex_unlock(&v->lock);
	return o;
}

int vnode_truncate(struct vnode *v, u64 size)
{
	u32 type = v->mode & S_IFMT;

	if (type == S_IFDIR)
		return -EISDIR;
	if (type != S_IFREG || (i64)size < 0)
		return -EINVAL;
	return v->ops->truncate ? v->ops->truncate(v, size) : -EINVAL;
}

static bool valid_time(const struct timespec *t)
{
	return t->tv_nsec == UTIME_NOW || t->tv_nsec == UTIME_OMIT ||
	       (t->tv_nsec >= 0 && t->tv_nsec < (i64)NSEC_PER_SEC);
}

static void set_time(u64 *time, const struct timespec *t, u64 now)
{
	if (t->tv_nsec == UTIME_NOW)
		*time = now;
	else if (t->tv_nsec != UTIME_OMIT)
		*time = file_time_of(t->tv_sec, (u32)t->tv_nsec);
}

/* Others than the owner may only say that it is now, if they may write. */
static int may_set_times(const struct credentials *cred, struct vnode *v, const struct timespec *ts)
{
	bool touch = ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW;

	if (owns(cred, v))
		return 0;
	if (!touch)
		return -EPERM;
	return vnode_permission(cred, v, 2) ? -EACCES : 0;
}

int vnode_utimes(const struct credentials *cred, struct vnode *v, const struct timespec *ts)
{
	static const struct timespec both_now[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	u64 now = file_time_now();
	int r;

	ts = ts ? ts : both_now;
	if (!valid_time(&ts[0]) || !valid_time(&ts[1]))
		return -EINVAL;
	if (ts[0].tv_nsec == UTIME_OMIT && ts[1].tv_nsec == UTIME_OMIT)
		return 0;
	mutex_lock(&v->lock);
	r = may_set_times(cred, v, ts);
	if (!r) {
		set_time(&v->atime, &ts[0], now);
		set_time(&v->mtime, &ts[1], now);
		v->ctime = now;
	}
	mutex_unlock(&v->lock);
	return r;
}
