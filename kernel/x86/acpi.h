/* SPDX-License-Identifier: ISC */
/*
 * What the kernel takes from ACPI: where the interrupt controllers, the timers and the
 * power switches are. Tables are lies until checked; AML is not interpreted, apart from
 * the one package that names the sleep type of S5.
 *
 * `acpi` is written once by acpi_init() on the boot CPU and read-only afterwards: no lock.
 * The parsers in acpi_tables.c are pure: bytes in, struct out, nothing kept on an error.
 */
#pragma once

#include "boot_info.h"
#include "machine/cpu.h"

#define ACPI_MAX_IOAPICS 8
#define ACPI_MAX_NMIS 16
#define ACPI_HEADER_BYTES 36u
#define ACPI_MAX_TABLE (4u << 20) /* no sane table is larger */

/* Generic address structure (ACPI 6.4, 5.2.3.2). */
enum acpi_space { ACPI_MEMORY = 0, ACPI_IO = 1, ACPI_PCI_CONFIG = 2 };
struct acpi_address {
	u8 space; /* enum acpi_space */
	u8 bits;
	u64 address; /* 0: there is none */
};

struct acpi_cpu {
	u32 apic_id, uid;
};

struct acpi_ioapic {
	u64 address;
	u32 gsi_base;
	u8 id;
};

/* MPS INTI flags (ACPI 6.4, table 5.26). */
#define ACPI_POLARITY(flags) ((flags)&3u)
#define ACPI_TRIGGER(flags) (((flags) >> 2) & 3u)
#define ACPI_ACTIVE_LOW 3u
#define ACPI_LEVEL 3u

struct acpi_isa_route {
	u32 gsi;
	u16 flags;
};

#define ACPI_NMI_ALL 0xffffffffu
struct acpi_nmi {
	u32 uid; /* of the processor, or ACPI_NMI_ALL */
	u16 flags;
	u8 lint; /* 0 or 1 */
};

struct acpi_info {
	/* MADT */
	bool madt_found;
	u64 lapic_address;
	u32 cpu_count; /* usable ones, at most MAX_CPUS of them */
	struct acpi_cpu cpus[MAX_CPUS];
	u32 ioapic_count;
	struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
	struct acpi_isa_route isa[16];
	u32 nmi_count;
	struct acpi_nmi nmis[ACPI_MAX_NMIS];

	/* FADT */
	bool fadt_found, has_i8042, has_rtc, hw_reduced, pm_timer_32bit;
	u16 pm_timer_port; /* 0: there is none */
	u16 pm1a_control, pm1b_control; /* ports; 0: there is none */
	u16 smi_command; /* port; 0: ACPI mode is always on */
	u8 acpi_enable, century_index;
	u8 reset_value;
	struct acpi_address reset, sleep_control;
	u64 dsdt;

	/* DSDT or SSDT */
	bool s5_found;
	u8 s5_type_a, s5_type_b;

	u64 hpet_address; /* 0: there is none */

	/* DMAR */
	bool x2apic_opt_out; /* the firmware asks to be left in xAPIC mode */
};

extern struct acpi_info acpi;

/* Fills `acpi` from the tables; what is missing keeps the defaults of a plain PC. After mm. */
void acpi_init(const struct boot_info *info);

/* The defaults of a machine that tells nothing. */
void acpi_set_defaults(struct acpi_info *a);

/* Length of a valid RSDP (20 or 36) within @room bytes, or -EINVAL. */
int acpi_rsdp_check(const u8 *p, size_t room);

/* Length of table @t (header included) if signature, length and checksum hold, else -EINVAL. */
int acpi_table_check(const u8 *t, size_t room, const char *signature);

/* Each takes a checked table of @n bytes. 0, or -EINVAL: then @a is unchanged. */
int acpi_parse_madt(const u8 *t, size_t n, struct acpi_info *a);
int acpi_parse_fadt(const u8 *t, size_t n, struct acpi_info *a);
int acpi_parse_hpet(const u8 *t, size_t n, struct acpi_info *a);
int acpi_parse_dmar(const u8 *t, size_t n, struct acpi_info *a);

/* Looks for Name(\_S5_, Package(){a, b, …}) in @n bytes of AML. 0, -ENOENT, -EINVAL. */
int acpi_parse_s5(const u8 *aml, size_t n, struct acpi_info *a);
