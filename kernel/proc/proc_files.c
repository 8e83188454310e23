/* SPDX-License-Identifier: ISC */
/* The directories /proc/<pid> and /proc/<pid>/task/<tid>, and /proc/self. See proc_files.h. */
#include "proc/proc_files.h"

#include "abi/dirent.h"
#include "lib/format.h"
#include "lib/string.h"

#define NUMBER_BYTES 12
#define PIDS_AT_A_TIME 512 /* looked up without letting interrupts in */

static ssize_t show_comm(const struct proc_entry *e, char *buf, size_t size)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = proc_entry_find(e);
	ssize_t n = t ? snprintf(buf, size, "%s\n", t->name) : -ESRCH;

	spin_unlock_irq(&process_lock, flags);
	return n;
}

/* Threads of a process may name each other. */
static int store_comm(const struct proc_entry *e, const char *text, size_t n)
{
	char name[sizeof(((struct task *)0)->name)];
	struct task *t;
	u64 flags;
	int r = -EINVAL;

	if (n && text[n - 1] == '\n')
		n--;
	strlcpy(name, text, MIN(n + 1, sizeof(name)));
	flags = spin_lock_irq(&process_lock);
	t = proc_entry_find(e);
	if (t && t->process == process_current()) {
		memcpy(t->name, name, sizeof(name));
		r = 0;
	}
	spin_unlock_irq(&process_lock, flags);
	return r;
}

/* A line of the mounts that the process sees. */
static ssize_t next_mount(struct vnode *v, bool info, u64 *cursor, char *buf, size_t size)
{
	struct proc_entry *e = proc_entry(v);
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = proc_entry_find(e);
	struct path root = { NULL, NULL };
	ssize_t n;

	if (t)
		root = proc_root(t);
	spin_unlock_irq(&process_lock, flags);
	if (!root.vnode)
		return t ? 0 : -ESRCH;
	n = mount_next_line(&root, info, cursor, buf, size);
	path_put(&root);
	return n;
}

static ssize_t next_mounts(struct vnode *v, u64 *cursor, char *buf, size_t size)
{
	return next_mount(v, false, cursor, buf, size);
}

static ssize_t next_mountinfo(struct vnode *v, u64 *cursor, char *buf, size_t size)
{
	return next_mount(v, true, cursor, buf, size);
}

/* -- directories ------------------------------------------------------------------------------- */

static const struct vnode_ops base_ops, task_ops;

#define TEXT(n, file, perm, ...)                                                                   \
	{                                                                                          \
		.number = n, .name = file, .mode = S_IFREG | (perm), .ops = &proc_file_ops,        \
		.file_ops = &proc_text_ops, __VA_ARGS__                                            \
	}
#define MEMORY(n, file, perm, fops, private)                                                       \
	{                                                                                          \
		.number = n, .name = file, .mode = S_IFREG | (perm), .ops = &proc_file_ops,        \
		.file_ops = fops, .is_private = private                                            \
	}
#define LINK(n, file, fn)                                                                          \
	{                                                                                          \
		.number = n, .name = file, .mode = S_IFLNK | 0777, .ops = &proc_link_ops,          \
		.target = fn, .is_private = true                                                   \
	}
#define DIRECTORY(n, file, perm, dir_ops)                                                          \
	{                                                                                          \
		.number = n, .name = file, .mode = S_IFDIR | (perm), .ops = dir_ops                \
	}

/* Those of a thread are the same but for task, which comes first. */
static const struct proc_kind kinds[] = {
	DIRECTORY(4, "task", 0555, &task_ops),
	DIRECTORY(5, "fd", 0500, &proc_fd_dir_ops),
	MEMORY(6, "environ", 0400, &proc_environ_ops, true),
	MEMORY(21, "auxv", 0400, &proc_auxv_ops, true),
	TEXT(7, "status", 0444, .show = proc_show_status),
	TEXT(8, "comm", 0644, .show = show_comm, .store = store_comm),
	MEMORY(9, "cmdline", 0444, &proc_cmdline_ops, false),
	TEXT(10, "stat", 0444, .show = proc_show_stat),
	TEXT(11, "statm", 0444, .show = proc_show_statm),
	TEXT(12, "maps", 0444, .next = proc_next_map, .is_private = true),
	{ .number = 20,
	  .name = "mem",
	  .mode = S_IFREG | 0600,
	  .ops = &proc_mem_node_ops,
	  .file_ops = &proc_mem_ops,
	  .is_private = true },
	LINK(13, "cwd", proc_cwd),
	LINK(14, "root", proc_root),
	LINK(15, "exe", proc_exe),
	TEXT(16, "mounts", 0444, .next = next_mounts),
	TEXT(17, "mountinfo", 0444, .next = next_mountinfo),
	TEXT(18, "oom_score", 0444, .show = proc_show_oom_score),
	TEXT(19, "oom_score_adj", 0644, .show = proc_show_oom_adj, .store = proc_store_oom_adj),
};
static const struct proc_kind kind_pid = DIRECTORY(1, "", 0555, &base_ops);
static const struct proc_kind kind_tid = DIRECTORY(2, "", 0555, &base_ops);

static bool entry_alive(const struct proc_entry *e)
{
	u64 flags = spin_lock_irq(&process_lock);
	bool alive = proc_entry_find(e);

	spin_unlock_irq(&process_lock, flags);
	return alive;
}

/* ".." or an entry of @kind below @dir. */
static int answer(struct vnode *dir, const struct proc_kind *kind, struct vnode **out)
{
	struct proc_entry *e = proc_entry_create(dir, proc_entry(dir), kind, -1);

	if (!e)
		return -ENOMEM;
	*out = &e->v;
	return 0;
}

static int base_lookup(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	struct proc_entry *d = proc_entry(dir);

	if (len == 2 && !memcmp(name, "..", 2)) {
		*out = vnode_get(d->parent);
		return 0;
	}
	if (!entry_alive(d))
		return -ENOENT;
	for (unsigned i = d->kind == &kind_tid; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].name) == len && !memcmp(kinds[i].name, name, len))
			return answer(dir, &kinds[i], out);
	return -ENOENT;
}

static int base_readdir(struct vnode *dir, u64 *pos, dir_emit emit, void *arg)
{
	struct proc_entry *d = proc_entry(dir);

	if (!entry_alive(d))
		return -ENOENT;
	if (!proc_entry_dots(dir, pos, emit, arg))
		return 0;
	for (u64 i = *pos - 2 + (d->kind == &kind_tid && *pos == 2); i < ARRAY_SIZE(kinds); i++) {
		const struct proc_kind *k = &kinds[i];

		if (!emit(arg, k->name, strlen(k->name),
			  proc_entry_ino(d->tid, d->is_thread, k, -1), MODE_TO_DT(k->mode), i + 3))
			break;
		*pos = i + 3;
	}
	return 0;
}

/* A number of /proc/<pid> or of task/, and what is to be known of its task. */
static struct proc_entry like_task(const struct task *t, bool is_thread)
{
	struct proc_entry like = { .tid = t->tid, .born = t->start_ns, .is_thread = is_thread };

	like.v.uid = t->cred.euid;
	like.v.gid = t->cred.egid;
	return like;
}

static int make_directory(struct vnode *parent, const struct proc_entry *like, struct vnode **out)
{
	struct proc_entry *e =
		proc_entry_create(parent, like, like->is_thread ? &kind_tid : &kind_pid, -1);

	if (!e)
		return -ENOMEM;
	*out = &e->v;
	return 0;
}

static int task_lookup(struct vnode *dir, const char *name, size_t len, struct vnode **out)
{
	struct proc_entry *d = proc_entry(dir), like;
	const struct task *of, *t;
	bool found;
	u64 flags;

	if (len == 2 && !memcmp(name, "..", 2)) {
		*out = vnode_get(d->parent);
		return 0;
	}
	flags = spin_lock_irq(&process_lock);
	of = proc_entry_find(d);
	t = task_find(procfs_number(name, len));
	found = of && t && t->process == of->process;
	if (found)
		like = like_task(t, true);
	spin_unlock_irq(&process_lock, flags);
	return found ? make_directory(dir, &like, out) : -ENOENT;
}

/* The tid at place @index of @d's process, 0: there are no more; -ENOENT: it has gone. */
static i32 tid_at(const struct proc_entry *d, u64 index)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *of = proc_entry_find(d), *t;
	i32 tid = of ? 0 : -ENOENT;

	if (of)
		list_for_each (t, &of->process->tasks, link)
			if (index-- == 0) {
				tid = t->tid;
				break;
			}
	spin_unlock_irq(&process_lock, flags);
	return tid;
}

/* Positions are "." and ".." and then places in the list, as on Linux: one that ends moves others. */
static int task_readdir(struct vnode *dir, u64 *pos, dir_emit emit, void *arg)
{
	struct proc_entry *d = proc_entry(dir);
	char name[NUMBER_BYTES];
	i32 tid;

	if (!entry_alive(d))
		return -ENOENT;
	if (!proc_entry_dots(dir, pos, emit, arg))
		return 0;
	while ((tid = tid_at(d, *pos - 2)) > 0) {
		int len = snprintf(name, sizeof(name), "%d", tid);

		if (!emit(arg, name, len, proc_entry_ino(tid, true, &kind_tid, -1), DT_DIR,
			  *pos + 1))
			break;
		++*pos;
	}
	return 0;
}

static const struct vnode_ops base_ops = {
	.lookup = base_lookup,
	.readdir = base_readdir,
	.name = proc_entry_name,
	.release = proc_entry_release,
};

bool proc_directory_of(const struct file *f, i32 *pid, u64 *born)
{
	const struct proc_entry *e;

	if (!f->vnode || f->vnode->ops != &base_ops)
		return false;
	e = proc_entry(f->vnode);
	*pid = e->tid;
	*born = e->born;
	return e->kind == &kind_pid;
}

static const struct vnode_ops task_ops = {
	.lookup = task_lookup,
	.readdir = task_readdir,
	.name = proc_entry_name,
	.release = proc_entry_release,
};

/* -- in the root of /proc ---------------------------------------------------------------------- */

/* Any thread's number has its directory, though only the leaders' are listed. */
static int pid_lookup(struct vnode *root, i32 pid, struct vnode **out)
{
	struct proc_entry like;
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = task_find(pid);

	if (t)
		like = like_task(t, false);
	spin_unlock_irq(&process_lock, flags);
	return t ? make_directory(root, &like, out) : -ENOENT;
}

static i32 pid_next(i32 from)
{
	struct process *p = NULL;
	i32 pid = MAX(from, 1);

	while (!p && pid < PID_MAX) {
		i32 end = MIN(pid + PIDS_AT_A_TIME, PID_MAX);
		u64 flags = spin_lock_irq(&process_lock);

		while (pid < end && !(p = process_find(pid)))
			pid++;
		spin_unlock_irq(&process_lock, flags);
	}
	return p ? pid : 0;
}

static u64 pid_ino(i32 pid)
{
	return proc_entry_ino(pid, false, &kind_pid, -1);
}

static ssize_t read_self(char *buf, size_t size)
{
	struct process *p = process_current();

	return p ? (ssize_t)MIN((size_t)snprintf(buf, size, "%d", p->pid), size) : -ENOENT;
}

static ssize_t read_thread_self(char *buf, size_t size)
{
	const struct task *t = task_current();

	if (!t)
		return -ENOENT;
	return MIN((size_t)snprintf(buf, size, "%d/task/%d", t->process->pid, t->tid), size);
}

void proc_files_init(void)
{
	static const struct procfs_pid_ops ops = { pid_lookup, pid_next, pid_ino };

	proc_entry_init_cache();
	procfs_set_pid_ops(&ops);
	(void)procfs_register_link("self", read_self);
	(void)procfs_register_link("thread-self", read_thread_self);
}
