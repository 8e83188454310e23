/* SPDX-License-Identifier: ISC */
/*
 * From an interrupt vector to its handlers, and the I/O APICs that turn lines into vectors.
 */
#pragma once

#include "lib/types.h"

struct trap_frame;

/* Called by the trap code for vectors 32-255, interrupts off. Never sleeps, never switches. Out of line: what it
 * needs of the stack, faults do not. */
__attribute__((noinline)) void irq_dispatch(struct trap_frame *f);

/* A shootdown was served on the calling CPU: counted. Interrupts off. */
void irq_note_shootdown(void);

/* ioapic.c: finds and masks all I/O APICs. Boot CPU, after acpi_init(). */
void ioapic_init(void);

#define IOAPIC_LOW 1u /* active low */
#define IOAPIC_LEVEL 2u /* level triggered */

/* Routes @gsi to @vector on the CPU with @apic_id and unmasks it. irq_lock held. 0, or -ENODEV: no such
 * line, or an id over 254, which it cannot send to. */
int ioapic_route(u32 gsi, u32 vector, u32 apic_id, u32 flags);
void ioapic_mask(u32 gsi);
void irq_count_nmi(void); /* NMI context */
