/* SPDX-License-Identifier: ISC */
/* System calls that change attributes: chmod, chown, utimensat, truncate. */
#include "fs/mount.h"
#include "machine/usercopy.h"
#include "syscall/at.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"

#define CWD ((u64)AT_FDCWD)

static const struct credentials *my_cred(void)
{
	return cred_current();
}

static i64 chmod_at(u64 dirfd, u64 path, u64 mode, u32 flags)
{
	struct path p;
	int r = at_path(dirfd, path, flags, &p);

	if (r)
		return r;
	r = mount_may_write(p.mount);
	if (!r)
		r = vnode_chmod(my_cred(), p.vnode, mode);
	path_put(&p);
	return r;
}

i64 sys_fchmodat(u64 dirfd, u64 path, u64 mode)
{
	return chmod_at(dirfd, path, mode, 0);
}

i64 sys_chmod(u64 path, u64 mode)
{
	return chmod_at(CWD, path, mode, 0);
}

i64 sys_fchmod(u64 fd, u64 mode)
{
	struct fd_ref r = fd_borrow(fd);
	i64 result = -EINVAL;

	if (!r.file)
		return -EBADF;
	if (r.file->vnode)
		result = mount_may_write(r.file->mount)
				 ? -EROFS
				 : vnode_chmod(my_cred(), r.file->vnode, mode);
	fd_return(r);
	return result;
}

i64 sys_fchownat(u64 dirfd, u64 path, u64 uid, u64 gid, u64 flags)
{
	struct path p;
	int r;

	if (flags & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	r = at_path(dirfd, path, flags, &p);
	if (r)
		return r;
	r = mount_may_write(p.mount);
	if (!r)
		r = vnode_chown(my_cred(), p.vnode, uid, gid);
	path_put(&p);
	return r;
}

i64 sys_chown(u64 path, u64 uid, u64 gid)
{
	return sys_fchownat(CWD, path, uid, gid, 0);
}

i64 sys_lchown(u64 path, u64 uid, u64 gid)
{
	return sys_fchownat(CWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

i64 sys_fchown(u64 fd, u64 uid, u64 gid)
{
	struct fd_ref r = fd_borrow(fd);
	i64 result = -EINVAL;

	if (!r.file)
		return -EBADF;
	if (r.file->vnode)
		result = mount_may_write(r.file->mount)
				 ? -EROFS
				 : vnode_chown(my_cred(), r.file->vnode, uid, gid);
	fd_return(r);
	return result;
}

/* The file itself when @path is NULL: futimens(3). */
static int utimes_path(u64 dirfd, u64 path, u32 flags, struct path *out)
{
	struct fd_ref r;

	if (path)
		return at_path(dirfd, path, flags, out);
	if (flags)
		return -EINVAL;
	r = fd_borrow(dirfd);
	if (!r.file)
		return -EBADF;
	*out = (struct path){ r.file->mount, r.file->vnode };
	path_get(out);
	fd_return(r);
	return out->vnode ? 0 : -EINVAL;
}

static i64 set_times(u64 dirfd, u64 path, const struct timespec *ts, u32 flags)
{
	struct path p;
	int r = utimes_path(dirfd, path, flags, &p);

	if (r)
		return r;
	r = mount_may_write(p.mount);
	if (!r)
		r = vnode_utimes(my_cred(), p.vnode, ts);
	path_put(&p);
	return r;
}

i64 sys_utimensat(u64 dirfd, u64 path, u64 times, u64 flags)
{
	struct timespec ts[2];

	if (flags & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (times && user_read(ts, times, sizeof(ts)))
		return -EFAULT;
	return set_times(dirfd, path, times ? ts : NULL, flags);
}

i64 sys_futimesat(u64 dirfd, u64 path, u64 times)
{
	struct {
		i64 sec, usec;
	} tv[2];
	struct timespec ts[2];

	if (!times)
		return set_times(dirfd, path, NULL, 0);
	if (user_read(tv, times, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; i < 2; i++) {
		if (tv[i].usec < 0 || tv[i].usec >= 1000000)
			return -EINVAL;
		ts[i] = (struct timespec){ tv[i].sec, tv[i].usec * 1000 };
	}
	return set_times(dirfd, path, ts, 0);
}

i64 sys_utimes(u64 path, u64 times)
{
	return sys_futimesat(CWD, path, times);
}

i64 sys_utime(u64 path, u64 times)
{
	i64 seconds[2];
	struct timespec ts[2];

	if (times && user_read(seconds, times, sizeof(seconds)))
		return -EFAULT;
	for (int i = 0; times && i < 2; i++)
		ts[i] = (struct timespec){ seconds[i], 0 };
	return set_times(CWD, path, times ? ts : NULL, 0);
}

i64 sys_truncate(u64 path, u64 size)
{
	struct path p;
	int r;

	if ((i64)size < 0)
		return -EINVAL;
	r = at_path(CWD, path, 0, &p);
	if (r)
		return r;
	if (!vnode_is_dir(p.vnode)) /* for a directory vnode_truncate() has its own answer */
		r = vnode_permission(my_cred(), p.vnode, 2);
	if (!r && (p.vnode->mode & S_IFMT) == S_IFREG)
		r = mount_may_write(p.mount) ? -EROFS : vnode_take_write(p.vnode);
	if (!r) {
		r = vnode_truncate(p.vnode, size);
		if ((p.vnode->mode & S_IFMT) == S_IFREG)
			vnode_return_write(p.vnode);
	}
	path_put(&p);
	return r;
}
