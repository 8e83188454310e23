/* SPDX-License-Identifier: ISC */
/* Debug registers between the switch, the trap and machine/breakpoints.h. */
#pragma once

#include "machine/breakpoints.h"

/* This CPU has none, whatever the firmware left. */
void breakpoints_init_cpu(void);
/* At a switch to @next: @next's, or none. Interrupts off. */
void breakpoints_load(const struct context *next);
/* A debug trap of @c's program: what it was is in debug_status, and the instruction of @f can go on. */
void breakpoints_trapped(struct context *c, struct trap_frame *f);
/* The kernel ran into one of the program's: it does not count. */
void breakpoints_ignore(void);
