/* SPDX-License-Identifier: ISC */
/*
 * The links of /proc/<pid>: exe, cwd, root, and the descriptors in fd/. They lead straight to
 * the vnode, wherever its name is; the text is for people. See proc_files.h.
 */
#include "abi/dirent.h"
#include "fs/pipe.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/proc_files.h"

#define NUMBER_BYTES 12
#define FD_LINK_SIZE 64 /* st_size, as Linux says */

static const struct path nowhere;

struct path proc_exe(struct task *t)
{
	return t->thread ? path_get(&t->process->exe) : nowhere;
}

struct path proc_cwd(struct task *t)
{
	return t->fs ? fs_state_cwd(t->fs) : nowhere;
}

struct path proc_root(struct task *t)
{
	return t->fs ? fs_state_root(t->fs) : nowhere;
}

/* The path of @at as the caller sees it; its length without NUL. */
static ssize_t at_text(const struct path *at, char *buf, size_t size)
{
	struct fs_context c = task_current() ? fs_context_begin() : fs_kernel_context();
	char *path = kmalloc(PATH_MAX);
	ssize_t n;

	n = path ? path_text(&c, at, path, PATH_MAX) : -ENOMEM;
	fs_context_end(&c);
	if (n == -ENOENT) /* its name has gone with its last link */
		n = snprintf(path, PATH_MAX, " (deleted)") + 1;
	if (n == -ERANGE)
		n = -ENAMETOOLONG;
	if (n > 0) {
		n = MIN((size_t)n - 1, size);
		memcpy(buf, path, n);
	}
	kfree(path);
	return n;
}

/* -- exe, cwd, root ---------------------------------------------------------------------------- */

static int link_follow(struct vnode *link, struct path *out)
{
	struct proc_entry *e = proc_entry(link);
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = proc_entry_find(e);
	bool allowed = t && task_may_inspect(t);

	*out = allowed ? e->kind->target(t) : nowhere;
	spin_unlock_irq(&process_lock, flags);
	if (out->vnode)
		return 0;
	return t && !allowed ? -EACCES : -ENOENT;
}

static ssize_t link_readlink(struct vnode *link, char *buf, size_t size)
{
	struct path at;
	ssize_t n = link_follow(link, &at);

	if (n)
		return n;
	n = at_text(&at, buf, size);
	path_put(&at);
	return n;
}

const struct vnode_ops proc_link_ops = {
	.readlink = link_readlink,
	.follow = link_follow,
	.name = proc_entry_name,
	.release = proc_entry_release,
};

/* -- fd ---------------------------------------------------------------------------------------- */

/* The descriptor table of @e's task, counted; *out NULL: it has none any more. */
static int entry_files(const struct proc_entry *e, struct fd_table **out)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = proc_entry_find(e);
	int r = !t ? -ENOENT : task_may_inspect(t) ? 0 : -EACCES;

	*out = !r && t->files ? fd_table_get(t->files) : NULL;
	spin_unlock_irq(&process_lock, flags);
	return r;
}

/* The open file behind @fd, counted. 0, -ENOENT, -EACCES. */
static int entry_file(const struct proc_entry *e, i32 fd, struct file **out)
{
	struct fd_table *t;
	int r = entry_files(e, &t);

	if (r)
		return r;
	*out = t ? fd_get(t, fd) : NULL;
	if (t)
		fd_table_put(t);
	return *out ? 0 : -ENOENT;
}

static int fd_follow(struct vnode *link, struct path *out)
{
	const struct task *me = task_current();
	struct proc_entry *e = proc_entry(link);
	struct file *f;
	int r = entry_file(e, e->fd, &f);

	if (r)
		return r;
	r = -ENXIO;
	*out = (struct path){ f->mount, f->vnode };
	path_get(out);
	if (!f->vnode && file_is_pipe(f)) {
		out->vnode = pipe_vnode(f, me ? me->cred.fsuid : 0, me ? me->cred.fsgid : 0);
		r = -ENOMEM;
	}
	file_put(f);
	return out->vnode ? 0 : r;
}

/* What stands for a path where there is none. */
static ssize_t type_text(struct file *f, char *buf, size_t size)
{
	struct stat st;
	char text[48];
	size_t n;

	file_stat(f, &st);
	switch (st.st_mode & S_IFMT) {
	case S_IFIFO: n = snprintf(text, sizeof(text), "pipe:[%lu]", st.st_ino); break;
	case S_IFSOCK: n = snprintf(text, sizeof(text), "socket:[%lu]", st.st_ino); break;
	default: n = snprintf(text, sizeof(text), "anon_inode:[file]");
	}
	n = MIN(n, size);
	memcpy(buf, text, n);
	return n;
}

static ssize_t fd_readlink(struct vnode *link, char *buf, size_t size)
{
	struct proc_entry *e = proc_entry(link);
	struct file *f;
	ssize_t n = entry_file(e, e->fd, &f);

	if (n)
		return n;
	if (f->vnode && f->vnode->ops->name)
		n = at_text(&(struct path){ f->mount, f->vnode }, buf, size);
	else
		n = type_text(f, buf, size);
	file_put(f);
	return n;
}

static const struct vnode_ops fd_link_ops = {
	.readlink = fd_readlink,
	.follow = fd_follow,
	.name = proc_entry_name,
	.release = proc_entry_release,
};

static const struct proc_kind fd_kind = {
	.number = 3, .name = "", .mode = S_IFLNK, .ops = &fd_link_ops
};

static int fd_lookup(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	i32 fd = procfs_number(name, len);
	struct proc_entry *d = proc_entry(dir), *e;
	struct file *f;
	int r;

	if (len == 2 && !memcmp(name, "..", 2)) {
		*out = vnode_get(d->parent);
		return 0;
	}
	r = fd < 0 ? -ENOENT : entry_file(d, fd, &f);
	if (r)
		return r;
	e = proc_entry_create(dir, d, &fd_kind, fd);
	if (e) {
		e->v.mode |= (file_readable(f) ? 0500 : 0) | (file_writable(f) ? 0300 : 0);
		e->v.size = FD_LINK_SIZE;
		*out = &e->v;
	}
	file_put(f);
	return e ? 0 : -ENOMEM;
}

/* The lowest descriptor >= @fd that is open, -1: none. */
static i32 fd_next(struct fd_table *t, u32 fd)
{
	spin_lock(&t->lock);
	while (fd < t->size && !t->slots[fd].file)
		fd++;
	fd = fd < t->size ? fd : ~0u;
	spin_unlock(&t->lock);
	return (i32)fd;
}

static int fd_readdir(struct vnode *dir, u64 *pos, dir_emit emit, void *arg)
{
	struct proc_entry *d = proc_entry(dir);
	struct fd_table *t;
	char name[NUMBER_BYTES];
	int r = entry_files(d, &t);
	i32 fd;

	if (r)
		return r;
	if (!proc_entry_dots(dir, pos, emit, arg) || !t)
		goto out;
	while (*pos < 1UL << 31 && (fd = fd_next(t, *pos - 2)) >= 0) {
		int len = snprintf(name, sizeof(name), "%d", fd);

		if (!emit(arg, name, len, proc_entry_ino(d->tid, d->is_thread, &fd_kind, fd),
			  DT_LNK, fd + 3L))
			break;
		*pos = fd + 3L;
	}
out:
	if (t)
		fd_table_put(t);
	return 0;
}

const struct vnode_ops proc_fd_dir_ops = {
	.lookup = fd_lookup,
	.readdir = fd_readdir,
	.name = proc_entry_name,
	.release = proc_entry_release,
};
