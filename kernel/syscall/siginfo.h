/* SPDX-License-Identifier: ISC */
/* Siginfos that a program makes itself. */
#pragma once

#include "proc/signal.h"

/*
 * For @target by pid: only to its own process may one look like the kernel's or kill's. 0, -EFAULT,
 * -EPERM, -EINVAL. The second form also wants the signal that it names to be @sig.
 */
int siginfo_get(i32 target, int sig, u64 at, struct siginfo_kernel *info);
int siginfo_get_signo(i32 target, int sig, u64 at, struct siginfo_kernel *info);
