/* SPDX-License-Identifier: ISC */
/*
 * The end of a process and the wait for it (OSTEP 5.2): "free memory of process, remove from
 * process list" of Figure 6.1.
 *
 * The dying thread gives back everything but its entry; the entry stays a zombie until the
 * parent has read the status. Between becoming a zombie and the last switch the thread
 * does not touch the entry any more: the parent may have freed it.
 */
#include "abi/errno.h"
#include "base/trace.h"
#include "proc/process.h"
#include "proc/signal.h"

static void release_memory(struct process *p)
{
	struct space *s = p->space;

	if (!s)
		return;
	p->space = NULL;
	context_load_mmu(&p->thread->ctx, NULL);
	space_put(s);
}

static void release_all(struct process *p)
{
	process_leave_space(p);
	release_memory(p);
	fd_table_put(p->files);
	vnode_put(p->exe);
	vnode_put(p->cwd);
	vnode_put(p->root);
	p->files = NULL;
	p->exe = p->cwd = p->root = NULL;
}

/* Takes a zombie off the list; the caller frees it after unlocking. Under process_lock. */
static void unlist(struct process *zombie)
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
	unlist(zombie);
	list_push_back(unwanted, &zombie->sibling);
}

static void notify_of_end(struct process *zombie)
{
	int status = zombie->exit_status, sig = status & 0x7f;

	process_notify_parent(zombie, zombie->exit_signal, sig ? CLD_KILLED : CLD_EXITED,
			      sig ? sig : status >> 8 & 0xff);
}

/* Orphans go to init; zombies that it will not wait for go to @unwanted. Under process_lock. */
static void reparent_children(struct process *p, struct list *unwanted)
{
	struct list *l;

	while ((l = list_pop_front(&p->children))) {
		struct process *child = list_entry(l, struct process, sibling);

		child->parent = process_init_task;
		child->exit_signal = SIGCHLD;
		list_push_back(&process_init_task->children, &child->sibling);
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

void process_exit(int status)
{
	struct process *p = process_current();

	p->dying = true;
	trace(TRACE_EXIT, p->pid, status);
	if (p == process_init_task)
		process_init_ended(status);
	release_all(p);
	thread_current()->process = NULL;
	become_zombie(p, status);
	thread_exit();
}

/* -- wait ----------------------------------------------------------------------------------- */

static bool selected(const struct process *child, i32 pid, i32 own_group)
{
	if (pid > 0)
		return child->pid == pid;
	if (pid == -1)
		return true;
	return child->pgid == (pid == 0 ? own_group : -pid);
}

static bool reportable_stop(const struct process *c, u32 options)
{
	if (!c->stop_report)
		return false;
	return options & (c->stop_report == 0xffff ? WCONTINUED : WUNTRACED);
}

/* A child to report, NULL if none now; *any tells if one could come. Under process_lock. */
static struct process *find_child(struct process *p, i32 pid, u32 options, bool *any)
{
	struct process *c;

	*any = false;
	list_for_each (c, &p->children, sibling) {
		if (!selected(c, pid, p->pgid))
			continue;
		*any = true;
		if (c->state == PROCESS_ZOMBIE || reportable_stop(c, options))
			return c;
	}
	return NULL;
}

struct wait_result {
	i32 pid;
	int status;
	u64 cpu_ns;
};

/* True if the wait is over: with a child, or with r->pid = -ECHILD. */
static bool try_wait(i32 pid, u32 options, struct wait_result *r)
{
	struct process *p = process_current(), *child;
	u64 flags = spin_lock_irq(&process_lock);
	bool any, reaped = false;

	child = find_child(p, pid, options, &any);
	if (child) {
		r->pid = child->pid;
		r->cpu_ns = child->child_user_ns;
		reaped = child->state == PROCESS_ZOMBIE;
		r->status = reaped ? child->exit_status : child->stop_report;
		child->stop_report = 0;
		if (reaped)
			unlist(child);
	} else {
		r->pid = any ? 0 : -ECHILD;
	}
	spin_unlock_irq(&process_lock, flags);
	if (reaped)
		process_free(child);
	return r->pid != 0;
}

i64 process_wait(i32 pid, u32 options, int *status, u64 *cpu_ns)
{
	struct wait_result r = { 0 };
	int err = 0;

	if (options & WNOHANG)
		(void)try_wait(pid, options, &r);
	else
		err = wait_event_interruptible(&process_current()->child_event,
					       r.pid || try_wait(pid, options, &r));
	if (err)
		return err;
	*status = r.status;
	*cpu_ns = r.cpu_ns;
	return r.pid;
}
