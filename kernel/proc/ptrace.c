/* SPDX-License-Identifier: ISC */
/* The tracer's side of ptrace: who may trace whom, letting go, and the end of either. See ptrace.h. */
#include "proc/ptrace.h"

#include "abi/errno.h"
#include "proc/signal.h"

static const struct siginfo_kernel by_kernel = { .code = SI_KERNEL };

bool ptrace_may_access(const struct task *t)
{
	const struct credentials *own = cred_current();

	if (t->process == process_current() || !own->euid)
		return true;
	return task_is_open_to(t, own->uid, own->gid);
}

static void link(struct task *t, struct task *tracer, const struct tracee *like)
{
	t->trace = (struct tracee){
		.tracer = tracer,
		.options = like->options,
		.seized = like->seized,
		.privileged = like->privileged,
		.traps = t->trace.traps & TRAP_PROCESS,
	};
	list_push_back(&tracer->tracees, &t->trace.link);
}

/* The thread that made this process, if it lives; else any of its parent's. NULL: none is left. */
static struct task *maker_of(const struct task *me)
{
	struct process *parent = me->process->parent;
	struct task *t = task_find(me->process->leader->maker);

	if (t && t->process == parent && t->thread)
		return t;
	list_for_each (t, &parent->tasks, link)
		if (t->thread)
			return t;
	return NULL;
}

/* May the running thread be made @tracer's tracee? One may not look so into who can do more. */
static int check_traceme(const struct task *me, const struct task *tracer)
{
	if (me->trace.tracer || me->process == process_init_task)
		return -EPERM;
	return tracer && tracer->cred.euid && !me->cred.euid ? -EPERM : 0;
}

int ptrace_traceme(void)
{
	struct task *me = task_current(), *tracer;
	/* By its own rights, not its parent's: that one may give up its own (CVE-2019-13272). */
	struct tracee how = { .privileged = me->cred.euid == 0 };
	u64 flags = spin_lock_irq(&process_lock);
	int err;

	tracer = me->process->parent ? maker_of(me) : NULL;
	err = check_traceme(me, tracer);
	if (!err && tracer)
		link(me, tracer, &how);
	spin_unlock_irq(&process_lock, flags);
	return err;
}

/* Under process_lock. */
static int check_attach(const struct task *t)
{
	if (!t)
		return -ESRCH;
	if (t->process == process_current() || t->process == process_init_task || !t->thread ||
	    t->trace.tracer || !ptrace_may_access(t))
		return -EPERM;
	return 0;
}

int ptrace_attach(i32 tid, bool seize, u32 options)
{
	struct tracee how = { .options = options,
			      .seized = seize,
			      .privileged = cred_current()->euid == 0 };
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = task_find(tid);
	int err = check_attach(t);

	if (!err) {
		link(t, task_current(), &how);
		if (!seize)
			signal_send_task(t, SIGSTOP, &by_kernel);
		if (t->in_stop) { /* it sleeps for its process: now it shall for its tracer */
			t->trace.traps |= TRAP_STOP;
			task_kick(t);
		}
	}
	spin_unlock_irq(&process_lock, flags);
	return err;
}

void ptrace_inherit(struct task *child, const struct task *me)
{
	static const struct siginfo_kernel nobody = { .code = SI_USER };

	link(child, me->trace.tracer, &me->trace);
	if (child->trace.seized)
		child->trace.traps |= TRAP_STOP;
	else
		pending_force(&child->pending, SIGSTOP, &nobody);
	context_set_work(&child->thread->ctx, WORK_SIGNAL);
}

/* -- letting go --------------------------------------------------------------------------------- */

/* Wakes a stopped one. Under process_lock. */
static void let_go(struct task *t, int sig)
{
	struct trace_stop *s = t->trace.stop;

	s->signal = sig;
	t->trace.stop = NULL;
	WRITE_ONCE(s->over, true);
	task_kick(t);
}

int ptrace_resume(struct task *t, enum trace_mode mode, int sig)
{
	struct trap_frame *f = thread_frame(t->thread);

	t->trace.mode = mode;
	if (mode == TRACE_STEP && !(f->rflags & RFLAGS_TF)) {
		f->rflags |= RFLAGS_TF;
		t->trace.steps = true;
	}
	if (mode == TRACE_FREE)
		context_clear_work(&t->thread->ctx, WORK_PTRACE);
	else
		context_set_work(&t->thread->ctx, WORK_PTRACE);
	let_go(t, sig);
	return 0;
}

/* A stop of the whole process lasts: without its tracer the thread takes part in it again. */
static void rejoin_stop(struct task *t)
{
	struct process *p = t->process;

	if (!p->stop_signal || t->in_stop || (t->trace.traps & TRAP_PROCESS))
		return;
	t->trace.traps |= TRAP_PROCESS;
	p->stop_left++;
	task_kick(t);
}

void ptrace_release(struct task *t, int sig)
{
	list_remove(&t->trace.link);
	list_init(&t->trace.link);
	WRITE_ONCE(t->trace.tracer, NULL);
	t->trace.seized = false;
	t->trace.traps &= TRAP_PROCESS;
	t->trace.options = 0;
	t->trace.mode = TRACE_FREE;
	if (!t->thread)
		return;
	context_clear_work(&t->thread->ctx, WORK_PTRACE);
	if (t->trace.stop)
		let_go(t, sig);
	rejoin_stop(t);
}

int ptrace_detach(struct task *t, int sig)
{
	ptrace_release(t, sig);
	return 0;
}

static void listener_stops_anew(struct task *t)
{
	if (t->trace.stop && t->trace.stop->listens)
		let_go(t, 0);
	else if (!t->trace.stop)
		task_kick(t);
}

int ptrace_interrupt(struct task *t)
{
	if (!t->trace.seized)
		return -EIO;
	t->trace.traps |= TRAP_STOP;
	if (t->thread)
		listener_stops_anew(t);
	return 0;
}

void ptrace_notify_trap(struct task *t)
{
	if (!t->trace.seized || !t->thread)
		return;
	t->trace.traps |= TRAP_NOTIFY;
	listener_stops_anew(t);
}

int ptrace_listen(struct task *t)
{
	struct trace_stop *s = t->trace.stop;

	if (!t->trace.seized || s->code >> 8 != PTRACE_EVENT_STOP)
		return -EIO;
	s->listens = true;
	if (t->trace.traps & TRAP_NOTIFY) /* what it would listen for has come already */
		let_go(t, 0);
	return 0;
}

/* -- the tracee in hand -------------------------------------------------------------------------- */

static struct task *find_tracee(i32 tid)
{
	struct task *t = task_find(tid);

	return t && t->trace.tracer == task_current() ? t : NULL;
}

int ptrace_with_tracee(i32 tid, int (*fn)(struct task *t, void *arg), void *arg)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = find_tracee(tid);
	int r = t ? fn(t, arg) : -ESRCH;

	spin_unlock_irq(&process_lock, flags);
	return r;
}

/* As ptrace_with_stopped(); -EAGAIN: it is on its way to sleep. Under process_lock. */
static int try_with_stopped(i32 tid, int (*fn)(struct task *t, void *arg), void *arg)
{
	struct task *t = find_tracee(tid);
	u64 flags;
	int r = -EAGAIN;

	if (!t || !t->trace.stop || t->trace.stop->listens || signal_kills(t))
		return -ESRCH;
	flags = spin_lock_irq(&t->process->sig_lock);
	if (thread_is_away(t->thread)) /* @fn NULL only asks */
		r = fn ? fn(t, arg) : 0;
	spin_unlock_irq(&t->process->sig_lock, flags);
	return r;
}

int ptrace_with_stopped(i32 tid, int (*fn)(struct task *t, void *arg), void *arg)
{
	int r;

	do {
		u64 flags = spin_lock_irq(&process_lock);

		r = try_with_stopped(tid, fn, arg);
		spin_unlock_irq(&process_lock, flags);
		if (r == -EAGAIN)
			sched_yield(); /* it may need this CPU to get there */
	} while (r == -EAGAIN);
	return r;
}

/* -- the tracer's end ------------------------------------------------------------------------------ */

void ptrace_tracer_ends(struct task *me, struct list *gone, struct list *unwanted)
{
	struct task *t, *next;

	list_for_each_safe (t, next, &me->tracees, trace.link) {
		const struct trace_stop *s = t->trace.stop;
		bool other = !t->trace.ended && ptrace_by_other(t);

		if (!t->trace.ended && (t->trace.options & PTRACE_O_EXITKILL))
			signal_send(t->process, SIGKILL, &by_kernel);
		/* A signal that it was stopped for it still gets. */
		ptrace_release(t, s && s->code == s->signo ? s->signo : 0);
		if (t->trace.ended)
			list_push_back(gone, &t->trace.link);
		else if (other && t->process->state == PROCESS_ZOMBIE)
			process_tell_end(t->process, unwanted);
	}
}
