/* SPDX-License-Identifier: ISC */
/*
 * The text of /proc's files: whole for those of bounded size, chunk by chunk for the others.
 * Locks: text.lock (mutex) guards what an open file keeps, since pread takes no pos_lock. It is
 * held while user memory is written; no page fault ever wants it. Order: text.lock → the locks
 * of what is shown.
 */
#include "fs/procfs.h"

#include "lib/format.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/slab.h"

#define TEXT_MIN 1024
#define TEXT_MAX 65536
#define STORE_MAX 1024

struct text {
	struct mutex lock;
	char *data; /* NULL: nothing made yet */
	size_t len;
	u64 start; /* position of data[0]; not 0 only in chunks */
	u64 cursor; /* of the record behind the chunk */
};

int procfs_open(struct vnode *v, struct file *f)
{
	struct text *t = page_memory_low() ? NULL : kzalloc(sizeof(*t));

	(void)v;
	if (!t)
		return -ENOMEM;
	mutex_init(&t->lock);
	f->private = t;
	return 0;
}

void procfs_release(struct file *f)
{
	struct text *t = f->private;

	if (t)
		kfree(t->data);
	kfree(t);
}

void procfs_print(struct procfs_text *t, const char *fmt, ...)
{
	size_t room = t->at < t->size ? t->size - t->at : 0;
	va_list args;

	va_start(args, fmt);
	t->at += vsnprintf(room ? t->buf + t->at : NULL, room, fmt, args);
	va_end(args);
}

/* Copies out what lies at *@pos of what is there. */
static ssize_t copy_out(const struct text *t, struct io *io, u64 *pos)
{
	size_t start = io->left, done;
	u64 from = *pos - t->start;
	int r;

	if (from >= t->len)
		return 0;
	r = io_put(io, t->data + from, MIN(start, t->len - from));
	done = start - io->left;
	*pos += done;
	return done ? (ssize_t)done : r;
}

/* show()'s text in a buffer that it fits, instead of the old one. */
static int text_make(struct text *t, struct vnode *v, procfs_show show)
{
	for (size_t size = TEXT_MIN; size <= TEXT_MAX; size *= 2) {
		char *data = kmalloc(size);
		ssize_t len = data ? show(v, data, size) : -ENOMEM;

		if (len >= 0 && ((size_t)len < size || size == TEXT_MAX)) {
			kfree(t->data);
			t->data = data;
			t->len = MIN((size_t)len, size - 1);
			return 0;
		}
		kfree(data);
		if (len < 0)
			return len;
	}
	return -EFBIG;
}

ssize_t procfs_read_text(struct file *f, struct io *io, u64 *pos, procfs_show show)
{
	struct text *t = f->private;
	ssize_t r = 0;

	mutex_lock(&t->lock);
	if (!t->data || *pos == 0)
		r = text_make(t, f->vnode, show);
	if (!r)
		r = copy_out(t, io, pos);
	mutex_unlock(&t->lock);
	return r;
}

/* The chunk behind the present one; it is empty after the last record. */
static int chunk_fill(struct text *t, struct vnode *v, procfs_next next)
{
	ssize_t n;

	t->start += t->len;
	t->len = 0;
	while ((n = next(v, &t->cursor, t->data + t->len, PROCFS_CHUNK - t->len)) > 0)
		t->len += n;
	return t->len ? 0 : n; /* an error comes again at the next chunk */
}

/* Makes chunks until one reaches beyond @pos. 0, also at the end, or an error. */
static int chunk_seek(struct text *t, struct vnode *v, u64 pos, procfs_next next)
{
	int r = 0;

	if (!t->data)
		t->data = kmalloc(PROCFS_CHUNK);
	if (!t->data)
		return -ENOMEM;
	if (pos == 0 || pos < t->start)
		t->start = t->len = t->cursor = 0;
	while (pos >= t->start + t->len) {
		r = chunk_fill(t, v, next);
		if (r || !t->len)
			break;
	}
	return r;
}

ssize_t procfs_read_records(struct file *f, struct io *io, u64 *pos, procfs_next next)
{
	struct text *t = f->private;
	ssize_t r;

	mutex_lock(&t->lock);
	r = chunk_seek(t, f->vnode, *pos, next);
	if (!r)
		r = copy_out(t, io, pos);
	mutex_unlock(&t->lock);
	return r;
}

/* -- registered files -------------------------------------------------------------------------- */

static ssize_t node_show(struct vnode *v, char *buf, size_t size)
{
	return proc_node(v)->show(buf, size);
}

static ssize_t node_read(struct file *f, struct io *io, u64 *pos)
{
	if (!proc_node(f->vnode)->show)
		return -EINVAL;
	return procfs_read_text(f, io, pos, node_show);
}

static ssize_t node_write(struct file *f, struct io *io, u64 *pos)
{
	int (*store)(const char *, size_t) = proc_node(f->vnode)->store;
	size_t n = io->left;
	char *text;
	int r;

	(void)pos;
	if (!store)
		return -EACCES;
	if (n >= STORE_MAX)
		return -EINVAL;
	text = kmalloc(n + 1);
	if (!text)
		return -ENOMEM;
	text[n] = '\0';
	r = io_get(io, text, n);
	if (!r)
		r = store(text, n);
	kfree(text);
	return r < 0 ? r : (ssize_t)n;
}

const struct file_ops procfs_file_ops = {
	.read = node_read,
	.write = node_write,
	.release = procfs_release,
	.flags = FILE_SEEKABLE,
};
