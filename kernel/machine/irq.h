/* SPDX-License-Identifier: ISC */
/* Device interrupts: handlers by ISA line or GSI, routed through the I/O APIC. */
#pragma once

#include "lib/types.h"

/* Handlers run with interrupts off, must not sleep; true: it was theirs. */
typedef bool (*irq_handler)(void *arg);

/*
 * Routes ISA interrupt @line (0-15, through ACPI's overrides) to this CPU and calls @handler.
 * Several handlers may share a line. 0, -ENODEV (no such route), -ENOSPC.
 */
int irq_register_isa(unsigned line, irq_handler handler, void *arg, const char *name);

/* What is counted, for /proc/interrupts. */
struct irq_stat {
	const char *label; /* NULL: a device's line, shown by its number */
	const char *name; /* NULL: unused */
	u32 line; /* global system interrupt */
};
bool irq_stat_get(unsigned index, struct irq_stat *out); /* false: past the end */
u64 irq_stat_count(unsigned index, u32 cpu); /* how often it came there */
