/* SPDX-License-Identifier: ISC */
/*
 * Memory type range registers (SDM vol. 3, 11.11): all processors must agree on them. Firmware
 * sets them alike on each; where it has not, a starting CPU takes over the boot CPU's, with its
 * caches off as the manual asks for (11.11.7.2). Written by the boot CPU before the first start.
 */
#include "x86/smp.h"

#define MSR_MTRR_CAP 0xfe
#define MSR_MTRR_DEFAULT 0x2ff
#define MSR_MTRR_VARIABLE 0x200 /* base, mask, base, mask … */
#define MTRR_ENABLE (1UL << 11)
#define MAX_VARIABLE 16
#define FIXED_COUNT 11
#define CPUID_MTRR (1u << 12) /* leaf 1, EDX */
#define CR0_CD (1u << 30)
#define CR0_NW (1u << 29)

static const u16 fixed_msrs[FIXED_COUNT] = { 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
					     0x26b, 0x26c, 0x26d, 0x26e, 0x26f };

struct mtrrs {
	u64 variable[2 * MAX_VARIABLE], fixed[FIXED_COUNT], standard;
};

static struct mtrrs saved;

static u32 variable_count(void)
{
	return MIN((u32)(msr_read(MSR_MTRR_CAP) & 0xff), (u32)MAX_VARIABLE) * 2;
}

static bool has_fixed(void)
{
	return msr_read(MSR_MTRR_CAP) >> 8 & 1;
}

void mtrr_save(void)
{
	if (!(cpu_features.hwcap & CPUID_MTRR))
		return;
	for (u32 i = 0; i < variable_count(); i++)
		saved.variable[i] = msr_read(MSR_MTRR_VARIABLE + i);
	for (u32 i = 0; i < FIXED_COUNT && has_fixed(); i++)
		saved.fixed[i] = msr_read(fixed_msrs[i]);
	saved.standard = msr_read(MSR_MTRR_DEFAULT);
}

static bool differs(void)
{
	bool other = msr_read(MSR_MTRR_DEFAULT) != saved.standard;

	for (u32 i = 0; i < variable_count(); i++)
		other |= msr_read(MSR_MTRR_VARIABLE + i) != saved.variable[i];
	for (u32 i = 0; i < FIXED_COUNT && has_fixed(); i++)
		other |= msr_read(fixed_msrs[i]) != saved.fixed[i];
	return other;
}

static void flush_all(void)
{
	__asm__ volatile("wbinvd" ::: "memory");
	cr3_write(cr3_read());
}

void mtrr_load(void)
{
	u64 cr0 = cr0_read(), cr4 = cr4_read();

	if (!(cpu_features.hwcap & CPUID_MTRR) || !differs())
		return;
	cr0_write((cr0 | CR0_CD) & ~(u64)CR0_NW);
	__asm__ volatile("wbinvd" ::: "memory");
	cr4_write(cr4 & ~(u64)CR4_PGE);
	flush_all();
	msr_write(MSR_MTRR_DEFAULT, msr_read(MSR_MTRR_DEFAULT) & ~MTRR_ENABLE);
	for (u32 i = 0; i < variable_count(); i++)
		msr_write(MSR_MTRR_VARIABLE + i, saved.variable[i]);
	for (u32 i = 0; i < FIXED_COUNT && has_fixed(); i++)
		msr_write(fixed_msrs[i], saved.fixed[i]);
	msr_write(MSR_MTRR_DEFAULT, saved.standard);
	flush_all();
	cr0_write(cr0);
	cr4_write(cr4);
}
