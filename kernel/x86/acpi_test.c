/* SPDX-License-Identifier: ISC */
/*
 * Tables that lie: each parser must refuse a damaged table and leave what it knew untouched,
 * and take the right things from a good one.
 */
#include "abi/errno.h"
#include "base/ktest.h"
#include "lib/string.h"
#include "x86/acpi.h"

static struct acpi_info info; /* tests run one at a time */

/* Writes signature, length and checksum over the first bytes of @t. */
static void seal(u8 *t, const char *signature, u32 n)
{
	u8 sum = 0;

	memcpy(t, signature, 4);
	memcpy(t + 4, &n, 4);
	t[9] = 0;
	for (u32 i = 0; i < n; i++)
		sum += t[i];
	t[9] = (u8)-sum;
}

KTEST(acpi_rsdp, 20)
{
	u8 p[36] = "RSD PTR ";
	u8 sum = 0;

	for (u32 i = 0; i < 20; i++)
		sum += p[i];
	p[8] = (u8)-sum;
	KEXPECT_EQ(acpi_rsdp_check(p, 20), 20);
	KEXPECT_EQ(acpi_rsdp_check(p, 19), -EINVAL);
	p[15] = 2; /* the checksum is wrong now */
	KEXPECT_EQ(acpi_rsdp_check(p, 36), -EINVAL);
	p[8] -= 2;
	p[20] = 36; /* length; the extended checksum covers everything */
	p[32] = (u8)-36;
	KEXPECT_EQ(acpi_rsdp_check(p, 36), 36);
	KEXPECT_EQ(acpi_rsdp_check(p, 35), -EINVAL);
	p[33]++;
	KEXPECT_EQ(acpi_rsdp_check(p, 36), -EINVAL);
}

KTEST(acpi_table_header, 20)
{
	u8 t[64] = { 0 };
	u32 huge = 0xffffffff, tiny = 35;

	seal(t, "TEST", 64);
	KEXPECT_EQ(acpi_table_check(t, 64, "TEST"), 64);
	KEXPECT_EQ(acpi_table_check(t, 64, "APIC"), -EINVAL);
	KEXPECT_EQ(acpi_table_check(t, 63, "TEST"), -EINVAL);
	KEXPECT_EQ(acpi_table_check(t, 35, "TEST"), -EINVAL);
	t[50] ^= 1;
	KEXPECT_EQ(acpi_table_check(t, 64, "TEST"), -EINVAL);
	memcpy(t + 4, &huge, 4);
	KEXPECT_EQ(acpi_table_check(t, 64, "TEST"), -EINVAL);
	memcpy(t + 4, &tiny, 4);
	KEXPECT_EQ(acpi_table_check(t, 64, "TEST"), -EINVAL);
}

static const u8 madt_entries[] = {
	0,  8,  0,    0,    1, 0, 0,    0, /* LAPIC 0, enabled */
	0,  8,  1,    1,    0, 0, 0,    0, /* LAPIC 1, disabled */
	1,  12, 2,    0,    0, 0, 0xc0, 0xfe, 0,    0, 0, 0, /* I/O APIC */
	2,  10, 0,    0,    2, 0, 0,    0,    0,    0, /* ISA 0 is GSI 2 */
	2,  10, 0,    9,    9, 0, 0,    0,    0x0d, 0, /* ISA 9: high, level */
	2,  10, 0,    0xff, 9, 0, 0,    0,    0,    0, /* no such ISA line */
	4,  6,  0xff, 0,    0, 1, /* NMI at LINT1 everywhere */
	77, 3,  0, /* of a kind we do not know */
};
#define MADT_BYTES (44 + sizeof(madt_entries))

static void make_madt(u8 *t)
{
	memset(t, 0, 44);
	t[36] = 0x00;
	t[38] = 0xe0;
	t[39] = 0xfe;
	memcpy(t + 44, madt_entries, sizeof(madt_entries));
}

KTEST(acpi_madt_good, 20)
{
	u8 t[MADT_BYTES];

	make_madt(t);
	acpi_set_defaults(&info);
	KREQUIRE(acpi_parse_madt(t, sizeof(t), &info) == 0);
	KEXPECT_EQ(info.lapic_address, 0xfee00000);
	KEXPECT_EQ(info.cpu_count, 1);
	KEXPECT_EQ(info.ioapic_count, 1);
	KEXPECT_EQ(info.ioapics[0].address, 0xfec00000);
	KEXPECT_EQ(info.isa[0].gsi, 2);
	KEXPECT_EQ(info.isa[1].gsi, 1);
	KEXPECT_EQ(ACPI_TRIGGER(info.isa[9].flags), ACPI_LEVEL);
	KEXPECT(ACPI_POLARITY(info.isa[9].flags) != ACPI_ACTIVE_LOW);
	KEXPECT_EQ(info.nmi_count, 1);
	KEXPECT_EQ(info.nmis[0].lint, 1);
	KEXPECT_EQ(acpi_parse_madt(t, sizeof(t), &info), -EINVAL); /* a second one */
}

/* Entries of length zero, past the end, too short for their kind; and every truncation. */
KTEST(acpi_madt_damaged, 100)
{
	u8 t[MADT_BYTES];
	u32 accepted = 0;

	acpi_set_defaults(&info);
	make_madt(t);
	t[45] = 0;
	KEXPECT_EQ(acpi_parse_madt(t, sizeof(t), &info), -EINVAL);
	t[45] = 1;
	KEXPECT_EQ(acpi_parse_madt(t, sizeof(t), &info), -EINVAL);
	t[45] = 255;
	KEXPECT_EQ(acpi_parse_madt(t, sizeof(t), &info), -EINVAL);
	KEXPECT(!info.madt_found && !info.cpu_count && !info.ioapic_count);
	make_madt(t);
	for (size_t n = 0; n < sizeof(t); n++) {
		acpi_set_defaults(&info);
		accepted += acpi_parse_madt(t, n, &info) == 0;
	}
	KEXPECT_EQ(accepted, 8); /* one cut at the begin of each of the eight entries */
}

KTEST(acpi_madt_overfull, 100)
{
	static u8 t[44 + 300 * 8];

	memset(t, 0, sizeof(t));
	for (u32 i = 0; i < 300; i++) {
		u8 *e = t + 44 + i * 8;

		e[1] = 8;
		e[2] = e[3] = (u8)i;
		e[4] = 1;
	}
	acpi_set_defaults(&info);
	KEXPECT_EQ(acpi_parse_madt(t, sizeof(t), &info), 0);
	KEXPECT_EQ(info.cpu_count, MAX_CPUS);
}

/* -- processors with ids of 32 bits -------------------------------------------------------- */

struct madt_writer {
	u8 bytes[44 + 320];
	size_t n;
};

static void madt_begin(struct madt_writer *w)
{
	memset(w, 0, sizeof(*w));
	w->n = 44;
}

static void madt_lapic(struct madt_writer *w, u8 id, u8 uid, u8 flags)
{
	u8 *e = w->bytes + w->n;

	e[1] = 8;
	e[2] = uid;
	e[3] = id;
	e[4] = flags;
	w->n += 8;
}

/* Returns the entry, for those who then break it. */
static u8 *madt_x2apic(struct madt_writer *w, u32 id, u32 uid, u32 flags)
{
	u8 *e = w->bytes + w->n;

	e[0] = 9;
	e[1] = 16;
	memcpy(e + 4, &id, 4);
	memcpy(e + 8, &flags, 4);
	memcpy(e + 12, &uid, 4);
	w->n += 16;
	return e;
}

static int madt_parse(const struct madt_writer *w)
{
	acpi_set_defaults(&info);
	return acpi_parse_madt(w->bytes, w->n, &info);
}

KTEST(acpi_madt_wide_ids, 20)
{
	static const u32 ids[] = { 0, 254, 255, 256, 287, 0xfffffffe };
	struct madt_writer w;

	madt_begin(&w);
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++)
		madt_x2apic(&w, ids[i], 1000 + i, 1);
	madt_x2apic(&w, 0xffffffff, 7, 1); /* everybody: nobody's id */
	madt_lapic(&w, 0xff, 8, 1); /* the same in eight bits */
	KREQUIRE(madt_parse(&w) == 0);
	KREQUIRE(info.cpu_count == ARRAY_SIZE(ids));
	for (u32 i = 0; i < ARRAY_SIZE(ids); i++) {
		KEXPECT_EQ(info.cpus[i].apic_id, ids[i]);
		KEXPECT_EQ(info.cpus[i].uid, 1000 + i);
	}
}

/* Bit 0 is "enabled"; bit 1 is "may be put in later", and the rest is reserved. */
KTEST(acpi_madt_enabled_only, 20)
{
	struct madt_writer w;

	madt_begin(&w);
	madt_x2apic(&w, 300, 0, 0);
	madt_x2apic(&w, 301, 1, 2);
	madt_x2apic(&w, 302, 2, 0xfffffffe);
	madt_lapic(&w, 3, 3, 0);
	madt_lapic(&w, 4, 4, 2);
	madt_x2apic(&w, 305, 5, 0xffffffff);
	KREQUIRE(madt_parse(&w) == 0);
	KREQUIRE(info.cpu_count == 1);
	KEXPECT_EQ(info.cpus[0].apic_id, 305);
}

/* Listed twice, in either form: one processor. What is disabled hides nothing. */
KTEST(acpi_madt_listed_twice, 20)
{
	struct madt_writer w;

	madt_begin(&w);
	madt_lapic(&w, 0, 0, 1);
	madt_lapic(&w, 5, 1, 1);
	madt_x2apic(&w, 5, 1, 1);
	madt_x2apic(&w, 256 + 5, 2, 1); /* not the same: eight bits would make it so */
	madt_x2apic(&w, 256 + 5, 2, 1);
	madt_x2apic(&w, 0, 0, 1);
	madt_lapic(&w, 6, 3, 0);
	madt_x2apic(&w, 6, 3, 1);
	KREQUIRE(madt_parse(&w) == 0);
	KREQUIRE(info.cpu_count == 4);
	KEXPECT_EQ(info.cpus[0].apic_id, 0);
	KEXPECT_EQ(info.cpus[1].apic_id, 5);
	KEXPECT_EQ(info.cpus[2].apic_id, 256 + 5);
	KEXPECT_EQ(info.cpus[3].apic_id, 6);
}

/* An x2APIC entry that is too short, empty or past the end spoils the table; a longer one does not. */
KTEST(acpi_madt_x2apic_lengths, 20)
{
	static const u8 broken[] = { 0, 1, 2, 8, 15, 17, 255 };
	struct madt_writer w;
	u8 *last;

	madt_begin(&w);
	madt_x2apic(&w, 256, 0, 1);
	last = madt_x2apic(&w, 257, 1, 1);
	for (u32 i = 0; i < ARRAY_SIZE(broken); i++) {
		last[1] = broken[i];
		KEXPECT_EQ(madt_parse(&w), -EINVAL);
		KEXPECT(!info.madt_found && !info.cpu_count);
	}
	last[1] = 20;
	w.n += 4;
	KEXPECT_EQ(madt_parse(&w), 0);
	KEXPECT_EQ(info.cpu_count, 2);
}

/* Type 10 names its processor in 32 bits; all ones are all of them. */
KTEST(acpi_madt_x2apic_nmi, 20)
{
	u8 t[44 + 24] = { 0 };
	u8 *one = t + 44, *all = t + 56;

	one[0] = all[0] = 10;
	one[1] = all[1] = 12;
	one[2] = ACPI_ACTIVE_LOW;
	one[4] = 0x2c;
	one[5] = 1; /* processor 300 */
	memset(all + 4, 0xff, 4);
	all[8] = 1;
	acpi_set_defaults(&info);
	KREQUIRE(acpi_parse_madt(t, sizeof(t), &info) == 0);
	KREQUIRE(info.nmi_count == 2);
	KEXPECT_EQ(info.nmis[0].uid, 300);
	KEXPECT_EQ(info.nmis[0].lint, 0);
	KEXPECT_EQ(ACPI_POLARITY(info.nmis[0].flags), ACPI_ACTIVE_LOW);
	KEXPECT_EQ(info.nmis[1].uid, ACPI_NMI_ALL);
	KEXPECT_EQ(info.nmis[1].lint, 1);
	one[1] = 11;
	acpi_set_defaults(&info);
	KEXPECT_EQ(acpi_parse_madt(t, sizeof(t), &info), -EINVAL);
	KEXPECT(!info.nmi_count);
}

KTEST(acpi_fadt, 20)
{
	u8 t[276] = { 0 };

	t[8] = 3;
	t[64] = 4;
	t[65] = 6; /* PM1a control: 0x604 */
	t[76] = 8;
	t[77] = 6; /* PM timer: 0x608 */
	t[91] = 4;
	t[108] = 0x32;
	t[109] = 2; /* i8042 */
	t[113] = 5; /* 32-bit timer, reset register */
	t[116] = ACPI_IO;
	t[120] = 0xf9;
	t[121] = 0x0c;
	t[128] = 6;
	acpi_set_defaults(&info);
	KEXPECT_EQ(acpi_parse_fadt(t, 115, &info), -EINVAL);
	KEXPECT(!info.fadt_found);
	KREQUIRE(acpi_parse_fadt(t, sizeof(t), &info) == 0);
	KEXPECT_EQ(info.pm1a_control, 0x604);
	KEXPECT_EQ(info.pm_timer_port, 0x608);
	KEXPECT(info.pm_timer_32bit && info.has_i8042);
	KEXPECT_EQ(info.reset.address, 0xcf9);
	KEXPECT_EQ(info.reset_value, 6);
	KEXPECT_EQ(info.century_index, 0x32);
}

/* The first version's 116 bytes end before the reset register: nothing beyond is read. */
KTEST(acpi_fadt_short, 20)
{
	u8 t[276];

	memset(t, 0xff, sizeof(t));
	t[8] = 1;
	acpi_set_defaults(&info);
	KEXPECT_EQ(acpi_parse_fadt(t, 116, &info), 0);
	KEXPECT_EQ(info.reset.address, 0);
	KEXPECT_EQ(info.pm1a_control, 0);
	KEXPECT_EQ(info.pm_timer_port, 0);
	KEXPECT_EQ(info.century_index, 0);
}

KTEST(acpi_hpet, 20)
{
	u8 t[56] = { 0 };

	acpi_set_defaults(&info);
	t[46] = 0xd0;
	t[47] = 0xfe;
	KEXPECT_EQ(acpi_parse_hpet(t, 55, &info), -EINVAL);
	t[40] = ACPI_IO;
	KEXPECT_EQ(acpi_parse_hpet(t, 56, &info), -EINVAL);
	t[40] = ACPI_MEMORY;
	KEXPECT_EQ(acpi_parse_hpet(t, 56, &info), 0);
	KEXPECT_EQ(info.hpet_address, 0xfed00000);
}

KTEST(acpi_dmar, 20)
{
	u8 t[48] = { 0 };

	acpi_set_defaults(&info);
	t[37] = 3;
	KEXPECT_EQ(acpi_parse_dmar(t, 47, &info), -EINVAL);
	KEXPECT(!info.x2apic_opt_out);
	for (u8 flags = 0; flags < 8; flags++) {
		t[37] = flags;
		KEXPECT_EQ(acpi_parse_dmar(t, sizeof(t), &info), 0);
		KEXPECT_EQ(info.x2apic_opt_out, (flags & 3) == 3);
	}
}

KTEST(acpi_s5_forms, 20)
{
	static const u8 bytes[] = {
		0x08, '_', 'S', '5', '_', 0x12, 0x06, 4, 0x0a, 5, 0x0a, 3, 0, 0
	};
	static const u8 rooted[] = { 1, 0x08, '\\', '_', 'S', '5', '_', 0x12, 0x05, 2, 0x01, 0x00 };
	static const u8 method[] = { 0x14, '_', 'S', '5', '_', 0x12, 0x05, 2, 0x01, 0x00 };
	static const u8 wide[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x06, 2, 0x0a, 8, 0 };

	acpi_set_defaults(&info);
	KEXPECT_EQ(acpi_parse_s5(method, sizeof(method), &info), -ENOENT);
	KEXPECT_EQ(acpi_parse_s5(wide, sizeof(wide), &info), -EINVAL);
	KEXPECT(!info.s5_found);
	KEXPECT_EQ(acpi_parse_s5(bytes, sizeof(bytes), &info), 0);
	KEXPECT(info.s5_found && info.s5_type_a == 5 && info.s5_type_b == 3);
	KEXPECT_EQ(acpi_parse_s5(rooted, sizeof(rooted), &info), 0);
	KEXPECT(info.s5_type_a == 1 && info.s5_type_b == 0);
	for (size_t n = 0; n < 10; n++)
		KEXPECT(acpi_parse_s5(bytes, n, &info) < 0);
}
