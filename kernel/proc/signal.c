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

#define BIT(sig) (1UL << ((sig)-1))
#define STOP_SIGNALS (BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))
#define IGNORED_BY_DEFAULT (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH))
#define NEVER_BLOCKED (BIT(SIGKILL) | BIT(SIGSTOP))
#define SYNCHRONOUS                                                                                \
	(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGFPE) | BIT(SIGSYS))
#define STATUS_CONTINUED 0xffff

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

/* Job control's news of @p: always to the waiting parent, as SIGCHLD if it wants that. */
static void notify_of_stop(struct process *p, i32 code, int sig)
{
	bool quiet = p->parent && p->parent->action[SIGCHLD].flags & SA_NOCLDSTOP;

	process_notify_parent(p, quiet ? 0 : SIGCHLD, code, sig);
}

/* SIGCONT and SIGKILL end a stop, whatever else becomes of them. Under process_lock. */
static void end_stop(struct process *p, int sig)
{
	if (!p->stopped)
		return;
	p->stopped = false;
	if (sig == SIGCONT) {
		p->stop_report = STATUS_CONTINUED;
		notify_of_stop(p, CLD_CONTINUED, SIGCONT);
	}
	wait_wake_all(&p->stop_queue);
}

void signal_send(struct process *p, int sig, const struct siginfo_kernel *info)
{
	bool deliver;
	u64 flags;

	if (p->state == PROCESS_ZOMBIE)
		return;
	if (sig == SIGCONT || sig == SIGKILL)
		end_stop(p, sig);
	flags = spin_lock_irq(&p->sig_lock);
	if (sig == SIGCONT || sig == SIGKILL)
		p->stop_taken = false;
	if (sig == SIGCONT)
		p->pending.set &= ~STOP_SIGNALS;
	else if (STOP_SIGNALS & BIT(sig))
		p->pending.set &= ~BIT(SIGCONT);
	/* A blocked one waits: it may be handled, or waited for, once it is not. */
	deliver = !p->dying && (p->sig_blocked & BIT(sig) || (!spared(p, sig) && !ignored(p, sig)));
	if (deliver && !(p->pending.set & BIT(sig))) {
		p->pending.info[sig] = *info;
		p->pending.set |= BIT(sig);
	}
	deliver = deliver && !(p->sig_blocked & BIT(sig));
	spin_unlock_irq(&p->sig_lock, flags);
	if (deliver)
		kick(p);
}

void signal_force(int sig, i32 code, u64 address)
{
	struct process *p = process_current();
	struct sigaction_kernel *a = &p->action[sig];
	u64 flags = spin_lock_irq(&p->sig_lock);

	if (a->handler == SIG_IGN || (p->sig_blocked & BIT(sig))) {
		a->handler = SIG_DFL;
		p->sig_blocked &= ~BIT(sig);
	}
	p->pending.info[sig] = (struct siginfo_kernel){ .code = code, .address = address };
	p->pending.set |= BIT(sig);
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
		p->pending.set &= ~BIT(sig);
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
	if (pid > 0)
		return p->pid == pid;
	if (pid == -1)
		return p != process_init_task && p != self;
	return p->pgid == (pid == 0 ? self->pgid : -pid);
}

int signal_kill(i32 pid, int sig)
{
	struct process *self = process_current(), *p;
	struct siginfo_kernel info = { .code = SI_USER, .pid = self->pid, .uid = self->cred.uid };
	int found = 0, sent = 0;
	u64 flags;

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	flags = spin_lock_irq(&process_lock);
	list_for_each (p, &process_list, all) {
		if (!kill_selects(self, p, pid))
			continue;
		found++;
		if (!may_signal(self, p, sig))
			continue;
		sent++;
		if (sig)
			signal_send(p, sig, &info);
	}
	spin_unlock_irq(&process_lock, flags);
	if (!found)
		return -ESRCH;
	return sent || pid == -1 ? 0 : -EPERM;
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
		p->pending.set &= ~BIT(sig);
		p->stop_taken = STOP_SIGNALS & BIT(sig);
		*info = p->pending.info[sig];
		*action = p->action[sig];
		if (action->handler > SIG_IGN && (action->flags & SA_RESETHAND))
			p->action[sig].handler = SIG_DFL;
	}
	spin_unlock_irq(&p->sig_lock, flags);
	return sig;
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

static void stop(struct process *p, int sig)
{
	u64 flags = spin_lock_irq(&process_lock);

	if (p->stop_taken) { /* senders hold process_lock: no SIGCONT or SIGKILL has come since */
		p->stopped = true;
		p->stop_report = sig << 8 | 0x7f;
		notify_of_stop(p, CLD_STOPPED, sig);
	}
	spin_unlock_irq(&process_lock, flags);
	wait_event(&p->stop_queue, !READ_ONCE(p->stopped));
}

static void default_action(struct process *p, int sig, const struct siginfo_kernel *info)
{
	if ((IGNORED_BY_DEFAULT & BIT(sig)) || (spared(p, sig) && !is_fault(sig, info)))
		return;
	if (STOP_SIGNALS & BIT(sig)) {
		stop(p, sig);
		return;
	}
	obituary(p, sig, info);
	trace(TRACE_KILL, p->pid, sig);
	process_exit(sig);
}

/* Calls that go on by themselves after a handler with SA_RESTART. */
static bool restartable(u64 number)
{
	switch (number) {
	case SYS_read:
	case SYS_write:
	case SYS_readv:
	case SYS_writev:
	case SYS_ioctl:
	case SYS_wait4:
	case SYS_waitid:
	case SYS_open:
	case SYS_openat:
	case SYS_fcntl:
	case SYS_flock: return true;
	default: return false;
	}
}

static bool is_sleep(u64 number)
{
	return number == SYS_nanosleep || number == SYS_clock_nanosleep ||
	       number == SYS_restart_syscall;
}

/* Calls that go on where no handler has run (a stop and a SIGCONT): nothing has happened. */
static bool resumes(const struct trap_frame *f)
{
	switch (f->error) {
	case SYS_rt_sigsuspend: return true;
	case SYS_poll: return (i32)f->rdx < 0; /* with a timeout it would begin anew */
	case SYS_ppoll: return f->rdx == 0;
	default: return restartable(f->error) || is_sleep(f->error);
	}
}

/* An interrupted call: -EINTR, or the `syscall` instruction once more (it has two bytes). */
static void restart_call(struct trap_frame *f, bool handler_runs, bool sa_restart)
{
	if (f->vector != TRAP_SYSCALL || (i64)f->rax != -EINTR)
		return;
	if (handler_runs ? !(sa_restart && restartable(f->error)) : !resumes(f))
		return;
	f->rax = is_sleep(f->error) ? SYS_restart_syscall : f->error;
	f->rip -= 2;
	f->error = ~0UL; /* once */
}

static void run_handler(struct trap_frame *f, int sig, const struct sigaction_kernel *a,
			const struct siginfo_kernel *info)
{
	struct process *p = process_current();
	u64 mask = p->sig_restore ? p->sig_saved : p->sig_blocked;

	restart_call(f, true, a->flags & SA_RESTART);
	p->sleep_deadline = 0; /* a sleep that a handler interrupts is over */
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
	restart_call(f, false, false);
	if (p->sig_restore) {
		p->sig_restore = false;
		signal_set_mask(p->sig_saved);
	}
}
