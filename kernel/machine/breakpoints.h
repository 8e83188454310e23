/* SPDX-License-Identifier: ISC */
/*
 * Hardware breakpoints: four addresses at which the processor stops a thread that its tracer gave them
 * (SDM vol. 3, 18.2). They are the thread's user state: loaded when it is switched to, gone with exec,
 * not inherited. What the kernel itself touches at such an address stops nobody.
 */
#pragma once

#include "machine/context.h"

#define BREAKPOINTS 4 /* %dr0 to %dr3 */
#define DR_STATUS 6
#define DR_CONTROL 7

/* What a debug trap was: bits of context.debug_status, as in DR6. */
#define DR6_HIT 0xfu
#define DR6_STEP (1u << 14)

struct breakpoints {
	u64 address[BREAKPOINTS];
	u64 control; /* %dr7 as it was written; only what of it is enabled is loaded */
};

/* Room for them, all zero, which is @c's until breakpoints_drop(); a thread without has none set. */
void breakpoints_give(struct context *c, struct breakpoints *b);
/* The running thread's are no more. What breakpoints_give() gave it, to be freed; or NULL. */
struct breakpoints *breakpoints_drop(struct context *c);

/* The debug register @n (0 to 7) of a thread that does not run, as its tracer sees it. */
u64 breakpoints_peek(const struct context *c, u32 n);
/*
 * Writes it; without room only zero may be written. 0, -EIO: there is no such register, -EINVAL: not in the
 * user half, not aligned to its length, or a kind that programs cannot have. After an error nothing has
 * changed. Any context.
 */
int breakpoints_poke(struct context *c, u32 n, u64 value);
