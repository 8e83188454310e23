/* SPDX-License-Identifier: ISC */
/* Several CPUs inside the x86 room: interprocessor interrupts and the start of a processor. */
#pragma once

#include "machine/smp.h"
#include "x86/x86.h"

/* The handler of VECTOR_CALL, after its EOI. Interrupts off. */
void ipi_call_interrupt(void);

/*
 * nmi.c: an NMI came; then the report of the first one from outside, in an interrupt that follows
 * at once (what the NMI interrupted may hold the log's lock).
 */
struct trap_frame;
void nmi_handle(const struct trap_frame *f);
void nmi_report(void);

/*
 * tsc_sync.c: both sides of one comparison of two CPUs' time stamp counters. The starting CPU
 * corrects its own; if that does not help, time stays monotonic by a shared word from then on
 * (clock_share()). Interrupts off on both; the CPUs wait for each other.
 */
void tsc_sync_source(void); /* the boot CPU */
void tsc_sync_target(void); /* the one that starts */

/* mtrr.c: the boot CPU's memory types are kept, then given to the calling CPU if it differs. */
void mtrr_save(void);
void mtrr_load(void);

extern u32 smp_wanted; /* CPUs there are, as far as they are to be used */

/* smp_trampoline.asm: the code of the first page and its parameters, position independent. */
struct smp_parameters {
	u32 claim; /* atomic exchange: not 0 lets one processor in */
	u32 cr3;
	u32 efer;
	u16 pad0, gdt_limit;
	u32 gdt_base;
	u32 long_offset; /* linear address of the 64-bit part */
	u32 long_selector;
	u32 pad1;
	u64 gdt[4];
	u64 cpu, stack, entry;
};

extern u8 smp_trampoline_start[], smp_trampoline_long[], smp_trampoline_parameters[],
	smp_trampoline_end[];

/* Finds out who is near whom, when all CPUs are counted. topology.c */
void topology_init(void);
