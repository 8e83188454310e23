/* SPDX-License-Identifier: ISC */
/*
 * Random bits: RDSEED or RDRAND where the CPU has them, always mixed with the TSC and with
 * all that was drawn before. The state is one word changed by atomic addition: no lock.
 *
 * Without a hardware generator the result is hard to foresee from a program, not secret.
 */
#include "machine/cpu.h"
#include "machine/platform.h"

#define TRIES 10 /* SDM vol. 1, 7.3.17.1: ten failures in a row mean broken */

static u64 pool; /* atomic */

/* A bijection in which each input bit flips half of the output bits (xor-shift-multiply with
 * the constants of the SplitMix64 generator's finaliser). */
static u64 mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
	return x ^ (x >> 31);
}

static bool rdseed(u64 *v)
{
	bool ok;

	__asm__ volatile("rdseed %0" : "=r"(*v), "=@ccc"(ok));
	return ok;
}

static bool rdrand(u64 *v)
{
	bool ok;

	__asm__ volatile("rdrand %0" : "=r"(*v), "=@ccc"(ok));
	return ok;
}

/* All ones is what a well-known broken generator answers for ever: no entropy is taken in. */
static u64 draw(bool (*generator)(u64 *v))
{
	u64 v;

	for (u32 i = 0; i < TRIES; i++) {
		if (generator(&v))
			return v == ~0UL ? 0 : v;
		cpu_relax();
	}
	return 0;
}

u64 machine_entropy(void)
{
	u64 hardware = 0;

	if (cpu_features.rdseed)
		hardware = draw(rdseed);
	if (!hardware && cpu_features.rdrand)
		hardware = draw(rdrand);
	/* An odd step keeps two callers at the same TSC value apart. */
	hardware = mix(hardware ^ mix(tsc_read())) | 1;
	return mix(__atomic_add_fetch(&pool, hardware, __ATOMIC_RELAXED) ^ mix(tsc_read()));
}
