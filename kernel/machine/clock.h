/* SPDX-License-Identifier: ISC */
/*
 * Time: a monotonic clock from the TSC and one one-shot timer a CPU. All in nanoseconds
 * since boot (of the kernel). Never goes back, not from one CPU to another either.
 */
#pragma once

#include "lib/types.h"

#define NSEC_PER_SEC 1000000000UL
#define NSEC_PER_MSEC 1000000UL
#define NSEC_PER_USEC 1000UL

u64 clock_ns(void); /* any context */
u64 clock_tsc_hz(void);
u64 clock_tsc_to_ns(u64 tsc_delta);

/* True: the CPUs' counters differ, and only clock_ns() knows the time. No vDSO then. */
bool clock_is_shared(void);

/* For the vDSO: clock_ns() == ((tsc - *tsc_base) * *mult) >> 32, for good. After platform_init(). */
void clock_get_params(u64 *tsc_base, u64 *mult);

/* Arms this CPU's timer for @deadline (clock_ns() time; past: at once); replaces the earlier
 * one. Interrupts off. The upcall is upcall_timer(). */
void clock_arm(u64 deadline);
void clock_disarm(void);

/* Seconds since 1970 at clock_ns() == 0, from the RTC (read once at boot); 0: unknown. */
u64 clock_boot_epoch(void);

/* Busy wait, for device set-up before the scheduler runs. */
void clock_delay_us(u64 us);
