/* SPDX-License-Identifier: ISC */
/*
 * The local APIC: each CPU's own interrupt controller and one-shot timer (SDM vol. 3, ch. 11).
 *
 * Vectors: 0x20-0x2f belong to the remapped, masked 8259s (only their spurious interrupts
 * come), 0x30-0x4f to devices, the top row to the APIC itself. What a CPU does here it does
 * for itself; the mode (xAPIC or x2APIC) is chosen once by the boot CPU.
 */
#pragma once

#include "lib/types.h"

#define VECTOR_PIC 0x20
#define VECTOR_DEVICE 0x30
#define VECTOR_DEVICE_END 0x50
#define VECTOR_TIMER 0xf0
#define VECTOR_NMI_REPORT 0xf1 /* sent to itself by a CPU that took an NMI */
#define VECTOR_KICK 0xf2 /* from another CPU: look at the run queue (ipi.c) */
#define VECTOR_CALL 0xf3 /* from another CPU: run a function */
#define VECTOR_ERROR 0xfe
#define VECTOR_SPURIOUS 0xff /* low four bits set: older APICs fix them so */

/* Chooses the mode and maps the registers, then does apic_init_cpu(). Boot CPU; after acpi_init.
 * Panics without a local APIC: nothing could take the CPU back from a program. */
void apic_init(void);

/* Sets up the calling CPU's local APIC; its timer stays off. Interrupts off. */
void apic_init_cpu(void);

u32 apic_id(void); /* of the calling CPU, from the APIC itself */
void apic_eoi(void);
void apic_send_self(u32 vector); /* an interrupt to the calling CPU; any context */
/*
 * To the processor with local APIC @id: an interrupt, an NMI, and what starts it (STARTUP at page
 * number @page). apic_can_reach(): the field has 8 bits without x2APIC. Any context.
 */
bool apic_can_reach(u32 id);
void apic_send_ipi(u32 id, u32 vector);
void apic_send_nmi(u32 id);
void apic_send_init(u32 id);
void apic_send_startup(u32 id, u8 page);
bool apic_in_service(u32 vector); /* true: this vector awaits its EOI here */

/* Reads and clears the error status (SDM vol. 3, 11.5.3). */
u32 apic_take_errors(void);

/*
 * The raw timer, for clock.c. apic_timer_free_run() lets it count down from 2^32 - 1 without an
 * interrupt, for calibration; apic_timer_use() then sets the mode for good on this CPU.
 */
void apic_timer_free_run(void);
u32 apic_timer_read(void);
void apic_timer_use(bool tsc_deadline, u32 divider); /* divider: 1, 2, 4 … 128 */
void apic_timer_start(u32 ticks); /* one-shot; 0 stops */
void apic_timer_deadline(u64 tsc); /* TSC-deadline; 0 stops */

/* pic.c: remaps both 8259s to VECTOR_PIC and masks them; acknowledges a stray one. */
void pic_disable(void);
void pic_spurious(u32 vector);
