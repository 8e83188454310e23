/* SPDX-License-Identifier: ISC */
/*
 * Do two CPUs' time stamp counters count together?
 *
 * The boot CPU reads its counter, then the other, then the boot CPU again, each when it has seen
 * the one before. If the counters agree, the middle value lies between the others; else each
 * round bounds the difference, and the bounds of all rounds together are narrow. A difference
 * is taken out of the starting CPU's counter (IA32_TSC_ADJUST, else the counter itself) and
 * looked for again. What remains after that, clock_share() hides.
 *
 * `turn` is atomic and tells whose turn it is; the values belong to whoever has it. The boot CPU
 * runs one comparison at a time.
 */
#include "x86/smp.h"

#include "base/log.h"
#include "base/mutants.h"
#include "machine/clock.h"
#include "x86/clock.h"

#define MSR_TSC 0x10
#define MSR_TSC_ADJUST 0x3b
#define ROUNDS_MIN 3
#define ROUNDS_MAX 64
#define ENOUGH_NS NSEC_PER_MSEC /* an emulator's rounds are long: no more of them then */
#define ATTEMPTS 3
#define MUTANT_SKEW (1L << 40)

enum turn { TURN_SOURCE, TURN_TARGET };

static u32 turn; /* atomic */
static enum order { SAMPLE, CORRECT, FINISH } order;
static u64 target_tsc;
static i64 target_ahead; /* what to take out */

static void give_turn(enum turn t)
{
	__atomic_store_n(&turn, t, __ATOMIC_SEQ_CST);
}

static void await_turn(enum turn t)
{
	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != t)
		cpu_relax();
}

/* Neither before nor after its place in the program. */
static u64 tsc_exact(void)
{
	u64 t;

	__asm__ volatile("mfence; lfence" ::: "memory");
	t = tsc_read();
	__asm__ volatile("lfence" ::: "memory");
	return t;
}

/* Lets the target do @o, and waits for it. */
static void command(enum order o)
{
	order = o;
	give_turn(TURN_TARGET);
	await_turn(TURN_SOURCE);
}

/* How far the target is ahead: 0 if nothing speaks against it. */
static i64 measure(void)
{
	i64 low = -(1L << 62), high = 1L << 62;
	u64 begin = clock_ns();

	for (u32 i = 0; i < ROUNDS_MAX; i++) {
		u64 before = tsc_exact(), after;

		if (i >= ROUNDS_MIN && clock_ns() - begin > ENOUGH_NS)
			break;
		command(SAMPLE);
		after = tsc_exact();
		low = MAX(low, (i64)(target_tsc - after));
		high = MIN(high, (i64)(target_tsc - before));
	}
	return low > 0 || high < 0 ? low + (high - low) / 2 : 0;
}

void tsc_sync_source(void)
{
	for (u32 i = 0; i < ATTEMPTS && (target_ahead = measure()); i++) {
		log_warning("clock: a processor's TSC is off by %ld ticks", target_ahead);
		command(CORRECT);
	}
	if (target_ahead) {
		log_warning("clock: the TSCs do not stay together; time is shared by memory");
		clock_share();
	}
	command(FINISH);
}

static bool has_tsc_adjust(void)
{
	return cpuid(0, 0).eax >= 7 && cpuid(7, 0).ebx & 2;
}

static void correct(i64 by)
{
	if (has_tsc_adjust())
		msr_write(MSR_TSC_ADJUST, msr_read(MSR_TSC_ADJUST) + (u64)by);
	else
		msr_write(MSR_TSC, tsc_read() + (u64)by);
}

void tsc_sync_target(void)
{
	enum order done;

	do {
		await_turn(TURN_TARGET);
		done = order;
		if (done == SAMPLE)
			target_tsc = tsc_exact() + (MUTANT(tsc) ? MUTANT_SKEW : 0);
		else if (done == CORRECT)
			correct(-target_ahead);
		give_turn(TURN_SOURCE);
	} while (done != FINISH);
}
