/* SPDX-License-Identifier: ISC */
/*
 * How a walk along a path begins (walk.h): as long as the name to look up is the one that its directory was
 * asked for last (vnode.known) and leads to nothing special, a vnode is passed without being locked or
 * counted. base/peek.h says why it is still there.
 *
 * Each name is looked up at one time, in a directory that had it then: what is renamed or removed during
 * a walk may be found or not, as by a walk that locks one directory after the other.
 */
#include "base/peek.h"
#include "fs/walk.h"
#include "lib/unaligned.h"

/*
 * Where the component at @s ends if it is the name @k, or longer; NULL: it is not. Eight bytes at a time:
 * up to seven behind the path's NUL may be read, so never from behind @limit, where a page ends.
 */
static inline const char *match(const struct known_name *k, const char *s, const char *limit)
{
	const char *name = k->text;
	size_t n = k->len;

	for (; n > 8; n -= 8, name += 8, s += 8) {
		if (unlikely(s > limit) || load8(s) != load8(name))
			return NULL;
	}
	if (unlikely(s > limit) || (load8(s) ^ load8(name)) << (64 - 8 * n))
		return NULL;
	return s + n;
}

/* A place on the known way, good until peek_end(). */
struct known {
	struct vnode *at;
	const char *rest; /* of the path, from there */
};

/*
 * Goes on as long as names are known. The vnode at the end, if @whole is wanted and it came there; NULL: *k
 * is where it stopped, before the last name, or anything that needs a closer look.
 */
static inline struct vnode *go_known(struct known *k, const struct credentials *cred, bool whole)
{
	const char *limit = (const char *)((uintptr_t)k->rest | (PAGE_SIZE - 1)) - 7;

	while (*k->rest == '/')
		k->rest++;
	for (;;) {
		const struct known_name *name = __atomic_load_n(&k->at->known, __ATOMIC_ACQUIRE);
		const char *end = likely(name) ? match(name, k->rest, limit) : NULL;

		assert(!end || READ_ONCE(name->vnode->refs));
		if (unlikely(!end || READ_ONCE(name->vnode->detour) ||
			     (cred->fsuid && vnode_permission(cred, k->at, 1))))
			return NULL;
		if (!*end)
			return whole ? name->vnode : NULL;
		if (*end != '/' || end[1] == '/' || !end[1])
			return NULL;
		k->at = name->vnode;
		k->rest = end + 1;
	}
}

static inline const struct path *start_of(const struct fs_context *c, const struct path *start,
					  const char *path)
{
	if (*path == '/')
		return &c->root;
	return start ? start : &c->cwd;
}

/* From @k on, whose vnode is counted, the walk goes as usual. 0, -ENOENT, -ENOTDIR. */
static int begin_at(struct walk *w, const struct fs_context *c, const struct path *start,
		    const char *path, struct known k)
{
	if (!*path || !vnode_is_dir(start->vnode)) {
		vnode_put(k.at);
		return *path ? -ENOTDIR : -ENOENT;
	}
	w->c = c;
	w->at = (struct spot){ k.at, start->mount, NULL };
	w->rest = k.rest;
	w->expanded = NULL;
	w->links = 0;
	w->crossed = false;
	return 0;
}

int walk_begin(struct walk *w, const struct fs_context *c, const struct path *start,
	       const char *path)
{
	const struct path *from = start_of(c, start, path);
	struct known k = { from->vnode, path };

	peek_begin();
	go_known(&k, c->cred, false);
	vnode_get(k.at);
	peek_end();
	return begin_at(w, c, from, path, k);
}

int walk_begin_whole(struct walk *w, const struct fs_context *c, const struct path *start,
		     const char *path, struct spot *out)
{
	const struct path *from = start_of(c, start, path);
	struct known k = { from->vnode, path };
	struct vnode *v;

	peek_begin();
	v = go_known(&k, c->cred, true);
	vnode_get(v ? v : k.at);
	peek_end();
	if (unlikely(!v))
		return begin_at(w, c, from, path, k);
	w->c = c;
	w->at.mount = from->mount;
	w->crossed = w->trailing = false;
	*out = (struct spot){ v, from->mount, NULL };
	return 1;
}

int walk_begin_stat(struct walk *w, const struct fs_context *c, const struct path *start,
		    const char *path, struct stat *st)
{
	const struct path *from = start_of(c, start, path);
	struct known k = { from->vnode, path };
	struct vnode *v;

	peek_begin();
	v = go_known(&k, c->cred, true);
	if (likely(v))
		vnode_stat(v, st);
	else
		vnode_get(k.at);
	peek_end();
	return likely(v) ? 1 : begin_at(w, c, from, path, k);
}
