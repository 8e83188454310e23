/* SPDX-License-Identifier: ISC */
/*
 * The end: panic() prints why, registers, a backtrace with names and lines, the running
 * thread and the last trace events on every sink, then does what `panic=` says.
 */
#pragma once

#include "lib/types.h"

struct trap_frame;

noreturn void panic(const char *fmt, ...) printf_like(1, 2);
/* The same for a fault inside the kernel: registers and backtrace of @f. */
noreturn void panic_frame(const struct trap_frame *f, const char *fmt, ...) printf_like(2, 3);

/* Prints the call chain from frame pointer @rbp (and @rip first if not 0) through panic's sinks. */
void backtrace_print(u64 rip, u64 rbp);

/* The same in two steps: up to @max addresses (return addresses but for @rip); returns how many.
 * Takes no locks. */
u32 backtrace_collect(u64 rip, u64 rbp, u64 *addresses, u32 max);
void backtrace_print_list(const u64 *addresses, u32 count,
			  bool interrupted); /* the first is @rip */

enum panic_action { PANIC_HALT, PANIC_REBOOT, PANIC_DEBUG };
void panic_set_action(enum panic_action a);

/* Asks who is running, for the report: set by sched/proc ("name[pid]"). May be NULL. */
extern void (*panic_describe_current)(char *buf, size_t size);

/* Always checked. */
#define ensure(cond)                                                                               \
	do {                                                                                       \
		if (unlikely(!(cond)))                                                             \
			panic("%s:%d: %s", __FILE__, __LINE__, #cond);                             \
	} while (0)

/* A precondition, checked in debug builds. */
#ifdef DEBUG
#define assert(cond) ensure(cond)
#define debug_only(x) (x)
#else
#define assert(cond) ((void)sizeof(cond))
#define debug_only(x) ((void)0)
#endif
