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

/* Takes what is pending for the running thread: kills, stops, or builds a handler's frame in @f. */
void signal_deliver(struct trap_frame *f);

/* True if an unblocked, not ignored signal waits for @p (then interruptible sleeps end). */
bool signal_pending(struct process *p);
const char *signal_name(int sig);
