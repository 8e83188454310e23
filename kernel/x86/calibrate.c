/* SPDX-License-Identifier: ISC */
/*
 * How fast does the TSC count, and how fast the local APIC's timer?
 *
 * Both are sampled together with a reference counter, a few milliseconds apart. A sample is
 * taken several times and the one with the shortest TSC window kept: what disturbs (an SMI,
 * a host that runs something else) makes windows longer, never shorter. If the runs agree the
 * whole span counts, else their median. What CPUID says is believed if a run confirms it.
 *
 * Boot CPU, interrupts off, once: no locks. The whole takes about 11 ms.
 */
#include "base/log.h"
#include "machine/clock.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/x86.h"

#define RUNS 3
#define EXTRA_RUNS 4
#define RUN_US 3000
#define CHECK_US 2000
#define SAMPLE_TRIES 3
#define MAX_POLLS 1000000u /* more than a run can need, even at port speed */
#define GUESSED_HZ 1000000000UL
#define MIN_HZ 1000000UL /* of a TSC or a CPUID claim: below is nonsense */
#define MAX_HZ 20000000000UL

struct sample {
	u64 tsc, ref, window;
	u32 apic;
};

/* a * b / c with a 128-bit product; 0 where the quotient does not fit. */
static u64 mul_div(u64 a, u64 b, u64 c)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	u64 high = (u64)(product >> 64), low = (u64)product, quotient, rest;

	if (high >= c)
		return 0;
	__asm__("divq %4" : "=a"(quotient), "=d"(rest) : "a"(low), "d"(high), "r"(c) : "cc");
	return quotient;
}

static struct sample take_sample(const struct clock_reference *r)
{
	struct sample best = { .window = ~0UL };

	for (u32 i = 0; i < SAMPLE_TRIES; i++) {
		struct sample s;

		s.tsc = tsc_read();
		s.ref = r->read() & r->mask;
		s.apic = apic_timer_read();
		s.window = tsc_read() - s.tsc;
		if (s.window < best.window)
			best = s;
	}
	return best;
}

static u64 elapsed(const struct clock_reference *r, u64 from, u64 to)
{
	return (to - from) & r->mask;
}

/* Waits until @us have passed on the reference. False: it stopped. */
static bool wait_reference(const struct clock_reference *r, u64 from, u64 us)
{
	u64 ticks = r->hz * us / 1000000;

	for (u32 polls = 0; polls < MAX_POLLS; polls++) {
		if (elapsed(r, from, r->read()) >= ticks)
			return true;
		cpu_relax();
	}
	return false;
}

static u64 rate(const struct clock_reference *r, const struct sample *a, const struct sample *b)
{
	u64 ticks = elapsed(r, a->ref, b->ref);

	return ticks ? mul_div(b->tsc - a->tsc, r->hz, ticks) : 0;
}

static u64 apic_rate(const struct clock_reference *r, const struct sample *a,
		     const struct sample *b)
{
	u64 ticks = elapsed(r, a->ref, b->ref);

	return ticks ? mul_div(a->apic - b->apic, r->hz, ticks) : 0; /* it counts down */
}

/* True if @a and @b differ by at most @permille thousandths of @b. */
static bool agree(u64 a, u64 b, u64 permille)
{
	u64 difference = a > b ? a - b : b - a;

	return difference <= b / 1000 * permille;
}

static bool plausible(u64 hz)
{
	return hz >= MIN_HZ && hz <= MAX_HZ;
}

/* -- what CPUID says -------------------------------------------------------------------- */

/* Leaf 0x15: crystal × ratio, exact; leaf 0x16: the nominal MHz (SDM vol. 2, CPUID). */
static u64 cpuid_tsc_hz(bool *exact)
{
	u32 last = cpuid(0, 0).eax;
	struct cpuid r;

	*exact = true;
	if (cpu_features.hypervisor) {
		u32 last_virtual = cpuid(0x40000000, 0).eax;

		if (last_virtual >= 0x40000010 && last_virtual < 0x40010000)
			return cpuid(0x40000010, 0).eax * 1000UL;
	}
	if (last >= 0x15) {
		r = cpuid(0x15, 0);
		if (r.eax && r.ebx && r.ecx)
			return mul_div(r.ecx, r.ebx, r.eax);
	}
	*exact = false;
	return last >= 0x16 ? (cpuid(0x16, 0).eax & 0xffff) * 1000000UL : 0;
}

/* -- measuring -------------------------------------------------------------------------- */

static void sort(u64 *v, u32 n)
{
	for (u32 i = 1; i < n; i++) {
		for (u32 k = i; k && v[k - 1] > v[k]; k--) {
			u64 t = v[k];

			v[k] = v[k - 1];
			v[k - 1] = t;
		}
	}
}

/* One run from @from to a new sample *@to. 0: the reference stopped. */
static u64 run(const struct clock_reference *r, const struct sample *from, struct sample *to,
	       u64 us)
{
	if (!wait_reference(r, from->ref, us))
		return 0;
	*to = take_sample(r);
	return rate(r, from, to);
}

/* Several runs end to end; false if the reference fails or gives nonsense. */
static bool measure(const struct clock_reference *r, struct calibration *out)
{
	struct sample s[RUNS + EXTRA_RUNS + 1];
	u64 hz[RUNS + EXTRA_RUNS];
	u32 n = 0, wanted = RUNS;

	s[0] = take_sample(r);
	while (n < wanted) {
		hz[n] = run(r, &s[n], &s[n + 1], RUN_US);
		if (!hz[n++])
			return false;
		if (n == RUNS && !agree(hz[0], hz[1], 5) && !agree(hz[1], hz[2], 5))
			wanted += EXTRA_RUNS; /* a noisy machine: let more of them vote */
	}
	out->tsc_hz = rate(r, &s[0], &s[n]);
	out->apic_hz = apic_rate(r, &s[0], &s[n]);
	sort(hz, n);
	if (!agree(hz[0], hz[n - 1], 5)) {
		/* The APIC counts as evenly as the TSC: correct it by the same factor. */
		out->apic_hz = mul_div(out->apic_hz, hz[n / 2], out->tsc_hz);
		out->tsc_hz = hz[n / 2];
	}
	return plausible(out->tsc_hz);
}

/* One run against CPUID's claim: true if it holds, then only the APIC's rate was measured. */
static bool confirm(const struct clock_reference *r, u64 claimed, struct calibration *out)
{
	struct sample from = take_sample(r), to;
	u64 hz = run(r, &from, &to, RUN_US);

	if (!hz || !agree(hz, claimed, 10))
		return false;
	out->tsc_hz = claimed;
	out->apic_hz = mul_div(apic_rate(r, &from, &to), claimed, hz);
	return true;
}

/* A second device's opinion; it is only reported. */
static void cross_check(const struct clock_reference *r, u64 hz)
{
	struct sample from = take_sample(r), to;
	u64 other = run(r, &from, &to, CHECK_US);

	if (!agree(other, hz, 20))
		log_warning("clock: %s disagrees: TSC at %lu kHz", r->name, other / 1000);
}

/* Nothing to measure with: the TSC's rate is believed or guessed, the APIC measured by it. */
static void without_reference(u64 claimed, struct calibration *out)
{
	u64 start = tsc_read(), span;
	u32 apic = apic_timer_read();

	out->tsc_hz = plausible(claimed) ? claimed : GUESSED_HZ;
	out->source = plausible(claimed) ? "CPUID, unconfirmed" : "a guess";
	while (tsc_read() - start < out->tsc_hz / 1000000 * RUN_US)
		cpu_relax();
	span = tsc_read() - start;
	out->apic_hz = mul_div(apic - apic_timer_read(), out->tsc_hz, span);
}

bool clock_calibrate(struct calibration *out)
{
	const struct clock_reference *r;
	bool exact;
	u64 claimed = cpuid_tsc_hz(&exact);

	apic_timer_free_run();
	for (u32 i = 0; (r = clock_reference(i)); i++) {
		out->source = r->name;
		if (exact && plausible(claimed) && confirm(r, claimed, out)) {
			out->source = "CPUID";
			return true;
		}
		if (!measure(r, out)) {
			log_warning("clock: calibration against %s failed", r->name);
			continue;
		}
		if (clock_reference(i + 1))
			cross_check(clock_reference(i + 1), out->tsc_hz);
		return true;
	}
	without_reference(claimed, out);
	return false;
}
