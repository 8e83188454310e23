/* SPDX-License-Identifier: ISC */
/*
 * Parsers of the ACPI tables that the kernel uses. Each first validates the whole table, then
 * takes from it: a damaged table leaves the defaults in place rather than half a truth.
 * Pure functions without locks; offsets are those of the ACPI specification 6.4, chapter 5.2.
 */
#include "abi/errno.h"
#include "lib/overflow.h"
#include "lib/string.h"
#include "x86/acpi.h"

static u16 get16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static u32 get32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static u64 get64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool checksum_ok(const u8 *p, size_t n)
{
	u8 sum = 0;

	while (n--)
		sum += *p++;
	return sum == 0;
}

void acpi_set_defaults(struct acpi_info *a)
{
	memset(a, 0, sizeof(*a));
	for (u32 i = 0; i < ARRAY_SIZE(a->isa); i++)
		a->isa[i].gsi = i;
	a->has_i8042 = true;
	a->has_rtc = true;
}

int acpi_rsdp_check(const u8 *p, size_t room)
{
	if (room < 20 || memcmp(p, "RSD PTR ", 8) || !checksum_ok(p, 20))
		return -EINVAL;
	if (p[15] < 2)
		return 20;
	if (room < 36 || get32(p + 20) != 36 || !checksum_ok(p, 36))
		return -EINVAL;
	return 36;
}

int acpi_table_check(const u8 *t, size_t room, const char *signature)
{
	u32 n;

	if (room < ACPI_HEADER_BYTES || memcmp(t, signature, 4))
		return -EINVAL;
	n = get32(t + 4);
	if (n < ACPI_HEADER_BYTES || n > room || n > ACPI_MAX_TABLE || !checksum_ok(t, n))
		return -EINVAL;
	return (int)n;
}

/* -- MADT ------------------------------------------------------------------------------ */

#define MADT_ENTRIES 44u

enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_NMI = 4,
	MADT_LAPIC_ADDRESS = 5,
	MADT_X2APIC = 9,
	MADT_X2APIC_NMI = 10,
};

/* The least length of an entry that is looked into; 2 for those that are skipped. */
static u8 madt_entry_min(u8 type)
{
	switch (type) {
	case MADT_LAPIC: return 8;
	case MADT_IOAPIC: return 12;
	case MADT_OVERRIDE: return 10;
	case MADT_LAPIC_NMI: return 6;
	case MADT_LAPIC_ADDRESS: return 12;
	case MADT_X2APIC: return 16;
	case MADT_X2APIC_NMI: return 12;
	default: return 2;
	}
}

static bool madt_valid(const u8 *t, size_t n)
{
	size_t at = MADT_ENTRIES;

	if (n < MADT_ENTRIES)
		return false;
	while (at < n) {
		if (n - at < 2 || t[at + 1] > n - at || t[at + 1] < madt_entry_min(t[at]))
			return false;
		at += t[at + 1];
	}
	return true;
}

static void add_cpu(struct acpi_info *a, u32 apic_id, u32 uid, u32 flags)
{
	if (!(flags & 1) || a->cpu_count == MAX_CPUS)
		return;
	/* Firmware may list a processor both as LAPIC and as x2APIC. */
	for (u32 i = 0; i < a->cpu_count; i++) {
		if (a->cpus[i].apic_id == apic_id)
			return;
	}
	a->cpus[a->cpu_count++] = (struct acpi_cpu){ apic_id, uid };
}

static void add_ioapic(struct acpi_info *a, const u8 *e)
{
	if (a->ioapic_count == ACPI_MAX_IOAPICS || !get32(e + 4))
		return;
	a->ioapics[a->ioapic_count++] = (struct acpi_ioapic){
		.address = get32(e + 4),
		.gsi_base = get32(e + 8),
		.id = e[2],
	};
}

static void add_nmi(struct acpi_info *a, u32 uid, u16 flags, u8 lint)
{
	if (a->nmi_count < ACPI_MAX_NMIS && lint <= 1)
		a->nmis[a->nmi_count++] = (struct acpi_nmi){ uid, flags, lint };
}

static void madt_entry(struct acpi_info *a, const u8 *e)
{
	switch (e[0]) {
	case MADT_LAPIC:
		if (e[3] != 0xff)
			add_cpu(a, e[3], e[2], get32(e + 4));
		break;
	case MADT_X2APIC:
		if (get32(e + 4) != 0xffffffff)
			add_cpu(a, get32(e + 4), get32(e + 12), get32(e + 8));
		break;
	case MADT_IOAPIC: add_ioapic(a, e); break;
	case MADT_OVERRIDE:
		if (e[2] == 0 && e[3] < ARRAY_SIZE(a->isa))
			a->isa[e[3]] = (struct acpi_isa_route){ get32(e + 4), get16(e + 8) };
		break;
	case MADT_LAPIC_NMI:
		add_nmi(a, e[2] == 0xff ? ACPI_NMI_ALL : e[2], get16(e + 3), e[5]);
		break;
	case MADT_X2APIC_NMI: add_nmi(a, get32(e + 4), get16(e + 2), e[8]); break;
	case MADT_LAPIC_ADDRESS: a->lapic_address = get64(e + 4); break;
	}
}

int acpi_parse_madt(const u8 *t, size_t n, struct acpi_info *a)
{
	if (!madt_valid(t, n) || a->madt_found)
		return -EINVAL;
	/* commit: nothing fails from here */
	a->madt_found = true;
	a->lapic_address = get32(t + 36);
	for (size_t at = MADT_ENTRIES; at < n; at += t[at + 1])
		madt_entry(a, t + at);
	return 0;
}

/* -- FADT ------------------------------------------------------------------------------ */

#define FADT_V1_BYTES 116u
#define FADT_RESET_END 129u
#define FADT_SLEEP_CONTROL_END 256u

#define FADT_TIMER_32BIT (1u << 8)
#define FADT_RESET_SUPPORTED (1u << 10)
#define FADT_HW_REDUCED (1u << 20)

static struct acpi_address get_address(const u8 *p)
{
	return (struct acpi_address){ .space = p[0], .bits = p[1], .address = get64(p + 4) };
}

/* A port from a 32-bit field or, where the table is long enough, its 64-bit successor. */
static u16 get_port(const u8 *t, size_t n, u32 at, u32 x_at)
{
	u32 port = get32(t + at);
	struct acpi_address x;

	if (n >= x_at + 12u) {
		x = get_address(t + x_at);
		if (x.address && x.space == ACPI_IO && x.address < 0x10000)
			return (u16)x.address;
		if (x.address && x.space != ACPI_IO)
			return 0; /* memory-mapped: not for us */
	}
	return port < 0x10000 ? (u16)port : 0;
}

static void fadt_modern_part(const u8 *t, size_t n, u32 flags, struct acpi_info *a)
{
	u16 boot_arch = get16(t + 109);

	/* IAPC_BOOT_ARCH is defined from revision 3 on (ACPI 6.4, 5.2.9.3). */
	if (t[8] >= 3) {
		a->has_i8042 = boot_arch & 2;
		a->has_rtc = !(boot_arch & 0x20);
	}
	if (n >= FADT_RESET_END && flags & FADT_RESET_SUPPORTED) {
		a->reset = get_address(t + 116);
		a->reset_value = t[128];
	}
	if (n >= 148 && get64(t + 140))
		a->dsdt = get64(t + 140);
	if (n >= FADT_SLEEP_CONTROL_END)
		a->sleep_control = get_address(t + 244);
}

int acpi_parse_fadt(const u8 *t, size_t n, struct acpi_info *a)
{
	u32 flags;

	if (n < FADT_V1_BYTES || a->fadt_found)
		return -EINVAL;
	/* commit: nothing fails from here */
	flags = get32(t + 112);
	a->fadt_found = true;
	a->dsdt = get32(t + 40);
	a->smi_command = get32(t + 48) < 0x10000 ? (u16)get32(t + 48) : 0;
	a->acpi_enable = t[52];
	a->hw_reduced = flags & FADT_HW_REDUCED;
	a->century_index = t[108] < 0x80 ? t[108] : 0;
	if (!a->hw_reduced) {
		a->pm1a_control = get_port(t, n, 64, 172);
		a->pm1b_control = get_port(t, n, 68, 184);
		a->pm_timer_port = t[91] == 4 ? get_port(t, n, 76, 208) : 0;
		a->pm_timer_32bit = flags & FADT_TIMER_32BIT;
	}
	fadt_modern_part(t, n, flags, a);
	return 0;
}

/* -- HPET ------------------------------------------------------------------------------ */

int acpi_parse_hpet(const u8 *t, size_t n, struct acpi_info *a)
{
	struct acpi_address base;

	if (n < 56 || a->hpet_address)
		return -EINVAL;
	base = get_address(t + 40);
	if (base.space != ACPI_MEMORY || !base.address || base.address & 7)
		return -EINVAL;
	a->hpet_address = base.address;
	return 0;
}

/* -- DMAR ------------------------------------------------------------------------------ */

#define DMAR_BYTES 48u
#define DMAR_INTERRUPT_REMAPPING 1u
#define DMAR_X2APIC_OPT_OUT 2u /* means something beside the other one only */

/* Whoever would turn x2APIC on has to ask here first (VT-d specification, 8.1). */
int acpi_parse_dmar(const u8 *t, size_t n, struct acpi_info *a)
{
	u8 wanted = DMAR_INTERRUPT_REMAPPING | DMAR_X2APIC_OPT_OUT;

	if (n < DMAR_BYTES)
		return -EINVAL;
	a->x2apic_opt_out = (t[37] & wanted) == wanted;
	return 0;
}

/* -- \_S5 ------------------------------------------------------------------------------ */

#define AML_NAME_OP 0x08
#define AML_PACKAGE_OP 0x12

/* Reads one small integer constant at *at (ACPI 6.4, 20.2.3). False: not one, or cut off. */
static bool aml_integer(const u8 *p, size_t n, size_t *at, u32 *value)
{
	size_t i = *at;

	if (i >= n)
		return false;
	switch (p[i]) {
	case 0x00:
	case 0x01: /* ZeroOp, OneOp */
		*value = p[i];
		*at = i + 1;
		return true;
	case 0x0a: /* BytePrefix */
		if (n - i < 2)
			return false;
		*value = p[i + 1];
		*at = i + 2;
		return true;
	case 0x0b: /* WordPrefix */
		if (n - i < 3)
			return false;
		*value = get16(p + i + 1);
		*at = i + 3;
		return true;
	default: return false;
	}
}

/* @p follows the name: PackageOp PkgLength NumElements, then the elements. */
static int s5_package(const u8 *p, size_t n, struct acpi_info *a)
{
	u32 type_a, type_b = 0;
	size_t at;

	if (n < 2 || p[0] != AML_PACKAGE_OP)
		return -EINVAL;
	at = 2u + (p[1] >> 6); /* the top two bits count the length's further bytes */
	if (at >= n || p[at++] < 1)
		return -EINVAL;
	if (!aml_integer(p, n, &at, &type_a) || type_a > 7)
		return -EINVAL;
	if (!aml_integer(p, n, &at, &type_b) || type_b > 7)
		type_b = 0;
	a->s5_found = true;
	a->s5_type_a = (u8)type_a;
	a->s5_type_b = (u8)type_b;
	return 0;
}

int acpi_parse_s5(const u8 *aml, size_t n, struct acpi_info *a)
{
	for (size_t i = 1; n >= 4 && i <= n - 4; i++) {
		if (aml[i] != '_' || memcmp(aml + i, "_S5_", 4))
			continue;
		if (aml[i - 1] == AML_NAME_OP ||
		    (i >= 2 && aml[i - 1] == '\\' && aml[i - 2] == AML_NAME_OP))
			return s5_package(aml + i + 4, n - i - 4, a);
	}
	return -ENOENT;
}
