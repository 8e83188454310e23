/* SPDX-License-Identifier: ISC */
/*
 * The monotonic clock (TSC) and the one-shot timer of each CPU (local APIC).
 *
 * clock_params is written once at boot, its mult last: until then clock_ns() is 0. A CPU's
 * struct cpu_timer is touched only by that CPU with interrupts off: no locks.
 */
#include "base/log.h"
#include "base/trace.h"
#include "machine/clock.h"
#include "machine/cpu.h"
#include "machine/io.h"
#include "machine/upcalls.h"
#include "x86/apic.h"
#include "x86/clock.h"

#define NEVER (~0UL)
#define MAX_ARM (1UL << 41) /* ns, 36 minutes: later deadlines are armed again on the way */
#define APIC_TARGET_HZ 100000000UL /* coarse enough to reach far, fine enough to be exact */

struct cpu_timer {
	u64 deadline; /* NEVER: not armed */
	u64 due; /* when it can come at the earliest: the deadline, or when it was armed */
	u64 late_max; /* read by others */
} __attribute__((aligned(64)));

struct clock_params clock_params;

static struct cpu_timer timers[MAX_CPUS]; /* [o] */
static bool use_tsc_deadline; /* [i] after clock_init(), as those below */
static u32 apic_divider;
static u64 apic_scale; /* APIC ticks a nanosecond, times 2^32 */
static u64 longest; /* ns that the timer can be armed for */
static u64 wall_offset; /* atomic; ns */

/* Not before earlier loads: a time read after a flag was seen is not older than the flag. */
static inline u64 tsc_ordered(void)
{
	__asm__ volatile("lfence" ::: "memory");
	return tsc_read();
}

static bool shared; /* written at boot, before a second CPU runs threads */
static u64 shared_last; /* atomic: the latest time that anybody saw */

/* Where counters differ: the time of the CPU that is farthest ahead, seen by all. */
static u64 shared_ns(u64 own)
{
	u64 last = __atomic_load_n(&shared_last, __ATOMIC_RELAXED);

	while (own > last) {
		if (__atomic_compare_exchange_n(&shared_last, &last, own, true, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return own;
	}
	return last;
}

u64 clock_ns(void)
{
	u64 ns = clock_of_tsc(tsc_ordered());

	return likely(!shared) ? ns : shared_ns(ns);
}

void clock_share(void)
{
	shared = true;
}

bool clock_is_shared(void)
{
	return shared;
}

u64 clock_tsc_hz(void)
{
	return clock_params.tsc_hz;
}

u64 clock_tsc_to_ns(u64 tsc_delta)
{
	return clock_scale(tsc_delta, clock_params.mult);
}

u64 clock_wall_offset(void)
{
	return READ_ONCE(wall_offset);
}

void clock_set_wall_offset(u64 ns)
{
	WRITE_ONCE(wall_offset, ns);
}

/* One tick more than the quotient: when it fires, clock_ns() has reached the deadline. */
static void start_timer(struct cpu_timer *t, u64 deadline)
{
	u64 tsc = tsc_ordered();
	u64 now = clock_of_tsc(tsc), delta = 0;

	t->due = now;
	if (likely(deadline > now)) {
		t->due = deadline;
		delta = MIN(deadline - now, longest);
	}
	if (use_tsc_deadline)
		apic_timer_deadline(tsc + clock_scale(delta, clock_params.inverse) + 1);
	else
		apic_timer_start((u32)clock_scale(delta, apic_scale) + 1);
}

static void stop_timer(void)
{
	if (use_tsc_deadline)
		apic_timer_deadline(0);
	else
		apic_timer_start(0);
}

void clock_arm(u64 deadline)
{
	struct cpu_timer *t = &timers[cpu_id()];

	t->deadline = deadline;
	if (unlikely(deadline == NEVER))
		stop_timer();
	else
		start_timer(t, deadline);
}

void clock_disarm(void)
{
	struct cpu_timer *t = &timers[cpu_id()];

	if (t->deadline == NEVER)
		return;
	t->deadline = NEVER;
	stop_timer();
}

void clock_interrupt(bool in_user)
{
	struct cpu_timer *t = &timers[cpu_id()];
	u64 now;

	if (t->deadline == NEVER)
		return; /* disarmed while the interrupt was on its way */
	now = clock_ns();
	if (now < t->deadline) {
		start_timer(t, t->deadline); /* farther than the counter reaches, or it ran fast */
		return;
	}
	t->deadline = NEVER;
	if (unlikely(now - t->due > t->late_max))
		WRITE_ONCE(t->late_max, now - t->due);
	upcall_timer(in_user, now);
}

u64 clock_late_max(u32 cpu)
{
	return READ_ONCE(timers[cpu].late_max);
}

void clock_delay_us(u64 us)
{
	u64 start = clock_ns();

	if (!clock_params.mult) {
		while (us--)
			outb(0x80, 0); /* about a microsecond on the bus; no clock yet */
		return;
	}
	while (clock_ns() - start < us * NSEC_PER_USEC)
		cpu_relax();
}

static void set_params(u64 tsc_hz, u64 tsc_base)
{
	u64 now = tsc_read();
	u64 mult = (NSEC_PER_SEC << CLOCK_SHIFT) / tsc_hz;
	bool base_ok = tsc_base && tsc_base < now && (now - tsc_base) / tsc_hz < 60;

	clock_params.base_ns = clock_scale(base_ok ? tsc_base : now, mult);
	clock_params.tsc_hz = tsc_hz;
	clock_params.inverse = ~0UL / mult + 1;
	__atomic_store_n(&clock_params.mult, mult, __ATOMIC_RELEASE);
}

static void set_apic_rate(u64 hz)
{
	use_tsc_deadline = cpu_features.tsc_deadline;
	apic_divider = 1;
	while (apic_divider < 128 && hz / apic_divider > APIC_TARGET_HZ)
		apic_divider *= 2;
	apic_scale = ((hz / apic_divider) << CLOCK_SHIFT) / NSEC_PER_SEC;
	longest = MAX_ARM;
	if (!use_tsc_deadline && apic_scale) /* its counter has 32 bits */
		longest = MIN(MAX_ARM, (0xfffffffeUL << CLOCK_SHIFT) / apic_scale);
}

static void read_epoch(void)
{
	u64 seconds = rtc_read();
	u64 up = clock_ns() / NSEC_PER_SEC;

	wall_offset = seconds > up ? (seconds - up) * NSEC_PER_SEC : 0;
	if (!wall_offset)
		log_warning("clock: no usable RTC, the date is unknown");
}

void clock_init_cpu(void)
{
	timers[cpu_id()].deadline = NEVER;
	apic_timer_use(use_tsc_deadline, apic_divider);
}

void clock_init(u64 tsc_base)
{
	struct calibration c;

	clock_reference_init();
	if (!clock_calibrate(&c))
		log_error("clock: no HPET, PM timer or PIT: time is %s", c.source);
	set_params(c.tsc_hz, tsc_base);
	set_apic_rate(c.apic_hz);
	if (!use_tsc_deadline && !c.apic_hz)
		log_error("clock: the APIC timer does not count: no preemption");
	clock_init_cpu();
	trace_milestone(TRACE_TIMER_START, 0, c.tsc_hz, 0, 0);
	read_epoch();
	log_info("clock: TSC %lu.%03lu MHz by %s%s, timer by %s", c.tsc_hz / 1000000,
		 c.tsc_hz / 1000 % 1000, c.source, cpu_features.invariant_tsc ? "" : " (may vary)",
		 use_tsc_deadline ? "TSC deadline" : "APIC count");
}
