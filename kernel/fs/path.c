/* SPDX-License-Identifier: ISC */
/*
 * From a path to a vnode and back. The walk itself is in walk.c.
 * Locks: rename_lock while a directory's path is put together.
 */
#include "fs/path.h"

#include "fs/walk.h"
#include "lib/string.h"

/* The end of a lookup: follows symlinks as long as there are any. */
static int lookup_end(struct walk *w, u32 flags, struct spot *out)
{
	for (;;) {
		int r = walk_parent(w);

		if (!r)
			r = walk_last(w, out);
		if (r)
			return r;
		if (likely(!vnode_is_link(out->vnode)))
			return 0;
		if (!(flags & LOOKUP_FOLLOW) && !w->trailing)
			return 0;
		r = walk_follow(w, out);
		if (r || out->vnode)
			return r;
	}
}

/* The place, which the walk still keeps. */
static int lookup(struct walk *w, u32 flags, struct spot *out)
{
	int r = lookup_end(w, flags, out);

	if (!r && (w->trailing || (flags & LOOKUP_DIRECTORY)) && !vnode_is_dir(out->vnode)) {
		spot_put(out);
		r = -ENOTDIR;
	}
	return r;
}

int path_lookup(const struct fs_context *c, const struct path *start, const char *path, u32 flags,
		struct vnode **out)
{
	struct path p;
	int r = path_find(c, start, path, flags, &p);

	if (r)
		return r;
	*out = p.vnode;
	mount_put(p.mount);
	return 0;
}

int path_stat(const struct fs_context *c, const struct path *start, const char *path, u32 flags,
	      struct stat *st)
{
	struct walk w;
	struct spot s;
	int r = walk_begin_stat(&w, c, start, path, st);

	if (likely(r))
		return MIN(r, 0);
	r = lookup(&w, flags, &s);
	if (!r) {
		vnode_stat(s.vnode, st);
		spot_put(&s);
	}
	walk_end(&w);
	return r;
}

int path_find(const struct fs_context *c, const struct path *start, const char *path, u32 flags,
	      struct path *out)
{
	struct walk w;
	struct spot s;
	int r = walk_begin_whole(&w, c, start, path, &s);

	if (r < 0)
		return r;
	if (likely(r)) {
		spot_to_path(&s, out);
		if (!(flags & LOOKUP_DIRECTORY) || vnode_is_dir(out->vnode))
			return 0;
		path_put(out);
		return -ENOTDIR;
	}
	r = lookup(&w, flags, &s);
	if (!r)
		spot_to_path(&s, out);
	walk_end(&w);
	return r;
}

struct path path_get(const struct path *p)
{
	if (p->vnode)
		vnode_get(p->vnode);
	mount_get(p->mount);
	return *p;
}

void path_put(const struct path *p)
{
	vnode_put(p->vnode);
	mount_put(p->mount);
}

/* -- and back ---------------------------------------------------------------------------------- */

/*
 * Puts "/name" of *@v in front of buf[*at] and goes to its directory (consumes the count); *gone: that
 * was its name.
 */
static int prepend_name(struct vnode **v, char *buf, size_t *at, bool *gone)
{
	char name[NAME_MAX + 1];
	struct vnode *parent;
	size_t len;
	int r = (*v)->ops->name ? (*v)->ops->name(*v, name, &parent) : -ENOENT;

	if (r < 0)
		return r;
	*gone |= r;
	vnode_put(*v);
	*v = parent;
	len = strlen(name);
	if (*at < len + 1)
		return -ERANGE;
	*at -= len;
	memcpy(buf + *at, name, len);
	buf[--*at] = '/';
	return 0;
}

static bool is_at_root(const struct fs_context *c, const struct path *p)
{
	return p->vnode == c->root.vnode && p->mount == c->root.mount;
}

/* Out of all mounts that @p is the root of. False: it is the top of the tree, or of one taken off. */
static bool leave_mounts(const struct fs_context *c, struct path *p)
{
	struct path below;

	while (p->mount && p->vnode == p->mount->root && !is_at_root(c, p)) {
		if (!mount_place(p->mount, &below))
			return false;
		path_put(p);
		*p = below;
	}
	return true;
}

/* The names from @p up, to the end of @buf; *at: where they begin. *p ends where it stops. */
static int prepend_names(const struct fs_context *c, struct path *p, char *buf, size_t *at,
			 bool *gone)
{
	int r = 0;

	mutex_lock(&rename_lock);
	while (!r && leave_mounts(c, p) && !is_at_root(c, p))
		r = prepend_name(&p->vnode, buf, at, gone);
	mutex_unlock(&rename_lock);
	return r;
}

static ssize_t build(const struct fs_context *c, const struct path *from, char *buf, size_t size,
		     bool *reached, bool *gone)
{
	struct path p = path_get(from);
	size_t at = size;
	int r = size < 2 ? -ERANGE : 0;

	if (!r) {
		buf[--at] = '\0';
		*gone = false;
		r = prepend_names(c, &p, buf, &at, gone);
	}
	*reached = is_at_root(c, &p);
	path_put(&p);
	if (r)
		return r;
	if (buf[at] == '\0')
		buf[--at] = '/';
	memmove(buf, buf + at, size - at);
	return size - at;
}

ssize_t path_of(const struct fs_context *c, const struct path *p, char *buf, size_t size)
{
	bool reached, gone;
	ssize_t n = build(c, p, buf, size, &reached, &gone);

	return n > 0 && gone ? -ENOENT : n;
}

ssize_t path_below_root(const struct fs_context *c, const struct path *p, char *buf, size_t size)
{
	bool reached, gone;
	ssize_t n = build(c, p, buf, size, &reached, &gone);

	if (n > 0 && gone)
		return -ENOENT;
	return n < 0 || reached ? n : 0;
}

ssize_t path_text(const struct fs_context *c, const struct path *p, char *buf, size_t size)
{
	static const char word[] = " (deleted)";
	bool reached, gone;
	ssize_t n = size < sizeof(word) ? -ERANGE
					: build(c, p, buf, size - sizeof(word), &reached, &gone);

	if (n <= 0 || !gone)
		return n;
	memcpy(buf + n - 1, word, sizeof(word));
	return n + (ssize_t)sizeof(word) - 1;
}
