/* SPDX-License-Identifier: ISC */
/*
 * Time: a monotonic clock from the TSC and one one-shot timer a CPU. All in nanoseconds
 * since boot (of the kernel). Never goes back, not from one CPU to another either.
 */
#pragma once

#include "machine/cpu.h"

#define NSEC_PER_SEC 1000000000UL
#define NSEC_PER_MSEC 1000000UL
#define NSEC_PER_USEC 1000UL

/*
 * What turns a TSC value into nanoseconds since boot, kept in one struct so that a page for
 * programs (vDSO) can show the same: ns = ((tsc * mult) >> 32) - base_ns. mult 0: not known yet.
 * Written once at boot; read-only afterwards.
 */
struct clock_params {
	u64 base_ns; /* the TSC's own time at clock_ns() == 0 */
	u64 mult; /* nanoseconds a TSC tick, times 2^32, rounded down */
	u64 inverse; /* TSC ticks a nanosecond, times 2^32, rounded up */
	u64 tsc_hz;
};
#define CLOCK_SHIFT 32

extern struct clock_params clock_params;

/*
 * (a * b) >> 32 with all 128 bits of the product. Not in C: for a variable of 128 bits GCC aligns the
 * stack of each function that has this inline.
 */
static inline u64 clock_scale(u64 a, u64 b)
{
	__asm__("mulq %1\n\tshrd %2, %%rdx, %0"
		: "+a"(a)
		: "rm"(b), "i"(CLOCK_SHIFT)
		: "rdx", "cc");
	return a;
}

/* What clock_ns() was or will be at @tsc. */
static inline u64 clock_of_tsc(u64 tsc)
{
	return clock_scale(tsc, clock_params.mult) - clock_params.base_ns;
}

u64 clock_ns(void); /* any context */

/* For accounting: as clock_ns(), but the processor may read it a few instructions early. */
static inline u64 clock_ns_loose(void)
{
	return clock_of_tsc(tsc_read());
}

u64 clock_tsc_hz(void);
u64 clock_tsc_to_ns(u64 tsc_delta);

/* True: the CPUs' counters differ, and only clock_ns() knows the time. No vDSO then. */
bool clock_is_shared(void);

/* Arms this CPU's timer for @deadline (clock_ns() time; past: at once); replaces the earlier
 * one. Interrupts off. The upcall is upcall_timer(). */
void clock_arm(u64 deadline);
void clock_disarm(void);
/* By how much a timer interrupt of @cpu came late at most: each samples how long interrupts are off,
 * in every build. Nanoseconds. */
u64 clock_late_max(u32 cpu);

/*
 * What the wall clock shows at clock_ns() == 0, in ns since 1970: from the RTC (read once at boot; 0:
 * unknown), until somebody sets the clock. Any context.
 */
u64 clock_wall_offset(void);
void clock_set_wall_offset(u64 ns);

/* Busy wait, for device set-up before the scheduler runs. */
void clock_delay_us(u64 us);
