/* SPDX-License-Identifier: ISC */
/* System calls of traced threads as events: numbers, arguments, what they point at, results. */
#pragma once

#include "machine/trap.h"

/* As in syscall.tbl; NULL: Linux has none of that number, either. */
const char *syscall_name(u64 number);
/* A traced thread enters a system call; may sleep (the program's memory is read). */
void trace_call_enter(const struct trap_frame *f);
/* A traced thread is about to return to user mode, interrupts off: ends the call, if it was one. */
void trace_call_exit(const struct trap_frame *f);
