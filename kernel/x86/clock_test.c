/* SPDX-License-Identifier: ISC */
/*
 * The clock against the devices it was calibrated with, the timer against the clock, the RTC's
 * encodings. Bounds are wide upwards: an emulator's host may run something else meanwhile.
 */
#include "base/ktest.h"
#include "machine/clock.h"
#include "machine/cpu.h"
#include "machine/irq.h"
#include "machine/platform.h"
#include "x86/clock.h"

KTEST(clock_monotonic, 200)
{
	u64 last = clock_ns(), back = 0;

	for (u32 i = 0; i < 20000; i++) {
		u64 now = clock_ns();

		back += now < last;
		last = now;
	}
	KEXPECT_EQ(back, 0);
}

KTEST(clock_conversion, 20)
{
	u64 hz = clock_tsc_hz();
	u64 second = clock_tsc_to_ns(hz), year = clock_tsc_to_ns(hz * 31536000);

	KEXPECT(second <= NSEC_PER_SEC && second >= NSEC_PER_SEC - 10);
	KEXPECT(year / NSEC_PER_SEC >= 31535999 && year / NSEC_PER_SEC <= 31536000);
	/* What is armed for a span never ends before the clock shows the span. */
	for (u64 ns = 1; ns < 1UL << 40; ns = ns * 3 + 1)
		KEXPECT(clock_tsc_to_ns(clock_scale(ns, clock_params.inverse) + 1) >= ns);
}

/* The smallest error in thousandths of several 4 ms runs against @r. */
static u64 worst_case_free_error(const struct clock_reference *r)
{
	u64 best = ~0UL;

	for (u32 i = 0; i < 5 && best > 5; i++) {
		u64 flags = irq_save();
		u64 ref = r->read(), start = clock_ns(), ns, want;

		while (clock_ns() - start < 4 * NSEC_PER_MSEC)
			cpu_relax();
		ref = (r->read() - ref) & r->mask;
		ns = clock_ns() - start;
		irq_restore(flags);
		want = ref * NSEC_PER_SEC / r->hz;
		best = MIN(best, (want > ns ? want - ns : ns - want) * 1000 / ns);
	}
	return best;
}

KTEST(clock_against_devices, 500)
{
	const struct clock_reference *r = clock_reference(0);

	if (!r) {
		ktest_skip("no HPET, PM timer or PIT");
		return;
	}
	for (u32 i = 0; (r = clock_reference(i)); i++)
		KEXPECT(worst_case_free_error(r) <= 20);
}

static u64 timer_interrupts(void)
{
	return irq_stat_count(0, cpu_id());
}

/* Arms for @ns from now; returns how much later than that the interrupt came, or ~0. One that
 * comes early doesn't count: it arms itself again. */
static u64 arm_and_wait(u64 ns)
{
	u64 flags = irq_save();
	u64 seen, last = timer_interrupts(), deadline = clock_ns() + ns;
	u64 now;

	clock_arm(deadline);
	irq_enable();
	do {
		seen = last;
		last = timer_interrupts();
		now = clock_ns();
	} while (now < deadline);
	while (timer_interrupts() == seen && now < deadline + NSEC_PER_SEC)
		now = clock_ns();
	last = timer_interrupts();
	irq_restore(flags);
	return last == seen ? ~0UL : now - deadline;
}

/*
 * The best of some tries counts: a loaded host keeps an emulator's timer thread waiting for tens of
 * milliseconds. A timer that is not armed rightly comes seconds late or not at all.
 */
#define LATENCY_MAX (100 * NSEC_PER_MSEC)

static u64 best_latency(u64 ns)
{
	u64 best = ~0UL;

	for (u32 k = 0; k < 12 && best >= 5 * NSEC_PER_MSEC; k++)
		best = MIN(best, arm_and_wait(ns));
	return best;
}

KTEST(clock_timer_fires, 5000)
{
	static const u64 spans[] = { 0, 1000, 50000, 1000000, 20000000 };

	for (u32 i = 0; i < ARRAY_SIZE(spans); i++)
		KEXPECT(best_latency(spans[i]) < LATENCY_MAX);
}

KTEST(clock_rtc_encodings, 20)
{
	struct rtc_time bcd = { 0x56, 0x34, 0x12, 0x29, 0x02, 0x24, 0x20, 0x02 };
	struct rtc_time binary = { 56, 34, 12, 29, 2, 24, 20, 0x06 };
	struct rtc_time night = { 0, 0, 0x12, 0x01, 0x01, 0x70, 0x19, 0x00 };
	struct rtc_time evening = { 0, 0, 0x91, 0x01, 0x01, 0x00, 0, 0x00 };
	struct rtc_time absent = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	KEXPECT_EQ(rtc_to_epoch(&bcd), 1709210096);
	KEXPECT_EQ(rtc_to_epoch(&binary), 1709210096);
	KEXPECT_EQ(rtc_to_epoch(&night), 0); /* 12 AM on the first day of the epoch */
	KEXPECT_EQ(rtc_to_epoch(&evening), 946684800 + 23 * 3600); /* 11 PM, no century */
	KEXPECT_EQ(rtc_to_epoch(&absent), 0);
}

KTEST(entropy_differs, 20)
{
	u64 ones = 0, last = machine_entropy(), same = 0;

	for (u32 i = 0; i < 256; i++) {
		u64 v = machine_entropy();

		same += v == last;
		for (u64 bits = v ^ last; bits; bits &= bits - 1)
			ones++;
		last = v;
	}
	KEXPECT_EQ(same, 0);
	KEXPECT(ones > 256 * 28 && ones < 256 * 36); /* 32 bits of 64 on average */
}
