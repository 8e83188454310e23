/* SPDX-License-Identifier: ISC */
/*
 * fork, vfork and clone: a second process from one, or a second thread in it, up to the commit
 * point where it becomes visible (OSTEP 5.1, 26).
 *
 * The child returns to user mode with a copy of the caller's frame and rax = 0. Locks: none held
 * across the copying; process_lock and sig_lock for the commit.
 */
#include "abi/clone.h"
#include "abi/errno.h"
#include "base/trace.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "proc/ptrace.h"
#include "proc/signal.h"

/* Namespaces, and descriptors of processes: as a Linux that was built without them. */
#define UNSUPPORTED                                                                                \
	(CLONE_PIDFD | CLONE_NEWTIME | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |              \
	 CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_INTO_CGROUP)

static int check_flags(const struct clone_args *a)
{
	if ((a->flags & CLONE_SIGHAND) && !(a->flags & CLONE_VM))
		return -EINVAL;
	if ((a->flags & CLONE_THREAD) && !(a->flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((a->flags & CLONE_SIGHAND) && (a->flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((a->flags & CLONE_PARENT) && process_current() == process_init_task)
		return -EINVAL; /* init has no parent that could wait */
	if (a->flags & UNSUPPORTED)
		return -EINVAL;
	if ((a->flags & CLONE_SETTLS) && a->tls >= USER_END)
		return -EPERM; /* a non-canonical base would fault in the kernel */
	return 0;
}

/* -- what a task has for itself ----------------------------------------------------------------- */

static int copy_files(struct task *child, struct task *me, u64 flags)
{
	child->files = flags & CLONE_FILES ? fd_table_share(me->files) : fd_table_copy(me->files);
	child->fs = flags & CLONE_FS ? fs_state_get(me->fs) : fs_state_copy(me->fs);
	return child->files && child->fs ? 0 : -ENOMEM;
}

static int copy_thread(struct task *child, struct task *me, const struct clone_args *a)
{
	struct thread *t = thread_create(me->name, NULL, NULL, true);

	if (!t)
		return -ENOMEM;
	*thread_frame(t) = *thread_frame(me->thread);
	thread_frame(t)->rax = 0;
	if (unlikely(me->trace.steps))
		thread_frame(t)->rflags &= ~(u64)RFLAGS_TF; /* its tracer's, not its own */
	if (a->stack)
		thread_frame(t)->rsp = a->stack;
	context_copy_user(&t->ctx, &me->thread->ctx);
	if (a->flags & CLONE_SETTLS)
		t->ctx.fs_base = a->tls;
	t->ctx.mmu = &child->process->space->mmu;
	thread_inherit_sched(t, me->thread);
	t->tid = child->tid;
	t->pid = child->process->pid;
	t->process = child->process;
	t->task = child;
	t->interrupted = process_thread_interrupted;
	child->thread = t;
	return 0;
}

/* An alternate stack comes along, but not to where it would be another's at the same time. */
static void copy_identity(struct task *child, const struct task *me, u64 flags)
{
	child->cred = me->cred;
	child->no_new_privs = me->no_new_privs;
	child->io_priority = me->io_priority;
	child->persona = me->persona;
	child->memory_policy = me->memory_policy;
	child->memory_nodes = me->memory_nodes;
	child->sig_blocked = me->sig_blocked;
	memcpy(child->name, me->name, sizeof(child->name));
	if ((flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM)
		child->frame.uc.stack = me->frame.uc.stack;
}

static int copy_task(struct task *child, struct task *me, const struct clone_args *a)
{
	int err = copy_files(child, me, a->flags);

	if (!err)
		err = copy_thread(child, me, a);
	if (!err)
		copy_identity(child, me, a->flags);
	return err;
}

static void undo_task(struct task *t)
{
	if (t->files)
		fd_table_put(t->files);
	fs_state_put(t->fs);
	if (t->thread)
		thread_discard(t->thread);
}

/* Tells the tids before the child can run; a bad address is the program's own loss (as Linux). */
static void store_tids(struct task *child, const struct clone_args *a)
{
	u32 tid = child->tid;

	if (a->flags & CLONE_PARENT_SETTID)
		(void)user_write_u32(a->parent_tid, tid);
	if (a->flags & CLONE_CHILD_SETTID)
		(void)space_write(child->process->space, a->child_tid, &tid, sizeof(tid));
	if (a->flags & CLONE_CHILD_CLEARTID)
		child->clear_child_tid = a->child_tid;
}

/* -- a process ---------------------------------------------------------------------------------- */

static int copy_process(struct process *child, struct process *parent, const struct clone_args *a)
{
	if (a->flags & CLONE_VM)
		space_get(child->space = parent->space);
	else
		child->space = space_fork(parent->space);
	if (!(a->flags & CLONE_VM))
		trace(TRACE_MEMORY, true);
	child->actions = a->flags & CLONE_SIGHAND ? sigaction_get(parent->actions)
						  : sigaction_copy(parent->actions);
	if (!child->space || !child->actions)
		return -ENOMEM;
	if (a->flags & CLONE_CLEAR_SIGHAND)
		sigaction_reset(child->actions);
	(void)exe_take(&parent->exe, &child->exe); /* it runs: there is no writer */
	child->unsupported_logged = parent->unsupported_logged;
	child->oom_adj = parent->oom_adj;
	child->oom_adj_min = parent->oom_adj_min;
	child->secret = parent->secret;
	child->exit_signal = a->flags & CLONE_PARENT ? parent->exit_signal : a->exit_signal;
	return 0;
}

static void undo_process(struct process *child)
{
	undo_task(child->leader);
	if (child->space)
		space_put(child->space);
	exe_put(&child->exe);
	process_free(child);
}

/* Who is traced may have children that are, too. Under process_lock. */
static void trace_child(struct task *child, const struct clone_args *a)
{
	const struct task *me = task_current();

	if (unlikely(task_is_traced(me)) &&
	    ((a->flags & CLONE_PTRACE) || ptrace_clone_event(me, a)))
		ptrace_inherit(child, me);
}

/*
 * Lists the child and lets it run: from then on it may end, and be gone. -EAGAIN: the caller is
 * about to end, and nothing may come after it.
 */
static int commit_process(struct process *child, const struct clone_args *a)
{
	struct task *me = task_current();
	struct process *parent = me->process;
	u64 flags = spin_lock_irq(&process_lock);
	u64 pending = READ_ONCE(parent->pending.set) | READ_ONCE(me->pending.set);
	bool too_late = task_must_end(me) || (pending & SIGNAL_BIT(SIGKILL));

	if (!too_late) {
		child->pgid = parent->pgid;
		child->sid = parent->sid;
		process_list_add(child, a->flags & CLONE_PARENT ? parent->parent : parent);
		trace_child(child->leader, a);
		thread_start(child->leader->thread);
	}
	spin_unlock_irq(&process_lock, flags);
	return too_late ? -EAGAIN : 0;
}

static struct task *make_process(struct task *me, const struct clone_args *a, int *err)
{
	struct process *child = process_create(a->tid, err);

	if (!child)
		return NULL;
	*err = copy_process(child, me->process, a);
	if (!*err)
		*err = copy_task(child->leader, me, a);
	if (!*err) {
		limits_start(child);
		store_tids(child->leader, a);
		return child->leader;
	}
	undo_process(child);
	return NULL;
}

/* -- a thread ------------------------------------------------------------------------------------ */

/* As commit_process(); a stop under way comes first, too: the new thread would miss it. */
static int commit_thread(struct task *t, const struct clone_args *a)
{
	struct task *me = task_current();
	struct process *p = me->process;
	u64 flags = spin_lock_irq(&process_lock), sig_flags = spin_lock_irq(&p->sig_lock);
	bool too_late = task_must_end(me) || (me->trace.traps & TRAP_PROCESS);

	if (!too_late) {
		spin_lock(&p->time_lock);
		list_push_back(&p->tasks, &t->link);
		spin_unlock(&p->time_lock);
		p->live++;
		(void)sigaction_get(p->actions);
		task_hash(t);
		trace_child(t, a);
		thread_start(t->thread);
	}
	spin_unlock_irq(&p->sig_lock, sig_flags);
	spin_unlock_irq(&process_lock, flags);
	return too_late ? -EAGAIN : 0;
}

static struct task *make_thread(struct task *me, const struct clone_args *a, int *err)
{
	struct task *t = task_create(me->process, a->tid, err);

	if (!t)
		return NULL;
	*err = copy_task(t, me, a);
	if (!*err) {
		store_tids(t, a);
		return t;
	}
	undo_task(t);
	task_free(t);
	return NULL;
}

/* -- both ---------------------------------------------------------------------------------------- */

/* 0, or -EAGAIN: it has been undone, and the caller is about to end or to stop. */
static int commit(struct task *child, const struct clone_args *a)
{
	bool thread = a->flags & CLONE_THREAD;
	int err = thread ? commit_thread(child, a) : commit_process(child->process, a);

	if (!err)
		return 0;
	if (thread) {
		undo_task(child);
		task_free(child);
	} else {
		limits_end(child->process);
		undo_process(child->process);
	}
	return err;
}

/* Until the child has left the memory; only what ends the caller ends the wait, too. */
static void wait_for_vfork(struct task *me, struct vfork_wait *w)
{
	u64 flags;

	me->in_vfork = true;
	wait_event(&w->queue, !READ_ONCE(w->child) || signal_fatal(me));
	me->in_vfork = false;
	flags = spin_lock_irq(&process_lock);
	if (w->child)
		w->child->vfork = NULL;
	spin_unlock_irq(&process_lock, flags);
}

i64 process_clone(const struct clone_args *a)
{
	struct task *me = task_current(), *child;
	struct vfork_wait vfork = { WAIT_QUEUE_INIT(vfork.queue), NULL };
	int err = check_flags(a);
	bool stopped = false;
	u32 event;
	i32 tid;

	if (err)
		return err;
	if (!space_may_take(me->process->space))
		return -ENOMEM;
	child = a->flags & CLONE_THREAD ? make_thread(me, a, &err) : make_process(me, a, &err);
	if (!child)
		return err;
	if (a->flags & CLONE_VFORK) {
		child->vfork = &vfork;
		vfork.child = child;
	}
	tid = child->tid;
	trace(TRACE_FORK, (u32)tid);
	if (commit(child, a))
		return signal_call_again(); /* if it ever goes on */
	if (unlikely(task_is_traced(me))) {
		event = ptrace_clone_event(me, a);
		stopped = event && ptrace_event(event, (u64)tid);
	}
	if (a->flags & CLONE_VFORK)
		wait_for_vfork(me, &vfork);
	if (unlikely(task_is_traced(me)) && (a->flags & CLONE_VFORK))
		stopped |= ptrace_event(PTRACE_EVENT_VFORK_DONE, (u64)tid);
	return stopped ? ptrace_call_result(tid) : tid;
}
