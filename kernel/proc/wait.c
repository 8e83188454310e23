/* SPDX-License-Identifier: ISC */
/*
 * Waiting for children (OSTEP 5.2): for their end, which frees the entry, and for their stops and
 * goes, which are told once. Lock: process_lock while a child is chosen and read.
 */
#include "abi/errno.h"
#include "proc/process.h"
#include "proc/signal.h"

static bool selected(const struct process *child, int which, i32 id, u32 options)
{
	/* A child that ends without SIGCHLD is a "clone child", waited for only where asked. */
	if (!(options & WALL) && (child->exit_signal != SIGCHLD) != !!(options & WCLONE))
		return false;
	switch (which) {
	case P_PID: return child->pid == id;
	case P_PGID: return child->pgid == id;
	default: return true;
	}
}

static bool reportable(const struct process *c, u32 options)
{
	if (c->state == PROCESS_ZOMBIE)
		return options & WEXITED;
	if (!c->stop_report)
		return false;
	return options & (c->stop_report == STATUS_CONTINUED ? WCONTINUED : WSTOPPED);
}

/* A child to report, NULL if none now; *any tells if one could come. Under process_lock. */
static struct process *find_child(struct process *p, int which, i32 id, u32 options, bool *any)
{
	struct process *c;

	*any = false;
	list_for_each (c, &p->children, sibling) {
		if (!selected(c, which, id, options))
			continue;
		if (reportable(c, options))
			return c;
		*any = *any || c->state != PROCESS_ZOMBIE;
	}
	return NULL;
}

static void report(struct process *child, struct wait_result *r)
{
	bool ended = child->state == PROCESS_ZOMBIE;

	r->pid = child->pid;
	r->uid = child->leader->cred.uid;
	process_times(child, &r->time);
	cpu_time_add(&r->time, &child->child_time);
	r->status = ended ? child->exit_status : child->stop_report;
}

/* True if the wait is over: with a child, or with r->pid = -ECHILD. */
static bool try_wait(int which, i32 id, u32 options, struct wait_result *r)
{
	struct process *child, *reaped = NULL;
	u64 flags = spin_lock_irq(&process_lock);
	bool any;

	child = find_child(process_current(), which, id, options, &any);
	if (child) {
		report(child, r);
		if (!(options & WNOWAIT)) {
			child->stop_report = 0;
			if (child->state == PROCESS_ZOMBIE)
				process_unlist(reaped = child);
		}
	} else {
		r->pid = any ? 0 : -ECHILD;
	}
	spin_unlock_irq(&process_lock, flags);
	if (reaped)
		process_free(reaped);
	return r->pid != 0;
}

i64 process_wait(int which, i32 id, u32 options, struct wait_result *r)
{
	int err = 0;

	*r = (struct wait_result){ 0 };
	if (options & WNOHANG)
		(void)try_wait(which, id, options, r);
	else
		err = wait_event_interruptible(&process_current()->child_event,
					       r->pid || try_wait(which, id, options, r));
	return err ? err : r->pid;
}
