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
