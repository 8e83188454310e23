/* SPDX-License-Identifier: ISC */
/*
 * The end of a thread and of a process (OSTEP 5.2; the wait for it is in wait.c): "free memory of
 * process, remove from process list" of Figure 6.1.
 *
 * Each thread gives back what is its own and takes itself off the list; the last one gives back
 * what they shared. The process's entry, with its leader task, stays a zombie until the parent has
 * read the status. Once a thread is off the list it does not touch task or process any more, and
 * once the process is a zombie neither does its last thread: others may have freed them.
 */
#include "abi/errno.h"
#include "base/trace.h"
#include "machine/usercopy.h"
#include "proc/futex.h"
#include "proc/oom.h"
#include "proc/posix_timer.h"
#include "proc/ptrace.h"
#include "proc/signal.h"
#include "proc/watch.h"

/* -- what the process gives back --------------------------------------------------------------- */

/* /proc reaches these under process_lock: they are taken off under it, and dropped afterwards. */
static void release_shared(struct process *p)
{
	struct space *space = p->space;
	struct path exe = p->exe;
	u64 flags = spin_lock_irq(&process_lock);

	p->space = NULL;
	p->exe = (struct path){ NULL, NULL };
	spin_unlock_irq(&process_lock, flags);
	if (space)
		space_put(space);
	oom_process_left(p);
	exe_put(&exe);
	trace(TRACE_FREED, 0, 0);
}

void process_unlist(struct process *zombie)
{
	if (unlikely(task_is_traced(zombie->leader)))
		ptrace_release(zombie->leader, 0);
	cpu_time_add(&zombie->parent->child_time, &zombie->child_time);
	cpu_time_add(&zombie->parent->child_time, &zombie->ended);
	process_list_remove(zombie);
	trace(TRACE_REMOVED, (u32)zombie->pid, (u32)zombie->exit_status);
}

/* Has its parent said that it will not wait for @zombie? */
static bool is_unwanted(const struct process *zombie)
{
	const struct sigaction_kernel *a = &zombie->parent->actions->action[SIGCHLD];

	return zombie->exit_signal == SIGCHLD && !task_is_traced(zombie->leader) &&
	       (READ_ONCE(a->handler) == SIG_IGN || (READ_ONCE(a->flags) & SA_NOCLDWAIT));
}

/* Off the list, to be freed when process_lock is not held. */
static void discard(struct process *zombie, struct list *unwanted)
{
	process_unlist(zombie);
	list_push_back(unwanted, &zombie->sibling);
}

static void notify_of_end(struct process *zombie)
{
	int status = zombie->exit_status, sig = status & 0x7f;
	bool quiet = zombie->exit_signal == SIGCHLD && zombie->parent &&
		     sigaction_handler(zombie->parent->actions, SIGCHLD) == SIG_IGN;

	process_notify_parent(zombie, quiet ? 0 : zombie->exit_signal,
			      sig ? CLD_KILLED : CLD_EXITED, sig ? sig : status >> 8 & 0xff);
}

static u32 reapers; /* [process_lock] processes with reaps */

void process_set_reaps(struct process *p, bool reaps)
{
	u64 flags = spin_lock_irq(&process_lock);

	reapers += (u32)reaps - (u32)p->reaps;
	p->reaps = reaps;
	spin_unlock_irq(&process_lock, flags);
}

/* Whose @p's children become: the next above that asked for them, or init. Under process_lock. */
static struct process *reaper_above(const struct process *p)
{
	struct process *r = reapers ? p->parent : NULL;

	while (r && !r->reaps)
		r = r->parent;
	return r ? r : process_init_task;
}

/* Orphans go to their reaper; zombies that it will not wait for go to @unwanted. Under process_lock. */
static void reparent_children(struct process *p, struct list *unwanted)
{
	struct siginfo_kernel info = { .code = SI_USER, .pid = p->pid, .uid = p->leader->cred.uid };
	struct process *heir = reaper_above(p);
	struct list *l;

	while ((l = list_pop_front(&p->children))) {
		struct process *child = list_entry(l, struct process, sibling);

		if (child->parent_death_signal)
			signal_send(child, child->parent_death_signal, &info);
		process_set_parent(child, heir);
		child->exit_signal = SIGCHLD;
		list_push_back(&heir->children, &child->sibling);
		process_group_check_orphaned(child, p, false);
		if (child->state == PROCESS_ZOMBIE && !task_is_traced(child->leader))
			process_tell_end(child, unwanted);
	}
}

void process_tell_end(struct process *zombie, struct list *unwanted)
{
	notify_of_end(zombie);
	if (is_unwanted(zombie))
		discard(zombie, unwanted);
}

static void become_zombie(struct process *p, int status)
{
	struct list unwanted = LIST_INIT(unwanted);
	u64 flags = spin_lock_irq(&process_lock);

	reparent_children(p, &unwanted);
	reapers -= p->reaps;
	p->reaps = false;
	process_group_check_orphaned(p, p->parent, true);
	p->exit_status = status;
	p->state = PROCESS_ZOMBIE;
	watch_end(p);
	if (!ptrace_process_ends(p))
		process_tell_end(p, &unwanted);
	spin_unlock_irq(&process_lock, flags);
	process_free_all(&unwanted);
}

/* No signals come any more, by timers neither. */
static void end_process(struct process *p, int code)
{
	int status = p->group_exit ? p->group_code : code;
	u64 flags;

	posix_timers_delete_all();
	itimers_cancel(p);
	limits_end(p);
	flags = spin_lock_irq(&p->sig_lock);
	pending_flush(&p->pending, ~0UL);
	spin_unlock_irq(&p->sig_lock, flags);
	if (p == process_init_task)
		process_init_ended(status);
	if (p->pid == p->sid && process_session_ended)
		process_session_ended();
	release_shared(p);
	thread_current()->process = NULL;
	become_zombie(p, status);
}

/* -- what a thread gives back ------------------------------------------------------------------ */

void task_leave_space(struct task *t)
{
	struct process *p = t->process;
	struct futex_word word = { t->clear_child_tid, true };
	struct vfork_wait *w;
	u64 flags;

	futex_exit(t);
	if (word.addr && (p->live > 1 || READ_ONCE(p->space->refs) > 1)) {
		(void)user_write_u32(word.addr, 0); /* before the wake-up: join looks at it */
		if (word.addr % sizeof(u32) == 0 && user_range_ok(word.addr, sizeof(u32)))
			(void)futex_wake(word, 1, FUTEX_ANY);
	}
	t->clear_child_tid = 0;
	if (!READ_ONCE(t->vfork))
		return; /* who waits said so before @t ran; only an end of the wait changes it */
	flags = spin_lock_irq(&process_lock);
	w = t->vfork;
	if (w) { /* the waiter's stack holds it until it has seen this under the lock */
		t->vfork = NULL;
		w->child = NULL;
		wait_wake_all(&w->queue);
	}
	spin_unlock_irq(&process_lock, flags);
}

static void release_own(struct task *t)
{
	struct fd_table *files = t->files;
	struct fs_state *fs = t->fs;
	u64 flags = spin_lock_irq(&process_lock);

	t->files = NULL;
	t->fs = NULL;
	spin_unlock_irq(&process_lock, flags);
	fd_table_put(files);
	fs_state_put(fs);
}

/* Off the list of tasks; a leader stays, without its thread. Under process_lock and sig_lock. */
static void leave_list(struct task *t)
{
	struct process *p = t->process;

	if (--p->live)
		sigaction_put(p->actions); /* what remains has one */
	spin_lock(&p->time_lock);
	task_add_times(t, &p->ended);
	t->thread = NULL;
	if (t != p->leader)
		list_remove(&t->link);
	spin_unlock(&p->time_lock);
	if (t != p->leader)
		task_unhash(t);
}

/* True for the last one of its process. Then, or if it is the leader, @t is still the process's. */
static bool leave_process(struct task *t, i32 code)
{
	struct process *p = t->process;
	u64 flags = spin_lock_irq(&process_lock), sig_flags;
	bool last, leader = t == p->leader, kept;
	struct list gone = LIST_INIT(gone), unwanted = LIST_INIT(unwanted), *l;

	if (unlikely(!list_empty(&t->tracees)))
		ptrace_tracer_ends(t, &gone, &unwanted);
	sig_flags = spin_lock_irq(&p->sig_lock);
	pending_flush(&t->pending, ~0UL);
	leave_list(t);
	last = p->live == 0;
	if (last)
		p->dying = true;
	else
		signal_retarget(p, ~t->sig_blocked);
	spin_unlock_irq(&p->sig_lock, sig_flags);
	if (!last)
		process_stop_without(t);
	if (p->execing && p->live == 1)
		wait_wake_all(&p->exec_queue);
	kept = leader || ptrace_thread_ends(t, code);
	spin_unlock_irq(&process_lock, flags);
	if (!kept)
		task_free(t);
	while ((l = list_pop_front(&gone)))
		task_free(list_entry(l, struct task, trace.link));
	process_free_all(&unwanted);
	return last;
}

void task_exit(i32 code)
{
	struct task *t = task_current();
	struct process *p = t->process;

	if (unlikely(task_is_traced(t)) && !p->oom_killed)
		(void)ptrace_event(PTRACE_EVENT_EXIT, (u64)(p->group_exit ? p->group_code : code));
	trace(TRACE_EXIT, (u32)code);
	task_leave_space(t);
	context_load_mmu(&t->thread->ctx, NULL);
	release_own(t);
	thread_current()->task = NULL;
	if (leave_process(t, code))
		end_process(p, code); /* the last one's is the process's */
	thread_current()->process = NULL;
	thread_exit();
}

/* -- all threads of a process ------------------------------------------------------------------- */

/* Under process_lock. */
static void kick_others(struct process *p, const struct task *me)
{
	struct task *t;

	list_for_each (t, &p->tasks, link)
		if (t != me && t->thread)
			task_kick(t);
}

void process_exit(int status)
{
	struct task *me = task_current();
	struct process *p = me->process;
	u64 flags = spin_lock_irq(&process_lock), sig_flags;

	process_end_stop(p, 0); /* for those that have stopped already */
	sig_flags = spin_lock_irq(&p->sig_lock);
	if (!task_must_end(me)) { /* else somebody was first */
		p->group_code = status;
		p->group_exit = true;
	}
	spin_unlock_irq(&p->sig_lock, sig_flags);
	kick_others(p, me);
	spin_unlock_irq(&process_lock, flags);
	task_exit(status);
}

/* Its number and place become the caller's, who is the only one left. Returns it, to be freed. */
static struct task *take_over(struct process *p, struct task *me)
{
	struct task *old = p->leader;
	i32 tid = me->tid;

	task_unhash(old);
	task_unhash(me);
	spin_lock(&p->time_lock);
	list_remove(&old->link);
	spin_unlock(&p->time_lock);
	if (task_is_traced(old))
		ptrace_release(old, 0); /* it is no more, and nobody hears of it */
	me->tid = me->thread->tid = old->tid;
	me->start_ns = old->start_ns;
	old->tid = tid;
	p->leader = me;
	task_hash(me);
	return old;
}

int process_end_others(void)
{
	struct task *me = task_current(), *old = NULL;
	struct process *p = me->process;
	u64 flags, sig_flags;
	bool too_late;

	if (p->live == 1 && p->leader == me)
		return 0; /* there is nobody who could change that */
	flags = spin_lock_irq(&process_lock);
	sig_flags = spin_lock_irq(&p->sig_lock);
	too_late = task_must_end(me);
	if (!too_late)
		p->execing = me;
	spin_unlock_irq(&p->sig_lock, sig_flags);
	if (!too_late)
		kick_others(p, me);
	spin_unlock_irq(&process_lock, flags);
	if (too_late)
		return -EAGAIN;
	wait_event(&p->exec_queue, READ_ONCE(p->live) == 1);
	flags = spin_lock_irq(&process_lock);
	sig_flags = spin_lock_irq(&p->sig_lock);
	if (p->leader != me)
		old = take_over(p, me);
	p->execing = NULL;
	spin_unlock_irq(&p->sig_lock, sig_flags);
	spin_unlock_irq(&process_lock, flags);
	if (old)
		task_free(old);
	return 0;
}
