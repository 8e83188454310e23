/* SPDX-License-Identifier: ISC */
/* ptrace: its requests, but for registers (sys_ptrace_regs.c), and what they copy in and out. */
#include "abi/errno.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "proc/ptrace.h"
#include "proc/signal.h"
#include "syscall/ptrace_user.h"
#include "syscall/syscalls.h"

/* -- going on ------------------------------------------------------------------------------------ */

struct go {
	u32 request;
	int sig;
};

static int go_on(struct task *t, void *arg)
{
	const struct go *g = arg;

	switch (g->request) {
	case PTRACE_SYSCALL: return ptrace_resume(t, TRACE_CALLS, g->sig);
	case PTRACE_SINGLESTEP: return ptrace_resume(t, TRACE_STEP, g->sig);
	case PTRACE_DETACH: return ptrace_detach(t, g->sig);
	default: return ptrace_resume(t, TRACE_FREE, g->sig);
	}
}

static i64 resume(u32 request, i32 tid, u64 sig)
{
	struct go g = { request, (int)sig };

	if (sig > NSIG) {
		i64 r = ptrace_with_stopped(tid, NULL, NULL);

		return r ? r : -EIO;
	}
	return ptrace_with_stopped(tid, go_on, &g);
}

static int kill_it(struct task *t, void *arg)
{
	static const struct siginfo_kernel info = { .code = SI_USER };

	(void)arg;
	return signal_send_task(t, SIGKILL, &info);
}

static int interrupt(struct task *t, void *arg)
{
	(void)arg;
	return ptrace_interrupt(t);
}

static int listen(struct task *t, void *arg)
{
	(void)arg;
	return ptrace_listen(t);
}

static i64 attach(i32 tid, bool seize, u64 addr, u64 options)
{
	if (seize && (addr || (options & ~(u64)PTRACE_O_MASK)))
		return -EIO;
	return ptrace_attach(tid, seize, seize ? (u32)options : 0);
}

/* -- memory --------------------------------------------------------------------------------------- */

static int get_space(struct task *t, void *arg)
{
	struct space **s = arg;

	*s = t->process->space;
	space_get(*s);
	return 0;
}

static i64 peek(i32 tid, u64 addr, u64 data)
{
	struct space *s;
	u64 word;
	i64 r = ptrace_with_stopped(tid, get_space, &s);

	if (r)
		return r;
	r = space_peek(s, addr, &word, sizeof(word)) ? -EIO : 0;
	space_put(s);
	return r ? r : user_write(data, &word, sizeof(word));
}

static i64 poke(i32 tid, u64 addr, u64 word)
{
	struct space *s;
	i64 r = ptrace_with_stopped(tid, get_space, &s);

	if (r)
		return r;
	r = space_poke(s, addr, &word, sizeof(word)) ? -EIO : 0;
	space_put(s);
	return r;
}

/* -- what it stopped for --------------------------------------------------------------------------- */

static int set_options(struct task *t, void *arg)
{
	t->trace.options = (u32) * (u64 *)arg;
	return 0;
}

static int get_message(struct task *t, void *arg)
{
	*(u64 *)arg = t->trace.message;
	return 0;
}

static int get_mask(struct task *t, void *arg)
{
	*(u64 *)arg = t->sig_restore ? t->sig_saved : t->sig_blocked;
	return 0;
}

static int set_mask(struct task *t, void *arg)
{
	t->sig_restore = false;
	signal_put_down(t); /* it may be blocked from now on */
	t->sig_blocked = *(u64 *)arg & ~SIGNAL_UNBLOCKABLE;
	context_set_work(&t->thread->ctx, WORK_SIGNAL);
	return 0;
}

static i64 word_of(i32 tid, int (*get)(struct task *t, void *arg), u64 data)
{
	u64 word;
	i64 r = ptrace_with_stopped(tid, get, &word);

	return r ? r : user_write(data, &word, sizeof(word));
}

static i64 set_sigmask(i32 tid, u64 data)
{
	u64 mask;

	if (user_read(&mask, data, sizeof(mask)))
		return -EFAULT;
	return ptrace_with_stopped(tid, set_mask, &mask);
}

struct told_signal {
	int signo;
	struct siginfo_kernel info;
};

static int get_siginfo(struct task *t, void *arg)
{
	struct told_signal *s = arg;

	if (!t->trace.stop->signo)
		return -EINVAL;
	s->signo = t->trace.stop->signo;
	s->info = t->trace.stop->info;
	return 0;
}

static int set_siginfo(struct task *t, void *arg)
{
	const struct told_signal *s = arg;

	if (!t->trace.stop->signo)
		return -EINVAL;
	t->trace.stop->signo = s->signo;
	t->trace.stop->info = s->info;
	return 0;
}

static i64 siginfo_out(i32 tid, u64 data)
{
	struct told_signal s;
	struct siginfo_abi si;
	i64 r = ptrace_with_stopped(tid, get_siginfo, &s);

	if (r)
		return r;
	signal_fill_info(&si, s.signo, &s.info);
	return user_write(data, &si, sizeof(si));
}

static i64 siginfo_in(i32 tid, u64 data)
{
	struct told_signal s;
	struct siginfo_abi si;

	if (user_read(&si, data, sizeof(si)))
		return -EFAULT;
	s.signo = si.signo;
	s.info = (struct siginfo_kernel){ .code = si.code, .error = si.error };
	memcpy(s.info.bytes, si.bytes, sizeof(s.info.bytes));
	return ptrace_with_stopped(tid, set_siginfo, &s);
}

static int describe_call(struct task *t, void *arg)
{
	struct ptrace_syscall_info_abi *i = arg;
	const struct trap_frame *f = thread_frame(t->thread);
	const struct trace_stop *s = t->trace.stop;

	i->arch = AUDIT_ARCH_X86_64;
	i->ip = f->rip;
	i->sp = f->rsp;
	if (!s->signo || s->info.code != (SIGTRAP | PTRACE_SYSCALL_MARK))
		return offsetof(struct ptrace_syscall_info_abi, entry);
	if (t->trace.message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
		const u64 args[] = { f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9 };

		i->op = PTRACE_SYSCALL_INFO_ENTRY;
		i->entry.nr = f->error;
		memcpy(i->entry.args, args, sizeof(args));
		return sizeof(*i);
	}
	i->op = PTRACE_SYSCALL_INFO_EXIT;
	i->exit.rval = (i64)f->rax;
	i->exit.is_error = f->rax >= (u64)-4095;
	return offsetof(struct ptrace_syscall_info_abi, exit.is_error) + 1;
}

static i64 syscall_info(i32 tid, u64 size, u64 data)
{
	struct ptrace_syscall_info_abi i;
	i64 n;

	memset(&i, 0, sizeof(i));
	n = ptrace_with_stopped(tid, describe_call, &i);
	if (n < 0)
		return n;
	return user_write(data, &i, MIN((u64)n, size)) ? -EFAULT : n;
}

/* -- the call -------------------------------------------------------------------------------------- */

static i64 about_stop(u64 request, i32 tid, u64 addr, u64 data)
{
	i64 r;

	switch (request) {
	case PTRACE_GETEVENTMSG: return word_of(tid, get_message, data);
	case PTRACE_GETSIGINFO: return siginfo_out(tid, data);
	case PTRACE_SETSIGINFO: return siginfo_in(tid, data);
	case PTRACE_GETSIGMASK:
	case PTRACE_SETSIGMASK:
		if (addr != sizeof(u64))
			return -EINVAL;
		return request == PTRACE_GETSIGMASK ? word_of(tid, get_mask, data)
						    : set_sigmask(tid, data);
	case PTRACE_GET_SYSCALL_INFO: return syscall_info(tid, addr, data);
	case PTRACE_LISTEN: return ptrace_with_stopped(tid, listen, NULL);
	case PTRACE_SETOPTIONS:
		if (data & ~(u64)PTRACE_O_MASK)
			return -EINVAL;
		return ptrace_with_stopped(tid, set_options, &data);
	default: r = ptrace_with_stopped(tid, NULL, NULL); return r ? r : -EIO;
	}
}

i64 sys_ptrace(u64 request, u64 pid, u64 addr, u64 data)
{
	i32 tid = (i32)pid;

	switch (request) {
	case PTRACE_TRACEME: return ptrace_traceme();
	case PTRACE_ATTACH:
	case PTRACE_SEIZE: return attach(tid, request == PTRACE_SEIZE, addr, data);
	case PTRACE_KILL: return ptrace_with_tracee(tid, kill_it, NULL);
	case PTRACE_INTERRUPT: return ptrace_with_tracee(tid, interrupt, NULL);
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
	case PTRACE_DETACH: return resume((u32)request, tid, data);
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA: return peek(tid, addr, data);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA: return poke(tid, addr, data);
	case PTRACE_PEEKUSER: return ptrace_user_peek(tid, addr, data);
	case PTRACE_POKEUSER: return ptrace_user_poke(tid, addr, data);
	case PTRACE_GETREGS: return ptrace_user_get_regs(tid, data, sizeof(struct user_regs_abi));
	case PTRACE_SETREGS: return ptrace_user_set_regs(tid, data, sizeof(struct user_regs_abi));
	case PTRACE_GETFPREGS: return ptrace_user_get_fpu(tid, data, USER_FPREGS_BYTES);
	case PTRACE_SETFPREGS: return ptrace_user_set_fpu(tid, data, USER_FPREGS_BYTES);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return ptrace_user_regset(tid, addr, data, request == PTRACE_SETREGSET);
	default: return about_stop(request, tid, addr, data);
	}
}
