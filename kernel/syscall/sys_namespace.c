/* SPDX-License-Identifier: ISC */
/*
 * unshare and setns: what a task shares with others becomes its own. There is one name space of each
 * kind, as in a Linux that was built without them.
 */
#include "abi/clone.h"
#include "proc/process.h"
#include "syscall/fd_ref.h"
#include "syscall/syscalls.h"

#define NAMESPACES 0x7e020080u /* CLONE_NEW* */
#define SHAREABLE (CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_THREAD | CLONE_VM | CLONE_SIGHAND)

/* Puts copies of what is shared and named in @flags in its place. 0, -ENOMEM: nothing has changed. */
static i64 unshare(struct task *t, u32 flags)
{
	struct fd_table *files = NULL, *old_files = NULL;
	struct fs_state *fs = NULL, *old_fs = NULL;
	u64 irq;

	if ((flags & CLONE_FILES) && !fd_table_is_mine(t->files)) {
		files = fd_table_copy(t->files);
		if (!files)
			return -ENOMEM;
	}
	if ((flags & CLONE_FS) && READ_ONCE(t->fs->refs) > 1) {
		fs = fs_state_copy(t->fs);
		if (!fs) {
			if (files)
				fd_table_put(files);
			return -ENOMEM;
		}
	}
	/* commit */
	irq = spin_lock_irq(&process_lock);
	if (files) {
		old_files = t->files;
		t->files = files;
	}
	if (fs) {
		old_fs = t->fs;
		t->fs = fs;
	}
	spin_unlock_irq(&process_lock, irq);
	if (old_files)
		fd_table_put(old_files);
	fs_state_put(old_fs);
	return 0;
}

static bool has_threads(const struct process *p)
{
	return READ_ONCE(p->live) > 1;
}

i64 sys_unshare(u64 flags)
{
	u32 f = flags;

	if ((flags >> 32) || (f & ~(SHAREABLE | NAMESPACES)))
		return -EINVAL;
	if ((f & (CLONE_THREAD | CLONE_VM | CLONE_SIGHAND)) && has_threads(process_current()))
		return -EINVAL; /* threads cannot leave each other's memory */
	if (f & NAMESPACES)
		return cred_current()->euid ? -EPERM : -EINVAL;
	return unshare(task_current(), f);
}

/* No descriptor is one of a name space. */
i64 sys_setns(u64 fd, u64 type)
{
	struct fd_ref r = fd_borrow(fd);

	(void)type;
	if (!r.file)
		return -EBADF;
	fd_return(r);
	return -EINVAL;
}
