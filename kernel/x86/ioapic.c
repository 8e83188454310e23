/* SPDX-License-Identifier: ISC */
/*
 * I/O APICs: each turns up to 240 lines (global system interrupts) into vectors.
 *
 * A register is reached by writing its number, then reading or writing the window: two accesses
 * that must not mix with another CPU's, hence ioapic_lock (leaf, interrupts off).
 */
#include "abi/errno.h"
#include "base/log.h"
#include "base/spinlock.h"
#include "machine/io.h"
#include "machine/mmu.h"
#include "machine/upcalls.h"
#include "x86/acpi.h"
#include "x86/irq.h"

#define IOAPIC_DEFAULT_PHYS 0xfec00000UL

#define IOAPIC_SELECT 0x00
#define IOAPIC_WINDOW 0x10

#define IOAPIC_VERSION 1
#define IOAPIC_ENTRY(pin) (0x10 + 2 * (pin))

#define ENTRY_ACTIVE_LOW (1u << 13)
#define ENTRY_LEVEL (1u << 15)
#define ENTRY_MASKED (1u << 16)

#define IOAPIC_EVERYBODY 0xffu /* the destination field has eight bits; all ones are no CPU's id */

struct ioapic {
	volatile u8 *registers;
	u32 gsi_base, pins;
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS]; /* [i] after ioapic_init() */
static u32 ioapic_count;
static struct spinlock ioapic_lock = SPINLOCK_INIT;

static u32 ioapic_read(const struct ioapic *io, u32 r)
{
	mmio_write32(io->registers + IOAPIC_SELECT, r);
	return mmio_read32(io->registers + IOAPIC_WINDOW);
}

static void ioapic_write(const struct ioapic *io, u32 r, u32 v)
{
	mmio_write32(io->registers + IOAPIC_SELECT, r);
	mmio_write32(io->registers + IOAPIC_WINDOW, v);
}

/* Is there one? Its version register says so; empty bus reads as all ones or zeroes. */
static void ioapic_add(u64 phys, u32 gsi_base)
{
	u64 offset = phys & (PAGE_SIZE - 1);
	struct ioapic *io = &ioapics[ioapic_count];
	u8 *page = upcall_device_map(phys - offset, PAGE_SIZE, MMU_UNCACHED);
	u32 version;

	if (!page)
		return;
	io->registers = page + offset;
	version = ioapic_read(io, IOAPIC_VERSION);
	io->pins = (version >> 16 & 0xff) + 1;
	if (!(version & 0xff) || (version & 0xff) == 0xff || io->pins > 240) {
		log_warning("ioapic: none answers at %#lx", phys);
		return;
	}
	io->gsi_base = gsi_base;
	ioapic_count++;
	for (u32 pin = 0; pin < io->pins; pin++)
		ioapic_write(io, IOAPIC_ENTRY(pin), ENTRY_MASKED);
	log_info("ioapic: lines %u-%u at %#lx", gsi_base, gsi_base + io->pins - 1, phys);
}

void ioapic_init(void)
{
	for (u32 i = 0; i < acpi.ioapic_count; i++)
		ioapic_add(acpi.ioapics[i].address, acpi.ioapics[i].gsi_base);
	if (!acpi.ioapic_count)
		ioapic_add(IOAPIC_DEFAULT_PHYS, 0);
	if (!ioapic_count)
		log_warning("ioapic: none, devices cannot interrupt");
}

static const struct ioapic *ioapic_of(u32 gsi)
{
	for (u32 i = 0; i < ioapic_count; i++) {
		if (gsi - ioapics[i].gsi_base < ioapics[i].pins)
			return &ioapics[i];
	}
	return NULL;
}

int ioapic_route(u32 gsi, u32 vector, u32 apic_id, u32 flags)
{
	const struct ioapic *io = ioapic_of(gsi);
	u32 low = vector | (flags & IOAPIC_LOW ? ENTRY_ACTIVE_LOW : 0) |
		  (flags & IOAPIC_LEVEL ? ENTRY_LEVEL : 0);
	u32 entry;
	u64 saved;

	if (!io || apic_id >= IOAPIC_EVERYBODY)
		return -ENODEV;
	entry = IOAPIC_ENTRY(gsi - io->gsi_base);
	saved = spin_lock_irq(&ioapic_lock);
	ioapic_write(io, entry, ENTRY_MASKED);
	ioapic_write(io, entry + 1, apic_id << 24);
	ioapic_write(io, entry, low);
	spin_unlock_irq(&ioapic_lock, saved);
	return 0;
}

void ioapic_mask(u32 gsi)
{
	const struct ioapic *io = ioapic_of(gsi);
	u64 saved;

	if (!io)
		return;
	saved = spin_lock_irq(&ioapic_lock);
	ioapic_write(io, IOAPIC_ENTRY(gsi - io->gsi_base), ENTRY_MASKED);
	spin_unlock_irq(&ioapic_lock, saved);
}
