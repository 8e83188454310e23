/* SPDX-License-Identifier: ISC */
/*
 * Calls that promise something about memory or files which Leash holds to without doing much:
 * all memory stays in memory, all files live there. What they check is as on Linux.
 */
#include "fs/pipe.h"
#include "machine/usercopy.h"
#include "syscall/at.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"

#define MS_ASYNC 1u
#define MS_INVALIDATE 2u
#define MS_SYNC 4u
#define XATTR_NAME_MAX 255

/* A shared map is the file's own page: there is nothing to write back. */
i64 sys_msync(u64 addr, u64 len, u64 flags)
{
	if (((u32)flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || (addr & (PAGE_SIZE - 1)) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	return space_is_mapped(process_current()->space, addr, len) ? 0 : -ENOMEM;
}

/* Access is as fast whatever the order: advice on a file that can be read is taken as given. */
i64 sys_fadvise64(u64 fd, u64 offset, u64 len, u64 advice)
{
	struct fd_ref r = fd_borrow(fd);
	i64 result = 0;

	(void)offset;
	if (!r.file)
		return -EBADF;
	if (!r.file->vnode || file_is_pipe(r.file))
		result = -ESPIPE;
	else if ((i64)len < 0 || (u32)advice > 5)
		result = -EINVAL;
	fd_return(r);
	return result;
}

i64 sys_readahead(u64 fd, u64 offset, u64 count)
{
	struct fd_ref r = fd_borrow(fd);
	i64 result = -EINVAL;

	(void)offset, (void)count;
	if (!r.file || !file_readable(r.file))
		result = -EBADF;
	else if (r.file->vnode && (r.file->vnode->mode & S_IFMT) == S_IFREG)
		result = 0;
	fd_return(r);
	return result;
}

i64 sys_sync_file_range(u64 fd, u64 offset, u64 len, u64 flags)
{
	if ((i64)offset < 0 || (i64)len < 0 || ((u32)flags & ~7u))
		return -EINVAL;
	return sys_fadvise64(fd, offset, len, 0);
}

i64 sys_syncfs(u64 fd)
{
	struct fd_ref r = fd_borrow(fd);
	i64 result = r.file ? 0 : -EBADF;

	fd_return(r);
	return result;
}

/* -- extended attributes: no file has any -------------------------------------------------------- */

static i64 check_name(u64 name)
{
	char text[XATTR_NAME_MAX + 1];
	ssize_t n = user_read_string(text, name, sizeof(text));

	if (n == -EFAULT)
		return n;
	return n <= 0 ? -ERANGE : 0;
}

static i64 check_path(u64 path, u32 flags)
{
	struct vnode *v;
	i64 err = at_vnode((u64)AT_FDCWD, path, flags, &v);

	if (!err)
		vnode_put(v);
	return err;
}

static i64 check_fd(u64 fd)
{
	struct fd_ref r = fd_borrow(fd);
	i64 err = r.file ? 0 : -EBADF;

	fd_return(r);
	return err;
}

/* The first of the errors, or what holds for files without attributes. */
static i64 answer(i64 first, i64 second, i64 otherwise)
{
	if (first)
		return first;
	return second ? second : otherwise;
}

i64 sys_getxattr(u64 path, u64 name, u64 value, u64 size)
{
	(void)value, (void)size;
	return answer(check_path(path, 0), check_name(name), -EOPNOTSUPP);
}

i64 sys_lgetxattr(u64 path, u64 name, u64 value, u64 size)
{
	(void)value, (void)size;
	return answer(check_path(path, AT_SYMLINK_NOFOLLOW), check_name(name), -EOPNOTSUPP);
}

i64 sys_fgetxattr(u64 fd, u64 name, u64 value, u64 size)
{
	(void)value, (void)size;
	return answer(check_fd(fd), check_name(name), -EOPNOTSUPP);
}

i64 sys_setxattr(u64 path, u64 name, u64 value, u64 size, u64 flags)
{
	(void)value, (void)size, (void)flags;
	return answer(check_name(name), check_path(path, 0), -EOPNOTSUPP);
}

i64 sys_lsetxattr(u64 path, u64 name, u64 value, u64 size, u64 flags)
{
	(void)value, (void)size, (void)flags;
	return answer(check_name(name), check_path(path, AT_SYMLINK_NOFOLLOW), -EOPNOTSUPP);
}

i64 sys_fsetxattr(u64 fd, u64 name, u64 value, u64 size, u64 flags)
{
	(void)value, (void)size, (void)flags;
	return answer(check_fd(fd), check_name(name), -EOPNOTSUPP);
}

i64 sys_listxattr(u64 path, u64 list, u64 size)
{
	(void)list, (void)size;
	return check_path(path, 0);
}

i64 sys_llistxattr(u64 path, u64 list, u64 size)
{
	(void)list, (void)size;
	return check_path(path, AT_SYMLINK_NOFOLLOW);
}

i64 sys_flistxattr(u64 fd, u64 list, u64 size)
{
	(void)list, (void)size;
	return check_fd(fd);
}

i64 sys_removexattr(u64 path, u64 name)
{
	return answer(check_path(path, 0), check_name(name), -EOPNOTSUPP);
}

i64 sys_lremovexattr(u64 path, u64 name)
{
	return answer(check_path(path, AT_SYMLINK_NOFOLLOW), check_name(name), -EOPNOTSUPP);
}

i64 sys_fremovexattr(u64 fd, u64 name)
{
	return answer(check_fd(fd), check_name(name), -EOPNOTSUPP);
}
