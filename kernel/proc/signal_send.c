/* SPDX-License-Identifier: ISC */
/*
 * Sending signals: marked pending for a process or a thread, and one thread kicked that will take
 * it. kill(2) and its sisters.
 *
 * What a thread sends to itself and would take at once it has in hand right away: nobody else need know.
 *
 * Locks: see process.h. Who sends holds process_lock, which keeps the target there and ends its stop.
 * One's own process stays by itself: for a signal that ends no stop its sig_lock is enough.
 */
#include "abi/errno.h"
#include "base/trace.h"
#include "proc/ptrace.h"
#include "proc/signal_private.h"
#include "proc/watch.h"

#define ENDS_STOP (BIT(SIGCONT) | BIT(SIGKILL))

/* Stops and SIGCONT undo each other where they have not been taken yet. Under sig_lock. */
static void cancel_opposites(struct process *p, int sig)
{
	u64 mask = sig == SIGCONT ? STOP_SIGNALS : STOP_SIGNALS & BIT(sig) ? BIT(SIGCONT) : 0;
	struct task *t;

	if (ENDS_STOP & BIT(sig))
		p->stop_taken = false;
	pending_flush(&p->pending, mask);
	list_for_each (t, &p->tasks, link)
		pending_flush(&t->pending, mask);
}

/* A blocked one waits: it may be handled, or waited for, once it is not. Under sig_lock. */
static bool wanted(const struct task *t, int sig)
{
	const struct process *p = t->process;

	if (p->dying || p->group_exit)
		return false;
	return (t->sig_blocked & BIT(sig)) || task_is_traced(t) ||
	       (!signal_spared(p, sig) && !signal_ignored(p, sig));
}

static bool takes(const struct task *t, int sig)
{
	return t->thread && !(t->sig_blocked & ~t->sig_waited & BIT(sig));
}

/* Who of @p shall take what was sent to it; NULL: all block it. Under sig_lock. */
static struct task *choose(struct process *p, int sig)
{
	struct task *t;

	list_for_each (t, &p->tasks, link)
		if (takes(t, sig))
			return t;
	return NULL;
}

void signal_retarget(struct process *p, u64 set)
{
	const struct task *me = task_current();
	struct task *t;

	set &= p->pending.set;
	if (likely(!set))
		return;
	list_for_each (t, &p->tasks, link)
		if (t != me && t->thread && (set & ~(t->sig_blocked & ~t->sig_waited)))
			task_kick(t);
}

static inline void tell(struct task *taker, int sig, const struct siginfo_kernel *info)
{
	trace_about(TRACE_SIGNAL, &taker->thread->ctx, (u32)sig, (u64)taker->process->pid,
		    info ? (u64)info->code : 0);
	task_kick(taker);
}

/*
 * To @t, or (@group) to its process: with @info, or as a timer's own entry @q. Under sig_lock. 0, -EAGAIN;
 * then news for who watches.
 */
static int post(struct task *t, bool group, int sig, const struct siginfo_kernel *info,
		struct sigqueue *q)
{
	struct process *p = t->process;
	struct pending_signals *to = group ? &p->pending : &t->pending;
	struct task *taker;
	int err = 0;

	if (unlikely((STOP_SIGNALS | ENDS_STOP) & BIT(sig)))
		cancel_opposites(p, sig);
	if (unlikely(!wanted(t, sig)))
		return 0;
	if (q)
		pending_add_entry(to, q);
	else
		err = pending_add(to, sig, info, p->leader->cred.uid);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* see signal.c:signal_change_mask */
	taker = likely(takes(t, sig)) ? t : group ? choose(p, sig) : NULL;
	if (taker)
		tell(taker, sig, info);
	return err;
}

/* To somebody, under process_lock. */
static int send(struct task *t, bool group, int sig, const struct siginfo_kernel *info,
		struct sigqueue *q)
{
	struct process *p = t->process;
	u64 flags;
	int err;

	if (p->state == PROCESS_ZOMBIE || (!group && !t->thread))
		return 0;
	if (ENDS_STOP & BIT(sig))
		process_end_stop(p, sig);
	flags = spin_lock_irq(&p->sig_lock);
	err = post(t, group, sig, info, q);
	spin_unlock_irq(&p->sig_lock, flags);
	watch_signal(p);
	return err;
}

/* Does @sig need more than sig_lock, even if one sends it to himself? */
static inline bool needs_tree(int sig)
{
	return sig && (ENDS_STOP & BIT(sig));
}

/* Would @me take @sig now, and nobody sees whether it has been pending before? */
static inline bool is_for_hand(const struct task *me, int sig)
{
	return !me->in_hand && !((STOP_SIGNALS | ENDS_STOP | me->sig_blocked) & BIT(sig)) &&
	       sigaction_handler(me->process->actions, sig) > SIG_IGN && !task_is_traced(me);
}

static __attribute__((noinline)) int post_own(struct task *me, bool group, int sig,
					      const struct siginfo_kernel *info)
{
	struct process *p = me->process;
	u64 flags = spin_lock_irq(&p->sig_lock);
	int err = post(group ? p->leader : me, group, sig, info, NULL);

	spin_unlock_irq(&p->sig_lock, flags);
	watch_signal(p);
	return err;
}

/* To @me, the running thread, or (@group) to its process. @sig: 0, or one that needs no tree. */
static inline int send_own(struct task *me, bool group, int sig, const struct siginfo_kernel *info)
{
	if (unlikely(!sig))
		return 0;
	if (unlikely(!is_for_hand(me, sig) || (group && READ_ONCE(me->process->leader) != me)))
		return post_own(me, group, sig, info);
	me->in_hand = sig;
	me->frame.info = *info;
	tell(me, sig, info);
	return 0;
}

int signal_send(struct process *p, int sig, const struct siginfo_kernel *info)
{
	return send(p->leader, true, sig, info, NULL);
}

int signal_send_task(struct task *t, int sig, const struct siginfo_kernel *info)
{
	return send(t, false, sig, info, NULL);
}

void signal_send_entry(struct process *p, struct task *t, struct sigqueue *q)
{
	(void)send(t ? t : p->leader, !t, q->sig, NULL, q);
}

void signal_send_self(int sig)
{
	struct task *me = task_current();
	struct siginfo_kernel info = { .code = SI_USER,
				       .pid = me->process->pid,
				       .uid = me->cred.uid };

	(void)send_own(me, false, sig, &info);
}

/* -- kill ------------------------------------------------------------------------------------- */

static bool may_signal(const struct task *to, int sig)
{
	const struct credentials *c = cred_current();

	return c->euid == 0 || c->euid == to->cred.uid || c->euid == to->cred.suid ||
	       c->uid == to->cred.uid || c->uid == to->cred.suid ||
	       to->process == process_current() ||
	       (sig == SIGCONT && process_current()->sid == to->process->sid);
}

static bool kill_selects(const struct process *self, const struct process *p, i32 pid)
{
	if (pid == -1)
		return p != process_init_task && p != self;
	return p->pgid == (pid == 0 ? self->pgid : -pid);
}

static __attribute__((noinline)) int send_to_other(i32 pid, int sig,
						   const struct siginfo_kernel *info)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = task_find(pid);
	int err = 0;

	if (!t)
		err = -ESRCH;
	else if (info->code <= 0 && !may_signal(t, sig))
		err = -EPERM;
	else if (sig)
		err = send(t, true, sig, info, NULL); /* a thread that was named takes it first */
	spin_unlock_irq(&process_lock, flags);
	return err;
}

int signal_send_to(i32 pid, int sig, const struct siginfo_kernel *info)
{
	struct task *me = task_current();

	if (pid != me->process->pid || needs_tree(sig))
		return send_to_other(pid, sig, info);
	return send_own(me, true, sig, info);
}

int signal_send_to_process(i32 pid, u64 born, int sig, const struct siginfo_kernel *info)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(pid);
	int err = 0;

	if (!p || p->start_ns != born)
		err = -ESRCH;
	else if (!may_signal(p->leader, sig))
		err = -EPERM;
	else if (sig)
		err = signal_send(p, sig, info);
	spin_unlock_irq(&process_lock, flags);
	return err;
}

static int send_to_other_task(i32 tgid, i32 tid, int sig, const struct siginfo_kernel *info)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = task_find(tid);
	int err = 0;

	if (!t || (tgid > 0 && t->process->pid != tgid))
		err = -ESRCH;
	else if (!may_signal(t, sig))
		err = -EPERM;
	else if (sig)
		err = signal_send_task(t, sig, info);
	spin_unlock_irq(&process_lock, flags);
	return err;
}

int signal_send_to_task(i32 tgid, i32 tid, int sig, const struct siginfo_kernel *info)
{
	struct task *me = task_current();

	if (tid != me->tid || (tgid > 0 && tgid != me->process->pid) || needs_tree(sig))
		return send_to_other_task(tgid, tid, sig, info);
	return send_own(me, false, sig, info);
}

static __attribute__((noinline)) int kill_many(i32 pid, int sig, const struct siginfo_kernel *info)
{
	struct process *self = process_current(), *p;
	u64 flags = spin_lock_irq(&process_lock);
	int found = 0, sent = 0;

	list_for_each (p, &process_list, all) {
		if (!kill_selects(self, p, pid))
			continue;
		found++;
		if (!may_signal(p->leader, sig))
			continue;
		sent++;
		if (sig)
			signal_send(p, sig, info);
	}
	spin_unlock_irq(&process_lock, flags);
	if (!found)
		return -ESRCH;
	return sent || pid == -1 ? 0 : -EPERM;
}

int signal_kill(i32 pid, int sig)
{
	struct siginfo_kernel info = { .code = SI_USER,
				       .pid = process_current()->pid,
				       .uid = cred_current()->uid };

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	return pid > 0 ? signal_send_to(pid, sig, &info) : kill_many(pid, sig, &info);
}
