/* SPDX-License-Identifier: ISC */
/* System calls that change attributes: chmod, chown, utimensat, truncate. */
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
	struct vnode *v;
	int r = at_vnode(dirfd, path, flags, &v);

	if (r)
		return r;
	r = vnode_chmod(my_cred(), v, mode);
	vnode_put(v);
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
		result = vnode_chmod(my_cred(), r.file->vnode, mode);
	fd_return(r);
	return result;
}

i64 sys_fchownat(u64 dirfd, u64 path, u64 uid, u64 gid, u64 flags)
{
	struct vnode *v;
	int r;

	if (flags & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	r = at_vnode(dirfd, path, flags, &v);
	if (r)
		return r;
	r = vnode_chown(my_cred(), v, uid, gid);
	vnode_put(v);
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
		result = vnode_chown(my_cred(), r.file->vnode, uid, gid);
	fd_return(r);
	return result;
}

/* The file itself when @path is NULL: futimens(3). */
static int utimes_vnode(u64 dirfd, u64 path, u32 flags, struct vnode **out)
{
	struct fd_ref r;

	if (path)
		return at_vnode(dirfd, path, flags, out);
	if (flags)
		return -EINVAL;
	r = fd_borrow(dirfd);
	if (!r.file)
		return -EBADF;
	*out = r.file->vnode ? vnode_get(r.file->vnode) : NULL;
	fd_return(r);
	return *out ? 0 : -EINVAL;
}

i64 sys_utimensat(u64 dirfd, u64 path, u64 times, u64 flags)
{
	struct timespec ts[2];
	struct vnode *v;
	int r;

	if (flags & ~(u64)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (times && user_read(ts, times, sizeof(ts)))
		return -EFAULT;
	r = utimes_vnode(dirfd, path, flags, &v);
	if (r)
		return r;
	r = vnode_utimes(my_cred(), v, times ? ts : NULL);
	vnode_put(v);
	return r;
}

i64 sys_truncate(u64 path, u64 size)
{
	struct vnode *v;
	int r;

	if ((i64)size < 0)
		return -EINVAL;
	r = at_vnode(CWD, path, 0, &v);
	if (r)
		return r;
	if (!vnode_is_dir(v)) /* for a directory vnode_truncate() has its own answer */
		r = vnode_permission(my_cred(), v, 2);
	if (!r)
		r = vnode_truncate(v, size);
	vnode_put(v);
	return r;
}
