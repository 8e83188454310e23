/* SPDX-License-Identifier: ISC */
/*
 * Several CPUs: starting them, and what one may ask of another.
 *
 * A CPU is counted (cpu_count, cpus[]) once it can take interrupts and has an idle thread; it
 * stays for ever. Numbers are dense: a processor that does not come up has none.
 * The implementation is x86/smp.c (starting) and x86/ipi.c (interprocessor interrupts).
 */
#pragma once

#include "boot_info.h"
#include "machine/cpu.h"

/*
 * Starts the processors that ACPI names, @limit CPUs in all with this one (0: all). Each ends in
 * upcall_cpu_started(). One that does not answer is reported and left out. Boot CPU, once,
 * after platform_init() and sched_init().
 */
void smp_init(const struct boot_info *info, u32 limit);

/* All CPUs that are counted, a bit each. */
static inline u64 cpu_online_mask(void)
{
	u32 n = READ_ONCE(cpu_count);

	return n >= 64 ? ~0UL : (1UL << n) - 1;
}

/* CPUs that share a cache with @cpu, itself included. After smp_init(), which may find no others. */
u64 cpu_near_mask(u32 cpu);

/*
 * Makes @cpu look at its run queue and the work bits of what it runs: a halted one leaves its
 * wait, a running one passes upcall_kicked() and, on its way back to user mode, the exit work.
 * Whatever was written before is seen by it. Any context, locks may be held; nothing for the
 * calling CPU. Kicks that are not yet taken merge.
 */
void cpu_kick(u32 cpu);

/*
 * Runs fn(arg) on each counted CPU of @mask and returns when all are done; on the calling CPU too
 * if its bit is there. fn runs with interrupts off, in an interrupt handler or in another
 * CPU's wait: it takes no locks that are held around smp_call(), does not sleep and does not
 * call smp_call() itself.
 *
 * The caller holds no spinlock and is not in an interrupt handler. Interrupts may be on or off:
 * they are off while it waits, but it serves the calls of others all the time, so two CPUs may
 * call each other. A CPU that keeps its interrupts off keeps the caller waiting.
 */
void smp_call(u64 mask, void (*fn)(void *arg), void *arg);

#define SNAPSHOT_DEPTH 16

/* What a CPU was doing when it was asked by NMI. */
struct cpu_snapshot {
	bool taken; /* atomic: the rest is complete */
	bool user, irqs_on;
	u32 depth; /* of the backtrace: return addresses, the innermost first */
	u64 addresses[SNAPSHOT_DEPTH];
	char who[48]; /* the thread */
};

/*
 * By NMI, so whatever the others do; one caller at a time (panic, a lock-up's report). Any context
 * but NMI. Stops all other CPUs for ever; what a stopped one was doing; what a running one is
 * doing. NULL: it did not answer within a second.
 */
void smp_stop_others(void);
const struct cpu_snapshot *smp_stopped(u32 cpu);
const struct cpu_snapshot *smp_look_at(u32 cpu);
