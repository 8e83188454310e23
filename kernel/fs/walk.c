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

/* Asks directory @dir for a plain name. */
static inline int ask_directory(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	int r;

	mutex_lock(&dir->lock);
	r = dir->ops->lookup(dir, name, len, out);
	mutex_unlock(&dir->lock);
	if (likely(!r) && unlikely((*out)->mounted))
		*out = cross_mounts(*out);
	return r;
}

int walk_last(struct walk *w, struct vnode **out)
{
	if (likely(w->len && w->name[0] != '.'))
		return ask_directory(w->at, w->name, w->len, out);
	if (!w->len || is_dot(w->name, w->len)) {
		*out = vnode_get(w->at);
		return 0;
	}
	if (is_dotdot(w->name, w->len))
		return walk_up(w, out);
	return ask_directory(w->at, w->name, w->len, out);
}

bool walk_is_special(const struct walk *w)
{
	return !w->len || is_dot(w->name, w->len) || is_dotdot(w->name, w->len);
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

/* One component that is not the last and not a plain directory: a link, "." or "..". */
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

/* May the walk look for names in @dir? Root may in every directory. */
static inline int may_search(const struct walk *w, struct vnode *dir)
{
	if (unlikely(!vnode_is_dir(dir)))
		return -ENOTDIR;
	return likely(!w->c->cred->fsuid) ? 0 : vnode_permission(w->c->cred, dir, 1);
}

/*
 * Takes the next component off w->rest. 1: it is the last, 0: more follow, or an error.
 * The caller's `at` is where the walk is.
 */
static inline int next_component(struct walk *w, struct vnode *at)
{
	const char *s = w->rest, *name;

	while (*s == '/')
		s++;
	name = s;
	while (*s && *s != '/')
		s++;
	w->name = name;
	w->len = s - name;
	w->trailing = *s == '/';
	while (*s == '/')
		s++;
	w->rest = s;
	if (unlikely(w->len > NAME_MAX))
		return vnode_is_dir(at) ? -ENAMETOOLONG : -ENOTDIR;
	return !*s;
}

/*
 * The common run, without detours: root goes through plain directories. Stops before whatever
 * needs a closer look: the last component, a link, dots, a name that isn't there.
 */
static inline void walk_plain(struct walk *w)
{
	struct vnode *at = w->at, *next;
	const char *name = w->rest, *end;

	for (;; name = end + 1) {
		w->rest = name;
		while (*name == '/')
			name++;
		for (end = name; *end && *end != '/';)
			end++;
		if (!*end || !end[1] || *name == '.' || end - name > NAME_MAX || !vnode_is_dir(at))
			break;
		if (ask_directory(at, name, end - name, &next))
			break;
		if (unlikely(vnode_is_link(next))) {
			vnode_put(next);
			break;
		}
		vnode_put(at);
		at = next;
	}
	w->at = at;
}

int walk_parent(struct walk *w)
{
	for (;;) {
		int last, r;

		if (likely(!w->c->cred->fsuid))
			walk_plain(w);
		last = next_component(w, w->at);
		r = last < 0 ? last : may_search(w, w->at);
		if (r || last)
			return r;
		r = walk_step(w);
		if (r)
			return r;
	}
}
