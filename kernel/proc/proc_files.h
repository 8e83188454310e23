/* SPDX-License-Identifier: ISC */
/*
 * /proc/<pid>: what the files of this room hand each other.
 *
 * A node is made at each lookup and freed with its last user. It never points at a process or task:
 * it knows the number and when that task began, and looks it up under process_lock each time.
 * One that has gone meanwhile is -ENOENT to names and -ESRCH to reads, as on Linux; so is another
 * one that has got its number.
 * Locks: none of its own; process_lock for each look.
 */
#pragma once

#include "fs/procfs.h"
#include "proc/process.h"

struct proc_entry;

struct proc_kind {
	u32 number; /* for inode numbers: 1 /proc/<pid>, 2 a thread, 3 a descriptor, then as listed */
	const char *name; /* "": a number, the descriptor's or the process's */
	u32 mode;
	const struct vnode_ops *ops;
	const struct file_ops *file_ops;
	/* Text files: of bounded length, or by records; NULL: file_ops does it all. */
	ssize_t (*show)(const struct proc_entry *e, char *buf, size_t size);
	procfs_next next;
	int (*store)(const struct proc_entry *e, const char *text, size_t n);
	/* Links: what this one leads to, counted. Under process_lock; its vnode NULL: nothing. */
	struct path (*target)(struct task *t);
	bool is_private; /* only for those who may look into the process */
};

struct proc_entry {
	struct vnode v;
	i32 tid; /* [i] the pid in /proc/<pid> */
	bool is_thread; /* [i] below task/: of the one thread, not of its process */
	u64 born; /* [i] task.start_ns: tells a later one with the same number from ours */
	const struct proc_kind *kind; /* [i] */
	struct vnode *parent; /* [i] counted: the directory above */
	i32 fd; /* [i] in fd/: the descriptor */
};

static inline struct proc_entry *proc_entry(struct vnode *v)
{
	return container_of(v, struct proc_entry, v);
}

/* A counted node of @kind below @parent for the process of @parent's, NULL: -ENOMEM. */
struct proc_entry *proc_entry_create(struct vnode *parent, const struct proc_entry *like,
				     const struct proc_kind *kind, i32 fd);
u64 proc_entry_ino(i32 tid, bool is_thread, const struct proc_kind *kind, i32 fd);

/* The task of @e (a process's is its leader), NULL: it has gone. Under process_lock. */
struct task *proc_entry_find(const struct proc_entry *e);
/*
 * The memory of @e's process, counted; *out NULL: it has none any more. 0, -ESRCH, -EACCES.
 */
int proc_entry_space(const struct proc_entry *e, struct space **out);

/* A file with text, whatever its kind. */
extern const struct vnode_ops proc_file_ops;
extern const struct file_ops proc_text_ops;

void proc_entry_init_cache(void);
/* What vnode_ops of a file, of a link and of a directory have in common. */
void proc_entry_release(struct vnode *v);
int proc_entry_name(struct vnode *v, char *buf, struct vnode **parent);
/* "." and ".." for readdir; false: no room. */
bool proc_entry_dots(struct vnode *dir, u64 *pos, dir_emit emit, void *arg);

/* proc_status.c */
ssize_t proc_show_stat(const struct proc_entry *e, char *buf, size_t size);
ssize_t proc_show_statm(const struct proc_entry *e, char *buf, size_t size);
ssize_t proc_show_status(const struct proc_entry *e, char *buf, size_t size);
/* proc_oom.c */
ssize_t proc_show_oom_score(const struct proc_entry *e, char *buf, size_t size);
ssize_t proc_show_oom_adj(const struct proc_entry *e, char *buf, size_t size);
int proc_store_oom_adj(const struct proc_entry *e, const char *text, size_t n);
/* proc_memory.c */
ssize_t proc_next_map(struct vnode *v, u64 *cursor, char *buf, size_t size);
extern const struct file_ops proc_cmdline_ops, proc_environ_ops, proc_auxv_ops, proc_mem_ops;
extern const struct vnode_ops proc_mem_node_ops;
/* proc_links.c */
struct path proc_exe(struct task *t);
struct path proc_cwd(struct task *t);
struct path proc_root(struct task *t);
extern const struct vnode_ops proc_link_ops, proc_fd_dir_ops;

/* The controlling terminal of session @sid: its device number (0: none) and foreground group.
 * Set by main; called under process_lock. NULL: nobody has one. */
extern void (*proc_session_terminal)(i32 sid, u64 *rdev, i32 *foreground);

/* Is @f a directory /proc/<pid>? Then whose, and when that process began. It may have gone. */
bool proc_directory_of(const struct file *f, i32 *pid, u64 *born);

/* Puts the directories of processes into /proc; once, after process_room_init(). */
void proc_files_init(void);
