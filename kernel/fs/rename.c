/* SPDX-License-Identifier: ISC */
/*
 * rename(2), the one change that touches two directories.
 *
 * Locks: rename_lock first, so that one renaming happens at a time and no directory changes
 * its parent meanwhile; then both directories, the ancestor first (parent before child); two
 * that are unrelated in any order, since nobody else ever waits for a second unrelated one.
 */
#include "fs/walk.h"
#include "lib/string.h"

struct mutex rename_lock = MUTEX_INIT(rename_lock);

struct renaming {
	struct walk from, to;
	struct vnode *source, *victim; /* counted; victim NULL: the new name is free */
};

bool vnode_is_ancestor(struct vnode *a, struct vnode *d)
{
	struct vnode *up;

	vnode_get(d);
	while (d != a) {
		mutex_lock(&d->lock);
		if (d->ops->lookup(d, "..", 2, &up))
			up = vnode_get(d);
		mutex_unlock(&d->lock);
		vnode_put(d);
		if (up == d) {
			vnode_put(up);
			return false;
		}
		d = up;
	}
	vnode_put(d);
	return true;
}

static void lock_both(struct vnode *from, struct vnode *to)
{
	if (from == to) {
		mutex_lock(&from->lock);
	} else if (vnode_is_ancestor(from, to)) {
		mutex_lock(&from->lock);
		mutex_lock_nested(&to->lock);
	} else {
		mutex_lock(&to->lock);
		mutex_lock_nested(&from->lock);
	}
}

static void unlock_both(struct vnode *from, struct vnode *to)
{
	mutex_unlock(&from->lock);
	if (from != to)
		mutex_unlock(&to->lock);
}

static int lookup_locked(struct walk *w, struct vnode **out)
{
	return w->at.vnode->ops->lookup(w->at.vnode, w->name, w->len, out);
}

/* The rules about what may take the place of what (rename(2)). */
static int check_types(const struct renaming *r)
{
	bool dir = vnode_is_dir(r->source);

	if (!dir && (r->from.trailing || r->to.trailing))
		return -ENOTDIR;
	if (!r->victim)
		return 0;
	if (dir && !vnode_is_dir(r->victim))
		return -ENOTDIR;
	if (!dir && vnode_is_dir(r->victim))
		return -EISDIR;
	return 0;
}

/*
 * Both directories are locked, source and victim are known; @below: the new place lies in the
 * source itself, @above: the victim holds the source's directory.
 */
static int rename_locked(struct renaming *r, bool below, bool above)
{
	struct vnode *from = r->from.at.vnode, *to = r->to.at.vnode;
	int e;

	if (below)
		return -EINVAL;
	if (r->victim == r->source)
		return 0;
	e = may_remove(r->from.c, from, r->source);
	if (!e)
		e = r->victim ? may_remove(r->to.c, to, r->victim) : may_create(r->to.c, to);
	if (!e)
		e = check_types(r);
	if (!e && above)
		e = -ENOTEMPTY;
	/* A directory that moves gets another "..": that is a write to it. */
	if (!e && from != to && vnode_is_dir(r->source))
		e = vnode_permission(r->from.c->cred, r->source, 2);
	if (e)
		return e;
	return from->ops->rename(from, r->from.name, r->from.len, to, r->to.name, r->to.len);
}

static int lookup_now(struct walk *w, struct vnode **out)
{
	int e;

	mutex_lock(&w->at.vnode->lock);
	e = lookup_locked(w, out);
	mutex_unlock(&w->at.vnode->lock);
	return e;
}

/* Source and victim as they are now, without locks held afterwards. */
static int find_both(struct renaming *r)
{
	int e;

	r->source = r->victim = NULL;
	e = lookup_now(&r->from, &r->source);
	if (e)
		return e;
	e = lookup_now(&r->to, &r->victim);
	return e == -ENOENT ? 0 : e;
}

/* True if what find_both() saw is still there, now that the directories are locked. */
static bool still_so(struct renaming *r)
{
	struct vnode *v = NULL;
	bool same;

	if (lookup_locked(&r->from, &v))
		return false;
	same = v == r->source;
	vnode_put(v);
	v = NULL;
	if (lookup_locked(&r->to, &v))
		return same && !r->victim;
	same = same && v == r->victim;
	vnode_put(v);
	return same;
}

static int rename_once(struct renaming *r)
{
	struct vnode *from = r->from.at.vnode, *to = r->to.at.vnode;
	bool below, above;
	int e = find_both(r);

	if (e)
		return e;
	if (READ_ONCE(r->source->mounts) || (r->victim && READ_ONCE(r->victim->mounts)))
		return -EBUSY;
	below = vnode_is_dir(r->source) && vnode_is_ancestor(r->source, to);
	above = r->victim && vnode_is_dir(r->victim) && vnode_is_ancestor(r->victim, from);
	lock_both(from, to);
	e = still_so(r) ? rename_locked(r, below, above) : -EAGAIN;
	unlock_both(from, to);
	return e;
}

/* Until the names stand still between being looked up and being locked. */
static int rename_retrying(struct renaming *r)
{
	struct vnode *from = r->from.at.vnode;
	int e;

	if (r->from.at.mount != r->to.at.mount || from->sb != r->to.at.vnode->sb)
		return -EXDEV;
	if (walk_is_special(&r->from) || walk_is_special(&r->to))
		return -EBUSY;
	if (mount_may_write(r->from.at.mount))
		return -EROFS;
	if (!from->ops->rename)
		return -EPERM;
	do {
		mutex_lock(&rename_lock);
		e = rename_once(r);
		mutex_unlock(&rename_lock);
		vnode_put(r->source);
		vnode_put(r->victim);
	} while (e == -EAGAIN);
	return e;
}

int path_rename(const struct fs_context *c, const struct path *from_start, const char *from,
		const struct path *to_start, const char *to)
{
	struct renaming r;
	int e = walk_begin(&r.from, c, from_start, from);

	if (e)
		return e;
	e = walk_parent(&r.from);
	if (!e)
		e = walk_begin(&r.to, c, to_start, to);
	if (!e) {
		e = walk_parent(&r.to);
		if (!e)
			e = rename_retrying(&r);
		walk_end(&r.to);
	}
	walk_end(&r.from);
	return e;
}
