/* SPDX-License-Identifier: ISC */
/*
 * tmpfs: files that are pages in memory. The root, /dev and /tmp are made of it.
 *
 * Contents of files: tmpfs_file.c, and as maps have them: tmpfs_map.c; entries of directories: tmpfs_entry.c; what a mount asks for and
 * is told: tmpfs_mount.c; the tree as a whole: tmpfs_tree.c; the rest: tmpfs.c.
 * Locks: vnode.lock guards a node's contents. write_lock makes writes and truncations of a
 * file atomic to each other; it is held while a writer's user memory is read, which vnode.lock
 * must not be, and no page fault ever takes it. Order: write_lock → space.lock → vnode.lock.
 */
#pragma once

#include "fs/mount.h"
#include "fs/page_tree.h"
#include "lib/rbtree.h"

/* One file system. Its nodes hold it. */
struct tmpfs {
	struct superblock sb;
	u64 max_pages, max_inodes; /* [a] */
	u64 pages, inodes; /* [a] in use; each further name of a file counts as an inode */
	u32 mode, uid, gid; /* [i] of the root, as asked */
};

struct tmpfs_node {
	struct vnode v;
	/* The entry it is reached by and its directory (counted); the latest of several links.
	 * NULL: removed. A removed directory keeps its parent for "..". [v] */
	struct tmpfs_entry *entry;
	struct tmpfs_entry *gone; /* [v] the last one there was, once removed; NULL */
	struct vnode *parent;
	union {
		struct { /* file */
			struct page_tree pages; /* [v] */
			struct mutex write_lock;
		};
		struct { /* directory */
			struct rb_root entries; /* [v] by key */
			u64 entry_count; /* [v] */
		};
		char *target; /* symlink [i] */
	};
};

struct tmpfs_entry {
	struct rb_node node;
	u64 key; /* hash of the name, then a number among equal hashes: also its position */
	struct known_name name;
};

static inline struct tmpfs_node *tmpfs_node(struct vnode *v)
{
	return container_of(v, struct tmpfs_node, v);
}

static inline struct tmpfs *tmpfs_of(const struct vnode *v)
{
	return container_of(v->sb, struct tmpfs, sb);
}

/* Its contents have changed at @time. Under vnode.lock, or (a file) write_lock. */
static inline void tmpfs_touch_at(struct vnode *v, u64 time)
{
	v->mtime = v->ctime = time;
}
static inline void tmpfs_touch(struct vnode *v)
{
	tmpfs_touch_at(v, file_time_now());
}

#define TMPFS_ENTRY_BYTES 20 /* what an entry adds to st_size, as Linux's tmpfs */

/* Entries of a directory, under its lock. */
struct tmpfs_entry *tmpfs_entry_find(struct tmpfs_node *dir, const char *name, size_t len);
/* The one with the lowest key >= @key, and the one after @e; NULL: there is none. */
struct tmpfs_entry *tmpfs_entry_from(const struct tmpfs_node *dir, u64 key);
struct tmpfs_entry *tmpfs_entry_next(struct tmpfs_entry *e);
/* An entry that is nowhere yet, kfree() frees it; NULL: out of memory. */
struct tmpfs_entry *tmpfs_entry_alloc(const char *name, size_t len);
void tmpfs_entry_insert(struct tmpfs_node *dir, struct tmpfs_entry *e);
/* When it returns, no walk looks at @e either. */
void tmpfs_entry_remove(struct tmpfs_node *dir, struct tmpfs_entry *e);
int tmpfs_readdir(struct vnode *dir, u64 *pos, dir_emit emit, void *arg); /* of vnode_ops */

extern const struct file_ops tmpfs_file_ops;
extern const struct backing_ops tmpfs_backing_ops;
int tmpfs_truncate(struct vnode *v, u64 size);
int tmpfs_punch(struct vnode *v, u64 pos, u64 end);
void tmpfs_file_free(struct tmpfs_node *n);
/* Page @index of a file, made if there is none; under vnode.lock. Not counted for the caller. 0, -ENOSPC. */
int tmpfs_page_make(struct tmpfs_node *n, u64 index, struct page **out);

/* A new empty file system with one active reference, its root of @mode; NULL: out of memory. */
struct superblock *tmpfs_create(const struct fs_type *type, u32 mode);
extern struct fs_type tmpfs_type;
/* The same tree by whatever name it is mounted. 0, -EINVAL. */
int tmpfs_set_options(struct superblock *sb, const char *options);
extern const struct superblock_ops tmpfs_ops;

/* Takes the place of @n inodes in @t; false: there is none. */
bool tmpfs_take_inodes(struct tmpfs *t, u64 n);
/* And of a page in it; or counts @n more of them (less: -) without asking. */
bool tmpfs_take_page(struct tmpfs *t);
void tmpfs_count_pages(struct tmpfs *t, i64 n);
void tmpfs_return_inodes(struct tmpfs *t, u64 n);
/*
 * Counts a name of @v that is about to be made: each but the first costs an inode. 0, -ENOSPC, -ENOENT:
 * the last one has gone since the caller looked.
 */
int tmpfs_add_link(struct vnode *v);
/* And takes back @links (0 or 1). Under the node's lock. */
void tmpfs_drop_links(struct vnode *v, u32 links);
/* The root directory of a new one; NULL: out of memory. */
struct vnode *tmpfs_root_create(struct tmpfs *t, u32 mode);
/* Takes @e out of the locked @dir; its node loses @links links, and the entry's count. */
void tmpfs_remove_entry(struct vnode *dir, struct tmpfs_entry *e, u32 links);
/* Ends all nodes below @root but those that are in use. */
void tmpfs_clear(struct vnode *root);
/* Has somebody a file below @root that is not open, as a map or a program? */
bool tmpfs_is_used(struct vnode *root);
/*
 * Appends a page's worth (n <= PAGE_SIZE) of a file that nobody else knows yet, at its
 * page-aligned end: how the initrd is unpacked. 0, -ENOSPC.
 */
int tmpfs_append_page(struct vnode *v, const void *data, size_t n);

/* Pages in the files of all tmpfs, and the most there may be (half of memory, as one of Linux). */
u64 tmpfs_pages_used(void);
u64 tmpfs_pages_limit(void);

void tmpfs_init_caches(void);
