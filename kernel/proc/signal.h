/* SPDX-License-Identifier: ISC */
/*
 * Signals: sent under the target's sig_lock, taken by the target itself on its way to user mode
 * (upcall_exit_work). Section 2 of the ABI page; OSTEP 5's aside.
 */
#pragma once

#include "proc/process.h"

/* Sends @sig (1 … NSIG) to @p. Under process_lock or with @p otherwise kept. Any context. */
void signal_send(struct process *p, int sig, const struct siginfo_kernel *info);
/* A fault of the running thread: forced, even if blocked or ignored (then it kills). */
void signal_force(int sig, i32 code, u64 address);

/* kill(2): @pid > 0, 0, -1, < -1. 0, -ESRCH, -EPERM, -EINVAL. */
int signal_kill(i32 pid, int sig);

/* Replaces the mask of blocked signals of the running process (SIGKILL, SIGSTOP stay out). */
void signal_set_mask(u64 mask);
/* After an action became "ignore": what is pending of it is dropped. Under sig_lock. */
void signal_drop_ignored(struct process *p, int sig);

/* Is a stack pointer within the alternate stack? Its very top counts, its lowest byte does not. */
static inline bool signal_on_altstack(const struct process *p, u64 sp)
{
	return sp > p->altstack.sp && sp - p->altstack.sp <= p->altstack.size;
}

/* Writes a handler's frame on the user's stack and makes @f start it. 0 or -EFAULT. */
int signal_push_frame(struct trap_frame *f, int sig, const struct sigaction_kernel *action,
		      const struct siginfo_kernel *info, u64 mask);
/* rt_sigreturn: the frame back into @f. 0, or -EFAULT: what it holds cannot be. */
int signal_pop_frame(struct trap_frame *f);

/* Takes what is pending for the running thread: kills, stops, or builds a handler's frame in @f. */
void signal_deliver(struct trap_frame *f);

/* True if an unblocked, not ignored signal waits for @p (then interruptible sleeps end). */
bool signal_pending(struct process *p);
const char *signal_name(int sig);
