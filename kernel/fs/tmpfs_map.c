/* SPDX-License-Identifier: ISC */
/*
 * Files of tmpfs as maps have them: the pages are those that reads and writes use. Locks: vnode.lock; the
 * caller holds its space's (write_lock → space.lock → vnode.lock).
 */
#include "fs/path.h"
#include "fs/tmpfs.h"

static struct vnode *backing_vnode(struct backing *b)
{
	return container_of(b, struct vnode, backing);
}

/* For a map: holes get a page at once, so that reader and writer share it. */
static int backing_page(struct backing *b, u64 index, struct page **out)
{
	struct vnode *v = backing_vnode(b);
	int r = -ENXIO;

	mutex_lock(&v->lock);
	if (index < ALIGN_UP(v->size, PAGE_SIZE) / PAGE_SIZE) {
		r = tmpfs_page_make(tmpfs_node(v), index, out);
		if (!r)
			page_get(*out);
	}
	mutex_unlock(&v->lock);
	/* Memory can be had by killing somebody, room in a full file system cannot. */
	if (r == -ENOSPC)
		r = page_memory_low() ? -ENOMEM : -EIO;
	return r;
}

static u32 backing_resident(struct backing *b, u64 first, u32 wanted, struct page **out)
{
	struct vnode *v = backing_vnode(b);
	u64 end;
	u32 found = 0;

	mutex_lock(&v->lock);
	end = ALIGN_UP(v->size, PAGE_SIZE) / PAGE_SIZE;
	if (first < end)
		found = page_tree_take(
			&tmpfs_node(v)->pages, first,
			end - first < 32 ? wanted & ((1U << (end - first)) - 1) : wanted, out);
	mutex_unlock(&v->lock);
	return found;
}

static void backing_get(struct backing *b)
{
	struct vnode *v = vnode_get(backing_vnode(b));

	__atomic_fetch_add(&v->maps, 1, __ATOMIC_RELAXED);
}

static void backing_put(struct backing *b)
{
	struct vnode *v = backing_vnode(b);

	__atomic_fetch_sub(&v->maps, 1, __ATOMIC_RELAXED);
	vnode_put(v);
}

static void backing_describe(struct backing *b, char *buf, size_t size)
{
	struct fs_context c = { .root = *fs_root() };
	struct path p;
	ssize_t n = -ENOENT;

	if (mount_showing(backing_vnode(b), &p)) {
		n = size ? path_text(&c, &p, buf, size) : 0;
		path_put(&p);
	}
	if (n < 0)
		buf[0] = '\0';
}

const struct backing_ops tmpfs_backing_ops = {
	.page = backing_page,
	.resident = backing_resident,
	.get = backing_get,
	.put = backing_put,
	.describe = backing_describe,
};
