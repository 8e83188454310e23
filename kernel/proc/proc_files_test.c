/* SPDX-License-Identifier: ISC */
/* Nodes of /proc that outlive their process: every access finds out. */
#include "fs/fs_test.h"
#include "lib/format.h"
#include "proc/proc_files.h"

/* A process that has ended and is listed still: it has a number and nothing else. */
static struct process *listed_zombie(void)
{
	int err;
	struct process *p = process_create(0, &err);
	u64 flags;

	if (!p)
		return NULL;
	p->state = PROCESS_ZOMBIE;
	flags = spin_lock_irq(&process_lock);
	process_list_add(p, NULL);
	spin_unlock_irq(&process_lock, flags);
	return p;
}

static void unlist_and_free(struct process *p)
{
	u64 flags = spin_lock_irq(&process_lock);

	process_list_remove(p);
	spin_unlock_irq(&process_lock, flags);
	process_free(p);
}

static struct file *open_of(const struct process *p, const char *name, u32 flags)
{
	struct fs_context c = fs_kernel_context();
	struct file *f = NULL;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", p->pid, name);
	KEXPECT_EQ(path_open(&c, NULL, path, flags, 0, &f), 0);
	return f;
}

static bool count_entry(void *arg, const char *name, size_t len, u64 ino, u8 type, u64 next_pos)
{
	(void)name;
	(void)len;
	(void)ino;
	(void)type;
	(void)next_pos;
	++*(u32 *)arg;
	return true;
}

static int list(struct vnode *dir, u32 *count)
{
	u64 pos = 0;
	int r;

	*count = 0;
	mutex_lock(&dir->lock);
	r = dir->ops->readdir(dir, &pos, count_entry, count);
	mutex_unlock(&dir->lock);
	return r;
}

/* What is held of @p is asked once it is gone, or another process with its number is there. */
static void expect_gone(struct file *dir, struct file *fds, struct file *stat)
{
	struct fs_context c = fs_kernel_context();
	struct path in_dir = { dir->mount, dir->vnode }, in_fds = { fds->mount, fds->vnode };
	struct vnode *v;
	char buf[16];
	u32 count;

	KEXPECT_EQ(file_read_kernel(stat, buf, sizeof(buf), 0), -ESRCH);
	KEXPECT_EQ(path_lookup(&c, &in_dir, "stat", 0, &v), -ENOENT);
	KEXPECT_EQ(path_lookup(&c, &in_dir, "task", 0, &v), -ENOENT);
	KEXPECT_EQ(path_lookup(&c, &in_fds, "0", 0, &v), -ENOENT);
	KEXPECT_EQ(list(dir->vnode, &count), -ENOENT);
	KEXPECT_EQ(list(fds->vnode, &count), -ENOENT);
}

KTEST(proc_files_outlive_the_process, 50)
{
	struct process *p = listed_zombie();
	struct file *dir, *fds, *stat;
	char buf[16];
	u32 count;

	KREQUIRE(p);
	dir = open_of(p, "", O_RDONLY | O_DIRECTORY);
	fds = open_of(p, "fd", O_RDONLY | O_DIRECTORY);
	stat = open_of(p, "stat", O_RDONLY);
	KEXPECT_EQ(file_read_kernel(stat, buf, sizeof(buf), 0), sizeof(buf));
	KEXPECT_EQ(list(fds->vnode, &count), 0);
	KEXPECT_EQ(count, 2);
	p->leader->start_ns++; /* as if another had been given its number */
	expect_gone(dir, fds, stat);
	p->leader->start_ns--;
	KEXPECT_EQ(list(dir->vnode, &count), 0);
	KEXPECT(count > 10);
	unlist_and_free(p);
	expect_gone(dir, fds, stat);
	file_put(stat);
	file_put(fds);
	file_put(dir);
}

KTEST(proc_files_without_memory, 50)
{
	struct process *p = listed_zombie();
	struct fs_context c = fs_kernel_context();
	struct vnode *v;
	char path[32];
	int err = -ENOMEM;

	KREQUIRE(p);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/status", p->pid, p->pid);
	for (u32 skip = 0; err == -ENOMEM && skip < 20; skip++) {
		fault_inject(skip, 1);
		err = path_lookup(&c, NULL, path, 0, &v);
		fault_inject(0, 0);
	}
	KEXPECT_EQ(err, 0);
	if (!err)
		vnode_put(v);
	unlist_and_free(p);
}
