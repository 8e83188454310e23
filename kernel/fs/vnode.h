/* SPDX-License-Identifier: ISC */
/*
 * Vnodes: files, directories, devices and links as objects, whatever file system they are of.
 *
 * Legend: [i] immutable  [v] vnode.lock  [a] atomic
 * Locks: vnode.lock (mutex). Order: parent before child; two directories: rename.c;
 * space.lock → vnode.lock (a page fault asks a file for a page), so no user memory is touched
 * with vnode.lock held except through pages that were faulted in before.
 */
#pragma once

#include "abi/stat.h"
#include "sched/mutex.h"
#include "vm/space.h"

struct vnode;
struct file;
struct mount;
struct superblock;

/*
 * A place in the tree of names: the vnode, and the mount it was reached through. Who holds one has
 * counted both. mount NULL: a vnode that no mount leads to (a pipe, a memfd).
 */
struct path {
	struct mount *mount;
	struct vnode *vnode;
};

/*
 * A name in a directory, as a walk that takes no lock sees it (walk.c). Its memory is good as long as
 * base/peek.h says.
 */
struct known_name {
	struct vnode *vnode; /* [i] counted */
	u32 len; /* [i] 1 … NAME_MAX */
	char text[]; /* [i] can be read up to a multiple of 8 bytes */
};

/* Called by readdir for each entry; false: no room, stop before it. */
typedef bool (*dir_emit)(void *arg, const char *name, size_t len, u64 ino, u8 type, u64 next_pos);

/* NULL operations answer with the error of the comment. Directories are locked by the caller. */
struct vnode_ops {
	int (*lookup)(struct vnode *dir, const char *name, size_t len, struct vnode **out);
	int (*create)(struct vnode *dir, const char *name, size_t len, u32 mode, u64 rdev,
		      struct vnode **out); /* file, dir, fifo, device: type in @mode; -EROFS */
	/* A file without a name in @dir's file system; NULL: -EOPNOTSUPP. */
	int (*create_nameless)(struct vnode *dir, u32 mode, struct vnode **out);
	int (*symlink)(struct vnode *dir, const char *name, size_t len, const char *target);
	int (*link)(struct vnode *dir, const char *name, size_t len, struct vnode *target);
	int (*unlink)(struct vnode *dir, const char *name, size_t len, struct vnode *victim);
	int (*rmdir)(struct vnode *dir, const char *name, size_t len, struct vnode *victim);
	int (*rename)(struct vnode *from, const char *name, size_t len, struct vnode *to,
		      const char *new_name, size_t new_len);
	int (*readdir)(struct vnode *dir, u64 *pos, dir_emit emit, void *arg);
	ssize_t (*readlink)(struct vnode *v, char *buf, size_t size);
	/* A link that leads straight to a place (/proc/self/exe): counted; NULL: by its text. */
	int (*follow)(struct vnode *link, struct path *out);
	/* The name @v has (NAME_MAX + 1 bytes) and its directory (counted). 1: it had it, and was
	 * removed; -ENOENT: it has none. */
	int (*name)(struct vnode *v, char *buf, struct vnode **parent);
	int (*truncate)(struct vnode *v, u64 size);
	/* [pos, end) reads as zero from now on; its memory is given back where that can be. May sleep. */
	int (*punch)(struct vnode *v, u64 pos, u64 end);
	/* Fills @f->ops and @f->private for an open; NULL: the vnode's default file_ops. */
	int (*open)(struct vnode *v, struct file *f);
	void (*release)(struct vnode *v); /* the last reference is gone: free it */
};

struct vnode {
	const struct vnode_ops *ops; /* [i] */
	const struct file_ops *file_ops; /* [i] default for open files */
	u32 refs; /* [a] */
	u32 mode; /* [v] S_IFMT (immutable) and permission bits */
	u32 uid, gid, nlink; /* [v] */
	u64 ino, dev, rdev; /* [i] */
	u64 size; /* [v] bytes */
	u64 blocks; /* [v] of 512 bytes that its contents occupy: holes have none */
	u64 atime, mtime, ctime; /* [v] file times */
	struct mutex lock;
	struct backing backing; /* ops NULL: cannot be mapped */
	i32 writers; /* [a] open files that write; less than 0: programs that run from it */
	u32 maps; /* [a] of its contents */
	bool may_get_name; /* [v] was made without one, and link(2) may give it one */
	union {
		u64 detour; /* not 0: a walk must not go over it without its directory's lock */
		struct {
			u32 mounts; /* [mount_lock] that cover it; read without it */
			u32 unplain; /* [v] a symlink, or its file system wants to see lookups */
		};
	};
	struct known_name *known; /* [a] directory: found last; changed under [v]; NULL */
	struct superblock *sb; /* [i] whose part it is; NULL: of no file system */
	void *private; /* [i] the file system's */
};

static inline struct vnode *vnode_get(struct vnode *v)
{
	__atomic_fetch_add(&v->refs, 1, __ATOMIC_RELAXED);
	return v;
}
/* NULL is fine; may sleep. */
static inline void vnode_put(struct vnode *v)
{
	if (v && __atomic_sub_fetch(&v->refs, 1, __ATOMIC_ACQ_REL) == 0)
		v->ops->release(v);
}
/* One writer more of a file, or one program; -ETXTBSY: there are such of the other kind. */
int vnode_take_write(struct vnode *v);
int vnode_take_text(struct vnode *v);
static inline void vnode_return_write(struct vnode *v)
{
	__atomic_fetch_sub(&v->writers, 1, __ATOMIC_RELAXED);
}
static inline void vnode_return_text(struct vnode *v)
{
	__atomic_fetch_add(&v->writers, 1, __ATOMIC_RELAXED);
}
static inline bool vnode_is_text(const struct vnode *v)
{
	return READ_ONCE(v->writers) < 0;
}

void vnode_init(struct vnode *v, const struct vnode_ops *ops, const struct file_ops *fops,
		u32 mode); /* refs 1, times now, ino unique */
void vnode_stat(struct vnode *v, struct stat *st); /* all bytes of *st are written */
/* Whose a file is and what they may do, as it was at one time. */
struct vnode_owner {
	u32 mode, uid, gid;
};
struct vnode_owner vnode_owner(struct vnode *v);
u64 vnode_new_ino(void);

/*
 * A file time: nanoseconds since FILE_EPOCH seconds before 1970, so that it is never less than 0. It can
 * be from 1677 to 2262; what lies outside is the nearest of the two.
 */
#define FILE_EPOCH 9223372036L
u64 file_time_now(void);
u64 file_time_of(i64 sec, u32 nsec);
struct timespec file_time_to_timespec(u64 time);

static inline bool vnode_is_dir(const struct vnode *v)
{
	return (v->mode & S_IFMT) == S_IFDIR;
}
