/* SPDX-License-Identifier: ISC */
/*
 * The tracee's side of ptrace: the stops of the running thread, and what it makes of how it was let
 * go. See ptrace.h. Its frame is complete wherever it stops.
 */
#include "abi/clone.h"
#include "abi/errno.h"
#include "proc/ptrace.h"
#include "proc/signal.h"

/* Does @me go on without its tracer, to its end? */
static bool must_go(const struct task *me, const struct trace_stop *s)
{
	return signal_kills(me) || (!s->last && task_must_end(me));
}

/* SIGCHLD to the tracer, and its wait. Under process_lock. */
static void tell_tracer(struct task *t, i32 code, i32 status)
{
	struct process *p = t->trace.tracer->process;
	const struct sigaction_kernel *a = &p->actions->action[SIGCHLD];
	struct siginfo_kernel info = {
		.code = code, .pid = t->tid, .uid = t->cred.uid, .status = status
	};
	bool stops = code == CLD_TRAPPED || code == CLD_STOPPED;

	if (READ_ONCE(a->handler) != SIG_IGN && !(stops && (READ_ONCE(a->flags) & SA_NOCLDSTOP)))
		signal_send(p, SIGCHLD, &info);
	wait_wake_all(&p->child_event);
}

/* False: it is nobody's tracee, or must die. Under process_lock. */
static bool begin_stop(struct task *me, struct trace_stop *s, i32 why)
{
	if (!me->trace.tracer || must_go(me, s))
		return false;
	if (me->trace.steps)
		thread_frame(me->thread)->rflags &= ~(u64)RFLAGS_TF;
	me->trace.steps = false;
	/* This is the stop it was asked for; news of its process only a stop of that kind brings. */
	me->trace.traps &= (u8) ~(s->code >> 8 == PTRACE_EVENT_STOP ? TRAP_TRACED : TRAP_STOP);
	me->trace.stop = s;
	tell_tracer(me, why, s->code & 0x7f);
	return true;
}

/* Sleeps until the tracer lets go; false: without a stop, or it must die. */
static bool stop(struct task *me, struct trace_stop *s, i32 why)
{
	struct wait_queue nowhere = WAIT_QUEUE_INIT(nowhere); /* task_kick() wakes it */
	u64 flags = spin_lock_irq(&process_lock);
	bool stops = begin_stop(me, s, why);

	spin_unlock_irq(&process_lock, flags);
	if (!stops)
		return false;
	wait_event(&nowhere, READ_ONCE(s->over) || must_go(me, s));
	flags = spin_lock_irq(&process_lock);
	if (!s->over)
		me->trace.stop = NULL;
	stops = s->over;
	spin_unlock_irq(&process_lock, flags);
	return stops;
}

/* As Linux describes a stop that no signal caused. */
static struct trace_stop stop_of(const struct task *me, int sig, u32 event)
{
	i32 code = sig | (i32)(event << 8);

	return (struct trace_stop){
		.code = code,
		.signo = sig & 0x7f,
		.info = { .code = code, .pid = me->tid, .uid = me->cred.uid },
	};
}

static void send_to_self(struct task *me, int sig, const struct siginfo_kernel *info)
{
	u64 flags = spin_lock_irq(&process_lock);

	(void)signal_send_task(me, sig, info);
	spin_unlock_irq(&process_lock, flags);
}

/* -- signals ------------------------------------------------------------------------------------ */

/* The stop of an interrupted call shows what Linux has in rax then. */
static bool stop_with_restart(struct task *me, struct trace_stop *s, i32 why)
{
	struct trap_frame *f = thread_frame(me->thread);
	bool stopped;

	signal_restart_show(f);
	stopped = stop(me, s, why);
	signal_restart_hide(f);
	return stopped;
}

int ptrace_signal_stop(struct task *me, int sig, struct siginfo_kernel *info)
{
	struct trace_stop s = { .code = sig, .signo = sig, .info = *info, .signal = sig };
	struct process *p = me->process;
	u64 flags = spin_lock_irq(&p->sig_lock);

	p->stop_taken = true; /* it means something only if a stop comes of it */
	spin_unlock_irq(&p->sig_lock, flags);
	if (!stop_with_restart(me, &s, CLD_TRAPPED))
		return signal_kills(me) || task_must_end(me) ? 0 : sig;
	*info = s.info;
	if (s.signal && s.signal != s.signo)
		*info = (struct siginfo_kernel){ .code = SI_USER };
	if (!s.signal || !(me->sig_blocked & SIGNAL_BIT(s.signal)))
		return s.signal;
	send_to_self(me, s.signal, info);
	return 0;
}

/* -- stops of the process -------------------------------------------------------------------------- */

static void trap(struct task *me, int group_signal)
{
	struct trace_stop s = { .code = group_signal };

	if (me->trace.seized)
		s = stop_of(me, group_signal ? group_signal : SIGTRAP, PTRACE_EVENT_STOP);
	else if (!group_signal)
		return;
	(void)stop_with_restart(me, &s, CLD_STOPPED);
}

void ptrace_trap(struct task *me)
{
	u64 flags = spin_lock_irq(&process_lock);
	int sig = me->process->stop_signal;
	bool wanted = (me->trace.traps & TRAP_TRACED) && !task_must_end(me);

	me->trace.traps &= TRAP_PROCESS;
	spin_unlock_irq(&process_lock, flags);
	if (wanted)
		trap(me, sig);
}

void ptrace_group_stop(struct task *me)
{
	trap(me, READ_ONCE(me->process->stop_signal));
}

/* -- system calls ---------------------------------------------------------------------------------- */

static void call_stop(struct task *me, u64 message)
{
	bool marked = me->trace.options & PTRACE_O_TRACESYSGOOD;
	struct trace_stop s = stop_of(me, SIGTRAP | (marked ? PTRACE_SYSCALL_MARK : 0), 0);
	static const struct siginfo_kernel info = { .code = SI_KERNEL };

	me->trace.message = message;
	if (stop(me, &s, CLD_TRAPPED) && s.signal)
		send_to_self(me, s.signal, &info);
}

u64 ptrace_call_enter(struct trap_frame *f)
{
	struct task *me = task_current();

	if (me->trace.mode != TRACE_CALLS)
		return f->error;
	call_stop(me, PTRACE_EVENTMSG_SYSCALL_ENTRY);
	if (signal_kills(me) || task_must_end(me))
		f->error = ~0UL;
	return f->error;
}

void ptrace_call_exit(struct trap_frame *f)
{
	struct task *me = task_current();

	if (me->trace.mode == TRACE_STEP) {
		signal_force(SIGTRAP, TRAP_BRKPT, f->rip);
	} else if (me->trace.mode == TRACE_CALLS) {
		signal_restart_show(f);
		call_stop(me, PTRACE_EVENTMSG_SYSCALL_EXIT);
		signal_restart_hide(f);
	}
}

/* -- events ---------------------------------------------------------------------------------------- */

bool ptrace_event(u32 event, u64 message)
{
	struct task *me = task_current();
	struct trace_stop s = stop_of(me, SIGTRAP, event);

	if (!(READ_ONCE(me->trace.options) & PTRACE_O_EVENT(event)))
		return false;
	s.last = event == PTRACE_EVENT_EXIT;
	me->trace.message = message;
	(void)stop(me, &s, CLD_TRAPPED);
	return true;
}

u32 ptrace_clone_event(const struct task *me, const struct clone_args *a)
{
	u32 event = a->flags & CLONE_VFORK      ? PTRACE_EVENT_VFORK
		    : a->exit_signal != SIGCHLD ? PTRACE_EVENT_CLONE
						: PTRACE_EVENT_FORK;

	if (a->flags & CLONE_UNTRACED)
		return 0;
	return READ_ONCE(me->trace.options) & PTRACE_O_EVENT(event) ? event : 0;
}

i64 ptrace_call_result(i64 result)
{
	struct trap_frame *f = thread_frame(thread_current());

	f->rax = result;
	f->rcx = f->rip;
	f->r11 = f->rflags;
	context_set_work(&thread_current()->ctx, WORK_IRET);
	return result;
}

/* -- steps ------------------------------------------------------------------------------------------ */

bool ptrace_step_is_stray(struct trap_frame *f)
{
	struct task *me = task_current();

	if (likely(!me->trace.steps) || task_is_traced(me))
		return false;
	me->trace.steps = false;
	f->rflags &= ~(u64)RFLAGS_TF;
	return true;
}

bool ptrace_step_ends(struct task *me)
{
	bool steps = me->trace.steps;

	if (steps)
		thread_frame(me->thread)->rflags &= ~(u64)RFLAGS_TF;
	me->trace.steps = false;
	return steps;
}

void ptrace_step_report(struct task *me)
{
	struct trace_stop s = stop_of(me, SIGTRAP, 0);

	(void)stop(me, &s, CLD_TRAPPED);
}

/* -- the end ------------------------------------------------------------------------------------------ */

static void tell_end(struct task *t, i32 status)
{
	i32 sig = status & 0x7f;

	tell_tracer(t, sig ? CLD_KILLED : CLD_EXITED, sig ? sig : status >> 8 & 0xff);
}

bool ptrace_thread_ends(struct task *t, i32 status)
{
	struct process *p = t->process;

	if (!t->trace.tracer)
		return false;
	t->trace.ended = true;
	t->trace.exit_status = p->group_exit ? p->group_code : status;
	t->trace.pgid = p->pgid;
	tell_end(t, t->trace.exit_status);
	return true;
}

bool ptrace_process_ends(struct process *p)
{
	if (likely(!ptrace_by_other(p->leader)))
		return false;
	tell_end(p->leader, p->exit_status);
	return true;
}
