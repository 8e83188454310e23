/* SPDX-License-Identifier: ISC */
/*
 * getdents64(2) and getdents(2): entries are collected in a kernel page under the directory's lock and
 * copied out without it, since user memory may fault.
 */
#include "abi/dirent.h"
#include "fs/file.h"
#include "fs/path.h"
#include "lib/string.h"
#include "mm/page.h"

typedef void (*entry_put)(void *at, size_t bytes, const char *name, size_t len, u64 ino, u8 type,
			  u64 next_pos);

struct batch {
	entry_put put;
	size_t head; /* bytes of an entry but for its name */
	u8 *buf;
	size_t used, size;
	bool refused; /* an entry found no room */
};

static void put_entry(void *at, size_t bytes, const char *name, size_t len, u64 ino, u8 type,
		      u64 next_pos)
{
	struct dirent64 *d = at;

	d->d_ino = ino;
	d->d_off = next_pos;
	d->d_reclen = bytes;
	d->d_type = type;
	memcpy(d->d_name, name, len);
}

/* As the old getdents: the type is the record's last byte. */
static void put_old_entry(void *at, size_t bytes, const char *name, size_t len, u64 ino, u8 type,
			  u64 next_pos)
{
	struct dirent_old *d = at;

	d->d_ino = ino;
	d->d_off = next_pos;
	d->d_reclen = bytes;
	memcpy(d->d_name, name, len);
	((u8 *)at)[bytes - 1] = type;
}

static bool batch_add(void *arg, const char *name, size_t len, u64 ino, u8 type, u64 next_pos)
{
	struct batch *b = arg;
	size_t bytes = ALIGN_UP(b->head + len + 1, 8);

	b->refused = bytes > b->size - b->used;
	if (b->refused)
		return false;
	memset(b->buf + b->used, 0, bytes);
	b->put(b->buf + b->used, bytes, name, len, ino, type, next_pos);
	b->used += bytes;
	return true;
}

static int fill_batch(struct vnode *dir, struct batch *b, u64 *pos)
{
	int r;

	mutex_lock(&dir->lock);
	r = dir->ops->readdir(dir, pos, batch_add, b);
	mutex_unlock(&dir->lock);
	return r;
}

static ssize_t getdents_locked(struct file *f, struct io *io, bool old, u8 *page)
{
	size_t start = io->left;
	int r = 0;

	for (;;) {
		struct batch b = { .put = old ? put_old_entry : put_entry,
				   .head = old ? offsetof(struct dirent_old, d_name) + 1
					       : offsetof(struct dirent64, d_name),
				   .buf = page,
				   .size = MIN(io->left, PAGE_SIZE) };
		u64 pos = f->pos;

		r = fill_batch(f->vnode, &b, &pos);
		if (!r && !b.used && b.refused)
			r = -EINVAL;
		if (r || !b.used)
			break;
		r = io_put(io, page, b.used);
		if (r)
			break;
		f->pos = pos;
	}
	return io->left != start ? (ssize_t)(start - io->left) : r;
}

ssize_t file_getdents(struct file *f, struct io *io, bool old)
{
	struct page *page;
	ssize_t n;

	if (f->flags & O_PATH)
		return -EBADF;
	if (!f->vnode || !f->vnode->ops->readdir)
		return -ENOTDIR;
	page = page_alloc(0, 0);
	if (!page)
		return -ENOMEM;
	mutex_lock(&f->pos_lock);
	n = getdents_locked(f, io, old, page_to_virt(page));
	mutex_unlock(&f->pos_lock);
	page_put(page);
	return n;
}
