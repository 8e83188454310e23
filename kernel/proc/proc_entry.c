/* SPDX-License-Identifier: ISC */
/* The nodes below /proc/<pid>, and reading and writing their text. See proc_files.h. */
#include "abi/dirent.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/proc_files.h"

static struct slab_cache *entry_cache;

struct task *proc_entry_find(const struct proc_entry *e)
{
	struct task *t = task_find(e->tid);

	return t && t->start_ns == e->born ? t : NULL;
}

int proc_entry_space(const struct proc_entry *e, struct space **out)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = proc_entry_find(e);
	int r = t ? 0 : -ESRCH;

	*out = NULL;
	if (t && e->kind->is_private && !task_may_inspect(t))
		r = -EACCES;
	if (!r && t->process->space && t->thread) {
		*out = t->process->space;
		space_get(*out);
	}
	spin_unlock_irq(&process_lock, flags);
	return r;
}

/* Numbers that stay the same from lookup to lookup. */
u64 proc_entry_ino(i32 tid, bool is_thread, const struct proc_kind *kind, i32 fd)
{
	return 1UL << 62 | (u64)is_thread << 61 | (u64)tid << 32 | (u64)kind->number << 24 |
	       (fd < 0 ? 0 : (u32)fd);
}

struct proc_entry *proc_entry_create(struct vnode *parent, const struct proc_entry *like,
				     const struct proc_kind *kind, i32 fd)
{
	struct proc_entry *e = slab_alloc(entry_cache);

	if (!e)
		return NULL;
	vnode_init(&e->v, kind->ops, kind->file_ops, kind->mode);
	e->v.sb = parent->sb;
	e->v.dev = parent->dev;
	e->v.ino = proc_entry_ino(like->tid, like->is_thread, kind, fd);
	e->v.nlink = vnode_is_dir(&e->v) ? 2 : 1;
	e->v.uid = like->v.uid;
	e->v.gid = like->v.gid;
	e->tid = like->tid;
	e->is_thread = like->is_thread;
	e->born = like->born;
	e->kind = kind;
	e->fd = fd;
	e->parent = vnode_get(parent);
	return e;
}

void proc_entry_release(struct vnode *v)
{
	struct proc_entry *e = proc_entry(v);

	vnode_put(e->parent);
	slab_free(entry_cache, e);
}

int proc_entry_name(struct vnode *v, char *buf, struct vnode **parent)
{
	struct proc_entry *e = proc_entry(v);

	if (*e->kind->name)
		strlcpy(buf, e->kind->name, NAME_MAX + 1);
	else
		snprintf(buf, NAME_MAX + 1, "%d", e->fd >= 0 ? e->fd : e->tid);
	*parent = vnode_get(e->parent);
	return 0;
}

/* -- text -------------------------------------------------------------------------------------- */

static ssize_t show_entry(struct vnode *v, char *buf, size_t size)
{
	const struct proc_entry *e = proc_entry(v);

	return e->kind->show(e, buf, size);
}

static ssize_t text_read(struct file *f, struct io *io, u64 *pos)
{
	const struct proc_kind *k = proc_entry(f->vnode)->kind;

	return k->next ? procfs_read_records(f, io, pos, k->next)
		       : procfs_read_text(f, io, pos, show_entry);
}

static ssize_t text_write(struct file *f, struct io *io, u64 *pos)
{
	const struct proc_entry *e = proc_entry(f->vnode);
	size_t n = io->left;
	char text[64] = { 0 };
	int r;

	(void)pos;
	if (!e->kind->store)
		return -EINVAL;
	r = io_get(io, text, MIN(n, sizeof(text) - 1));
	if (!r)
		r = e->kind->store(e, text, MIN(n, sizeof(text) - 1));
	return r < 0 ? r : (ssize_t)n;
}

const struct file_ops proc_text_ops = {
	.read = text_read,
	.write = text_write,
	.release = procfs_release,
	.flags = FILE_SEEKABLE,
};

/* Memory may be opened only by those who may look into the process. */
static int file_open(struct vnode *v, struct file *f)
{
	struct proc_entry *e = proc_entry(v);
	struct space *s = NULL;
	int r = 0;

	if (e->kind->is_private)
		r = proc_entry_space(e, &s);
	if (s)
		space_put(s);
	if (!r && e->kind->file_ops == &proc_text_ops)
		r = procfs_open(v, f);
	return r;
}

const struct vnode_ops proc_file_ops = {
	.open = file_open,
	.name = proc_entry_name,
	.release = proc_entry_release,
};

/* "." and ".." first; their positions are 0 and 1. */
bool proc_entry_dots(struct vnode *dir, u64 *pos, dir_emit emit, void *arg)
{
	if (*pos == 0 && emit(arg, ".", 1, dir->ino, DT_DIR, 1))
		*pos = 1;
	if (*pos == 1 && emit(arg, "..", 2, proc_entry(dir)->parent->ino, DT_DIR, 2))
		*pos = 2;
	return *pos >= 2;
}

void proc_entry_init_cache(void)
{
	entry_cache = slab_create("proc entries", sizeof(struct proc_entry), 0);
}
