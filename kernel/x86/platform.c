/* SPDX-License-Identifier: ISC */
/*
 * Brings the machine around the processor to life, in the order in which the parts need
 * each other. Runs once on the boot CPU with interrupts off: no locks.
 */
#include "machine/io.h"
#include "machine/platform.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/irq.h"
#include "x86/power.h"

void platform_init(const struct boot_info *info)
{
	acpi_init(info); /* needs mm; tells the others where things are */
	power_init(); /* needs acpi */
	apic_init(); /* needs acpi: which line is NMI */
	ioapic_init(); /* needs acpi; all lines masked */
	clock_init(info->stage_tsc[STAGE_JUMP]); /* needs apic: its timer is calibrated */
}

bool platform_has_i8042(void)
{
	return acpi.has_i8042 && inb(0x64) != 0xff;
}
