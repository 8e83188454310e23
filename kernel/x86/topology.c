/* SPDX-License-Identifier: ISC */
/*
 * Which CPUs share their last-level cache: from the APIC ids, whose upper bits are the same then
 * (CPUID leaf 4, AMD's 0x8000001d; SDM vol. 2, CPUID). Where neither is known, those of one package
 * (leaf 1). Taken from the boot CPU for all. Written once, before the others are given threads.
 */
#include "machine/smp.h"
#include "x86/smp.h"
#include "x86/x86.h"

#define MAX_CACHES 8

static u64 near[MAX_CPUS]; /* [i] after topology_init() */

u64 cpu_near_mask(u32 cpu)
{
	return near[cpu];
}

/* Bits of the APIC id that differ between @n sharers. */
static u32 bits_for(u32 n)
{
	return n <= 1 ? 0 : 32 - (u32)__builtin_clz(n - 1);
}

/* Of the largest cache in @leaf; 0: it tells of none. */
static u32 cache_sharers(u32 leaf)
{
	u32 sharers = 0;

	for (u32 i = 0; i < MAX_CACHES; i++) {
		struct cpuid c = cpuid(leaf, i);

		if (!(c.eax & 0x1f))
			break;
		sharers = (c.eax >> 14 & 0xfff) + 1; /* they come in the order of their levels */
	}
	return sharers;
}

static u32 sharers(void)
{
	u32 n = 0;

	if (cpuid(0, 0).eax >= 4)
		n = cache_sharers(4);
	if (!n && cpuid(0x80000000, 0).eax >= 0x8000001d)
		n = cache_sharers(0x8000001d);
	return n ? n : cpuid(1, 0).ebx >> 16 & 0xff;
}

void topology_init(void)
{
	u32 shift = bits_for(sharers());

	for (u32 a = 0; a < cpu_count; a++)
		for (u32 b = 0; b < cpu_count; b++)
			if (cpus[a]->apic_id >> shift == cpus[b]->apic_id >> shift)
				near[a] |= 1UL << b;
}
