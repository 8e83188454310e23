/* SPDX-License-Identifier: ISC */
/*
 * Contents of tmpfs files: the tree of pages is the file and its page cache in one. Mapped
 * pages are the same pages, so maps and reads always agree.
 *
 * A reader takes a reference on the page under vnode.lock and copies without the lock: user
 * memory may fault, and a fault may want this very lock. A truncation meanwhile does no harm.
 * A writer needs no reference: who takes pages away holds write_lock, too.
 */
#include "fs/tmpfs.h"
#include "lib/string.h"

#define MAX_FILE_BYTES 0x7fffffffffffffffUL

static u64 pages_used; /* atomic; in all of them */
u64 (*fs_size_limit)(u64 pos);
void (*fs_drop_beyond)(const struct backing *b, u64 from);

u64 tmpfs_pages_used(void)
{
	return READ_ONCE(pages_used);
}

u64 tmpfs_pages_limit(void)
{
	return page_total_count() / 2;
}

void tmpfs_count_pages(struct tmpfs *t, i64 n)
{
	__atomic_add_fetch(&t->pages, n, __ATOMIC_RELAXED);
	__atomic_add_fetch(&pages_used, n, __ATOMIC_RELAXED);
}

static void return_pages(struct tmpfs *t, u64 n)
{
	tmpfs_count_pages(t, -(i64)n);
}

bool tmpfs_take_page(struct tmpfs *t)
{
	u64 mine = __atomic_add_fetch(&t->pages, 1, __ATOMIC_RELAXED);
	u64 all = __atomic_add_fetch(&pages_used, 1, __ATOMIC_RELAXED);

	if (mine <= READ_ONCE(t->max_pages) && all <= tmpfs_pages_limit())
		return true;
	return_pages(t, 1);
	return false;
}

/* A page for a file of @t, counted against both limits; NULL: no space. */
static struct page *file_page_alloc(struct tmpfs *t, unsigned flags)
{
	struct page *p;

	if (!tmpfs_take_page(t))
		return NULL;
	p = page_alloc(0, flags | ALLOC_USER);
	if (!p)
		return_pages(t, 1);
	return p;
}

/* What the nodes above a file's pages take of memory: of one with wide holes, more than they do. */
static u64 node_pages(const struct tmpfs_node *n)
{
	return n->pages.nodes * PAGE_TREE_NODE / PAGE_SIZE;
}

static int file_page_insert(struct tmpfs_node *n, u64 index, struct page *p)
{
	u64 nodes = node_pages(n);
	int r = page_tree_set(&n->pages, index, p);

	/* They are counted when they are there; the next page meets the limit. */
	tmpfs_count_pages(tmpfs_of(&n->v), (i64)(node_pages(n) - nodes));
	if (!r) {
		n->v.blocks += PAGE_SIZE / 512;
		return 0;
	}
	page_put(p);
	return_pages(tmpfs_of(&n->v), 1);
	return -ENOSPC;
}

int tmpfs_page_make(struct tmpfs_node *n, u64 index, struct page **out)
{
	*out = page_tree_get(&n->pages, index);
	if (*out)
		return 0;
	*out = file_page_alloc(tmpfs_of(&n->v), ALLOC_ZERO);
	if (!*out)
		return -ENOSPC;
	return file_page_insert(n, index, *out);
}

static void file_cut(struct tmpfs_node *n, u64 from, u64 last)
{
	u64 nodes = node_pages(n), cut = page_tree_cut(&n->pages, from, last);

	n->v.blocks -= cut * (PAGE_SIZE / 512);
	return_pages(tmpfs_of(&n->v), cut + nodes - node_pages(n));
}

void tmpfs_file_free(struct tmpfs_node *n)
{
	file_cut(n, 0, ~0UL);
}

/*
 * As relatime: the first read after a change counts. (Linux counts one a day as well, for which each
 * read would have to look at the clock.)
 */
static void touch_atime(struct vnode *v, const struct file *f)
{
	if (likely(v->atime > v->mtime && v->atime > v->ctime))
		return;
	if (!(f->flags & O_NOATIME) && !(mount_flags(f->mount) & (MS_NOATIME | MS_RDONLY)))
		v->atime = file_time_now();
}

/*
 * The piece at @pos of at most @want bytes: its length (0: at the end) and page, counted
 * (NULL: a hole).
 */
static size_t piece_at(struct file *f, u64 pos, size_t want, struct page **page)
{
	struct vnode *v = f->vnode;
	struct tmpfs_node *n = tmpfs_node(v);
	size_t len = 0;

	mutex_lock(&v->lock);
	*page = NULL;
	if (pos < v->size) {
		len = MIN(want, PAGE_SIZE - pos % PAGE_SIZE);
		len = MIN(len, v->size - pos);
		*page = page_tree_get(&n->pages, pos / PAGE_SIZE);
		if (*page)
			page_get(*page);
		touch_atime(v, f);
	}
	mutex_unlock(&v->lock);
	return len;
}

static ssize_t tmpfs_read(struct file *f, struct io *io, u64 *pos)
{
	size_t start = io->left;
	int r = 0;

	while (io->left && !r) {
		struct page *page;
		size_t len = piece_at(f, *pos, io->left, &page);
		size_t before = io->left;

		if (!len)
			break;
		if (page) {
			r = io_put(io, (u8 *)page_to_virt(page) + *pos % PAGE_SIZE, len);
			page_put(page);
		} else {
			r = io_put_zero(io, len);
		}
		*pos += before - io->left;
	}
	return io->left != start ? (ssize_t)(start - io->left) : r;
}

/* Copies into page @pos lies in, then makes the file that long. Under write_lock, so the page stays. */
static int write_piece(struct vnode *v, struct io *io, u64 *pos, size_t len)
{
	struct page *page;
	size_t before = io->left;
	int r;

	mutex_lock(&v->lock);
	r = tmpfs_page_make(tmpfs_node(v), *pos / PAGE_SIZE, &page);
	mutex_unlock(&v->lock);
	if (r)
		return r;
	r = io_get(io, (u8 *)page_to_virt(page) + *pos % PAGE_SIZE, len);
	*pos += before - io->left;
	if (*pos > v->size && before != io->left) {
		mutex_lock(&v->lock);
		v->size = *pos;
		mutex_unlock(&v->lock);
	}
	return r;
}

static u64 largest(u64 pos)
{
	return fs_size_limit ? MIN(fs_size_limit(pos), MAX_FILE_BYTES) : MAX_FILE_BYTES;
}

static ssize_t write_locked(struct vnode *v, struct io *io, u64 *pos)
{
	u64 max = io->left ? largest(*pos) : MAX_FILE_BYTES;
	size_t start = io->left;
	int r = 0;

	while (io->left && !r) {
		size_t len = MIN(io->left, PAGE_SIZE - *pos % PAGE_SIZE);

		if (*pos >= max) {
			r = -EFBIG;
			break;
		}
		r = write_piece(v, io, pos, MIN(len, max - *pos));
	}
	if (io->left != start)
		tmpfs_touch(v);
	return io->left != start ? (ssize_t)(start - io->left) : r;
}

static ssize_t tmpfs_write(struct file *f, struct io *io, u64 *pos)
{
	struct vnode *v = f->vnode;
	struct tmpfs_node *n = tmpfs_node(v);
	ssize_t done;

	mutex_lock(&n->write_lock);
	if (f->flags & O_APPEND)
		*pos = v->size;
	done = write_locked(v, io, pos);
	mutex_unlock(&n->write_lock);
	return done;
}

/* Zeroes @len bytes at @pos within one page, if that is there. */
static void zero_piece(struct tmpfs_node *n, u64 pos, size_t len)
{
	struct page *page = page_tree_get(&n->pages, pos / PAGE_SIZE);

	if (page)
		memset((u8 *)page_to_virt(page) + pos % PAGE_SIZE, 0, len);
}

/* What lies behind the new end must read as zero if the file grows again. */
static void zero_tail(struct tmpfs_node *n, u64 size)
{
	if (size % PAGE_SIZE)
		zero_piece(n, size, PAGE_SIZE - size % PAGE_SIZE);
}

static void set_size(struct vnode *v, u64 size)
{
	mutex_lock(&v->lock);
	WRITE_ONCE(v->size, size);
	tmpfs_touch(v);
	mutex_unlock(&v->lock);
}

/* The new size stands, so no fault brings back what is dropped from the maps; then the pages go. */
static void cut_beyond(struct vnode *v, u64 size)
{
	u64 from = ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;

	if (READ_ONCE(v->maps) && fs_drop_beyond)
		fs_drop_beyond(&v->backing, from);
	mutex_lock(&v->lock);
	file_cut(tmpfs_node(v), from, ~0UL);
	zero_tail(tmpfs_node(v), size);
	mutex_unlock(&v->lock);
}

int tmpfs_truncate(struct vnode *v, u64 size)
{
	struct tmpfs_node *n = tmpfs_node(v);
	bool shrinks;

	if (size > READ_ONCE(v->size) && size > largest(size - 1))
		return -EFBIG;
	mutex_lock(&n->write_lock);
	shrinks = size < v->size;
	set_size(v, size);
	if (shrinks)
		cut_beyond(v, size);
	mutex_unlock(&n->write_lock);
	return 0;
}

/* Zeroes what the next page there is has of [*pos, end), and moves *pos behind; false: there is no more. */
static bool zero_next(struct tmpfs_node *n, u64 *pos, u64 end)
{
	u64 index = page_tree_seek(&n->pages, *pos / PAGE_SIZE, true), from, to;

	if (*pos >= end || index > (end - 1) / PAGE_SIZE)
		return false;
	from = MAX(*pos, index * PAGE_SIZE);
	to = MIN(end, (index + 1) * PAGE_SIZE);
	zero_piece(n, from, to - from);
	*pos = to;
	return true;
}

/*
 * Whole pages of a file that nobody maps go; others are zeroed where they are. A map begins before its
 * first fault, and that wants the lock.
 */
int tmpfs_punch(struct vnode *v, u64 pos, u64 end)
{
	struct tmpfs_node *n = tmpfs_node(v);
	u64 first = ALIGN_UP(pos, PAGE_SIZE) / PAGE_SIZE, behind = end / PAGE_SIZE;
	bool more;

	mutex_lock(&n->write_lock);
	mutex_lock(&v->lock);
	if (!READ_ONCE(v->maps) && first < behind)
		file_cut(n, first, behind - 1);
	mutex_unlock(&v->lock);
	do {
		mutex_lock(&v->lock);
		more = zero_next(n, &pos, end);
		mutex_unlock(&v->lock);
		sched_point();
	} while (more);
	mutex_lock(&v->lock);
	tmpfs_touch(v);
	mutex_unlock(&v->lock);
	mutex_unlock(&n->write_lock);
	return 0;
}

int tmpfs_append_page(struct vnode *v, const void *data, size_t n)
{
	struct page *page = file_page_alloc(tmpfs_of(v), 0);
	u8 *to;
	int r;

	if (!page)
		return -ENOSPC;
	to = page_to_virt(page);
	memcpy(to, data, n);
	memset(to + n, 0, PAGE_SIZE - n);
	r = file_page_insert(tmpfs_node(v), v->size / PAGE_SIZE, page);
	if (!r)
		v->size += n;
	return r;
}

static i64 tmpfs_seek_data(struct file *f, u64 from, bool data)
{
	struct vnode *v = f->vnode;
	u64 index, size;

	mutex_lock(&v->lock);
	index = page_tree_seek(&tmpfs_node(v)->pages, from / PAGE_SIZE, data);
	size = v->size;
	mutex_unlock(&v->lock);
	if (index >= ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE)
		return data || from >= size ? -ENXIO : (i64)size;
	return (i64)MIN(MAX(from, index * PAGE_SIZE), size);
}

const struct file_ops tmpfs_file_ops = {
	.seek_data = tmpfs_seek_data,
	.read = tmpfs_read,
	.write = tmpfs_write,
	.flags = FILE_SEEKABLE,
};
