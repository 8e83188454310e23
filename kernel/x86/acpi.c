/* SPDX-License-Identifier: ISC */
/*
 * Finds the ACPI tables: RSDP → XSDT or RSDT → MADT, FADT (→ DSDT), HPET, DMAR, SSDT. Tables lie in
 * the direct map or, where firmware calls their memory reserved, are mapped for the moment
 * they are read; nothing points into them afterwards. Runs once on the boot CPU: no locks.
 */
#include "abi/errno.h"
#include "base/log.h"
#include "lib/overflow.h"
#include "lib/string.h"
#include "machine/upcalls.h"
#include "x86/acpi.h"
#include "x86/x86.h"

struct acpi_info acpi;

static const struct boot_info *boot;

static u32 physical_bits(void)
{
	u32 bits = cpuid(0x80000008, 0).eax & 0xff;

	return bits >= 36 && bits <= 52 ? bits : 36;
}

static bool range_is_mapped(const struct boot_range *r)
{
	return r->type != MEM_MMIO && r->type != MEM_RESERVED;
}

/* True if all of [phys, phys + bytes) lies in the direct map, maybe over several ranges. */
static bool in_direct_map(u64 phys, size_t bytes)
{
	u64 end = phys + bytes;

	for (u32 i = 0; i < boot->range_count && phys < end; i++) {
		const struct boot_range *r = &boot->ranges[i];
		u64 r_end = r->base + r->pages * PAGE_SIZE;

		if (range_is_mapped(r) && phys >= r->base && phys < r_end)
			phys = r_end;
	}
	return phys >= end;
}

/* Makes physical bytes readable; NULL where the address cannot be one. */
static const u8 *map_bytes(u64 phys, size_t bytes)
{
	u64 offset = phys & (PAGE_SIZE - 1);
	u8 *page;

	if (!phys || bytes > ACPI_MAX_TABLE || !range_ok(phys, bytes, 1UL << physical_bits()))
		return NULL;
	if (in_direct_map(phys, bytes))
		return phys_to_virt(phys);
	page = upcall_device_map(phys - offset, bytes + offset, MMU_CACHED);
	return page ? page + offset : NULL;
}

/* Maps and checks a table; its length in *@n. NULL, after a line in the log, if it is bad. */
static const u8 *open_table(u64 phys, const char *signature, size_t *n)
{
	const u8 *t = map_bytes(phys, ACPI_HEADER_BYTES);
	u32 claimed;
	int length;

	if (!t)
		return NULL;
	memcpy(&claimed, t + 4, sizeof(claimed));
	if (claimed > ACPI_HEADER_BYTES && claimed <= ACPI_MAX_TABLE)
		t = map_bytes(phys, claimed);
	length = t ? acpi_table_check(t, claimed, signature) : -EINVAL;
	if (length < 0) {
		log_warning("acpi: %s at %#lx is damaged, ignored", signature, phys);
		return NULL;
	}
	*n = (size_t)length;
	return t;
}

static void scan_s5(u64 phys, const char *signature)
{
	size_t n;
	const u8 *t;

	if (acpi.s5_found || !phys)
		return;
	t = open_table(phys, signature, &n);
	if (t)
		acpi_parse_s5(t + ACPI_HEADER_BYTES, n - ACPI_HEADER_BYTES, &acpi);
}

static void parse_with(u64 phys, const char *signature,
		       int (*parse)(const u8 *t, size_t n, struct acpi_info *a))
{
	size_t n;
	const u8 *t = open_table(phys, signature, &n);

	if (t && parse(t, n, &acpi))
		log_warning("acpi: %s makes no sense, ignored", signature);
}

static void visit_table(u64 phys)
{
	const u8 *t = map_bytes(phys, ACPI_HEADER_BYTES);

	if (!t)
		return;
	if (!memcmp(t, "APIC", 4)) {
		parse_with(phys, "APIC", acpi_parse_madt);
	} else if (!memcmp(t, "HPET", 4)) {
		parse_with(phys, "HPET", acpi_parse_hpet);
	} else if (!memcmp(t, "DMAR", 4)) {
		parse_with(phys, "DMAR", acpi_parse_dmar);
	} else if (!memcmp(t, "FACP", 4)) {
		parse_with(phys, "FACP", acpi_parse_fadt);
		scan_s5(acpi.dsdt, "DSDT");
	} else if (!memcmp(t, "SSDT", 4)) {
		scan_s5(phys, "SSDT");
	}
}

/* Walks an RSDT (4-byte entries) or XSDT (8). False if it cannot be used. */
static bool walk_root(u64 phys, const char *signature, size_t entry)
{
	size_t n;
	const u8 *t = phys ? open_table(phys, signature, &n) : NULL;

	if (!t)
		return false;
	for (size_t at = ACPI_HEADER_BYTES; n - at >= entry; at += entry) {
		u64 table = 0;

		memcpy(&table, t + at, entry);
		visit_table(table);
	}
	return true;
}

static bool find_tables(u64 rsdp)
{
	const u8 *p = map_bytes(rsdp, 20);
	u32 rsdt;
	u64 xsdt = 0;
	int length;

	if (!p)
		return false;
	if (p[15] >= 2)
		p = map_bytes(rsdp, 36);
	length = p ? acpi_rsdp_check(p, p[15] >= 2 ? 36 : 20) : -EINVAL;
	if (length < 0)
		return false;
	memcpy(&rsdt, p + 16, sizeof(rsdt));
	if (length == 36)
		memcpy(&xsdt, p + 24, sizeof(xsdt));
	return walk_root(xsdt, "XSDT", 8) || walk_root(rsdt, "RSDT", 4);
}

void acpi_init(const struct boot_info *info)
{
	boot = info;
	acpi_set_defaults(&acpi);
	if (!find_tables(info->rsdp)) {
		log_warning("acpi: no usable tables, assuming a plain PC");
		return;
	}
	log_info("acpi: %u CPUs, %u I/O APICs%s%s%s%s", acpi.cpu_count, acpi.ioapic_count,
		 acpi.hpet_address ? ", HPET" : "", acpi.pm_timer_port ? ", PM timer" : "",
		 acpi.s5_found ? ", power-off" : "", acpi.reset.address ? ", reset" : "");
	if (!acpi.madt_found)
		log_warning("acpi: no MADT, assuming one CPU and one I/O APIC");
	if (!acpi.fadt_found)
		log_warning("acpi: no FADT, power-off by guessing only");
}
