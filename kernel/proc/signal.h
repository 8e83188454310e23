/* SPDX-License-Identifier: ISC */
/*
 * Signals: sent under the target's sig_lock, taken by the target itself on its way to user mode
 * (upcall_exit_work). Section 2 of the ABI page; OSTEP 5's aside.
 */
#pragma once

#include "abi/ucontext.h"
#include "proc/process.h"

void signal_room_init(void);

/* The bits of the job-control signals that stop. */
#define STOP_SIGNALS                                                                               \
	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

/*
 * Sends @sig (1 … NSIG) to @p. Under process_lock. Any context. -EAGAIN: no room for a real-time
 * signal's siginfo (never for SI_USER); else 0, whether @p wants it or not.
 */
int signal_send(struct process *p, int sig, const struct siginfo_kernel *info);
/* The same with a timer's own queue entry. */
void signal_send_entry(struct process *p, struct sigqueue *q);
/* A fault of the running thread: forced, even if blocked or ignored (then it kills). */
void signal_force(int sig, i32 code, u64 address);

/* kill(2): @pid > 0, 0, -1, < -1. 0, -ESRCH, -EPERM, -EINVAL. */
int signal_kill(i32 pid, int sig);

/* One process by its pid, as rt_sigqueueinfo; @sig 0 only asks. 0, -ESRCH, -EPERM, -EAGAIN. */
int signal_send_to(i32 pid, int sig, const struct siginfo_kernel *info);

/* Takes a pending signal of @set from the running process, blocked or not; 0: none. */
int signal_take(u64 set, struct siginfo_kernel *info);
/* Will what is pending for @p end it? Then even a wait in the kernel's interest should end. */
bool signal_fatal(struct process *p);

/* Replaces the mask of blocked signals of the running process (SIGKILL, SIGSTOP stay out). */
void signal_set_mask(u64 mask);
/*
 * A mask for the time of one call (sigsuspend, ppoll, pselect, epoll_pwait): begin sets it, end puts
 * the old one back; @interrupted (the call returns -EINTR): only after the handler has run.
 */
void signal_mask_begin(u64 mask);
void signal_mask_end(bool interrupted);
/* After an action became "ignore": what is pending of it is dropped. Under sig_lock. */
void signal_drop_ignored(struct process *p, int sig);

/* Is a stack pointer within the alternate stack? Its very top counts, its lowest byte does not. */
static inline bool signal_in_altstack(const struct process *p, u64 sp)
{
	return sp > p->altstack.sp && sp - p->altstack.sp <= p->altstack.size;
}
/* Does the program run on it? One that disarms itself is never in use. */
static inline bool signal_on_altstack(const struct process *p, u64 sp)
{
	return !(p->altstack.flags & SS_AUTODISARM) && signal_in_altstack(p, sp);
}
/* Sets it as sigaltstack does. 0, -EINVAL, -ENOMEM (too small). */
int signal_set_altstack(const struct stack_abi *st);

/* What a program sees of @info. */
void signal_fill_info(struct siginfo_abi *si, int sig, const struct siginfo_kernel *info);

/* Writes a handler's frame on the user's stack and makes @f start it. 0 or -EFAULT. */
int signal_push_frame(struct trap_frame *f, int sig, const struct sigaction_kernel *action,
		      const struct siginfo_kernel *info, u64 mask);
/* rt_sigreturn: the frame back into @f. 0, or -EFAULT: what it holds cannot be. */
int signal_pop_frame(struct trap_frame *f);

/*
 * For a call that a signal interrupts while it waits until @deadline: if no handler runs (a stop
 * and a SIGCONT), restart_syscall calls @fn with the same arguments in the frame. Returns -EINTR.
 */
i64 signal_restart_later(i64 (*fn)(const struct trap_frame *f, u64 deadline), u64 deadline);
/* An interrupted call in @f: it returns -EINTR, or is made once more where Linux would. */
void signal_restart_call(struct trap_frame *f, bool handler_runs, bool sa_restart);

/* Job control (job_control.c). SIGCONT and SIGKILL end a stop; under process_lock. */
void process_end_stop(struct process *p, int sig);
/* No member's parent is in another group of the session: nobody could continue it. */
bool process_group_is_orphaned(i32 pgid);
/* Stops the running process by @sig until it is continued; an orphaned group only by SIGSTOP. */
void process_stop(struct process *p, int sig);
/*
 * @p leaves the children of @parent, by its own end (@p_ends) or by that of @parent: if its group is
 * orphaned thereby and has stopped members, they get SIGHUP and SIGCONT. Under process_lock.
 */
void process_group_check_orphaned(struct process *p, const struct process *parent, bool p_ends);

/* Takes what is pending for the running thread: kills, stops, or builds a handler's frame in @f. */
void signal_deliver(struct trap_frame *f);

/* True if an unblocked, not ignored signal waits for @p (then interruptible sleeps end). */
bool signal_pending(struct process *p);
const char *signal_name(int sig);
