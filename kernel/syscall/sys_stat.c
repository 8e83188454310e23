/* SPDX-License-Identifier: ISC */
/* System calls that ask about files: stat and its kin, access, statfs. */
#include "abi/statx.h"
#include "fs/mount.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "syscall/at.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"

#define CWD ((u64)AT_FDCWD)
#define AT_EACCESS 0x200

i64 sys_fstat(u64 fd, u64 st)
{
	struct fd_ref r = fd_borrow_any(fd);
	struct stat s;

	if (!r.file)
		return -EBADF;
	file_stat(r.file, &s);
	fd_return(r);
	return user_write(st, &s, sizeof(s));
}

static int stat_path(u64 dirfd, u64 path, u32 flags, struct stat *s)
{
	struct at a;
	int r = at_begin(&a, dirfd, path);

	if (r)
		return r;
	r = path_stat(&a.c, a.start, a.path.text, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW,
		      s);
	at_end(&a);
	return r;
}

static int stat_descriptor(u64 fd, struct stat *s)
{
	struct fd_ref f;

	if ((i32)fd == AT_FDCWD) {
		struct path cwd = fs_state_cwd(task_current()->fs);

		vnode_stat(cwd.vnode, s);
		path_put(&cwd);
		return 0;
	}
	f = fd_borrow_any(fd);
	if (!f.file)
		return -EBADF;
	file_stat(f.file, s);
	fd_return(f);
	return 0;
}

/* The attributes of what the call names, files without a vnode included. */
static int stat_at(u64 dirfd, u64 path, u32 flags, struct stat *s)
{
	int r = at_is_empty(path, flags);

	if (r < 0)
		return r;
	return r ? stat_descriptor(dirfd, s) : stat_path(dirfd, path, flags, s);
}

i64 sys_newfstatat(u64 dirfd, u64 path, u64 st, u64 flags)
{
	struct stat s;
	int r;

	if (flags & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
		return -EINVAL;
	r = stat_at(dirfd, path, flags, &s);
	return r ? r : user_write(st, &s, sizeof(s));
}

i64 sys_stat(u64 path, u64 st)
{
	struct stat s;
	int r = stat_path(CWD, path, 0, &s);

	return r ? r : user_write(st, &s, sizeof(s));
}

i64 sys_lstat(u64 path, u64 st)
{
	struct stat s;
	int r = stat_path(CWD, path, AT_SYMLINK_NOFOLLOW, &s);

	return r ? r : user_write(st, &s, sizeof(s));
}

static struct statx_timestamp to_statx_time(struct timespec t)
{
	return (struct statx_timestamp){ .tv_sec = t.tv_sec, .tv_nsec = t.tv_nsec };
}

static u32 dev_major(u64 dev)
{
	return dev >> 8 & 0xfff;
}

static u32 dev_minor(u64 dev)
{
	return (dev & 0xff) | (dev >> 12 & 0xfff00);
}

static void stat_to_statx(const struct stat *s, struct statx *x)
{
	memset(x, 0, sizeof(*x));
	x->stx_mask = STATX_BASIC_STATS;
	x->stx_blksize = s->st_blksize;
	x->stx_nlink = s->st_nlink;
	x->stx_uid = s->st_uid;
	x->stx_gid = s->st_gid;
	x->stx_mode = s->st_mode;
	x->stx_ino = s->st_ino;
	x->stx_size = s->st_size;
	x->stx_blocks = s->st_blocks;
	x->stx_atime = to_statx_time(s->st_atim);
	x->stx_mtime = to_statx_time(s->st_mtim);
	x->stx_ctime = to_statx_time(s->st_ctim);
	x->stx_rdev_major = dev_major(s->st_rdev);
	x->stx_rdev_minor = dev_minor(s->st_rdev);
	x->stx_dev_major = dev_major(s->st_dev);
	x->stx_dev_minor = dev_minor(s->st_dev);
}

i64 sys_statx(u64 dirfd, u64 path, u64 flags, u64 mask, u64 buf)
{
	struct stat s;
	struct statx x;
	int r;

	if ((mask & STATX__RESERVED) || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE ||
	    (flags &
	     ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE)))
		return -EINVAL;
	r = stat_at(dirfd, path, flags, &s);
	if (r)
		return r;
	stat_to_statx(&s, &x);
	return user_write(buf, &x, sizeof(x));
}

/* What the mount forbids: executing what is in it, or changing it. Devices can be written still. */
static int check_mount(const struct path *p, u32 mode)
{
	u32 type = p->vnode->mode & S_IFMT;

	if ((mode & 1) && type == S_IFREG && (mount_flags(p->mount) & MS_NOEXEC))
		return -EACCES;
	if ((mode & 2) && (type == S_IFREG || type == S_IFDIR || type == S_IFLNK))
		return mount_may_write(p->mount);
	return 0;
}

i64 sys_faccessat2(u64 dirfd, u64 path, u64 mode, u64 flags)
{
	struct credentials cred = *cred_current();
	struct path p;
	int r;

	if ((mode & ~7UL) || (flags & ~(u64)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return -EINVAL;
	if (!(flags & AT_EACCESS)) { /* access(2) asks for the real user */
		cred.fsuid = cred.uid;
		cred.fsgid = cred.gid;
	}
	r = at_path_as(&cred, dirfd, path, flags, &p);
	if (r)
		return r;
	r = check_mount(&p, mode);
	if (!r)
		r = vnode_permission(&cred, p.vnode, mode);
	path_put(&p);
	return r;
}

i64 sys_faccessat(u64 dirfd, u64 path, u64 mode)
{
	return sys_faccessat2(dirfd, path, mode, 0);
}

i64 sys_access(u64 path, u64 mode)
{
	return sys_faccessat2(CWD, path, mode, 0);
}

static i64 write_statfs(u64 buf, const struct mount *m, const struct vnode *v)
{
	struct statfs s;

	mount_statfs(m, v, &s);
	return user_write(buf, &s, sizeof(s));
}

i64 sys_statfs(u64 path, u64 buf)
{
	struct path p;
	i64 r = at_path(CWD, path, 0, &p);

	if (r)
		return r;
	r = write_statfs(buf, p.mount, p.vnode);
	path_put(&p);
	return r;
}

i64 sys_fstatfs(u64 fd, u64 buf)
{
	struct fd_ref r = fd_borrow_any(fd);
	i64 result;

	if (!r.file)
		return -EBADF;
	result = write_statfs(buf, r.file->mount, r.file->vnode);
	fd_return(r);
	return result;
}
