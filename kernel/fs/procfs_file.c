/* SPDX-License-Identifier: ISC */
/*
 * The text of a /proc file: made by show() when a read begins at 0 and kept for the reads that
 * follow, so that a file read in pieces is of one moment.
 * Locks: file.pos_lock (or being the only user) guards the kept text.
 */
#include "fs/procfs.h"
#include "lib/string.h"
#include "mm/slab.h"

#define TEXT_MIN 1024
#define TEXT_MAX 65536
#define STORE_MAX 1024

struct text {
	size_t size, len;
	char data[];
};

/* show()'s text in a buffer that it fits. */
static int text_make(const struct proc_node *n, struct text **out)
{
	for (size_t size = TEXT_MIN; size <= TEXT_MAX; size *= 2) {
		struct text *t = kmalloc(sizeof(*t) + size);
		ssize_t len = t ? n->show(t->data, size) : -ENOMEM;

		if (len >= 0 && ((size_t)len < size || size == TEXT_MAX)) {
			t->size = size;
			t->len = MIN((size_t)len, size);
			*out = t;
			return 0;
		}
		kfree(t);
		if (len < 0)
			return len;
	}
	return -EFBIG;
}

static ssize_t proc_read(struct file *f, struct io *io, u64 *pos)
{
	struct text *t = f->private;
	size_t start = io->left;
	int r;

	if (!t || *pos == 0) {
		if (!proc_node(f->vnode)->show)
			return -EINVAL;
		r = text_make(proc_node(f->vnode), &t);
		if (r)
			return r;
		kfree(f->private);
		f->private = t;
	}
	if (*pos >= t->len)
		return 0;
	r = io_put(io, t->data + *pos, MIN(start, t->len - *pos));
	*pos += start - io->left;
	return io->left != start ? (ssize_t)(start - io->left) : r;
}

static ssize_t proc_write(struct file *f, struct io *io, u64 *pos)
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

static void proc_release(struct file *f)
{
	kfree(f->private);
}

const struct file_ops procfs_file_ops = {
	.read = proc_read,
	.write = proc_write,
	.release = proc_release,
	.flags = FILE_SEEKABLE,
};
