/* SPDX-License-Identifier: ISC */
/* Signals: actions, masks, alternate stacks, sending. */
#include "abi/errno.h"
#include "abi/ucontext.h"
#include "machine/usercopy.h"
#include "proc/signal.h"
#include "syscall/syscalls.h"

#define SIGSET_BYTES 8
#define MIN_ALTSTACK 2048

i64 sys_rt_sigaction(u64 signo, u64 act, u64 old, u64 size)
{
	struct process *p = process_current();
	struct sigaction_kernel new, was;
	int sig = (i32)signo;
	u64 flags;

	if (size != SIGSET_BYTES || sig < 1 || sig > NSIG)
		return -EINVAL;
	if (act && (sig == SIGKILL || sig == SIGSTOP))
		return -EINVAL;
	if (act && user_read(&new, act, sizeof(new)))
		return -EFAULT;
	flags = spin_lock_irq(&p->sig_lock);
	was = p->action[sig];
	if (act) {
		p->action[sig] = new;
		p->action[sig].mask &= ~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1));
		signal_drop_ignored(p, sig);
	}
	spin_unlock_irq(&p->sig_lock, flags);
	if (old && user_write(old, &was, sizeof(was)))
		return -EFAULT;
	return 0;
}

i64 sys_rt_sigprocmask(u64 how, u64 set, u64 old, u64 size)
{
	struct process *p = process_current();
	u64 was = p->sig_blocked, mask;

	if (size != SIGSET_BYTES)
		return -EINVAL;
	if (set) {
		if (user_read_u64(&mask, set))
			return -EFAULT;
		switch ((i32)how) {
		case SIG_BLOCK: mask = was | mask; break;
		case SIG_UNBLOCK: mask = was & ~mask; break;
		case SIG_SETMASK: break;
		default: return -EINVAL;
		}
		signal_set_mask(mask);
	}
	return old ? user_write_u64(old, was) : 0;
}

i64 sys_rt_sigpending(u64 set, u64 size)
{
	struct process *p = process_current();

	if (size > SIGSET_BYTES)
		return -EINVAL;
	return user_write_u64(set, READ_ONCE(p->pending.set) & p->sig_blocked);
}

i64 sys_rt_sigsuspend(u64 set, u64 size)
{
	struct process *p = process_current();
	struct wait_queue never = WAIT_QUEUE_INIT(never);
	u64 mask;

	if (size != SIGSET_BYTES)
		return -EINVAL;
	if (user_read_u64(&mask, set))
		return -EFAULT;
	p->sig_saved = p->sig_blocked;
	signal_set_mask(mask);
	p->sig_restore = true;
	(void)wait_event_interruptible(&never, false);
	context_set_work(&p->thread->ctx, WORK_SIGNAL);
	return -EINTR;
}

i64 sys_rt_sigreturn(void)
{
	struct trap_frame *f = thread_frame(thread_current());

	if (signal_pop_frame(f)) {
		process_current()->fault.note = "a signal frame that cannot be returned to";
		signal_force(SIGSEGV, SI_KERNEL, 0);
	}
	return f->rax;
}

static void altstack_get(const struct process *p, bool on, struct stack_abi *st)
{
	*st = (struct stack_abi){ .sp = p->altstack.sp, .size = p->altstack.size };
	st->flags = !p->altstack.size ? SS_DISABLE : on ? SS_ONSTACK : 0;
}

i64 sys_sigaltstack(u64 ss, u64 old)
{
	struct process *p = process_current();
	bool on = signal_on_altstack(p, thread_frame(p->thread)->rsp);
	struct stack_abi new, was;

	altstack_get(p, on, &was);
	if (ss) {
		if (user_read(&new, ss, sizeof(new)))
			return -EFAULT;
		if (on)
			return -EPERM;
		if ((new.flags & ~SS_AUTODISARM) > SS_DISABLE) /* 0, SS_ONSTACK, SS_DISABLE: one */
			return -EINVAL;
		if (!(new.flags &SS_DISABLE) && new.size < MIN_ALTSTACK)
			return -ENOMEM;
		p->altstack.sp = new.flags &SS_DISABLE ? 0 : new.sp;
		p->altstack.size = new.flags &SS_DISABLE ? 0 : new.size;
	}
	return old ? user_write(old, &was, sizeof(was)) : 0;
}

i64 sys_kill(u64 pid, u64 sig)
{
	return signal_kill((i32)pid, (i32)sig);
}

i64 sys_tkill(u64 tid, u64 sig)
{
	if ((i32)tid <= 0)
		return -EINVAL;
	return signal_kill((i32)tid, (i32)sig);
}

i64 sys_tgkill(u64 tgid, u64 tid, u64 sig)
{
	if ((i32)tid <= 0 || (i32)tgid <= 0)
		return -EINVAL;
	return (i32)tgid == (i32)tid ? signal_kill((i32)tid, (i32)sig) : -ESRCH;
}
