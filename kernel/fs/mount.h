/* SPDX-License-Identifier: ISC */
/*
 * File systems and where they are mounted: one tree of mounts for all processes.
 *
 * A superblock is one file system in use: the tree of its vnodes and what holds for all of them. A
 * mount shows it, or a part of it, at a place of another mount. Several mounts may show the same
 * superblock (bind mounts). A walk crosses from a directory to what is mounted on it only where
 * vnode.mounts is not 0, so that all other steps pay nothing for it.
 *
 * Legend: [i] immutable  [a] atomic  [m] mount_lock
 * Locks: mount_tree_lock (mutex) makes one change of the tree at a time, and is outside all locks of
 * vnodes; mount_lock (spinlock) guards the links of the tree for those who walk. Nothing is taken
 * inside mount_lock.
 */
#pragma once

#include "abi/mount.h"
#include "abi/statfs.h"
#include "fs/path.h"
#include "lib/list.h"

#define MOUNTS_MAX 1024 /* of all file systems together: what they take of kernel memory */

struct procfs_text;
struct superblock;

/* -- kinds of file systems --------------------------------------------------------------------- */

struct fs_type {
	const char *name; /* as mount(2)'s third argument */
	/*
	 * A file system for one mount by @options ("": none): *out has one active reference. One
	 * that there is only once gives the same to all. 0, -EINVAL (options), -ENOMEM, …
	 */
	int (*get)(const char *options, struct superblock **out);
	struct fs_type *next; /* [i] once registered */
};
/* Makes @t known, for ever; at boot. */
void fs_type_register(struct fs_type *t);
const struct fs_type *fs_type_find(const char *name); /* NULL: there is none */
const struct fs_type *fs_type_after(const struct fs_type *t); /* NULL: the first */

/* -- superblocks ------------------------------------------------------------------------------- */

struct superblock_ops {
	void (*statfs)(struct superblock *sb,
		       struct statfs *s); /* size and files; the rest is set */
	void (*options)(struct superblock *sb, struct procfs_text *t); /* ",name=value" each */
	int (*remount)(struct superblock *sb, const char *options); /* 0, -EINVAL */
	bool (*in_use)(struct superblock *sb); /* by more than open files; NULL: never */
	void (*kill)(struct superblock *sb); /* no mount is left: ends the tree */
	void (*free)(struct superblock *sb); /* no vnode is left either */
};

struct superblock {
	const struct fs_type *type; /* [i] */
	const struct superblock_ops *ops; /* [i] */
	struct vnode *root; /* [i] counted until it is killed */
	u64 dev; /* [i] st_dev of all its vnodes */
	u32 magic; /* [i] f_type */
	u32 active; /* [a] its mounts, and who keeps it without one */
	u32 refs; /* [a] one for all that are active, and its vnodes */
	u32 shown; /* [m] mounts in the tree */
	bool readonly; /* [a] */
};

/* Fills in all but the root; @sb has one active reference. 0, -EMFILE: too many. */
int superblock_init(struct superblock *sb, const struct fs_type *type,
		    const struct superblock_ops *ops, u32 magic);
static inline struct superblock *superblock_get(struct superblock *sb)
{
	__atomic_fetch_add(&sb->active, 1, __ATOMIC_RELAXED);
	return sb;
}
void superblock_put(struct superblock *sb); /* an active one; may sleep */
/* A vnode of it comes or goes. */
static inline void superblock_hold(struct superblock *sb)
{
	__atomic_fetch_add(&sb->refs, 1, __ATOMIC_RELAXED);
}
void superblock_release(struct superblock *sb);

/* -- mounts ------------------------------------------------------------------------------------ */

struct mount {
	struct superblock *sb; /* [i] an active reference */
	struct vnode *root; /* [i] counted */
	u32 id; /* [i] */
	u32 refs; /* [a] the tree's, and those of paths and files */
	u32 flags; /* [a] MNT_KEPT of MS_* */
	u32 writers; /* [a] files open for writing */
	bool expiring; /* [a] MNT_EXPIRE was asked, and nothing opened since */
	char *source; /* [i] what mount(2) was told: for people */
	/* [m] Where it is; parent NULL: the root of all, or taken away. */
	struct mount *parent;
	struct vnode *mountpoint; /* counted */
	struct list children, sibling; /* [m] latest first */
	struct list all; /* [m] mount_list */
};

void mount_free(struct mount *m);
static inline struct mount *mount_get(struct mount *m)
{
	if (m)
		__atomic_fetch_add(&m->refs, 1, __ATOMIC_RELAXED);
	return m;
}
static inline void mount_put(struct mount *m)
{
	if (m && __atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL) == 0)
		mount_free(m);
}

/* The mount on top of (@m, @v) alone, counted; NULL: there is none. */
struct mount *mount_on(struct mount *m, struct vnode *v);
/* Where @m is mounted, counted. False: nowhere. */
bool mount_place(struct mount *m, struct path *out);

static inline u32 mount_flags(const struct mount *m)
{
	return m ? READ_ONCE(m->flags) | (READ_ONCE(m->sb->readonly) ? MS_RDONLY : 0) : 0;
}
/* May what is reached through @m be changed? 0, -EROFS. */
static inline int mount_may_write(const struct mount *m)
{
	return unlikely(mount_flags(m) & MS_RDONLY) ? -EROFS : 0;
}

/* @f, whose vnode is set, is opened through @m: counts it, and as a writer. 0, -EROFS, -ETXTBSY. */
int mount_enter_slow(struct file *f, struct mount *m);
static inline int mount_enter(struct file *f, struct mount *m)
{
	if (unlikely(!m || (f->flags & O_ACCMODE) != O_RDONLY || READ_ONCE(m->expiring)))
		return mount_enter_slow(f, m);
	f->mount = mount_get(m);
	return 0;
}
void mount_leave_slow(struct file *f);
static inline void mount_leave(struct file *f)
{
	if (likely((f->flags & O_ACCMODE) == O_RDONLY))
		mount_put(f->mount);
	else
		mount_leave_slow(f);
}

#define MNT_KEPT                                                                                   \
	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | \
	 MS_NOSYMFOLLOW)

/*
 * mount(2) and umount2(2) behind their checks of rights; @flags as these are told. Errors as the
 * manual pages tell. May sleep.
 */
int mount_new(const struct path *at, const char *source, const char *type, u32 flags,
	      const char *options);
int mount_bind(const struct path *old, const struct path *at, bool recursive);
int mount_move(const struct path *old, const struct path *at);
int mount_remount(const struct path *at, u32 flags, const char *options);
int mount_set_propagation(const struct path *at, u32 flags);
int mount_unmount(const struct path *at, u32 flags); /* the caller's is the one path there may be */
/* The first mount of all, of @sb; at boot. NULL: no memory. */
struct mount *mount_first(struct superblock *sb);
/* A place where @v of a file system is seen; false: nowhere. Counted. For texts. */
bool mount_showing(struct vnode *v, struct path *out);

/*
 * The line of the first mount numbered *cursor or above that is seen from @root, as /proc/mounts
 * or, if @info, as mountinfo: its length; 0: there is none. *cursor goes behind it.
 */
ssize_t mount_next_line(const struct path *root, bool info, u64 *cursor, char *buf, size_t size);

/* Fills all of *s. @v NULL or of no file system: a pipe or its like. */
void mount_statfs(const struct mount *m, const struct vnode *v, struct statfs *s);

/* The tree, for the other files of mounts. */
extern struct mutex mount_tree_lock;
extern struct list mount_list; /* [m] mount.all; changed under mount_tree_lock too */
extern struct mount *mount_root; /* [i] */
/* Takes over an active reference of @sb, also on failure. NULL: -ENOMEM. One reference. */
struct mount *mount_create(struct superblock *sb, struct vnode *root, u32 flags,
			   const char *source);
/* Puts @m, which is nowhere or (moving) elsewhere, over @at; its one reference is the tree's. */
void mount_attach(struct mount *m, const struct path *at);
/* Takes @m out of the tree, whose reference becomes the caller's. */
void mount_detach(struct mount *m);
/* Does so only if nobody but the tree and @others hold it and nothing is mounted in it. */
bool mount_detach_idle(struct mount *m, u32 others);
