/* SPDX-License-Identifier: ISC */
/*
 * The memory of a process in /proc: its maps, its arguments, its environment.
 * A space is counted while it is looked at, so a process may end or exec meanwhile; maps are
 * asked for one at a time, by address, and nothing is kept from one to the next.
 */
#include "fs/tmpfs.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/proc_files.h"
#include "vm/vma.h"

#define NAME_COLUMN 73 /* where Linux puts the path */

/* A copy of the lowest map that ends above @addr, its backing counted. False: there is none. */
static bool map_above(struct space *s, u64 addr, struct vma *out)
{
	const struct vma *v;

	mutex_lock(&s->lock);
	v = vma_find(s, addr);
	if (v)
		*out = *v;
	if (v && v->backing)
		v->backing->ops->get(v->backing);
	mutex_unlock(&s->lock);
	return v;
}

/* The name of a map: its file, or what it is for; "" for the others. */
static void map_name(const struct vma *m, char *buf, size_t size)
{
	buf[0] = '\0';
	if (m->backing && m->backing->ops->describe)
		m->backing->ops->describe(m->backing, buf, size);
	else if (m->flags & VMA_STACK)
		strlcpy(buf, "[stack]", size);
	else if (m->flags & VMA_HEAP)
		strlcpy(buf, "[heap]", size);
}

/* Device and inode of a map's file; a backing of files is part of its vnode. */
static void map_file(const struct vma *m, u64 *dev, u64 *ino)
{
	*dev = *ino = 0;
	if (m->backing && m->backing->ops == &tmpfs_backing_ops) {
		const struct vnode *v = container_of(m->backing, struct vnode, backing);

		*dev = v->dev;
		*ino = v->ino;
	}
}

static size_t print_map(const struct vma *m, const char *name, char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	u64 dev, ino;

	map_file(m, &dev, &ino);
	procfs_print(&t, "%08lx-%08lx %c%c%c%c %08lx %02lx:%02lx %lu ", m->start, m->end,
		     m->prot & MMU_READ ? 'r' : '-', m->prot & MMU_WRITE ? 'w' : '-',
		     m->prot & MMU_EXEC ? 'x' : '-', m->flags & VMA_SHARED ? 's' : 'p',
		     m->backing ? m->offset : 0, dev >> 8, dev & 0xff, ino);
	if (*name)
		procfs_print(&t, "%*s%s", (int)(NAME_COLUMN - MIN(t.at, (size_t)NAME_COLUMN)), "",
			     name);
	procfs_print(&t, "\n");
	return t.at;
}

/* The cursor is the address behind the map shown last. */
ssize_t proc_next_map(struct vnode *v, u64 *cursor, char *buf, size_t size)
{
	char *name = kmalloc(PATH_MAX);
	struct space *s = NULL;
	struct vma m;
	ssize_t n = name ? proc_entry_space(proc_entry(v), &s) : -ENOMEM;

	if (!n && s && map_above(s, *cursor, &m)) {
		map_name(&m, name, PATH_MAX);
		n = print_map(&m, name, buf, size);
		if (m.backing) /* the last of an unmapped file goes with it */
			m.backing->ops->put(m.backing);
		if ((size_t)n >= size)
			n = -ERANGE;
		else
			*cursor = m.end;
	}
	if (s)
		space_put(s);
	kfree(name);
	return n;
}

/* -- cmdline, environ, auxv -------------------------------------------------------------------- */

/* Copies [start + *pos, end) of @s out through @page. */
static ssize_t copy_range(struct space *s, u64 start, u64 end, u8 *page, struct io *io, u64 *pos)
{
	size_t before = io->left;
	int r = 0;

	while (!r && io->left && *pos < end - start) {
		size_t n = MIN(MIN(io->left, end - start - *pos), PAGE_SIZE);

		r = space_read(s, start + *pos, page, n);
		if (!r)
			r = io_put(io, page, n);
		if (!r)
			*pos += n;
	}
	return io->left != before ? (ssize_t)(before - io->left) : r;
}

/* What exec has laid on the stack. */
enum piece { ARGUMENTS, ENVIRONMENT, AUXV };

static ssize_t copy_piece(struct space *s, enum piece piece, u8 *page, struct io *io, u64 *pos)
{
	const u64 start[] = { s->args_start, s->env_start, s->auxv_start };
	const u64 end[] = { s->env_start, s->args_end, s->auxv_end };

	return copy_range(s, start[piece], end[piece], page, io, pos);
}

static ssize_t read_piece(struct file *f, struct io *io, u64 *pos, enum piece piece)
{
	struct space *s;
	ssize_t n = proc_entry_space(proc_entry(f->vnode), &s);
	u8 *page;

	if (n || !s)
		return n;
	page = kmalloc(PAGE_SIZE);
	n = page ? copy_piece(s, piece, page, io, pos) : -ENOMEM;
	kfree(page);
	space_put(s);
	return n;
}

static ssize_t cmdline_read(struct file *f, struct io *io, u64 *pos)
{
	return read_piece(f, io, pos, ARGUMENTS);
}

static ssize_t environ_read(struct file *f, struct io *io, u64 *pos)
{
	return read_piece(f, io, pos, ENVIRONMENT);
}

static ssize_t auxv_read(struct file *f, struct io *io, u64 *pos)
{
	return read_piece(f, io, pos, AUXV);
}

/* -- mem ----------------------------------------------------------------------------------------- */

/*
 * A descriptor is for the program that ran when it was opened: given to another one as its output, it
 * must not lead into that one's memory (CVE-2012-0056). So it counts that space, and the memory stays
 * until the descriptor is closed.
 */
static int mem_open(struct vnode *v, struct file *f)
{
	struct proc_entry *e = proc_entry(v);
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = proc_entry_find(e);
	struct space *s = t && t->thread ? t->process->space : NULL;
	int r = !t ? -ESRCH : task_may_inspect(t) ? 0 : -EACCES;

	if (!r && s)
		space_get(f->private = s);
	spin_unlock_irq(&process_lock, flags);
	return r;
}

const struct vnode_ops proc_mem_node_ops = {
	.open = mem_open,
	.name = proc_entry_name,
	.release = proc_entry_release,
};

static void mem_release(struct file *f)
{
	if (f->private)
		space_put(f->private);
}

/* A piece of at most a page, through @page. */
static int mem_move(struct space *s, u64 addr, struct io *io, u8 *page, size_t n, bool write)
{
	if (write)
		return io_get(io, page, n) ? -EFAULT : space_poke(s, addr, page, n) ? -EIO : 0;
	return space_peek(s, addr, page, n) ? -EIO : io_put(io, page, n);
}

static ssize_t mem_transfer(struct file *f, struct io *io, u64 *pos, bool write)
{
	size_t done = 0;
	u8 *page;
	int r = 0;

	if (!f->private)
		return 0;
	page = kmalloc(PAGE_SIZE);
	if (!page)
		return -ENOMEM;
	while (!r && io->left) {
		size_t n = MIN(io->left, PAGE_SIZE - (*pos & (PAGE_SIZE - 1)));

		r = mem_move(f->private, *pos, io, page, n, write);
		done += r ? 0 : n;
		*pos += r ? 0 : n;
	}
	kfree(page);
	return done ? (ssize_t)done : r;
}

static ssize_t mem_read(struct file *f, struct io *io, u64 *pos)
{
	return mem_transfer(f, io, pos, false);
}

static ssize_t mem_write(struct file *f, struct io *io, u64 *pos)
{
	return mem_transfer(f, io, pos, true);
}

const struct file_ops proc_mem_ops = {
	.read = mem_read,
	.write = mem_write,
	.release = mem_release,
	.flags = FILE_SEEKABLE,
};

const struct file_ops proc_cmdline_ops = { .read = cmdline_read, .flags = FILE_SEEKABLE };
const struct file_ops proc_environ_ops = { .read = environ_read, .flags = FILE_SEEKABLE };
const struct file_ops proc_auxv_ops = { .read = auxv_read, .flags = FILE_SEEKABLE };
