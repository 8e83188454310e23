/* SPDX-License-Identifier: ISC */
/*
 * From a path to a vnode and back. The walk itself is in walk.c.
 * Locks: rename_lock while a directory's path is put together.
 */
#include "fs/path.h"

#include "fs/walk.h"
#include "lib/string.h"

/* The end of a lookup: follows symlinks as long as there are any. */
static int lookup_end(struct walk *w, u32 flags, struct vnode **out)
{
	struct vnode *link, *jump;
	int r;

	for (;;) {
		r = walk_parent(w);
		if (!r)
			r = walk_last(w, out);
		if (r)
			return r;
		if (likely(!vnode_is_link(*out)))
			return 0;
		if (!(flags & LOOKUP_FOLLOW) && !w->trailing)
			return 0;
		link = *out;
		r = walk_follow(w, link, &jump);
		vnode_put(link);
		*out = jump;
		if (r || jump)
			return r;
	}
}

int path_lookup(const struct fs_context *c, struct vnode *start, const char *path, u32 flags,
		struct vnode **out)
{
	struct walk w;
	int r = walk_begin(&w, c, start, path);

	if (r)
		return r;
	r = lookup_end(&w, flags, out);
	if (!r && (w.trailing || (flags & LOOKUP_DIRECTORY)) && !vnode_is_dir(*out)) {
		vnode_put(*out);
		r = -ENOTDIR;
	}
	walk_end(&w);
	return r;
}

int path_parent(const struct fs_context *c, struct vnode *start, const char *path,
		struct vnode **dir, char *name, size_t *len)
{
	struct walk w;
	int r = walk_begin(&w, c, start, path);

	if (r)
		return r;
	r = walk_parent(&w);
	if (!r) {
		memcpy(name, w.name, w.len);
		name[w.len] = '\0';
		*len = w.len;
		*dir = vnode_get(w.at);
	}
	walk_end(&w);
	return r;
}

/* Puts "/name" of *@v in front of buf[*at] and goes to its directory (consumes the count). */
static int prepend_name(struct vnode **v, char *buf, size_t *at)
{
	char name[NAME_MAX + 1];
	struct vnode *below = *v, *parent;
	size_t len;
	int r;

	while (below->covers)
		below = below->covers;
	r = below->ops->name ? below->ops->name(below, name, &parent) : -ENOENT;
	if (r)
		return r;
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

ssize_t path_of(const struct fs_context *c, struct vnode *dir, char *buf, size_t size)
{
	struct vnode *v = vnode_get(dir);
	size_t at = size;
	int r = size < 2 ? -ERANGE : 0;

	if (!r)
		buf[--at] = '\0';
	mutex_lock(&rename_lock);
	while (!r && v != c->root && v != fs_root())
		r = prepend_name(&v, buf, &at);
	mutex_unlock(&rename_lock);
	vnode_put(v);
	if (r)
		return r;
	if (buf[at] == '\0')
		buf[--at] = '/';
	memmove(buf, buf + at, size - at);
	return size - at;
}
