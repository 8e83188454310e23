/* SPDX-License-Identifier: ISC */
/* Signals: actions, masks, alternate stacks, sending. */
#include "abi/errno.h"
#include "abi/ucontext.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "proc/signal.h"
#include "syscall/siginfo.h"
#include "syscall/sigmask.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

#define SIGSET_BYTES 8

/* Sets the action of @sig to that at @act and tells the old one at @old; 0: not. */
static __attribute__((noinline)) i64 exchange_action(int sig, u64 act, u64 old)
{
	struct process *p = process_current();
	struct sigaction_kernel new, was;

	if (act) {
		if (SIGNAL_UNBLOCKABLE & SIGNAL_BIT(sig))
			return -EINVAL;
		if (user_read(&new, act, sizeof(new)))
			return -EFAULT;
		new.mask &= ~SIGNAL_UNBLOCKABLE;
	}
	sigaction_change(p->actions, sig, act ? &new : NULL, &was);
	if (act && new.handler <= SIG_IGN) /* what is caught is not ignored */
		signal_drop_ignored(p, sig);
	return old ? user_write(old, &was, sizeof(was)) : 0;
}

i64 sys_rt_sigaction(u64 signo, u64 act, u64 old, u64 size)
{
	struct process *p = process_current();
	struct sigaction_kernel new;
	u32 sig = (u32)signo;

	if (unlikely(size != SIGSET_BYTES || sig - 1 >= NSIG))
		return -EINVAL;
	/* The usual: a handler, which drops nothing that waits. Whatever else begins once more. */
	if (unlikely(!act || old || (SIGNAL_UNBLOCKABLE & SIGNAL_BIT(sig)) ||
		     !process_owns_actions(p) || user_read(&new, act, sizeof(new)) ||
		     new.handler <= SIG_IGN))
		return exchange_action((int)sig, act, old);
	new.mask &= ~SIGNAL_UNBLOCKABLE;
	sigaction_set(p->actions, sig, &new);
	return 0;
}

i64 sys_rt_sigprocmask(u64 how, u64 set, u64 old, u64 size)
{
	struct task *t = task_current();
	u64 was = t->sig_blocked, mask;

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
		signal_set_mask(t, mask);
	}
	return old ? user_write_u64(old, was) : 0;
}

i64 sys_rt_sigpending(u64 set, u64 size)
{
	const struct task *t = task_current();
	u64 pending = signal_pending_set(t) & t->sig_blocked;

	if (size > SIGSET_BYTES)
		return -EINVAL;
	return user_write(set, &pending, size);
}

int sigmask_begin(u64 set, u64 size)
{
	u64 mask = task_current()->sig_blocked;

	if (set && size != SIGSET_BYTES)
		return -EINVAL;
	if (set && user_read_u64(&mask, set))
		return -EFAULT;
	signal_mask_begin(mask);
	return 0;
}

i64 sys_rt_sigsuspend(u64 set, u64 size)
{
	struct wait_queue never = WAIT_QUEUE_INIT(never);
	u64 mask;

	if (size != SIGSET_BYTES)
		return -EINVAL;
	if (user_read_u64(&mask, set))
		return -EFAULT;
	signal_mask_begin(mask);
	(void)wait_event_interruptible(&never, false);
	signal_mask_end(true);
	return -EINTR;
}

i64 sys_pause(void)
{
	struct wait_queue never = WAIT_QUEUE_INIT(never);

	return wait_event_interruptible(&never, false);
}

/* What an interrupted timed wait goes on as after a stop; programs do not call it. */
i64 sys_restart_syscall(void)
{
	struct task *t = task_current();
	i64 (*fn)(const struct trap_frame *f, u64 deadline) = t->restart.fn;

	t->restart.fn = NULL;
	return fn ? fn(thread_frame(t->thread), t->restart.deadline) : -EINTR;
}

/* -- sigtimedwait ------------------------------------------------------------------------------ */

/* A signal of @set, taken; -EAGAIN: none came in time; -EINTR: another one came. */
static int wait_for_signal(u64 set, u64 deadline, struct siginfo_kernel *info)
{
	const struct task *t = task_current();
	struct wait_queue never = WAIT_QUEUE_INIT(never);
	int sig = signal_take(set, info), err = 0;

	if (sig)
		return sig;
	signal_set_waited(set);
	while (!sig && !err) { /* another thread may be quicker, though this one was woken */
		err = wait_event_interruptible_until(&never, signal_pending_set(t) & set, deadline);
		sig = signal_take(set, info);
	}
	signal_set_waited(0);
	if (!sig)
		sig = signal_take(set, info);
	if (sig)
		return sig;
	return err == -EINTR ? -EINTR : -EAGAIN;
}

i64 sys_rt_sigtimedwait(u64 set, u64 info, u64 timeout, u64 size)
{
	struct siginfo_kernel taken;
	struct siginfo_abi out;
	u64 mask, deadline;
	int sig;

	if (size != SIGSET_BYTES)
		return -EINVAL;
	if (user_read_u64(&mask, set))
		return -EFAULT;
	sig = deadline_get(timeout, &deadline);
	if (sig)
		return sig;
	mask &= ~SIGNAL_UNBLOCKABLE;
	sig = wait_for_signal(mask, deadline, &taken);
	if (sig < 0 || !info)
		return sig;
	signal_fill_info(&out, sig, &taken);
	return user_write(info, &out, sizeof(out)) ? -EFAULT : sig;
}

i64 sys_rt_sigreturn(void)
{
	struct task *t = task_current();
	struct trap_frame *f = thread_frame(t->thread);

	if (likely(signal_pop_frame(t, f) == 0)) {
		irq_disable();
		trap_return_to_user(f);
	}
	t->fault.note = "a signal frame that cannot be returned to";
	signal_force(SIGSEGV, SI_KERNEL, 0);
	return 0;
}

/* -- the alternate stack ----------------------------------------------------------------------- */

static void altstack_get(const struct task *t, bool on, struct stack_abi *st)
{
	*st = t->frame.uc.stack;
	st->flags = !st->size ? SS_DISABLE : on ? SS_ONSTACK : 0;
	st->flags |= t->frame.uc.stack.flags & SS_AUTODISARM;
}

i64 sys_sigaltstack(u64 ss, u64 old)
{
	struct task *t = task_current();
	bool on = signal_on_altstack(t, thread_frame(t->thread)->rsp);
	struct stack_abi new, was;
	int err;

	altstack_get(t, on, &was);
	if (ss) {
		if (user_read(&new, ss, sizeof(new)))
			return -EFAULT;
		if (on)
			return -EPERM;
		err = signal_set_altstack(t, &new);
		if (err)
			return err;
	}
	return old ? user_write(old, &was, sizeof(was)) : 0;
}

/* -- sending ----------------------------------------------------------------------------------- */

i64 sys_kill(u64 pid, u64 sig)
{
	return signal_kill((i32)pid, (i32)sig);
}

/* @tgid 0: whatever process it is of. */
static i64 kill_thread(i32 tgid, i32 tid, int sig)
{
	struct siginfo_kernel info = { .code = SI_TKILL,
				       .pid = process_current()->pid,
				       .uid = cred_current()->uid };

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	return signal_send_to_task(tgid, tid, sig, &info);
}

i64 sys_tkill(u64 tid, u64 sig)
{
	return (i32)tid <= 0 ? -EINVAL : kill_thread(0, (i32)tid, (i32)sig);
}

i64 sys_tgkill(u64 tgid, u64 tid, u64 sig)
{
	if ((i32)tid <= 0 || (i32)tgid <= 0)
		return -EINVAL;
	return kill_thread((i32)tgid, (i32)tid, (i32)sig);
}

int siginfo_get(i32 target, int sig, u64 at, struct siginfo_kernel *info)
{
	struct siginfo_abi in;

	if (user_read(&in, at, sizeof(in)))
		return -EFAULT;
	if ((in.code >= 0 || in.code == SI_TKILL) && process_current()->pid != target)
		return -EPERM;
	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	*info = (struct siginfo_kernel){ .code = in.code, .error = in.error };
	memcpy(info->bytes, in.bytes, sizeof(info->bytes));
	return 0;
}

int siginfo_get_signo(i32 target, int sig, u64 at, struct siginfo_kernel *info)
{
	u32 signo;

	if (user_read_u32(&signo, at))
		return -EFAULT;
	return (i32)signo == sig ? siginfo_get(target, sig, at, info) : -EINVAL;
}

i64 sys_rt_sigqueueinfo(u64 pid, u64 sig, u64 info)
{
	struct siginfo_kernel copy;
	i64 r = siginfo_get((i32)pid, (i32)sig, info, &copy);

	return r ? r : signal_send_to((i32)pid, (i32)sig, &copy);
}

i64 sys_rt_tgsigqueueinfo(u64 tgid, u64 tid, u64 sig, u64 info)
{
	struct siginfo_kernel copy;
	i64 r;

	if ((i32)tid <= 0 || (i32)tgid <= 0)
		return -EINVAL;
	r = siginfo_get((i32)tgid, (i32)sig, info, &copy);
	return r ? r : signal_send_to_task((i32)tgid, (i32)tid, (i32)sig, &copy);
}
