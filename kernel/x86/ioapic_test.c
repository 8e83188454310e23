/* SPDX-License-Identifier: ISC */
/* Where an I/O APIC may send a device's interrupt. */
#include "abi/errno.h"
#include "base/ktest.h"
#include "x86/apic.h"
#include "x86/irq.h"

#define PIN 23u /* no line of Leash's */

/* The destination has eight bits, and 255 is every CPU: such an id is refused, not cut or spread. */
KTEST(ioapic_one_destination, 20)
{
	static const u32 ids[] = { 0xff, 0x100, 0x11f, 0xffffffff };

	for (u32 i = 0; i < ARRAY_SIZE(ids); i++)
		KEXPECT_EQ(ioapic_route(PIN, VECTOR_SPURIOUS, ids[i], 0), -ENODEV);
	ioapic_mask(PIN);
}
