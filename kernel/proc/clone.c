/* SPDX-License-Identifier: ISC */
/*
 * fork, vfork and clone: a second process from one, up to the commit point where it becomes
 * visible (OSTEP 5.1).
 *
 * The child returns to user mode with a copy of the parent's frame and rax = 0. Locks: none
 * held across the copying; process_lock for the commit.
 */
#include "abi/clone.h"
#include "abi/errno.h"
#include "base/trace.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "proc/signal.h"

/* What is understood; a thread of the same process is not yet. */
#define SUPPORTED                                                                                  \
	(CSIGNAL | CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_SETTLS | CLONE_PARENT_SETTID |     \
	 CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_DETACHED | CLONE_IO | CLONE_UNTRACED |  \
	 CLONE_PTRACE)

static int check_flags(const struct clone_args *a)
{
	if ((a->flags & CLONE_SIGHAND) && !(a->flags & CLONE_VM))
		return -EINVAL;
	if ((a->flags & CLONE_THREAD) && !(a->flags & CLONE_SIGHAND))
		return -EINVAL;
	if (a->flags & ~(u64)SUPPORTED)
		return -EINVAL;
	if ((a->flags & CSIGNAL) > NSIG)
		return -EINVAL;
	if ((a->flags & CLONE_SETTLS) && a->tls >= USER_END)
		return -EPERM; /* a non-canonical base would fault in the kernel */
	return 0;
}

static int copy_memory(struct process *child, struct process *parent, u64 flags)
{
	if (flags & CLONE_VM) {
		space_get(parent->space);
		child->space = parent->space;
	} else {
		child->space = space_fork(parent->space);
	}
	return child->space ? 0 : -ENOMEM;
}

static int copy_files(struct process *child, struct process *parent, u64 flags)
{
	if (flags & CLONE_FILES) {
		__atomic_fetch_add(&parent->files->refs, 1, __ATOMIC_RELAXED);
		child->files = parent->files;
	} else {
		child->files = fd_table_copy(parent->files);
	}
	return child->files ? 0 : -ENOMEM;
}

static int copy_thread(struct process *child, struct process *parent, const struct clone_args *a)
{
	struct context *to;
	struct thread *t = thread_create(parent->name, NULL, NULL, true);

	if (!t)
		return -ENOMEM;
	to = &t->ctx;
	*thread_frame(t) = *thread_frame(parent->thread);
	thread_frame(t)->rax = 0;
	if (a->stack)
		thread_frame(t)->rsp = a->stack;
	context_copy_user(to, &parent->thread->ctx);
	if (a->flags & CLONE_SETTLS)
		to->fs_base = a->tls;
	to->mmu = &child->space->mmu;
	t->affinity = parent->thread->affinity;
	t->tid = child->pid;
	t->process = child;
	t->interrupted = parent->thread->interrupted;
	child->thread = t;
	return 0;
}

/* An alternate stack comes along, but not to where it would be another's at the same time. */
static void copy_signals(struct process *child, const struct process *parent, u64 flags)
{
	child->sig_blocked = parent->sig_blocked;
	memcpy(child->action, parent->action, sizeof(child->action));
	if ((flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM)
		child->altstack = parent->altstack;
}

static void copy_identity(struct process *child, struct process *parent)
{
	child->pgid = parent->pgid;
	child->sid = parent->sid;
	child->root = vnode_get(parent->root);
	child->cwd = vnode_get(parent->cwd);
	child->exe = vnode_get(parent->exe);
	child->umask = parent->umask;
	child->cred = parent->cred;
	child->no_new_privs = parent->no_new_privs;
	child->sched_policy = parent->sched_policy;
	memcpy(child->name, parent->name, sizeof(child->name));
}

static void undo(struct process *child)
{
	if (child->space)
		space_put(child->space);
	if (child->files)
		fd_table_put(child->files);
	process_free(child);
}

/* Tells the tids before the child can run; a bad address is the program's own loss (as Linux). */
static void store_tids(struct process *child, const struct clone_args *a)
{
	if (a->flags & CLONE_PARENT_SETTID)
		(void)user_write_u32(a->parent_tid, child->pid);
	if (a->flags & CLONE_CHILD_SETTID) {
		u32 tid = child->pid;

		(void)space_write(child->space, a->child_tid, &tid, sizeof(tid));
	}
	if (a->flags & CLONE_CHILD_CLEARTID)
		child->clear_child_tid = a->child_tid;
}

static void commit(struct process *child, struct process *parent)
{
	u64 flags = spin_lock_irq(&process_lock);

	process_list_add(child, parent);
	spin_unlock_irq(&process_lock, flags);
	trace(TRACE_FORK, parent->pid, child->pid);
	thread_start(child->thread);
}

/* Until the child has left the memory; only a signal that ends the parent ends the wait, too. */
static void wait_for_vfork(struct process *parent)
{
	struct process *c;
	u64 flags;

	wait_event(&parent->vfork_queue, !READ_ONCE(parent->vfork_waiting) || signal_fatal(parent));
	flags = spin_lock_irq(&process_lock);
	if (parent->vfork_waiting)
		list_for_each (c, &parent->children, sibling)
			c->vfork_held = false;
	parent->vfork_waiting = false;
	spin_unlock_irq(&process_lock, flags);
}

i64 process_clone(const struct clone_args *a)
{
	struct process *parent = process_current(), *child;
	int err = check_flags(a);
	i32 pid;

	if (err)
		return err;
	child = process_create(&err);
	if (!child)
		return err;
	err = copy_memory(child, parent, a->flags);
	if (!err)
		err = copy_files(child, parent, a->flags);
	if (!err)
		err = copy_thread(child, parent, a);
	if (err) {
		undo(child);
		return err;
	}
	copy_identity(child, parent);
	copy_signals(child, parent, a->flags);
	child->exit_signal = a->flags & CSIGNAL;
	child->vfork_held = parent->vfork_waiting = a->flags & CLONE_VFORK;
	limits_start(child);
	store_tids(child, a);
	pid = child->pid;
	commit(child, parent); /* from here on the child may run, end, and be gone */
	if (a->flags & CLONE_VFORK)
		wait_for_vfork(parent);
	return pid;
}
