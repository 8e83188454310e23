/* SPDX-License-Identifier: ISC */
/*
 * Waiting for children (OSTEP 5.2): for their end, which frees the entry, and for their stops and
 * goes, which are told once. Lock: process_lock while a child is chosen and read.
 *
 * No news is lost: whatever a wait looks at is changed, and the waiting are woken for it, under
 * process_lock; under it as well one looks and, where there is nothing, is put into the queue.
 */
#include "abi/errno.h"
#include "proc/ptrace.h"
#include "proc/signal.h"

static bool selected(const struct process *child, int which, i32 id, u32 options)
{
	/* Whom one traces one waits for; a child that ends without SIGCHLD is a "clone child", waited
	 * for only where asked. */
	if (!(options & WALL) && !ptrace_by_parent(child) &&
	    (child->exit_signal != SIGCHLD) != !!(options & WCLONE))
		return false;
	switch (which) {
	case P_PID: return child->pid == id;
	case P_PGID: return child->pgid == id;
	default: return true;
	}
}

static bool reportable(const struct process *c, u32 options)
{
	if (c->state == PROCESS_ZOMBIE) /* its tracer comes first */
		return (options & WEXITED) && !ptrace_by_other(c->leader);
	if (!c->stop_report || (c->stop_report != STATUS_CONTINUED && ptrace_by_parent(c)))
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
		*any = *any || c->state != PROCESS_ZOMBIE || ptrace_by_other(c->leader);
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

/* -- tracees ------------------------------------------------------------------------------------ */

static bool tracee_selected(const struct task *t, int which, i32 id)
{
	switch (which) {
	case P_PID: return t->tid == id;
	case P_PGID: return (t->trace.ended ? t->trace.pgid : t->process->pgid) == id;
	default: return true;
	}
}

/* Has it ended, and must be taken leave of? Its own children's end a parent is told as ever. */
static bool tracee_ended(const struct task *t)
{
	return t->trace.ended || (t->process->state == PROCESS_ZOMBIE && ptrace_by_other(t));
}

static bool tracee_reportable(const struct task *t, u32 options)
{
	const struct trace_stop *s = t->trace.stop;

	if (s)
		return !s->told && !s->listens;
	return (options & WEXITED) && tracee_ended(t);
}

/* One of @tracer's to report, NULL: none now. Under process_lock. */
static struct task *find_tracee_of(struct task *tracer, int which, i32 id, u32 options, bool *any)
{
	struct task *t;

	list_for_each (t, &tracer->tracees, trace.link) {
		if (!tracee_selected(t, which, id))
			continue;
		*any = true;
		if (tracee_reportable(t, options))
			return t;
	}
	return NULL;
}

static struct task *find_tracee(struct task *me, int which, i32 id, u32 options, bool *any)
{
	struct task *tracer, *t = NULL;

	if (options & WNOTHREAD)
		return find_tracee_of(me, which, id, options, any);
	list_for_each (tracer, &me->process->tasks, link) {
		t = find_tracee_of(tracer, which, id, options, any);
		if (t)
			break;
	}
	return t;
}

/* What is to be freed after a wait, with process_lock not held. */
struct reaped {
	struct task *task;
	struct list processes; /* struct process.sibling */
};

/* Takes leave of one that has ended. Under process_lock. */
static void leave_tracee(struct task *t, struct reaped *reaped)
{
	ptrace_release(t, 0);
	if (t->trace.ended)
		reaped->task = t;
	else
		process_tell_end(t->process, &reaped->processes);
}

static void report_tracee(struct task *t, u32 options, struct wait_result *r, struct reaped *reaped)
{
	struct trace_stop *s = t->trace.stop;

	r->pid = t->tid;
	r->uid = t->cred.uid;
	if (!t->trace.ended)
		process_times(t->process, &r->time);
	r->trapped = s;
	if (s)
		r->status = STATUS_STOPPED(s->code);
	else
		r->status = t->trace.ended ? t->trace.exit_status : t->process->exit_status;
	if (options & WNOWAIT)
		return;
	if (s)
		s->told = true;
	else
		leave_tracee(t, reaped);
}

/* -- both ---------------------------------------------------------------------------------------- */

/*
 * True if the wait is over: with a child, or with r->pid = -ECHILD. Else the caller is blocked and @w in
 * the queue, if there is one.
 */
static bool try_wait(int which, i32 id, u32 options, struct wait_result *r, struct waiter *w)
{
	struct reaped reaped = { .processes = LIST_INIT(reaped.processes) };
	struct process *child;
	struct task *tracee = NULL;
	u64 flags = spin_lock_irq(&process_lock);
	bool any;

	child = find_child(process_current(), which, id, options, &any);
	if (!child)
		tracee = find_tracee(task_current(), which, id, options, &any);
	if (tracee) {
		report_tracee(tracee, options, r, &reaped);
	} else if (child) {
		report(child, r);
		if (!(options & WNOWAIT)) {
			child->stop_report = 0;
			if (child->state == PROCESS_ZOMBIE) {
				process_unlist(child);
				list_push_back(&reaped.processes, &child->sibling);
			}
		}
	} else {
		r->pid = any ? 0 : -ECHILD;
		if (any && w)
			wait_prepare(&process_current()->child_event, w);
	}
	spin_unlock_irq(&process_lock, flags);
	if (reaped.task)
		task_free(reaped.task);
	process_free_all(&reaped.processes);
	return r->pid != 0;
}

i64 process_wait(int which, i32 id, u32 options, struct wait_result *r)
{
	struct waiter w;

	*r = (struct wait_result){ 0 };
	if (options & WNOHANG) {
		(void)try_wait(which, id, options, r, NULL);
		return r->pid;
	}
	while (!try_wait(which, id, options, r, &w)) {
		bool ends = thread_interrupted(thread_current());

		if (!ends)
			schedule();
		wait_finish_lasting(&w);
		if (ends) /* maybe by the news itself: SIGCHLD */
			return try_wait(which, id, options, r, NULL) ? r->pid : -EINTR;
	}
	return r->pid;
}
