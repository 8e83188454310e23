/* SPDX-License-Identifier: ISC */
/*
 * Making and removing names: mkdir, mknod, unlink, rmdir, symlink, link.
 * Locks: the directory's vnode.lock from the lookup to the change, so that both are one.
 */
#include "fs/walk.h"
#include "lib/string.h"

int may_create(const struct fs_context *c, struct vnode *dir)
{
	return vnode_permission(c->cred, dir, 3);
}

int may_remove(const struct fs_context *c, struct vnode *dir, struct vnode *victim)
{
	const struct credentials *cred = c->cred;
	int r = vnode_permission(cred, dir, 3);

	if (r)
		return r;
	if ((dir->mode & S_ISVTX) && cred->fsuid && cred->fsuid != victim->uid &&
	    cred->fsuid != dir->uid)
		return -EPERM;
	return READ_ONCE(victim->mounts) ? -EBUSY : 0;
}

static void set_owner(const struct fs_context *c, struct vnode *dir, struct vnode *v)
{
	v->uid = c->cred->fsuid;
	v->gid = c->cred->fsgid;
	if (dir->mode & S_ISGID) {
		v->gid = dir->gid;
		if (vnode_is_dir(v))
			v->mode |= S_ISGID;
	}
}

int create_in(const struct fs_context *c, struct vnode *dir, const char *name, size_t len, u32 mode,
	      u64 rdev, struct vnode **out)
{
	int r = may_create(c, dir);

	if (r)
		return r;
	if (!dir->ops->create)
		return -ENOENT; /* as procfs on Linux: the name isn't there and can't come to be */
	r = dir->ops->create(dir, name, len, mode & ~(c->umask & 0777), rdev, out);
	if (!r)
		set_owner(c, dir, *out);
	return r;
}

int create_nameless_in(const struct fs_context *c, struct vnode *dir, u32 mode, struct vnode **out)
{
	int r = may_create(c, dir);

	if (r)
		return r;
	if (!dir->ops->create_nameless)
		return -EOPNOTSUPP;
	r = dir->ops->create_nameless(dir, mode & ~(c->umask & 0777), out);
	if (!r)
		set_owner(c, dir, *out);
	return r;
}

/* Is the name of the locked directory free? -EEXIST if not. */
static int name_is_free(struct walk *w)
{
	struct vnode *dir = w->at.vnode, *there;
	int r = dir->ops->lookup ? dir->ops->lookup(dir, w->name, w->len, &there) : -ENOTDIR;

	if (r == -ENOENT)
		return 0;
	if (r)
		return r;
	vnode_put(there);
	return -EEXIST;
}

/*
 * Walks to where a new name shall be; on 0 the directory is locked and the name is free,
 * and make_end() must follow.
 */
static int make_begin(struct walk *w, const struct fs_context *c, const struct path *start,
		      const char *path, bool directory)
{
	int r = walk_begin(w, c, start, path);

	if (r)
		return r;
	r = walk_parent(w);
	if (!r && walk_is_special(w))
		r = -EEXIST;
	if (r) {
		walk_end(w);
		return r;
	}
	mutex_lock(&w->at.vnode->lock);
	r = name_is_free(w);
	if (!r && w->trailing && !directory)
		r = -ENOENT;
	if (!r)
		r = mount_may_write(w->at.mount);
	if (r) {
		mutex_unlock(&w->at.vnode->lock);
		walk_end(w);
	}
	return r;
}

static void make_end(struct walk *w)
{
	mutex_unlock(&w->at.vnode->lock);
	walk_end(w);
}

static int make_vnode(const struct fs_context *c, const struct path *start, const char *path,
		      u32 mode, u64 rdev, struct vnode **out)
{
	struct walk w;
	int r = make_begin(&w, c, start, path, (mode & S_IFMT) == S_IFDIR);

	if (r)
		return r;
	r = create_in(c, w.at.vnode, w.name, w.len, mode, rdev, out);
	make_end(&w);
	return r;
}

static int make_node(const struct fs_context *c, const struct path *start, const char *path,
		     u32 mode, u64 rdev)
{
	struct vnode *v;
	int r = make_vnode(c, start, path, mode, rdev, &v);

	if (!r)
		vnode_put(v);
	return r;
}

int path_make_socket(const struct fs_context *c, const char *path, struct vnode **out)
{
	return make_vnode(c, NULL, path, S_IFSOCK | 0777, 0, out);
}

int path_mkdir(const struct fs_context *c, const struct path *start, const char *path, u32 mode)
{
	return make_node(c, start, path, S_IFDIR | (mode & 01777), 0);
}

int path_mknod(const struct fs_context *c, const struct path *start, const char *path, u32 mode,
	       u64 rdev)
{
	switch (mode & S_IFMT) {
	case 0:
		mode |= S_IFREG;
		/* fallthrough */
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK: rdev = 0; break;
	case S_IFCHR:
	case S_IFBLK:
		if (c->cred->fsuid)
			return -EPERM;
		break;
	case S_IFDIR: return -EPERM;
	default: return -EINVAL;
	}
	return make_node(c, start, path, mode & (S_IFMT | 07777), rdev);
}

int path_symlink(const struct fs_context *c, const struct path *start, const char *path,
		 const char *target)
{
	struct walk w;
	struct vnode *v, *dir;
	int r;

	if (!*target)
		return -ENOENT;
	r = make_begin(&w, c, start, path, false);
	if (r)
		return r;
	dir = w.at.vnode;
	r = may_create(c, dir);
	if (!r)
		r = dir->ops->symlink ? dir->ops->symlink(dir, w.name, w.len, target) : -ENOENT;
	if (!r && !dir->ops->lookup(dir, w.name, w.len, &v)) {
		set_owner(c, dir, v);
		vnode_put(v);
	}
	make_end(&w);
	return r;
}

/* May @old get another name in @dir? */
static int check_link(struct walk *w, const struct path *old)
{
	struct vnode *dir = w->at.vnode, *v = old->vnode;
	int r = may_create(w->c, dir);

	if (r)
		return r;
	if (w->at.mount != old->mount || dir->sb != v->sb)
		return -EXDEV;
	if (vnode_is_dir(v) || !dir->ops->link)
		return -EPERM;
	/* All its names are gone, unless it never had one. */
	return v->nlink || v->may_get_name ? 0 : -ENOENT;
}

int path_link(const struct fs_context *c, const struct path *old, const struct path *start,
	      const char *path)
{
	struct walk w;
	int r = make_begin(&w, c, start, path, false);

	if (r)
		return r;
	r = check_link(&w, old);
	if (!r)
		r = w.at.vnode->ops->link(w.at.vnode, w.name, w.len, old->vnode);
	make_end(&w);
	return r;
}

static int remove_dir(struct walk *w, struct vnode *victim)
{
	struct vnode *dir = w->at.vnode;

	if (!vnode_is_dir(victim))
		return -ENOTDIR;
	if (victim == w->c->root.vnode)
		return -EBUSY;
	return dir->ops->rmdir ? dir->ops->rmdir(dir, w->name, w->len, victim) : -EPERM;
}

static int remove_file(struct walk *w, struct vnode *victim)
{
	struct vnode *dir = w->at.vnode;

	if (vnode_is_dir(victim))
		return -EISDIR;
	if (w->trailing)
		return -ENOTDIR;
	return dir->ops->unlink ? dir->ops->unlink(dir, w->name, w->len, victim) : -EPERM;
}

/* What unlink(2) and rmdir(2) say of "/", "." and "..". */
static int special_error(const struct walk *w, bool dir)
{
	if (!dir)
		return -EISDIR;
	if (!w->len)
		return -EBUSY;
	return w->len == 1 ? -EINVAL : -ENOTEMPTY;
}

/* Removes the last component of @w; what it was is counted afterwards. */
static int remove_last(struct walk *w, bool dir, struct vnode **victim)
{
	struct vnode *at = w->at.vnode;
	int r;

	mutex_lock(&at->lock);
	r = at->ops->lookup(at, w->name, w->len, victim);
	if (!r)
		r = may_remove(w->c, at, *victim);
	if (!r)
		r = dir ? remove_dir(w, *victim) : remove_file(w, *victim);
	mutex_unlock(&at->lock);
	return r;
}

int path_unlink(const struct fs_context *c, const struct path *start, const char *path, bool dir)
{
	struct walk w;
	struct vnode *victim = NULL;
	int r = walk_begin(&w, c, start, path);

	if (r)
		return r;
	r = walk_parent(&w);
	if (!r && walk_is_special(&w))
		r = special_error(&w, dir);
	if (!r)
		r = mount_may_write(w.at.mount);
	if (!r)
		r = remove_last(&w, dir, &victim);
	vnode_put(victim); /* with no lock held: it may end a long file */
	walk_end(&w);
	return r;
}
