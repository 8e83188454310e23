/* SPDX-License-Identifier: ISC */
/*
 * Signals: sent under the target's sig_lock to a process or to one of its threads, taken by a thread
 * on its way to user mode (upcall_exit_work). Section 2 of the ABI page; OSTEP 5's aside.
 *
 * A signal for a process is taken by any thread that does not block it; sending kicks one of them,
 * the leader if it may. A thread that begins to block it, or ends, passes the kick on: so it never
 * waits for a sleeper while another could take it.
 */
#pragma once

#include "abi/errno.h"
#include "abi/ucontext.h"
#include "proc/process.h"

void signal_room_init(void); /* before the first task */
/* Of @t, which is new and all zero. */
void signal_frame_init(struct task *t);

/* The bits of the job-control signals that stop. */
#define STOP_SIGNALS                                                                               \
	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

/*
 * Sends @sig (1 … NSIG) to @p. Under process_lock. Any context. -EAGAIN: no room for a real-time
 * signal's siginfo (never for SI_USER); else 0, whether @p wants it or not.
 */
int signal_send(struct process *p, int sig, const struct siginfo_kernel *info);
/* The same to the one thread. */
int signal_send_task(struct task *t, int sig, const struct siginfo_kernel *info);
/* To the running thread, from itself: SIGPIPE and SIGXFSZ. Ends no stop. */
void signal_send_self(int sig);
/* With a timer's own queue entry; @t: to this thread of @p, NULL: to the process. */
void signal_send_entry(struct process *p, struct task *t, struct sigqueue *q);
/* What @t has in hand waits with the others. It runs here or is stopped; under sig_lock. */
void signal_put_down(struct task *t);
/* A fault of the running thread: forced, even if blocked or ignored (then it kills). */
void signal_force(int sig, i32 code, u64 address);

/* kill(2): @pid > 0, 0, -1, < -1. 0, -ESRCH, -EPERM, -EINVAL. */
int signal_kill(i32 pid, int sig);

/*
 * One process by its pid, as rt_sigqueueinfo; @sig 0 only asks. 0, -ESRCH, -EPERM, -EAGAIN.
 * And one thread by its tid; @tgid > 0: if it is of that process.
 */
int signal_send_to(i32 pid, int sig, const struct siginfo_kernel *info);
/* To the process that began at @born (process.start_ns) with the number @pid. */
int signal_send_to_process(i32 pid, u64 born, int sig, const struct siginfo_kernel *info);
int signal_send_to_task(i32 tgid, i32 tid, int sig, const struct siginfo_kernel *info);

/* Takes a pending signal of @set from the running thread or process, blocked or not; 0: none. */
int signal_take(u64 set, struct siginfo_kernel *info);
/* All that is pending for @t, blocked or not. */
static inline u64 signal_pending_set(const struct task *t)
{
	return READ_ONCE(t->pending.set) | READ_ONCE(t->process->pending.set);
}
/* Must @t end, or will what is pending for it end it? Then even a wait in the kernel's interest ends. */
bool signal_fatal(const struct task *t);
/* The running thread does not look at @set any more: others of @p may. Under sig_lock. */
void signal_retarget(struct process *p, u64 set);

/* signal_set_mask() to another one than before. */
void signal_change_mask(struct task *me, u64 mask);
/* Replaces the mask of blocked signals of @me, the running thread (SIGKILL, SIGSTOP stay out). */
static inline void signal_set_mask(struct task *me, u64 mask)
{
	mask &= ~SIGNAL_UNBLOCKABLE;
	if (mask != me->sig_blocked)
		signal_change_mask(me, mask);
}
/*
 * A mask for the time of one call (sigsuspend, ppoll, pselect, epoll_pwait): begin sets it, end puts
 * the old one back; @interrupted (the call returns -EINTR): only after the handler has run.
 */
void signal_mask_begin(u64 mask);
void signal_mask_end(bool interrupted);
/* Signals of @set that sigtimedwait sleeps for, though they are blocked; 0: none any more. */
void signal_set_waited(u64 set);
/* After the action of @sig was set: what is pending of it is dropped if it is ignored now. */
void signal_drop_ignored(struct process *p, int sig);

/* Is a stack pointer within the alternate stack? Its very top counts, its lowest byte does not. */
static inline bool signal_in_altstack(const struct task *t, u64 sp)
{
	const struct stack_abi *st = &t->frame.uc.stack;

	return sp > st->sp && sp - st->sp <= st->size;
}
/* Does the program run on it? One that disarms itself is never in use. */
static inline bool signal_on_altstack(const struct task *t, u64 sp)
{
	return !(t->frame.uc.stack.flags & SS_AUTODISARM) && signal_in_altstack(t, sp);
}
static inline void signal_drop_altstack(struct task *t)
{
	t->frame.uc.stack = (struct stack_abi){ .flags = SS_DISABLE };
}
/* Sets that of @t, the running thread, as sigaltstack does. 0, -EINVAL, -ENOMEM (too small). */
int signal_set_altstack(struct task *t, const struct stack_abi *st);

/* What a program sees of @info. */
void signal_fill_info(struct siginfo_abi *si, int sig, const struct siginfo_kernel *info);

/* Writes the frame of a handler of @sig, which @t, the running thread, has in hand, on its stack and
 * makes @f start it. 0 or -EFAULT. */
int signal_push_frame(struct task *t, struct trap_frame *f, int sig,
		      const struct sigaction_kernel *action, u64 mask);
/* rt_sigreturn of @t: the frame back into @f. 0, or -EFAULT: what it holds cannot be. */
int signal_pop_frame(struct task *t, struct trap_frame *f);

/*
 * For a call that a signal interrupts while it waits until @deadline: if no handler runs (a stop
 * and a SIGCONT), restart_syscall calls @fn with the same arguments in the frame. Returns -EINTR.
 */
i64 signal_restart_later(i64 (*fn)(const struct trap_frame *f, u64 deadline), u64 deadline);
/*
 * For a call of the running thread that has done nothing: it is made once more after the signals, with
 * a handler or without. Returns what the call is to return.
 */
i64 signal_call_again(void);
/* In an interrupted call's frame, for its tracer: Linux's number for how it may go on, and back. */
void signal_restart_show(struct trap_frame *f);
void signal_restart_hide(struct trap_frame *f);
/* signal_restart_call() where a call was interrupted, or one that might go on. */
void signal_restart_interrupted(struct trap_frame *f, bool handler_runs, bool sa_restart);
static inline bool signal_call_interrupted(const struct trap_frame *f)
{
	return f->vector == TRAP_SYSCALL && (i64)f->rax == -EINTR;
}
/* An interrupted call in @f, of the running thread: it returns -EINTR, or is made once more where
 * Linux would. */
static inline void signal_restart_call(const struct task *me, struct trap_frame *f,
				       bool handler_runs, bool sa_restart)
{
	if (unlikely(signal_call_interrupted(f) || me->restart.fn))
		signal_restart_interrupted(f, handler_runs, sa_restart);
}

/*
 * Job control (job_control.c). A stop is asked of all threads and is complete, and told to the
 * parent, when the last of them has come to it. SIGCONT and SIGKILL end it; under process_lock.
 */
void process_end_stop(struct process *p, int sig);
/* A stop under way needs not wait for @t. Under process_lock. */
void process_stop_without(struct task *t);
/* Sleeps as long as the stop lasts, if one is asked of @me, the running thread. */
void task_stop_if_wanted(struct task *me);
/* No member's parent is in another group of the session: nobody could continue it. */
bool process_group_is_orphaned(i32 pgid);
/* Stops the process of @me, the running thread, by @sig; an orphaned group only by SIGSTOP. */
void process_stop(struct task *me, int sig);
/*
 * @p leaves the children of @parent, by its own end (@p_ends) or by that of @parent: if its group is
 * orphaned thereby and has stopped members, they get SIGHUP and SIGCONT. Under process_lock.
 */
void process_group_check_orphaned(struct process *p, const struct process *parent, bool p_ends);

/*
 * Takes what is pending for the running thread: kills, stops, or builds a handler's frame in @f. The
 * caller has cleared WORK_SIGNAL.
 */
void signal_deliver(struct trap_frame *f);

/* Has SIGKILL been sent to it? A hint, unless its process's sig_lock is held. */
static inline bool signal_kills(const struct task *t)
{
	return signal_pending_set(t) & SIGNAL_BIT(SIGKILL);
}
/* Does a signal that is not blocked wait for @t, or is it to end or stop? Then its sleep ends. */
static inline bool signal_pending(const struct task *t)
{
	return (signal_pending_set(t) & ~READ_ONCE(t->sig_blocked)) || task_must_end(t) ||
	       READ_ONCE(t->trace.traps);
}
const char *signal_name(int sig);
