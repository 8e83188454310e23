/* SPDX-License-Identifier: ISC */
/*
 * The walk along a path (walk.h), from where it is not known any more (walk_known.c). One directory is locked
 * at a time, and only while it is asked for a name; symlinks are followed in a loop, never by recursion.
 */
#include "fs/walk.h"

#include "lib/string.h"
#include "mm/slab.h"

void spot_to_path(struct spot *s, struct path *out)
{
	*out = (struct path){ s->mount, s->vnode };
	if (!s->owned)
		mount_get(s->mount);
}

/* Goes on at @s, which becomes the walk's. One in the same mount takes its count over. */
static void walk_to(struct walk *w, const struct spot *s)
{
	vnode_put(w->at.vnode);
	w->at.vnode = s->vnode;
	if (likely(s->mount == w->at.mount && !s->owned))
		return;
	mount_put(w->at.owned);
	w->crossed |= s->mount != w->at.mount;
	w->at.mount = s->mount;
	w->at.owned = s->owned;
}

void walk_cross(struct spot *s)
{
	struct mount *m;

	while (unlikely(READ_ONCE(s->vnode->mounts)) && (m = mount_on(s->mount, s->vnode))) {
		vnode_put(s->vnode);
		mount_put(s->owned);
		*s = (struct spot){ vnode_get(m->root), m, m };
	}
}

void walk_end(struct walk *w)
{
	spot_put(&w->at);
	if (unlikely(w->expanded))
		kfree(w->expanded);
}

static bool is_root_of(const struct walk *w, const struct spot *s)
{
	return s->vnode == w->c->root.vnode && s->mount == w->c->root.mount;
}

/* From the root of a mount to the directory that it covers, mount by mount. */
static void leave_mounts(const struct walk *w, struct spot *s)
{
	struct path below;

	while (s->mount && s->vnode == s->mount->root && !is_root_of(w, s) &&
	       mount_place(s->mount, &below)) {
		vnode_put(s->vnode);
		mount_put(s->owned);
		*s = (struct spot){ below.vnode, below.mount, below.mount };
	}
}

/* ".." of where the walk is: stays at the root, leaves a mounted file system by its cover. */
static int walk_up(struct walk *w, struct spot *out)
{
	struct spot s = { vnode_get(w->at.vnode), w->at.mount, mount_get(w->at.owned) };
	struct vnode *up;
	int r;

	if ((w->c->resolve & RESOLVE_BENEATH) && is_root_of(w, &s)) {
		spot_put(&s);
		return -EXDEV;
	}
	leave_mounts(w, &s);
	*out = s;
	if (is_root_of(w, &s) || (s.mount && s.vnode == s.mount->root))
		return 0;
	mutex_lock(&s.vnode->lock);
	r = s.vnode->ops->lookup(s.vnode, "..", 2, &up);
	mutex_unlock(&s.vnode->lock);
	if (r) {
		spot_put(&s);
		return r;
	}
	vnode_put(s.vnode);
	out->vnode = up;
	walk_cross(out);
	return 0;
}

static bool is_dot(const char *name, size_t len)
{
	return len == 1 && name[0] == '.';
}

static bool is_dotdot(const char *name, size_t len)
{
	return len == 2 && name[0] == '.' && name[1] == '.';
}

/* Asks directory @dir for a plain name; what is mounted there is not crossed to. */
static inline int ask_directory(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	int r;

	mutex_lock(&dir->lock);
	r = dir->ops->lookup(dir, name, len, out);
	mutex_unlock(&dir->lock);
	return r;
}

/* A plain name where the walk is. */
static inline int walk_into(struct walk *w, struct spot *out)
{
	int r = ask_directory(w->at.vnode, w->name, w->len, &out->vnode);

	out->mount = w->at.mount;
	out->owned = NULL;
	if (likely(!r) && unlikely(READ_ONCE(out->vnode->mounts)))
		walk_cross(out);
	return r;
}

int walk_last(struct walk *w, struct spot *out)
{
	if (likely(w->len && w->name[0] != '.'))
		return walk_into(w, out);
	if (!w->len || is_dot(w->name, w->len)) {
		*out = (struct spot){ vnode_get(w->at.vnode), w->at.mount, NULL };
		return 0;
	}
	if (is_dotdot(w->name, w->len))
		return walk_up(w, out);
	return walk_into(w, out);
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
	if (*buf == '/' && (w->c->resolve & RESOLVE_BENEATH))
		return -EXDEV;
	if (w->trailing)
		buf[n++] = '/';
	memcpy(buf + n, w->rest, rest + 1);
	kfree(w->expanded);
	w->expanded = buf;
	w->rest = buf;
	if (*buf == '/') {
		w->crossed |= w->at.mount != w->c->root.mount;
		mount_put(w->at.owned);
		vnode_put(w->at.vnode);
		w->at = (struct spot){ vnode_get(w->c->root.vnode), w->c->root.mount, NULL };
	}
	return 0;
}

/* The link's text takes its place. */
static int follow_text(struct walk *w, struct vnode *link)
{
	char *buf = kmalloc(PATH_MAX);
	ssize_t n;
	int r;

	if (!buf)
		return -ENOMEM;
	n = link->ops->readlink(link, buf, PATH_MAX);
	r = n < 0 ? n : n ? expand(w, buf, n) : -ENOENT;
	if (r)
		kfree(buf);
	return r;
}

int walk_follow(struct walk *w, struct spot *link)
{
	struct spot s = *link;
	struct path jump;
	int r = 0;

	link->vnode = NULL;
	if (++w->links > MAX_SYMLINKS || (mount_flags(s.mount) & MS_NOSYMFOLLOW) ||
	    (w->c->resolve & RESOLVE_NO_SYMLINKS)) {
		r = -ELOOP;
	} else if (s.vnode->ops->follow && w->c->resolve) {
		r = w->c->resolve & RESOLVE_NO_MAGICLINKS ? -ELOOP : -EXDEV;
	} else if (!s.vnode->ops->follow) {
		r = follow_text(w, s.vnode);
	} else {
		r = s.vnode->ops->follow(s.vnode, &jump);
		if (!r)
			*link = (struct spot){ jump.vnode, jump.mount, jump.mount };
	}
	spot_put(&s);
	return r;
}

/* One component that is not the last and not a plain directory: a link, "." or "..". */
static int walk_step(struct walk *w)
{
	struct spot next;
	int r = walk_last(w, &next);

	if (!r && vnode_is_link(next.vnode))
		r = walk_follow(w, &next);
	if (!r && next.vnode)
		walk_to(w, &next);
	return r;
}

/* May the walk look for names in @dir? Root may in every directory. */
static inline int may_search(const struct walk *w, struct vnode *dir)
{
	if (unlikely(!vnode_is_dir(dir)))
		return -ENOTDIR;
	return likely(!w->c->cred->fsuid) ? 0 : vnode_permission(w->c->cred, dir, 1);
}

/*
 * Takes the next component, [name, s), off w->rest. 1: it is the last, 0: more follow, or an error.
 * The caller's `at` is where the walk is.
 */
static inline int next_component(struct walk *w, struct vnode *at, const char *name, const char *s)
{
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
 * needs a closer look: the last component, a link, dots, a name that isn't there. For others than root
 * it stops at once. Returns the component's begin, *out is its end.
 */
static inline const char *walk_plain(struct walk *w, const char **out)
{
	struct vnode *at = w->at.vnode, *next;
	const char *name = w->rest, *end;
	bool root = likely(!w->c->cred->fsuid);

	for (;; name = end + 1) {
		w->rest = name;
		while (*name == '/')
			name++;
		for (end = name; *end && *end != '/';)
			end++;
		if (!root || !*end || !end[1] || *name == '.' || end - name > NAME_MAX ||
		    !vnode_is_dir(at))
			break;
		if (ask_directory(at, name, end - name, &next))
			break;
		if (unlikely(vnode_is_link(next) || READ_ONCE(next->mounts))) {
			vnode_put(next);
			break;
		}
		vnode_put(at);
		at = next;
	}
	w->at.vnode = at;
	*out = end;
	return name;
}

int walk_parent(struct walk *w)
{
	for (;;) {
		const char *end, *name = walk_plain(w, &end);
		int last = next_component(w, w->at.vnode, name, end), r;

		r = last < 0 ? last : may_search(w, w->at.vnode);
		if (r || last)
			return r;
		r = walk_step(w);
		if (r)
			return r;
	}
}
