/* SPDX-License-Identifier: ISC */
/*
 * Taking signals: a thread acts on its way to user mode, so a handler's frame is written by itself.
 * How they come is in signal_send.c. Locks: see process.h; stopping happens under process_lock.
 */
#include "abi/errno.h"
#include "base/log.h"
#include "base/trace.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "proc/ptrace.h"
#include "proc/signal_private.h"

#define SYNCHRONOUS                                                                                \
	(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGFPE) | BIT(SIGSYS))

static const char *const names[] = {
	[SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",
	[SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",
	[SIGKILL] = "SIGKILL", [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
	[SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM", [SIGCHLD] = "SIGCHLD",
	[SIGCONT] = "SIGCONT", [SIGSTOP] = "SIGSTOP", [SIGTSTP] = "SIGTSTP", [SIGTTIN] = "SIGTTIN",
	[SIGTTOU] = "SIGTTOU", [SIGSYS] = "SIGSYS",
};

const char *signal_name(int sig)
{
	return sig > 0 && sig < (int)ARRAY_SIZE(names) && names[sig] ? names[sig] : "a signal";
}

static bool is_fault(int sig, const struct siginfo_kernel *info)
{
	return info->code > 0 && ((SYNCHRONOUS | BIT(SIGKILL)) & BIT(sig));
}

bool process_thread_interrupted(struct thread *t)
{
	return t->task && (t->task->in_hand || signal_pending(t->task));
}

void signal_put_down(struct task *t)
{
	if (t->in_hand)
		(void)pending_add(&t->pending, t->in_hand, &t->frame.info, t->cred.uid);
	t->in_hand = 0;
}

static inline void put_in_hand(struct task *me, int sig, i32 code, u64 address)
{
	me->in_hand = sig;
	me->frame.info = (struct siginfo_kernel){ .code = code };
	me->frame.info.address = address;
	context_set_work(&me->thread->ctx, WORK_SIGNAL);
}

/* It is ignored or blocked, or one is in hand already, as where a step ends at a failed sigreturn. */
static __attribute__((noinline)) void force_anyhow(struct task *me, int sig, i32 code, u64 address)
{
	struct siginfo_kernel info = { .code = code, .address = address };
	struct process *p = me->process;
	u64 flags;

	if (sigaction_handler(p->actions, sig) == SIG_IGN || (me->sig_blocked & BIT(sig))) {
		sigaction_default(p->actions, sig);
		signal_set_mask(me, me->sig_blocked & ~BIT(sig));
	}
	if (!me->in_hand) {
		put_in_hand(me, sig, code, address);
		return;
	}
	flags = spin_lock_irq(&p->sig_lock);
	pending_force(&me->pending, sig, &info);
	spin_unlock_irq(&p->sig_lock, flags);
}

void signal_force(int sig, i32 code, u64 address)
{
	struct task *me = task_current();

	if (unlikely(sigaction_handler(me->process->actions, sig) == SIG_IGN ||
		     (me->sig_blocked & BIT(sig)) || me->in_hand))
		force_anyhow(me, sig, code, address);
	else
		put_in_hand(me, sig, code, address);
}

/* -- masks ------------------------------------------------------------------------------------ */

/* Something is not blocked any more: is it pending? Who tells a thread to end or stop kicks it anyway. */
static inline void look_what_waits(struct task *me)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(signal_pending_set(me) & ~me->sig_blocked))
		context_set_work(&me->thread->ctx, WORK_SIGNAL);
}

/* What one thread blocks from now on, others may have to take. */
static __attribute__((noinline)) void change_mask_among_others(struct task *me, u64 mask)
{
	struct process *p = me->process;
	u64 flags = spin_lock_irq(&p->sig_lock), before = me->sig_blocked;

	me->sig_blocked = mask;
	signal_retarget(p, mask & ~before);
	spin_unlock_irq(&p->sig_lock, flags);
	look_what_waits(me);
}

/*
 * Who blocks nothing that he did not block before, or is the only thread, takes nothing from others
 * and needs no lock. The mask is set, then it is looked what is pending; a sender
 * (signal_send.c:post) marks it, then looks at the mask. Each with a barrier in between, so at least
 * one sees the other. Who only blocks more need not look: what he takes now, he would have taken before.
 */
void signal_change_mask(struct task *me, u64 mask)
{
	u64 before = me->sig_blocked;

	if ((mask & ~before) && unlikely(READ_ONCE(me->process->live) != 1)) {
		change_mask_among_others(me, mask);
		return;
	}
	WRITE_ONCE(me->sig_blocked, mask);
	if (before & ~mask)
		look_what_waits(me);
}

void signal_set_waited(u64 set)
{
	struct task *t = task_current();
	u64 flags = spin_lock_irq(&t->process->sig_lock), before = t->sig_waited;

	t->sig_waited = set;
	signal_retarget(t->process, before & ~set);
	spin_unlock_irq(&t->process->sig_lock, flags);
}

void signal_drop_ignored(struct process *p, int sig)
{
	u64 flags = spin_lock_irq(&p->sig_lock);
	struct task *t;

	if (signal_ignored(p, sig)) {
		pending_flush(&p->pending, BIT(sig));
		list_for_each (t, &p->tasks, link)
			pending_flush(&t->pending, BIT(sig));
	}
	spin_unlock_irq(&p->sig_lock, flags);
}

void signal_mask_begin(u64 mask)
{
	struct task *t = task_current();

	t->sig_saved = t->sig_blocked;
	signal_set_mask(t, mask);
}

void signal_mask_end(bool interrupted)
{
	struct task *t = task_current();

	if (!interrupted || t->sig_saved == t->sig_blocked) {
		signal_set_mask(t, t->sig_saved);
		return;
	}
	t->sig_restore = true;
	context_set_work(&t->thread->ctx, WORK_SIGNAL);
}

/* -- taking them ------------------------------------------------------------------------------ */

/* The next signal of @set, the thread's own first; 0: none. Under sig_lock. */
static inline int take(struct task *t, u64 set, struct siginfo_kernel *info)
{
	struct pending_signals *from = &t->pending;
	u64 ready = from->set & set;
	int sig;

	if (ready & SYNCHRONOUS)
		ready &= SYNCHRONOUS; /* a fault's own frame must be the innermost */
	if (!ready) {
		from = &t->process->pending;
		ready = from->set & set;
	}
	if (!ready)
		return 0;
	sig = __builtin_ctzl(ready) + 1;
	pending_take(from, sig, info);
	return sig;
}

static int take_sent(struct task *t)
{
	struct process *p = t->process;
	u64 flags = spin_lock_irq(&p->sig_lock);
	int sig = take(t, ~t->sig_blocked, &t->frame.info);

	if (sig && (STOP_SIGNALS & BIT(sig)))
		p->stop_taken = true;
	spin_unlock_irq(&p->sig_lock, flags);
	return sig;
}

/* The next signal to act on, with its siginfo in hand; 0: none, or its tracer took it. */
static inline int dequeue(struct task *t)
{
	int sig = t->in_hand;

	t->in_hand = 0;
	if (!sig)
		sig = take_sent(t);
	if (unlikely(task_is_traced(t)) && sig && sig != SIGKILL)
		sig = ptrace_signal_stop(t, sig, &t->frame.info);
	return sig;
}

int signal_take(u64 set, struct siginfo_kernel *info)
{
	struct task *t = task_current();
	u64 flags = spin_lock_irq(&t->process->sig_lock);
	int sig = take(t, set, info);

	spin_unlock_irq(&t->process->sig_lock, flags);
	return sig;
}

bool signal_fatal(const struct task *t)
{
	const struct process *p = t->process;
	u64 ready = signal_pending_set(t) & ~t->sig_blocked;
	int sig;

	if (task_must_end(t))
		return true;
	for (; ready; ready &= ready - 1) {
		sig = __builtin_ctzl(ready) + 1;
		if (sigaction_handler(p->actions, sig) == SIG_DFL && !(STOP_SIGNALS & BIT(sig)) &&
		    !signal_ignored(p, sig) && !signal_spared(p, sig))
			return true;
	}
	return false;
}

static void describe_access(const struct task *t, char *buf, size_t size)
{
	if (t->fault.note)
		snprintf(buf, size, "%s", t->fault.note);
	else if (t->frame.uc.trapno == TRAP_PAGE_FAULT)
		snprintf(buf, size, "%s %lx, which is %s",
			 t->frame.uc.err & FAULT_EXEC    ? "jump to"
			 : t->frame.uc.err & FAULT_WRITE ? "write to"
							 : "read of",
			 t->frame.uc.cr2, t->fault.mapped ? "not allowed" : "not mapped");
	else
		snprintf(buf, size, "%s", trap_name(t->frame.uc.trapno));
}

/* One line on the console: who, where, why. Only for those that a fault kills. */
static void obituary(const struct task *t, int sig, const struct siginfo_kernel *info)
{
	const struct trap_frame *f = thread_frame(t->thread);
	char why[96], bytes[32] = "";
	u8 code[8];

	if (info->code <= 0 || !(SYNCHRONOUS & BIT(sig)))
		return;
	describe_access(t, why, sizeof(why));
	if (user_read(code, f->rip, sizeof(code)) == 0)
		snprintf(bytes, sizeof(bytes), " (%02x %02x %02x %02x %02x)", code[0], code[1],
			 code[2], code[3], code[4]);
	log_notice("%s[%d] killed by %s: %s, at rip %lx%s, rsp %lx", t->name, t->tid,
		   signal_name(sig), why, f->rip, bytes, f->rsp);
}

static void default_action(struct task *t, int sig, const struct siginfo_kernel *info)
{
	if ((IGNORED_BY_DEFAULT & BIT(sig)) ||
	    (signal_spared(t->process, sig) && !is_fault(sig, info)))
		return;
	if (STOP_SIGNALS & BIT(sig)) {
		process_stop(t, sig);
		return;
	}
	obituary(t, sig, info);
	trace(TRACE_KILLED, (u32)sig, (u64)info->code);
	process_exit(sig);
}

static inline void run_handler(struct task *t, struct trap_frame *f, int sig,
			       const struct sigaction_kernel *a)
{
	u64 mask = t->sig_restore ? t->sig_saved : t->sig_blocked;
	bool steps = unlikely(t->trace.steps) && ptrace_step_ends(t);

	signal_restart_call(t, f, true, a->flags & SA_RESTART);
	if (unlikely(signal_push_frame(t, f, sig, a, mask))) {
		/* No room for the frame: the program cannot be told, so it ends. */
		if (sig == SIGSEGV)
			sigaction_default(t->process->actions, SIGSEGV);
		t->fault.note = "no room for a signal frame";
		signal_force(SIGSEGV, SI_KERNEL, 0);
		return;
	}
	trace(TRACE_HANDLER, (u32)sig, a->handler);
	t->sig_restore = false;
	signal_set_mask(t, t->sig_blocked | a->mask | (a->flags & SA_NODEFER ? 0 : BIT(sig)));
	if (unlikely(steps))
		ptrace_step_report(t);
}

/* With its process, or for its tracer. Much may have come up when it goes on. */
static void stop_as_wanted(struct task *t)
{
	task_stop_if_wanted(t);
	if (READ_ONCE(t->trace.traps) & TRAP_TRACED)
		ptrace_trap(t);
}

void signal_deliver(struct trap_frame *f)
{
	struct task *t = task_current();
	const struct sigaction_kernel *action;
	struct sigaction_kernel copy;
	int sig;

	for (;;) {
		if (task_must_end(t))
			task_exit(0); /* what is told is the process's */
		if (unlikely(READ_ONCE(t->trace.traps))) {
			stop_as_wanted(t);
			continue;
		}
		if (!t->in_hand && !(signal_pending_set(t) & ~t->sig_blocked))
			break;
		sig = dequeue(t);
		if (!sig)
			continue;
		action = process_use_action(t->process, sig, &copy);
		if (action->handler == SIG_DFL)
			default_action(t, sig, &t->frame.info);
		else if (action->handler != SIG_IGN)
			run_handler(t, f, sig, action);
	}
	signal_restart_call(t, f, false, false);
	if (unlikely(t->sig_restore)) {
		t->sig_restore = false;
		signal_set_mask(t, t->sig_saved);
	}
}
