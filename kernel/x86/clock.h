/* SPDX-License-Identifier: ISC */
/*
 * The pieces of time keeping behind machine/clock.h: calibration, conversion, RTC.
 */
#pragma once

#include "machine/clock.h"

/* Calibrates and starts the clock; @tsc_base is the TSC value that counts as boot (0: now).
 * After apic_init(). Boot CPU. */
void clock_init(u64 tsc_base);

/* Makes the calling CPU's timer usable by clock_arm(). After clock_init(); interrupts off. */
void clock_init_cpu(void);

/* The CPUs' counters differ for good: clock_ns() never returns less than it has anywhere. */
void clock_share(void);

/* The timer vector came: upcall_timer() if the deadline has passed, else armed again. */
void clock_interrupt(bool in_user);

/* What calibration found, in Hz; apic_hz with divider 1. */
struct calibration {
	u64 tsc_hz, apic_hz;
	const char *source;
};
/* Takes about 10 ms. False: nothing to measure against, and the result is a guess. */
bool clock_calibrate(struct calibration *out);

/*
 * Reference counters for calibration and tests (reference.c): devices that count at a known
 * rate. clock_reference(i) gives the i-th that is there and counts; NULL past the end.
 */
struct clock_reference {
	const char *name;
	u64 hz;
	u64 mask; /* the counter wraps after it */
	u64 (*read)(void); /* counts up */
};
void clock_reference_init(void);
const struct clock_reference *clock_reference(u32 index);

/* Seconds since 1970 from the RTC, now; 0 if there is none or it makes no sense. */
u64 rtc_read(void);
/* The same from given registers, for tests: second … year, century 0 if unknown. */
struct rtc_time {
	u8 second, minute, hour, day, month, year, century;
	u8 status_b;
};
u64 rtc_to_epoch(const struct rtc_time *t);
