/* SPDX-License-Identifier: ISC */
/*
 * Sending and taking signals. A sender only marks them pending and wakes the target; the target
 * acts on its way to user mode, so a handler's frame is written by the thread itself.
 * Locks: see process.h; stopping and continuing happen under process_lock.
 */
#include "proc/signal.h"

#include "abi/errno.h"
#include "abi/syscall_numbers.h"
#include "base/log.h"
#include "base/trace.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/usercopy.h"

#define BIT(sig) SIGNAL_BIT(sig)
#define IGNORED_BY_DEFAULT (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH))
#define NEVER_BLOCKED (BIT(SIGKILL) | BIT(SIGSTOP))
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

static bool ignored(const struct process *p, int sig)
{
	u64 handler = p->action[sig].handler;

	return handler == SIG_IGN || (handler == SIG_DFL && (IGNORED_BY_DEFAULT & BIT(sig)));
}

/* pid 1 dies of nothing that it has not asked for (but its own faults). */
static bool spared(const struct process *p, int sig)
{
	return p == process_init_task && p->action[sig].handler == SIG_DFL;
}

static bool is_fault(int sig, const struct siginfo_kernel *info)
{
	return info->code > 0 && ((SYNCHRONOUS | BIT(SIGKILL)) & BIT(sig));
}

bool signal_pending(struct process *p)
{
	return READ_ONCE(p->pending.set) & ~p->sig_blocked;
}

bool process_thread_interrupted(struct thread *t)
{
	return t->process && signal_pending(t->process);
}

static void kick(struct process *p)
{
	context_set_work(&p->thread->ctx, WORK_SIGNAL);
	thread_wake(p->thread);
}

/* Stops and SIGCONT undo each other where they have not been taken yet. Under sig_lock. */
static void cancel_opposites(struct process *p, int sig)
{
	if (sig == SIGCONT || sig == SIGKILL)
		p->stop_taken = false;
	if (sig == SIGCONT)
		pending_flush(&p->pending, STOP_SIGNALS);
	else if (STOP_SIGNALS & BIT(sig))
		pending_flush(&p->pending, BIT(SIGCONT));
}

/* A blocked one waits: it may be handled, or waited for, once it is not. Under sig_lock. */
static bool wanted(const struct process *p, int sig)
{
	if (p->dying)
		return false;
	return (p->sig_blocked & BIT(sig)) || (!spared(p, sig) && !ignored(p, sig));
}

/* Queues @info, or a timer's own entry @q. */
static int send(struct process *p, int sig, const struct siginfo_kernel *info, struct sigqueue *q)
{
	bool wake = false;
	int err = 0;
	u64 flags;

	if (p->state == PROCESS_ZOMBIE)
		return 0;
	if (sig == SIGCONT || sig == SIGKILL)
		process_end_stop(p, sig);
	flags = spin_lock_irq(&p->sig_lock);
	cancel_opposites(p, sig);
	if (wanted(p, sig)) {
		if (q)
			pending_add_entry(&p->pending, q);
		else
			err = pending_add(&p->pending, sig, info, p->cred.uid);
		wake = !(p->sig_blocked & ~p->sig_waited & BIT(sig));
	}
	spin_unlock_irq(&p->sig_lock, flags);
	if (wake)
		kick(p);
	return err;
}

int signal_send(struct process *p, int sig, const struct siginfo_kernel *info)
{
	return send(p, sig, info, NULL);
}

void signal_send_entry(struct process *p, struct sigqueue *q)
{
	(void)send(p, q->sig, NULL, q);
}

void signal_force(int sig, i32 code, u64 address)
{
	struct process *p = process_current();
	struct siginfo_kernel info = { .code = code, .address = address };
	struct sigaction_kernel *a = &p->action[sig];
	u64 flags = spin_lock_irq(&p->sig_lock);

	if (a->handler == SIG_IGN || (p->sig_blocked & BIT(sig))) {
		a->handler = SIG_DFL;
		p->sig_blocked &= ~BIT(sig);
	}
	pending_force(&p->pending, sig, &info);
	spin_unlock_irq(&p->sig_lock, flags);
	context_set_work(&p->thread->ctx, WORK_SIGNAL);
}

void signal_set_mask(u64 mask)
{
	struct process *p = process_current();
	u64 flags = spin_lock_irq(&p->sig_lock);

	p->sig_blocked = mask & ~NEVER_BLOCKED;
	spin_unlock_irq(&p->sig_lock, flags);
	if (signal_pending(p))
		context_set_work(&p->thread->ctx, WORK_SIGNAL);
}

void signal_drop_ignored(struct process *p, int sig)
{
	if (ignored(p, sig))
		pending_flush(&p->pending, BIT(sig));
}

void signal_mask_begin(u64 mask)
{
	struct process *p = process_current();

	p->sig_saved = p->sig_blocked;
	signal_set_mask(mask);
}

void signal_mask_end(bool interrupted)
{
	struct process *p = process_current();

	if (!interrupted) {
		signal_set_mask(p->sig_saved);
		return;
	}
	p->sig_restore = true;
	context_set_work(&p->thread->ctx, WORK_SIGNAL);
}

/* -- kill ------------------------------------------------------------------------------------- */

static bool may_signal(const struct process *from, const struct process *to, int sig)
{
	const struct credentials *c = &from->cred;

	return c->euid == 0 || c->euid == to->cred.uid || c->euid == to->cred.suid ||
	       c->uid == to->cred.uid || c->uid == to->cred.suid ||
	       (sig == SIGCONT && from->sid == to->sid);
}

static bool kill_selects(const struct process *self, const struct process *p, i32 pid)
{
	if (pid == -1)
		return p != process_init_task && p != self;
	return p->pgid == (pid == 0 ? self->pgid : -pid);
}

int signal_send_to(i32 pid, int sig, const struct siginfo_kernel *info)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct process *p = process_find(pid);
	int err = 0;

	if (!p)
		err = -ESRCH;
	else if (info->code <= 0 && !may_signal(process_current(), p, sig))
		err = -EPERM;
	else if (sig)
		err = signal_send(p, sig, info);
	spin_unlock_irq(&process_lock, flags);
	return err;
}

static int kill_many(i32 pid, int sig, const struct siginfo_kernel *info)
{
	struct process *self = process_current(), *p;
	u64 flags = spin_lock_irq(&process_lock);
	int found = 0, sent = 0;

	list_for_each (p, &process_list, all) {
		if (!kill_selects(self, p, pid))
			continue;
		found++;
		if (!may_signal(self, p, sig))
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
	struct process *self = process_current();
	struct siginfo_kernel info = { .code = SI_USER, .pid = self->pid, .uid = self->cred.uid };

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	return pid > 0 ? signal_send_to(pid, sig, &info) : kill_many(pid, sig, &info);
}

/* -- taking them ------------------------------------------------------------------------------ */

/* The next signal to act on, 0: none; its action as it was. */
static int dequeue(struct process *p, struct sigaction_kernel *action, struct siginfo_kernel *info)
{
	u64 flags = spin_lock_irq(&p->sig_lock), ready;
	int sig = 0;

	ready = p->pending.set & ~p->sig_blocked;
	if (ready & SYNCHRONOUS)
		ready &= SYNCHRONOUS; /* a fault's own frame must be the innermost */
	if (ready) {
		sig = __builtin_ctzl(ready) + 1;
		pending_take(&p->pending, sig, info);
		p->stop_taken = STOP_SIGNALS & BIT(sig);
		*action = p->action[sig];
		if (action->handler > SIG_IGN && (action->flags & SA_RESETHAND))
			p->action[sig].handler = SIG_DFL;
	}
	spin_unlock_irq(&p->sig_lock, flags);
	return sig;
}

int signal_take(u64 set, struct siginfo_kernel *info)
{
	struct process *p = process_current();
	u64 flags = spin_lock_irq(&p->sig_lock), ready = p->pending.set & set;
	int sig = 0;

	if (ready) {
		sig = __builtin_ctzl(ready) + 1;
		pending_take(&p->pending, sig, info);
	}
	spin_unlock_irq(&p->sig_lock, flags);
	return sig;
}

bool signal_fatal(struct process *p)
{
	u64 ready = READ_ONCE(p->pending.set) & ~p->sig_blocked;
	int sig;

	for (; ready; ready &= ready - 1) {
		sig = __builtin_ctzl(ready) + 1;
		if (p->action[sig].handler == SIG_DFL && !(STOP_SIGNALS & BIT(sig)) &&
		    !ignored(p, sig) && !spared(p, sig))
			return true;
	}
	return false;
}

static void describe_access(const struct process *p, char *buf, size_t size)
{
	if (p->fault.note)
		snprintf(buf, size, "%s", p->fault.note);
	else if (p->fault.vector == TRAP_PAGE_FAULT)
		snprintf(buf, size, "%s %lx, which is %s",
			 p->fault.exec    ? "jump to"
			 : p->fault.write ? "write to"
					  : "read of",
			 p->fault.address, p->fault.mapped ? "not allowed" : "not mapped");
	else
		snprintf(buf, size, "%s", trap_name(p->fault.vector));
}

/* One line on the console: who, where, why. Only for those that a fault kills. */
static void obituary(const struct process *p, int sig, const struct siginfo_kernel *info)
{
	const struct trap_frame *f = thread_frame(p->thread);
	char why[96], bytes[32] = "";
	u8 code[8];

	if (info->code <= 0 || !(SYNCHRONOUS & BIT(sig)))
		return;
	describe_access(p, why, sizeof(why));
	if (user_read(code, f->rip, sizeof(code)) == 0)
		snprintf(bytes, sizeof(bytes), " (%02x %02x %02x %02x %02x)", code[0], code[1],
			 code[2], code[3], code[4]);
	log_notice("%s[%d] killed by %s: %s, at rip %lx%s, rsp %lx", p->name, p->pid,
		   signal_name(sig), why, f->rip, bytes, f->rsp);
}

static void default_action(struct process *p, int sig, const struct siginfo_kernel *info)
{
	if ((IGNORED_BY_DEFAULT & BIT(sig)) || (spared(p, sig) && !is_fault(sig, info)))
		return;
	if (STOP_SIGNALS & BIT(sig)) {
		process_stop(p, sig);
		return;
	}
	obituary(p, sig, info);
	trace(TRACE_KILL, p->pid, sig);
	process_exit(sig);
}

static void run_handler(struct trap_frame *f, int sig, const struct sigaction_kernel *a,
			const struct siginfo_kernel *info)
{
	struct process *p = process_current();
	u64 mask = p->sig_restore ? p->sig_saved : p->sig_blocked;

	signal_restart_call(f, true, a->flags & SA_RESTART);
	if (signal_push_frame(f, sig, a, info, mask)) {
		/* No room for the frame: the program cannot be told, so it ends. */
		if (sig == SIGSEGV)
			p->action[SIGSEGV].handler = SIG_DFL;
		p->fault.note = "no room for a signal frame";
		signal_force(SIGSEGV, SI_KERNEL, 0);
		return;
	}
	p->sig_restore = false;
	signal_set_mask(p->sig_blocked | a->mask | (a->flags & SA_NODEFER ? 0 : BIT(sig)));
}

void signal_deliver(struct trap_frame *f)
{
	struct process *p = process_current();
	struct sigaction_kernel action;
	struct siginfo_kernel info;
	int sig;

	context_clear_work(&p->thread->ctx, WORK_SIGNAL);
	while ((sig = dequeue(p, &action, &info))) {
		if (action.handler == SIG_DFL)
			default_action(p, sig, &info);
		else if (action.handler != SIG_IGN)
			run_handler(f, sig, &action, &info);
	}
	signal_restart_call(f, false, false);
	if (p->sig_restore) {
		p->sig_restore = false;
		signal_set_mask(p->sig_saved);
	}
}
