/* SPDX-License-Identifier: ISC */
/*
 * The local APIC in both its dresses: memory-mapped (xAPIC) and by MSR (x2APIC), behind one
 * pair of register functions (SDM vol. 3, chapter 11).
 *
 * Invariant: x2apic_mode and registers are written once, before any other function here runs.
 * No locks: each CPU talks only to its own APIC.
 */
#include "base/log.h"
#include "base/panic.h"
#include "machine/io.h"
#include "machine/upcalls.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/x86.h"

#define MSR_X2APIC 0x800
#define MSR_TSC_DEADLINE 0x6e0
#define APIC_BASE_X2 (1UL << 10)
#define APIC_BASE_ENABLE (1UL << 11)
#define APIC_BASE_ADDRESS 0x000ffffffffff000UL
#define APIC_DEFAULT_PHYS 0xfee00000UL

enum apic_register {
	APIC_ID = 0x20,
	APIC_VERSION = 0x30,
	APIC_TPR = 0x80,
	APIC_EOI = 0xb0,
	APIC_SVR = 0xf0,
	APIC_ISR = 0x100,
	APIC_ESR = 0x280,
	APIC_LVT_CMCI = 0x2f0,
	APIC_ICR = 0x300,
	APIC_ICR_HIGH = 0x310,
	APIC_SELF_IPI = 0x3f0, /* x2APIC only */
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_THERMAL = 0x330,
	APIC_LVT_PERF = 0x340,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_LINT1 = 0x360,
	APIC_LVT_ERROR = 0x370,
	APIC_TIMER_INITIAL = 0x380,
	APIC_TIMER_CURRENT = 0x390,
	APIC_TIMER_DIVIDE = 0x3e0,
};

#define SVR_ENABLE (1u << 8)
#define ICR_SELF (1u << 18)
#define ICR_NMI (4u << 8)
#define ICR_INIT (5u << 8)
#define ICR_STARTUP (6u << 8)
#define ICR_PENDING (1u << 12) /* xAPIC only */
#define ICR_ASSERT (1u << 14)
#define LVT_MASKED (1u << 16)
#define LVT_NMI (4u << 8)
#define LVT_ACTIVE_LOW (1u << 13)
#define LVT_LEVEL (1u << 15)
#define LVT_TSC_DEADLINE (2u << 17)

static bool x2apic_mode;
static volatile u8 *registers;

static u32 apic_read(enum apic_register r)
{
	if (x2apic_mode)
		return (u32)msr_read(MSR_X2APIC + r / 16);
	return mmio_read32(registers + r);
}

static void apic_write(enum apic_register r, u32 v)
{
	if (x2apic_mode)
		msr_write(MSR_X2APIC + r / 16, v);
	else
		mmio_write32(registers + r, v);
}

u32 apic_id(void)
{
	return x2apic_mode ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

void apic_send_self(u32 vector)
{
	if (x2apic_mode)
		apic_write(APIC_SELF_IPI, vector);
	else
		apic_write(APIC_ICR, ICR_SELF | vector);
}

bool apic_can_reach(u32 id)
{
	return x2apic_mode || id < 0xff;
}

/*
 * The xAPIC's two halves are one command: an interrupt handler that sends must not come between.
 * An NMI handler that sends to itself uses the lower half only.
 */
static void send_command(u32 id, u32 command)
{
	u64 flags;

	if (x2apic_mode) {
		/* A WRMSR here is no barrier: what was written before must be seen (11.12.3). */
		__asm__ volatile("mfence; lfence" ::: "memory");
		msr_write(MSR_X2APIC + APIC_ICR / 16, (u64)id << 32 | command);
		return;
	}
	flags = irq_save();
	while (apic_read(APIC_ICR) & ICR_PENDING)
		cpu_relax();
	apic_write(APIC_ICR_HIGH, id << 24);
	apic_write(APIC_ICR, command);
	irq_restore(flags);
}

void apic_send_ipi(u32 id, u32 vector)
{
	send_command(id, ICR_ASSERT | vector);
}

void apic_send_nmi(u32 id)
{
	send_command(id, ICR_ASSERT | ICR_NMI);
}

void apic_send_init(u32 id)
{
	send_command(id, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(u32 id, u8 page)
{
	send_command(id, ICR_ASSERT | ICR_STARTUP | page);
}

bool apic_in_service(u32 vector)
{
	return apic_read(APIC_ISR + vector / 32 * 16) & (1u << (vector % 32));
}

u32 apic_take_errors(void)
{
	apic_write(APIC_ESR, 0); /* a write latches what has come since the last one */
	return apic_read(APIC_ESR);
}

/* The LVT entry of @lint for this CPU, from the MADT; without one NMI is at LINT1, as ever. */
static u32 lint_entry(u8 lint)
{
	u32 id = apic_id(), uid = ACPI_NMI_ALL;

	for (u32 i = 0; i < acpi.cpu_count; i++) {
		if (acpi.cpus[i].apic_id == id)
			uid = acpi.cpus[i].uid;
	}
	for (u32 i = 0; i < acpi.nmi_count; i++) {
		const struct acpi_nmi *n = &acpi.nmis[i];

		if (n->lint != lint || (n->uid != ACPI_NMI_ALL && n->uid != uid))
			continue;
		return LVT_NMI | (ACPI_POLARITY(n->flags) == ACPI_ACTIVE_LOW ? LVT_ACTIVE_LOW : 0) |
		       (ACPI_TRIGGER(n->flags) == ACPI_LEVEL ? LVT_LEVEL : 0);
	}
	return lint == 1 && !acpi.nmi_count ? LVT_NMI : LVT_MASKED;
}

static void set_local_vectors(void)
{
	u32 max_lvt = apic_read(APIC_VERSION) >> 16 & 0xff;

	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_LVT_LINT0, lint_entry(0));
	apic_write(APIC_LVT_LINT1, lint_entry(1));
	if (max_lvt >= 4)
		apic_write(APIC_LVT_PERF, LVT_MASKED);
	if (max_lvt >= 5)
		apic_write(APIC_LVT_THERMAL, LVT_MASKED);
	if (max_lvt >= 6)
		apic_write(APIC_LVT_CMCI, LVT_MASKED);
	if (max_lvt >= 3) {
		apic_take_errors();
		apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
		apic_take_errors();
	}
}

/* Firmware may have left interrupts in service, which would hold back all lower ones. */
static void drain_in_service(void)
{
	for (u32 i = 0; i < 256; i++) {
		bool any = false;

		for (u32 v = 32; v < 256; v += 32)
			any |= apic_read(APIC_ISR + v / 32 * 16) != 0;
		if (!any)
			return;
		apic_eoi();
	}
	log_warning("apic: interrupts stay in service");
}

void apic_init_cpu(void)
{
	u64 base = msr_read(MSR_APIC_BASE);

	/* From off to x2APIC leads only through xAPIC (SDM vol. 3, 11.12.5). */
	if (!(base & APIC_BASE_ENABLE))
		msr_write(MSR_APIC_BASE, base |= APIC_BASE_ENABLE);
	if (x2apic_mode && !(base & APIC_BASE_X2))
		msr_write(MSR_APIC_BASE, base | APIC_BASE_X2);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_TIMER_INITIAL, 0);
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	set_local_vectors();
	drain_in_service();
}

/*
 * x2APIC, unless the firmware wants to be left alone. Where it has turned it on itself it stays on: ids
 * over 254 may be the reason, and back to xAPIC leads only through off (SDM vol. 3, 11.12.5).
 */
static bool wants_x2apic(u64 base)
{
	return base & APIC_BASE_X2 || (cpu_features.x2apic && !acpi.x2apic_opt_out);
}

static const char *whose_choice(u64 base)
{
	if (base & APIC_BASE_X2)
		return " (left on by the firmware)";
	return cpu_features.x2apic && !x2apic_mode ? " (the firmware asks for it)" : "";
}

void apic_init(void)
{
	u64 base = msr_read(MSR_APIC_BASE);
	u64 phys = base & APIC_BASE_ADDRESS;

	pic_disable();
	x2apic_mode = wants_x2apic(base);
	if (!x2apic_mode) {
		phys = phys ? phys : APIC_DEFAULT_PHYS;
		registers = upcall_device_map(phys, PAGE_SIZE, MMU_UNCACHED);
		if (!registers)
			panic("apic: no memory to map the local APIC");
	}
	apic_init_cpu();
	if (apic_read(APIC_VERSION) == 0xffffffff)
		panic("apic: no local APIC answers at %#lx", phys);
	log_info("apic: %s%s, id %u, version %#x", x2apic_mode ? "x2APIC" : "xAPIC",
		 whose_choice(base), apic_id(), apic_read(APIC_VERSION) & 0xff);
}

/* -- timer ----------------------------------------------------------------------------- */

/* The divide configuration's bits 3, 1 and 0 (SDM vol. 3, figure 11-10). */
static u32 divide_bits(u32 divider)
{
	u32 log2 = (u32)__builtin_ctz(divider);
	u32 code = (log2 + 7) & 7; /* 2 → 0, 4 → 1, …, 128 → 6, 1 → 7 */

	return (code & 3) | (code & 4) << 1;
}

void apic_timer_free_run(void)
{
	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_TIMER_DIVIDE, divide_bits(1));
	apic_write(APIC_TIMER_INITIAL, 0xffffffff);
}

u32 apic_timer_read(void)
{
	return apic_read(APIC_TIMER_CURRENT);
}

void apic_timer_use(bool tsc_deadline, u32 divider)
{
	apic_write(APIC_TIMER_INITIAL, 0);
	apic_write(APIC_TIMER_DIVIDE, divide_bits(divider));
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (tsc_deadline ? LVT_TSC_DEADLINE : 0));
	/* The MMIO write must arrive before the first WRMSR of a deadline (SDM 11.5.4.1). */
	__asm__ volatile("mfence" ::: "memory");
}

void apic_timer_start(u32 ticks)
{
	apic_write(APIC_TIMER_INITIAL, ticks);
}

void apic_timer_deadline(u64 tsc)
{
	msr_write(MSR_TSC_DEADLINE, tsc);
}
