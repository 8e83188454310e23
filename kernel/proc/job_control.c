/* SPDX-License-Identifier: ISC */
/*
 * Job control: stopping and continuing, what the parent hears of it, and orphaned process groups
 * (POSIX 2018, 2.4.3 and 3.264): nobody could continue those, so a terminal does not stop them.
 * Lock: process_lock for all of it.
 */
#include "proc/ptrace.h"
#include "proc/signal.h"

static u32 stopped_count; /* [process_lock] processes that are stopped */

/* News of @p: always to the waiting parent, as SIGCHLD if it wants that. */
static void notify(struct process *p, i32 code, int sig)
{
	const struct sigaction_kernel *a = p->parent ? &p->parent->actions->action[SIGCHLD] : NULL;
	bool quiet = !a || READ_ONCE(a->handler) == SIG_IGN || (READ_ONCE(a->flags) & SA_NOCLDSTOP);

	process_notify_parent(p, quiet ? 0 : SIGCHLD, code, sig);
}

void process_end_stop(struct process *p, int sig)
{
	struct task *t;

	if (sig == SIGCONT)
		list_for_each (t, &p->tasks, link)
			ptrace_notify_trap(t);
	if (!p->stop_signal)
		return;
	if (p->stopped) {
		p->stop_report = 0;
		stopped_count--;
		if (sig == SIGCONT) {
			p->stop_report = STATUS_CONTINUED;
			notify(p, CLD_CONTINUED, SIGCONT);
		}
	}
	p->stopped = false;
	p->stop_signal = 0;
	p->stop_left = 0;
	list_for_each (t, &p->tasks, link)
		t->trace.traps &= TRAP_TRACED;
	wait_wake_all(&p->stop_queue);
}

/* Does some member but @except have its parent in another group of the same session? */
static bool is_orphaned(i32 pgid, const struct process *except)
{
	struct process *p;

	list_for_each (p, &process_list, all) {
		if (p->pgid != pgid || p->state == PROCESS_ZOMBIE)
			continue;
		if (p == except || !p->parent || p->parent == process_init_task)
			continue;
		if (p->parent->pgid != pgid && p->parent->sid == p->sid)
			return false;
	}
	return true;
}

bool process_group_is_orphaned(i32 pgid)
{
	u64 flags = spin_lock_irq(&process_lock);
	bool orphaned = is_orphaned(pgid, NULL);

	spin_unlock_irq(&process_lock, flags);
	return orphaned;
}

/* The last thread has stopped: now the process has. Under process_lock. */
static void stop_is_complete(struct process *p)
{
	p->stopped = true;
	stopped_count++;
	p->stop_report = STATUS_STOPPED(p->stop_signal);
	if (!task_is_traced(p->leader) ||
	    ptrace_by_other(p->leader)) /* else it hears of each thread */
		notify(p, CLD_STOPPED, p->stop_signal);
}

/* All threads of the caller's process are to stop, itself included. Under process_lock. */
static void begin_stop(struct task *me, int sig)
{
	struct process *p = me->process;
	struct task *t;

	if (p->stop_signal || task_must_end(me))
		return; /* it is under way; or the end comes first */
	p->stop_signal = sig;
	list_for_each (t, &p->tasks, link) {
		if (!t->thread ||
		    t->in_stop) /* one that has not run since the last stop sleeps on */
			continue;
		t->trace.traps |= TRAP_PROCESS;
		p->stop_left++;
		if (t != me)
			task_kick(t);
	}
}

void process_stop_without(struct task *t)
{
	struct process *p = t->process;

	if ((t->trace.traps & TRAP_PROCESS) && --p->stop_left == 0 && !p->stopped)
		stop_is_complete(p);
	t->trace.traps &= TRAP_TRACED;
}

void task_stop_if_wanted(struct task *me)
{
	struct process *p = me->process;
	u64 flags = spin_lock_irq(&process_lock);
	bool stops = me->trace.traps & TRAP_PROCESS, traced = task_is_traced(me);

	me->in_stop = stops && !traced;
	process_stop_without(me);
	spin_unlock_irq(&process_lock, flags);
	if (stops && traced) {
		ptrace_group_stop(me);
		return;
	}
	while (stops) {
		wait_event(&p->stop_queue, !READ_ONCE(p->stop_signal) || task_must_end(me) ||
						   (READ_ONCE(me->trace.traps) & TRAP_TRACED));
		flags = spin_lock_irq(&process_lock);
		/* the next one, for which we count; a tracer has its own */
		stops = p->stop_signal && !task_must_end(me) && !(me->trace.traps & TRAP_TRACED);
		me->in_stop = stops;
		spin_unlock_irq(&process_lock, flags);
	}
}

void process_stop(struct task *me, int sig)
{
	struct process *p = me->process;
	u64 flags = spin_lock_irq(&process_lock);

	/* Senders hold process_lock: no SIGCONT or SIGKILL since it was taken. */
	if (p->stop_taken && (sig == SIGSTOP || !is_orphaned(p->pgid, NULL)))
		begin_stop(me, sig);
	p->stop_taken = false;
	spin_unlock_irq(&process_lock, flags);
	task_stop_if_wanted(me);
}

static bool has_stopped(i32 pgid)
{
	struct process *p;

	list_for_each (p, &process_list, all)
		if (p->pgid == pgid && p->stopped)
			return true;
	return false;
}

static void signal_group(i32 pgid, int sig)
{
	static const struct siginfo_kernel info = { .code = SI_KERNEL };
	struct process *p;

	list_for_each (p, &process_list, all)
		if (p->pgid == pgid)
			signal_send(p, sig, &info);
}

void process_group_check_orphaned(struct process *p, const struct process *parent, bool p_ends)
{
	i32 pgid = p->pgid;

	if (likely(!stopped_count) || !parent || parent->pgid == pgid || parent->sid != p->sid)
		return;
	if (!has_stopped(pgid) || !is_orphaned(pgid, p_ends ? p : NULL))
		return;
	signal_group(pgid, SIGHUP);
	signal_group(pgid, SIGCONT);
}
