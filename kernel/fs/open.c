/* SPDX-License-Identifier: ISC */
/*
 * open(2): finds or makes the vnode, checks access, and binds a struct file to it.
 * Locks: the directory's vnode.lock from the lookup to the creation, so O_EXCL is exact.
 */
#include "fs/devfs.h"
#include "fs/pipe.h"
#include "fs/walk.h"

/* Flags that say how to open and are forgotten afterwards. */
#define OPEN_ONLY (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)
#define KNOWN_FLAGS                                                                                \
	(O_ACCMODE | OPEN_ONLY | O_APPEND | O_NONBLOCK | O_SYNC | O_DIRECT | O_LARGEFILE |         \
	 O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_PATH | 0x2000 /* FASYNC */)

static const struct file_ops path_ops; /* O_PATH: a place, nothing to read */
static const struct file_ops dir_file_ops;

struct opening {
	struct walk w;
	u32 flags, mode;
	bool created;
};

static int create(struct opening *o, struct vnode *dir, struct vnode **out)
{
	struct walk *w = &o->w;
	int r = mount_may_write(w->at.mount);

	if (!r)
		r = create_in(w->c, dir, w->name, w->len, S_IFREG | (o->mode & 07777), 0, out);
	o->created = !r;
	return r;
}

/* Looks up or makes the last component in one step under the directory's lock. */
static int open_or_create(struct opening *o, struct spot *out)
{
	struct walk *w = &o->w;
	struct vnode *dir = w->at.vnode;
	int r;

	if (walk_is_special(w) || w->trailing)
		return -EISDIR;
	mutex_lock(&dir->lock);
	*out = (struct spot){ NULL, w->at.mount, NULL };
	r = dir->ops->lookup(dir, w->name, w->len, &out->vnode);
	if (r == -ENOENT) {
		r = create(o, dir, &out->vnode);
	} else if (!r && (o->flags & O_EXCL)) {
		vnode_put(out->vnode);
		r = -EEXIST;
	}
	mutex_unlock(&dir->lock);
	if (!r)
		walk_cross(out);
	return r;
}

/* To the vnode at the end of the path, through symlinks unless O_NOFOLLOW. */
static int find_vnode(struct opening *o, struct spot *out)
{
	for (;;) {
		int r = walk_parent(&o->w);

		if (!r)
			r = (o->flags & O_CREAT) ? open_or_create(o, out) : walk_last(&o->w, out);
		if (r || !vnode_is_link(out->vnode))
			return r;
		if ((o->flags & O_NOFOLLOW) && !o->w.trailing)
			return 0;
		r = walk_follow(&o->w, out);
		if (r || out->vnode)
			return r;
	}
}

static ssize_t dir_read(struct file *f, struct io *io, u64 *pos)
{
	(void)f;
	(void)io;
	(void)pos;
	return -EISDIR;
}

static const struct file_ops dir_file_ops = { .read = dir_read, .flags = FILE_SEEKABLE };

static u32 wanted_access(u32 flags)
{
	static const u32 want[] = { 4, 2, 6, 6 };

	return want[flags & O_ACCMODE] | (flags & O_TRUNC ? 2 : 0);
}

/* May @v be opened so? */
static int check_access(const struct opening *o, struct vnode *v)
{
	const struct credentials *cred = o->w.c->cred;
	u32 want = wanted_access(o->flags);

	if ((o->w.trailing || (o->flags & O_DIRECTORY)) && !vnode_is_dir(v))
		return -ENOTDIR;
	if (o->flags & O_PATH)
		return 0;
	if (vnode_is_link(v))
		return -ELOOP;
	if (vnode_is_dir(v) && ((want & 2) || (o->flags & O_CREAT)))
		return -EISDIR;
	if (o->created)
		return 0;
	if ((o->flags & O_NOATIME) && cred->fsuid && cred->fsuid != v->uid)
		return -EPERM;
	return likely(!cred->fsuid) ? 0 : vnode_permission(cred, v, want);
}

/* By number, but for file systems whose devices are their own (devpts). */
static int open_device(struct vnode *v, struct file *f)
{
	return v->ops->open ? v->ops->open(v, f) : devfs_open(v, f);
}

static inline int bind_plain(struct vnode *v, struct file *f)
{
	if (v->file_ops) /* else open() sets them, or fails */
		file_set_ops(f, v->file_ops);
	return v->ops->open ? v->ops->open(v, f) : 0;
}

/* Lets what is no regular file, or is opened with O_PATH, fill in the file's operations. */
static __attribute__((noinline)) int bind_special(struct vnode *v, struct file *f, u32 flags)
{
	if (flags & O_PATH)
		return 0; /* the operations it was made with */
	switch (v->mode & S_IFMT) {
	case S_IFDIR: file_set_ops(f, &dir_file_ops); return 0;
	case S_IFCHR:
	case S_IFBLK: return mount_flags(f->mount) & MS_NODEV ? -EACCES : open_device(v, f);
	case S_IFIFO: return fifo_open(v, f);
	case S_IFSOCK: return -ENXIO;
	}
	return bind_plain(v, f);
}

static int bind_file(struct vnode *v, struct file *f, u32 flags)
{
	if (unlikely((v->mode & S_IFMT) != S_IFREG || (flags & O_PATH)))
		return bind_special(v, f, flags);
	return bind_plain(v, f);
}

/* An open file keeps the vnode's count that *s had. */
static int open_vnode(struct opening *o, struct spot *s, struct file **out)
{
	struct vnode *v = s->vnode;
	struct file *f;
	int r = check_access(o, v);

	if (r)
		return r;
	if (unlikely(o->w.c->cred->euid && files_too_many()))
		return -ENFILE;
	f = file_alloc(&path_ops, (o->flags & ~OPEN_ONLY) | (o->flags & O_NOCTTY));
	if (!f)
		return -ENOMEM;
	f->vnode = v;
	s->vnode = NULL;
	r = mount_enter(f, s->mount);
	if (!r)
		r = bind_file(v, f, o->flags);
	f->flags &= ~(u32)O_NOCTTY; /* a terminal has asked for it */
	if (!r && (o->flags & O_TRUNC) && !o->created && (v->mode & S_IFMT) == S_IFREG &&
	    v->ops->truncate)
		r = mount_may_write(s->mount) ? -EROFS : v->ops->truncate(v, 0);
	if (r) {
		file_put(f);
		return r;
	}
	*out = f;
	return 0;
}

/* Which combinations mean nothing. O_PATH ignores all but three flags. */
static int check_flags(u32 *flags)
{
	if ((*flags & O_TMPFILE) == O_TMPFILE && !(*flags & O_PATH)) {
		*flags = (*flags & (KNOWN_FLAGS | O_TMPFILE) & ~O_CREAT) | O_LARGEFILE;
		return *flags & O_ACCMODE ? 0 : -EINVAL;
	}
	*flags &= KNOWN_FLAGS;
	if (*flags & O_PATH)
		*flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	else if ((*flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return -EINVAL;
	else
		*flags |= O_LARGEFILE;
	/* With O_EXCL a symlink is an existing name, wherever it leads. */
	if ((*flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		*flags |= O_NOFOLLOW;
	return 0;
}

/* A file without a name in the directory @s, which it takes the place of. */
static int make_nameless(struct opening *o, struct spot *s)
{
	struct vnode *dir = s->vnode, *v = NULL;
	int r = vnode_is_dir(dir) ? mount_may_write(s->mount) : -ENOTDIR;

	if (!r)
		r = create_nameless_in(o->w.c, dir, S_IFREG | (o->mode & 07777), &v);
	if (r) {
		spot_put(s);
		return r;
	}
	v->may_get_name = !(o->flags & O_EXCL);
	vnode_put(dir);
	s->vnode = v;
	o->created = true;
	o->flags &= ~O_DIRECTORY;
	return 0;
}

/* As walk_begin_whole() where @at, which was found before, is the end of the path. */
static int begin_at_end(struct walk *w, const struct fs_context *c, const struct path *at,
			struct spot *out)
{
	w->c = c;
	w->at.mount = at->mount;
	w->crossed = w->trailing = false;
	*out = (struct spot){ vnode_get(at->vnode), at->mount, NULL };
	return 1;
}

int path_open(const struct fs_context *c, const struct path *start, const char *path, u32 flags,
	      u32 mode, struct file **out)
{
	struct opening o; /* find_vnode() and what it calls set the rest */
	struct spot s;
	bool known;
	int r = check_flags(&flags);

	if (r)
		return r;
	o.flags = flags;
	o.mode = mode;
	o.created = false;
	if (flags & O_EXCL) {
		r = walk_begin(&o.w, c, start, path);
		known = false;
	} else {
		r = likely(path) ? walk_begin_whole(&o.w, c, start, path, &s)
				 : begin_at_end(&o.w, c, start, &s);
		known = r > 0;
	}
	if (r < 0)
		return r;
	r = known ? 0 : find_vnode(&o, &s);
	if (!r && (flags & O_TMPFILE) == O_TMPFILE && !(flags & O_PATH))
		r = make_nameless(&o, &s);
	if (!r) {
		bool crossed = o.w.crossed || s.mount != o.w.at.mount;

		r = unlikely(c->resolve & RESOLVE_NO_XDEV) && crossed ? -EXDEV
								      : open_vnode(&o, &s, out);
		spot_put(&s);
	}
	if (!known)
		walk_end(&o.w);
	return r;
}
