/* SPDX-License-Identifier: ISC */
/*
 * The walk along a path (walk.h). One directory is locked at a time, and only while it is
 * asked for a name; symlinks are followed in a loop, never by recursion.
 */
#include "fs/walk.h"

#include "lib/string.h"
#include "mm/slab.h"

static void walk_to(struct walk *w, struct vnode *v)
{
	vnode_put(w->at);
	w->at = v;
}

/* Through the roots that cover @v; consumes and returns a counted vnode. */
static struct vnode *cross_mounts(struct vnode *v)
{
	while (unlikely(v->mounted)) {
		struct vnode *root = vnode_get(v->mounted);

		vnode_put(v);
		v = root;
	}
	return v;
}

void vnode_mount(struct vnode *dir, struct vnode *root)
{
	root->covers = vnode_get(dir);
	dir->mounted = vnode_get(root);
}

int walk_begin(struct walk *w, const struct fs_context *c, struct vnode *start, const char *path)
{
	if (!*path)
		return -ENOENT;
	if (*path == '/')
		start = c->root;
	else if (!start)
		start = c->cwd;
	if (!vnode_is_dir(start))
		return -ENOTDIR;
	w->c = c;
	w->at = vnode_get(start);
	w->rest = path;
	w->expanded = NULL;
	w->links = 0;
	return 0;
}

void walk_end(struct walk *w)
{
	vnode_put(w->at);
	kfree(w->expanded);
}

/* ".." of where the walk is: stays at the root, leaves a mounted file system by its cover. */
static int walk_up(struct walk *w, struct vnode **out)
{
	struct vnode *dir = w->at;
	int r;

	if (dir == w->c->root) {
		*out = vnode_get(dir);
		return 0;
	}
	while (dir->covers)
		dir = dir->covers;
	mutex_lock(&dir->lock);
	r = dir->ops->lookup(dir, "..", 2, out);
	mutex_unlock(&dir->lock);
	if (!r)
		*out = cross_mounts(*out);
	return r;
}

static bool is_dot(const char *name, size_t len)
{
	return len == 1 && name[0] == '.';
}

static bool is_dotdot(const char *name, size_t len)
{
	return len == 2 && name[0] == '.' && name[1] == '.';
}

int walk_last(struct walk *w, struct vnode **out)
{
	struct vnode *dir = w->at;
	int r;

	if (unlikely(!w->len || is_dot(w->name, w->len))) {
		*out = vnode_get(dir);
		return 0;
	}
	if (unlikely(is_dotdot(w->name, w->len)))
		return walk_up(w, out);
	if (unlikely(!dir->ops->lookup))
		return -ENOTDIR;
	mutex_lock(&dir->lock);
	r = dir->ops->lookup(dir, w->name, w->len, out);
	mutex_unlock(&dir->lock);
	if (!r)
		*out = cross_mounts(*out);
	return r;
}

bool walk_is_special(const struct walk *w)
{
	return !w->len || is_dot(w->name, w->len) || is_dotdot(w->name, w->len);
}

/* Takes the next component off `rest`. */
static int next_component(struct walk *w)
{
	const char *s = w->rest;

	while (*s == '/')
		s++;
	w->name = s;
	while (*s && *s != '/')
		s++;
	w->len = s - w->name;
	w->trailing = *s == '/';
	while (*s == '/')
		s++;
	w->rest = s;
	return w->len > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Puts @text (of @n bytes) and the rest of the path behind it in place of what is walked. */
static int expand(struct walk *w, char *buf, size_t n)
{
	size_t rest = strlen(w->rest);

	if (n + rest + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	if (w->trailing)
		buf[n++] = '/';
	memcpy(buf + n, w->rest, rest + 1);
	kfree(w->expanded);
	w->expanded = buf;
	w->rest = buf;
	if (*buf == '/')
		walk_to(w, vnode_get(w->c->root));
	return 0;
}

int walk_follow(struct walk *w, struct vnode *link, struct vnode **jump)
{
	char *buf;
	ssize_t n;
	int r;

	*jump = NULL;
	if (++w->links > MAX_SYMLINKS)
		return -ELOOP;
	if (link->ops->follow)
		return link->ops->follow(link, jump);
	buf = kmalloc(PATH_MAX);
	if (!buf)
		return -ENOMEM;
	n = link->ops->readlink(link, buf, PATH_MAX);
	r = n < 0 ? n : n ? expand(w, buf, n) : -ENOENT;
	if (r)
		kfree(buf);
	return r;
}

/* One component that is not the last: into the directory it names. */
static int walk_step(struct walk *w)
{
	struct vnode *next, *jump;
	int r = walk_last(w, &next);

	if (r)
		return r;
	if (vnode_is_link(next)) {
		r = walk_follow(w, next, &jump);
		vnode_put(next);
		if (r || !jump)
			return r;
		next = jump;
	}
	walk_to(w, next);
	return 0;
}

int walk_parent(struct walk *w)
{
	for (;;) {
		int r = next_component(w);

		if (unlikely(!vnode_is_dir(w->at)))
			return -ENOTDIR;
		if (!r)
			r = vnode_permission(w->c->cred, w->at, 1);
		if (r || !*w->rest)
			return r;
		r = walk_step(w);
		if (r)
			return r;
	}
}
