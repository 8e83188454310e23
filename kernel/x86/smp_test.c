/* SPDX-License-Identifier: ISC */
/* Whether all processors came up, and came up alike. */
#include "x86/smp.h"

#include "base/ktest.h"
#include "x86/apic.h"

KTEST(smp_all_processors_run, 20)
{
	KEXPECT_EQ(cpu_count, smp_wanted);
	for (u32 i = 0; i < cpu_count; i++) {
		KEXPECT_EQ(cpus[i]->id, i);
		for (u32 k = 0; k < i; k++)
			KEXPECT(cpus[i]->apic_id != cpus[k]->apic_id);
	}
}

#define APIC_BASE_BOOT_CPU (1u << 8)

struct registers {
	u64 cr0, cr4, efer, pat, star, lstar, fmask, apic;
};

static struct registers seen[MAX_CPUS]; /* each CPU writes its own */

static void read_registers(void *unused)
{
	(void)unused;
	seen[cpu_id()] = (struct registers){
		cr0_read(),          cr4_read(),
		msr_read(MSR_EFER),  msr_read(MSR_PAT),
		msr_read(MSR_STAR),  msr_read(MSR_LSTAR),
		msr_read(MSR_FMASK), msr_read(MSR_APIC_BASE) & ~(u64)APIC_BASE_BOOT_CPU,
	};
}

KTEST(smp_processors_are_set_up_alike, 20)
{
	smp_call(cpu_online_mask(), read_registers, NULL);
	for (u32 i = 1; i < cpu_count; i++) {
		KEXPECT_EQ(seen[i].cr0, seen[0].cr0);
		KEXPECT_EQ(seen[i].cr4, seen[0].cr4);
		KEXPECT_EQ(seen[i].efer, seen[0].efer);
		KEXPECT_EQ(seen[i].pat, seen[0].pat);
		KEXPECT_EQ(seen[i].star, seen[0].star);
		KEXPECT_EQ(seen[i].lstar, seen[0].lstar);
		KEXPECT_EQ(seen[i].fmask, seen[0].fmask);
		KEXPECT_EQ(seen[i].apic, seen[0].apic); /* xAPIC or x2APIC */
	}
}

static u32 own_apic[MAX_CPUS], own_leaf[MAX_CPUS]; /* each CPU writes its own */

/* Leaf 0xb has the id in 32 bits whatever the APIC's mode; where it is missing, leaf 1 has eight. */
static void read_ids(void *unused)
{
	struct cpuid wide = cpuid(0, 0).eax >= 0xb ? cpuid(0xb, 0) : (struct cpuid){};

	(void)unused;
	own_apic[cpu_id()] = apic_id();
	own_leaf[cpu_id()] = wide.ebx ? wide.edx : cpuid(1, 0).ebx >> 24;
}

/* What interrupts are sent to is what the processor itself calls its id, in all of its bits. */
KTEST(smp_apic_ids_are_their_own, 20)
{
	smp_call(cpu_online_mask(), read_ids, NULL);
	for (u32 i = 0; i < cpu_count; i++) {
		KEXPECT_EQ(own_apic[i], cpus[i]->apic_id);
		KEXPECT_EQ(own_leaf[i], cpus[i]->apic_id);
	}
}
