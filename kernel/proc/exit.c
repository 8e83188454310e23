/* SPDX-License-Identifier: ISC */
/*
 * The end of a process (OSTEP 5.2; the wait for it is in wait.c): "free memory of process, remove from
 * process list" of Figure 6.1.
 *
 * The dying thread gives back everything but its entry; the entry stays a zombie until the
 * parent has read the status. Between becoming a zombie and the last switch the thread
 * does not touch the entry any more: the parent may have freed it.
 */
#include "abi/errno.h"
#include "base/trace.h"
#include "proc/posix_timer.h"
#include "proc/signal.h"

/*
 * Gives all back but the entry. /proc reaches these fields under process_lock: they are taken off
 * under it, and dropped afterwards, since that may sleep.
 */
static void release_all(struct process *p)
{
	struct space *space = p->space;
	struct fd_table *files = p->files;
	struct vnode *exe = p->exe, *cwd = p->cwd, *root = p->root;
	u64 flags;

	process_leave_space(p);
	flags = spin_lock_irq(&process_lock);
	p->space = NULL;
	p->files = NULL;
	p->exe = p->cwd = p->root = NULL;
	spin_unlock_irq(&process_lock, flags);
	context_load_mmu(&p->thread->ctx, NULL);
	if (space)
		space_put(space);
	fd_table_put(files);
	vnode_put(exe);
	vnode_put(cwd);
	vnode_put(root);
}

void process_unlist(struct process *zombie)
{
	zombie->parent->child_user_ns += zombie->child_user_ns;
	process_list_remove(zombie);
}

/* Has its parent said that it will not wait for @zombie? */
static bool is_unwanted(const struct process *zombie)
{
	const struct sigaction_kernel *a = &zombie->parent->action[SIGCHLD];

	return zombie->exit_signal == SIGCHLD &&
	       (a->handler == SIG_IGN || (a->flags & SA_NOCLDWAIT));
}

/* Off the list, to be freed when process_lock is not held. */
static void discard(struct process *zombie, struct list *unwanted)
{
	process_unlist(zombie);
	list_push_back(unwanted, &zombie->sibling);
}

static void notify_of_end(struct process *zombie)
{
	int status = zombie->exit_status, sig = status & 0x7f;
	bool quiet = zombie->exit_signal == SIGCHLD && zombie->parent &&
		     zombie->parent->action[SIGCHLD].handler == SIG_IGN;

	process_notify_parent(zombie, quiet ? 0 : zombie->exit_signal,
			      sig ? CLD_KILLED : CLD_EXITED, sig ? sig : status >> 8 & 0xff);
}

/* Orphans go to init; zombies that it will not wait for go to @unwanted. Under process_lock. */
static void reparent_children(struct process *p, struct list *unwanted)
{
	struct siginfo_kernel info = { .code = SI_USER, .pid = p->pid, .uid = p->cred.uid };
	struct list *l;

	while ((l = list_pop_front(&p->children))) {
		struct process *child = list_entry(l, struct process, sibling);

		if (child->parent_death_signal)
			signal_send(child, child->parent_death_signal, &info);
		child->parent = process_init_task;
		child->exit_signal = SIGCHLD;
		list_push_back(&process_init_task->children, &child->sibling);
		process_group_check_orphaned(child, p, false);
		if (child->state == PROCESS_ZOMBIE) {
			notify_of_end(child);
			if (is_unwanted(child))
				discard(child, unwanted);
		}
	}
}

static void become_zombie(struct process *p, int status)
{
	struct list unwanted = LIST_INIT(unwanted), *l;
	u64 flags = spin_lock_irq(&process_lock);

	reparent_children(p, &unwanted);
	process_group_check_orphaned(p, p->parent, true);
	p->exit_status = status;
	p->child_user_ns += thread_cpu_time(p->thread);
	p->state = PROCESS_ZOMBIE;
	notify_of_end(p);
	if (is_unwanted(p))
		discard(p, &unwanted);
	spin_unlock_irq(&process_lock, flags);
	while ((l = list_pop_front(&unwanted)))
		process_free(list_entry(l, struct process, sibling));
}

/* From here on none is sent to it, by timers neither. */
static void stop_signals(struct process *p)
{
	u64 flags;

	posix_timers_delete_all();
	itimers_cancel(p);
	limits_end(p);
	flags = spin_lock_irq(&p->sig_lock);
	p->dying = true;
	pending_flush(&p->pending, ~0UL);
	spin_unlock_irq(&p->sig_lock, flags);
}

void process_exit(int status)
{
	struct process *p = process_current();

	stop_signals(p);
	trace(TRACE_EXIT, p->pid, status);
	if (p == process_init_task)
		process_init_ended(status);
	if (p->pid == p->sid && process_session_ended)
		process_session_ended();
	release_all(p);
	thread_current()->process = NULL;
	become_zombie(p, status);
	thread_exit();
}
