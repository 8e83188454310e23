/* SPDX-License-Identifier: ISC */
/*
 * Devices that count at a known rate: HPET, ACPI PM timer, PIT. Each is used only after it was
 * seen counting, since an absent one reads as a constant (all ones on most buses), and every
 * loop over a device is bounded by the TSC and by a number of reads.
 *
 * Boot CPU only until clock_init() is done; the tests read them later, alone.
 */
#include "base/log.h"
#include "machine/io.h"
#include "machine/mmu.h"
#include "machine/upcalls.h"
#include "x86/acpi.h"
#include "x86/clock.h"

#define ALIVE_READS 2000 /* at a microsecond each: even the slowest counts within these */

/* -- HPET (IA-PC HPET 1.0a, 2.3) -------------------------------------------------------- */

#define HPET_CAPABILITIES 0x00
#define HPET_CONFIG 0x10
#define HPET_COUNTER 0xf0
#define HPET_ENABLE 1UL
#define HPET_MAX_PERIOD 100000000UL /* femtoseconds */

static volatile u8 *hpet;

/* 32 bits are enough for 40 s at 100 MHz and are read in one go on every bus. */
static u64 hpet_read(void)
{
	return mmio_read32(hpet + HPET_COUNTER);
}

/* Hz of the HPET, mapped and started; 0: there is none. */
static u64 hpet_open(void)
{
	u64 offset = acpi.hpet_address & (PAGE_SIZE - 1);
	u8 *page;
	u32 period;

	if (!acpi.hpet_address || offset > PAGE_SIZE - 0x400)
		return 0;
	page = upcall_device_map(acpi.hpet_address - offset, PAGE_SIZE, MMU_UNCACHED);
	if (!page)
		return 0;
	hpet = page + offset;
	period = mmio_read32(hpet + HPET_CAPABILITIES + 4);
	if (!period || period > HPET_MAX_PERIOD)
		return 0;
	mmio_write32(hpet + HPET_CONFIG, mmio_read32(hpet + HPET_CONFIG) | (u32)HPET_ENABLE);
	return 1000000000000000UL / period;
}

/* -- ACPI PM timer (ACPI 6.4, 4.8.3.3) --------------------------------------------------- */

#define PM_TIMER_HZ 3579545

static u64 pm_read(void)
{
	return inl(acpi.pm_timer_port);
}

/* -- PIT, counter 2: the speaker's, which needs no interrupt (Intel 8254) ---------------- */

#define PIT_HZ 1193182
#define PIT_COUNTER2 0x42
#define PIT_COMMAND 0x43
#define PIT_CONTROL 0x61
#define PIT_LATCH2 0x80
#define PIT_MODE2_COUNTER2 0xb4 /* low then high byte, rate generator, binary */

/* It counts down from 65536 in mode 2; we count up. */
static u64 pit_read(void)
{
	u8 lo;

	outb(PIT_COMMAND, PIT_LATCH2);
	lo = inb(PIT_COUNTER2);
	return 0xffff & ~((u64)lo | (u64)inb(PIT_COUNTER2) << 8);
}

static u64 pit_open(void)
{
	u8 control = inb(PIT_CONTROL);

	if (control == 0xff)
		return 0;
	outb(PIT_CONTROL, (control & 0x0c) | 1); /* gate on, speaker off */
	outb(PIT_COMMAND, PIT_MODE2_COUNTER2);
	outb(PIT_COUNTER2, 0);
	outb(PIT_COUNTER2, 0);
	for (u32 i = 0; i < 4; i++)
		pit_read(); /* the count is loaded at the next tick; until then it is the old one */
	return PIT_HZ;
}

/* --------------------------------------------------------------------------------------- */

static struct clock_reference references[3];
static u32 reference_count;

/* Counts if it changes, in steps that are not wild, within a bounded number of reads. */
static bool is_counting(const struct clock_reference *r)
{
	u64 first = r->read() & r->mask, last = first;

	for (u32 i = 0; i < ALIVE_READS; i++) {
		u64 now = r->read() & r->mask;

		if (((now - last) & r->mask) > r->mask / 2)
			return false; /* went back */
		if (((now - first) & r->mask) >= 3)
			return true;
		last = now;
	}
	return false;
}

static void add_reference(const char *name, u64 hz, u64 mask, u64 (*read)(void))
{
	struct clock_reference r = { name, hz, mask, read };

	if (!hz)
		return;
	if (is_counting(&r))
		references[reference_count++] = r;
	else
		log_warning("clock: %s does not count, not used", name);
}

void clock_reference_init(void)
{
	reference_count = 0;
	add_reference("HPET", hpet_open(), 0xffffffff, hpet_read);
	add_reference("PM timer", acpi.pm_timer_port ? PM_TIMER_HZ : 0,
		      acpi.pm_timer_32bit ? 0xffffffff : 0xffffff, pm_read);
	add_reference("PIT", pit_open(), 0xffff, pit_read);
}

const struct clock_reference *clock_reference(u32 index)
{
	return index < reference_count ? &references[index] : NULL;
}
