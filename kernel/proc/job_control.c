/* SPDX-License-Identifier: ISC */
/*
 * Job control: stopping and continuing, what the parent hears of it, and orphaned process groups
 * (POSIX 2018, 2.4.3 and 3.264): nobody could continue those, so a terminal does not stop them.
 * Lock: process_lock for all of it.
 */
#include "proc/process.h"
#include "proc/signal.h"

static u32 stopped_count; /* [process_lock] processes that are stopped */

/* News of @p: always to the waiting parent, as SIGCHLD if it wants that. */
static void notify(struct process *p, i32 code, int sig)
{
	const struct sigaction_kernel *a = p->parent ? &p->parent->action[SIGCHLD] : NULL;
	bool quiet = !a || a->handler == SIG_IGN || (a->flags & SA_NOCLDSTOP);

	process_notify_parent(p, quiet ? 0 : SIGCHLD, code, sig);
}

void process_end_stop(struct process *p, int sig)
{
	if (!p->stopped)
		return;
	p->stopped = false;
	p->stop_report = 0;
	stopped_count--;
	if (sig == SIGCONT) {
		p->stop_report = STATUS_CONTINUED;
		notify(p, CLD_CONTINUED, SIGCONT);
	}
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

void process_stop(struct process *p, int sig)
{
	u64 flags = spin_lock_irq(&process_lock);
	bool may = sig == SIGSTOP || !is_orphaned(p->pgid, NULL);

	if (may && p->stop_taken) { /* senders hold process_lock: no SIGCONT or SIGKILL since */
		p->stopped = true;
		stopped_count++;
		p->stop_report = STATUS_STOPPED(sig);
		notify(p, CLD_STOPPED, sig);
	}
	spin_unlock_irq(&process_lock, flags);
	wait_event(&p->stop_queue, !READ_ONCE(p->stopped));
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
