/* SPDX-License-Identifier: ISC */
/* System calls that open, make, remove and rename what paths name, and the current directory. */
#include "fs/mount.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "mm/slab.h"
#include "syscall/at.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"

#define CWD ((u64)AT_FDCWD)

i64 sys_openat(u64 dirfd, u64 path, u64 flags, u64 mode)
{
	struct fd_table *t = task_current()->files;
	struct file *f;
	struct at a;
	int r;

	if (READ_ONCE(t->lowest) >= fd_limit())
		return -EMFILE; /* before anything is made */
	r = at_begin(&a, dirfd, path);
	if (r)
		return r;
	r = path_open(&a.c, a.start, a.path.text, flags, mode, &f);
	at_end(&a);
	return r ? r : fd_install(t, f, 0, flags & O_CLOEXEC);
}

i64 sys_open(u64 path, u64 flags, u64 mode)
{
	return sys_openat(CWD, path, flags, mode);
}

i64 sys_creat(u64 path, u64 mode)
{
	return sys_openat(CWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

i64 sys_mkdirat(u64 dirfd, u64 path, u64 mode)
{
	struct at a;
	int r = at_begin(&a, dirfd, path);

	if (r)
		return r;
	r = path_mkdir(&a.c, a.start, a.path.text, mode);
	at_end(&a);
	return r;
}

i64 sys_mkdir(u64 path, u64 mode)
{
	return sys_mkdirat(CWD, path, mode);
}

i64 sys_mknodat(u64 dirfd, u64 path, u64 mode, u64 dev)
{
	struct at a;
	int r = at_begin(&a, dirfd, path);

	if (r)
		return r;
	r = path_mknod(&a.c, a.start, a.path.text, mode, (u32)dev);
	at_end(&a);
	return r;
}

i64 sys_mknod(u64 path, u64 mode, u64 dev)
{
	return sys_mknodat(CWD, path, mode, dev);
}

i64 sys_unlinkat(u64 dirfd, u64 path, u64 flags)
{
	struct at a;
	int r;

	if (flags & ~(u64)AT_REMOVEDIR)
		return -EINVAL;
	r = at_begin(&a, dirfd, path);
	if (r)
		return r;
	r = path_unlink(&a.c, a.start, a.path.text, flags & AT_REMOVEDIR);
	at_end(&a);
	return r;
}

i64 sys_unlink(u64 path)
{
	return sys_unlinkat(CWD, path, 0);
}

i64 sys_rmdir(u64 path)
{
	return sys_unlinkat(CWD, path, AT_REMOVEDIR);
}

/* No flag of renameat2 is there yet; -EINVAL is what a file system without them says. */
i64 sys_renameat2(u64 fromfd, u64 from, u64 tofd, u64 to, u64 flags)
{
	struct at a, b;
	int r;

	if (flags)
		return -EINVAL;
	r = at_begin(&a, fromfd, from);
	if (r)
		return r;
	r = at_begin(&b, tofd, to);
	if (!r) {
		r = path_rename(&a.c, a.start, a.path.text, b.start, b.path.text);
		at_end(&b);
	}
	at_end(&a);
	return r;
}

i64 sys_renameat(u64 fromfd, u64 from, u64 tofd, u64 to)
{
	return sys_renameat2(fromfd, from, tofd, to, 0);
}

i64 sys_rename(u64 from, u64 to)
{
	return sys_renameat2(CWD, from, CWD, to, 0);
}

i64 sys_linkat(u64 oldfd, u64 old, u64 newfd, u64 new, u64 flags)
{
	u32 lookup = flags & AT_EMPTY_PATH;
	struct path target;
	struct at a;
	int r;

	if (flags & ~(u64)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_SYMLINK_FOLLOW))
		lookup |= AT_SYMLINK_NOFOLLOW;
	r = at_path(oldfd, old, lookup, &target);
	if (r)
		return r;
	r = at_begin(&a, newfd, new);
	if (!r) {
		r = path_link(&a.c, &target, a.start, a.path.text);
		at_end(&a);
	}
	path_put(&target);
	return r;
}

i64 sys_link(u64 old, u64 new)
{
	return sys_linkat(CWD, old, CWD, new, 0);
}

i64 sys_symlinkat(u64 target, u64 dirfd, u64 path)
{
	struct user_path text;
	struct at a;
	int r = user_path_get(&text, target);

	if (r)
		return r;
	r = at_begin(&a, dirfd, path);
	if (!r) {
		r = path_symlink(&a.c, a.start, a.path.text, text.text);
		at_end(&a);
	}
	user_path_put(&text);
	return r;
}

i64 sys_symlink(u64 target, u64 path)
{
	return sys_symlinkat(target, CWD, path);
}

/* The text of @link into the user's buffer: no NUL, cut where it doesn't fit. */
static i64 copy_link(struct vnode *link, u64 buf, u64 size)
{
	char *text;
	ssize_t n;

	if (!link->ops->readlink)
		return -EINVAL;
	text = kmalloc(PATH_MAX);
	if (!text)
		return -ENOMEM;
	n = link->ops->readlink(link, text, MIN(size, (u64)PATH_MAX));
	if (n > 0 && user_write(buf, text, n))
		n = -EFAULT;
	kfree(text);
	return n;
}

i64 sys_readlinkat(u64 dirfd, u64 path, u64 buf, u64 size)
{
	struct vnode *v;
	i64 r;

	if ((i32)size <= 0)
		return -EINVAL;
	r = at_vnode(dirfd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, &v);
	if (r)
		return r;
	r = copy_link(v, buf, (u32)size);
	vnode_put(v);
	return r;
}

i64 sys_readlink(u64 path, u64 buf, u64 size)
{
	return sys_readlinkat(CWD, path, buf, size);
}

/* Makes @to, counted, the root or current directory (@at) of the task's state if it may be. */
static i64 change_directory(struct path *at, const struct path *to)
{
	int r = vnode_is_dir(to->vnode) ? vnode_permission(cred_current(), to->vnode, 1) : -ENOTDIR;

	if (!r && at == &task_current()->fs->root && cred_current()->euid)
		r = -EPERM;
	if (r)
		path_put(to);
	else
		fs_state_replace(task_current()->fs, at, to);
	return r;
}

i64 sys_chdir(u64 path)
{
	struct path to;
	int r = at_path(CWD, path, 0, &to);

	return r ? r : change_directory(&task_current()->fs->cwd, &to);
}

i64 sys_fchdir(u64 fd)
{
	struct fd_ref r = fd_borrow_any(fd);
	i64 result = -ENOTDIR;

	if (!r.file)
		return -EBADF;
	if (r.file->vnode) {
		struct path to = { r.file->mount, r.file->vnode };

		path_get(&to);
		result = change_directory(&task_current()->fs->cwd, &to);
	}
	fd_return(r);
	return result;
}

i64 sys_chroot(u64 path)
{
	struct path to;
	int r = at_path(CWD, path, 0, &to);

	return r ? r : change_directory(&task_current()->fs->root, &to);
}

/* Where the current directory is not below the root, as after umount(MNT_DETACH). */
#define UNREACHABLE "(unreachable)"

static ssize_t current_directory(const struct fs_context *c, char *buf, size_t size)
{
	size_t word = sizeof(UNREACHABLE) - 1;
	ssize_t n = path_below_root(c, &c->cwd, buf, size);

	if (n)
		return n;
	memcpy(buf, UNREACHABLE, word);
	n = path_of(c, &c->cwd, buf + word, size - word);
	return n < 0 ? n : n + (ssize_t)word;
}

i64 sys_getcwd(u64 buf, u64 size)
{
	struct fs_context c;
	char *path = kmalloc(PATH_MAX);
	ssize_t n;

	if (!path)
		return -ENOMEM;
	c = fs_context_begin();
	n = current_directory(&c, path, PATH_MAX);
	fs_context_end(&c);
	if (n == -ERANGE)
		n = -ENAMETOOLONG;
	if (n > 0 && (u64)n > size)
		n = -ERANGE;
	if (n > 0 && user_write(buf, path, n))
		n = -EFAULT;
	kfree(path);
	return n;
}

i64 sys_umask(u64 mask)
{
	return __atomic_exchange_n(&task_current()->fs->umask, (u32)mask & 0777, __ATOMIC_RELAXED);
}
