/* SPDX-License-Identifier: ISC */
/* Paths of system calls: copied in, and the directory they begin at (at.h). No locks. */
#include "syscall/at.h"

#include "fs/mount.h"
#include "syscall/fd_ref.h"

/* @n: what user_read_string() into short_text said. */
static int long_path_get(struct user_path *p, u64 addr, ssize_t n)
{
	p->text = p->short_text;
	p->allocated = NULL;
	if (likely(n != -ENAMETOOLONG))
		return n < 0 ? n : 0;
	p->allocated = kmalloc(PATH_MAX);
	if (!p->allocated)
		return -ENOMEM;
	n = user_read_string(p->allocated, addr, PATH_MAX);
	p->text = p->allocated;
	if (n < 0) {
		kfree(p->allocated);
		return n;
	}
	return 0;
}

int user_path_get(struct user_path *p, u64 addr)
{
	return long_path_get(p, addr, user_read_string(p->short_text, addr, SHORT_PATH));
}

static struct path path_of_file(const struct file *f)
{
	struct path p = { f->mount, f->vnode };

	return path_get(&p);
}

/* The directory behind @dirfd, counted. 0, -EBADF, -ENOTDIR. */
static int start_at(u64 dirfd, struct path *out)
{
	struct fd_ref r = fd_borrow_any(dirfd);
	int result = 0;

	if (!r.file)
		return -EBADF;
	if (r.file->vnode && vnode_is_dir(r.file->vnode))
		*out = path_of_file(r.file);
	else
		result = -ENOTDIR;
	fd_return(r);
	return result;
}

int at_begin_slow(struct at *a, u64 dirfd, u64 path, ssize_t n)
{
	int r = long_path_get(&a->path, path, n);

	if (!r && (i32)dirfd != AT_FDCWD && a->path.text[0] != '/') {
		r = a->path.text[0] ? start_at(dirfd, &a->start_path) : -ENOENT;
		if (r)
			user_path_put(&a->path);
		else
			a->start = &a->start_path;
	}
	if (r)
		fs_context_end(&a->c);
	return r;
}

int at_descriptor(u64 fd, struct path *out)
{
	struct fd_ref r;
	int result = 0;

	if ((i32)fd == AT_FDCWD) {
		*out = fs_state_cwd(task_current()->fs);
		return 0;
	}
	r = fd_borrow_any(fd);
	if (!r.file)
		return -EBADF;
	if (r.file->vnode)
		*out = path_of_file(r.file);
	else
		result = -EINVAL;
	fd_return(r);
	return result;
}

int at_path_as(const struct credentials *cred, u64 dirfd, u64 path, u32 flags, struct path *out)
{
	struct at a;
	int r = at_is_empty(path, flags);

	if (r)
		return r < 0 ? r : at_descriptor(dirfd, out);
	r = at_begin(&a, dirfd, path);
	if (r)
		return r;
	if (cred)
		a.c.cred = cred;
	r = path_find(&a.c, a.start, a.path.text, flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW,
		      out);
	at_end(&a);
	return r;
}

int at_path(u64 dirfd, u64 path, u32 flags, struct path *out)
{
	return at_path_as(NULL, dirfd, path, flags, out);
}

int at_vnode(u64 dirfd, u64 path, u32 flags, struct vnode **out)
{
	struct path p;
	int r = at_path(dirfd, path, flags, &p);

	if (r)
		return r;
	*out = p.vnode;
	mount_put(p.mount);
	return 0;
}
