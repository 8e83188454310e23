/* SPDX-License-Identifier: ISC */
/*
 * Ways out: power-off, reset, and the emulator's exit. Each tries what the machine promises,
 * then what machines usually have, and at the end says so and halts.
 *
 * Any context, panic too: no locks, no allocation, every wait bounded. Interrupts stay off.
 */
#include "base/log.h"
#include "machine/clock.h"
#include "machine/cpu.h"
#include "machine/io.h"
#include "machine/mmu.h"
#include "machine/platform.h"
#include "machine/upcalls.h"
#include "x86/acpi.h"
#include "x86/power.h"

#define PM1_SCI_ENABLE 1u
#define PM1_SLEEP_TYPE(t) ((u32)(t) << 10)
#define PM1_SLEEP_MASK (7u << 10)
#define PM1_SLEEP_ENABLE (1u << 13)
#define SLEEP_CONTROL(t) ((u8)((t) << 2 | 1u << 5))

#define SETTLE_US 100000 /* what a power switch may take to act */
#define ACPI_ENABLE_US 300000

#define I8042_STATUS 0x64
#define I8042_INPUT_FULL 2
#define I8042_PULSE_RESET 0xfe
#define RESET_CONTROL 0xcf9
#define PCI_CONFIG_ADDRESS 0xcf8
#define PCI_CONFIG_DATA 0xcfc
#define DEBUG_EXIT_PORT 0xf4

/* Registers in memory are mapped at boot: in a panic there may be no page left. */
static volatile u8 *reset_memory, *sleep_memory;

static volatile u8 *map_register(const struct acpi_address *a)
{
	u64 offset = a->address & (PAGE_SIZE - 1);
	u8 *page;

	if (!a->address || a->space != ACPI_MEMORY)
		return NULL;
	page = upcall_device_map(a->address - offset, PAGE_SIZE, MMU_UNCACHED);
	return page ? page + offset : NULL;
}

void power_init(void)
{
	reset_memory = map_register(&acpi.reset);
	sleep_memory = map_register(&acpi.sleep_control);
}

/* For PCI the address holds device, function and offset on bus 0 (ACPI 6.4, 5.2.3.2). */
static void write_pci(u64 address, u8 value)
{
	u32 device = address >> 32 & 0x1f, function = address >> 16 & 7, offset = address & 0xff;

	outl(PCI_CONFIG_ADDRESS, 1u << 31 | device << 11 | function << 8 | (offset & ~3u));
	outb((u16)(PCI_CONFIG_DATA + (offset & 3)), value);
}

static void write_register(const struct acpi_address *a, volatile u8 *memory, u8 value)
{
	if (!a->address)
		return;
	if (memory)
		*memory = value;
	else if (a->space == ACPI_IO)
		outb((u16)a->address, value);
	else if (a->space == ACPI_PCI_CONFIG)
		write_pci(a->address, value);
}

static void settle(void)
{
	clock_delay_us(SETTLE_US);
}

noreturn void machine_halt(void)
{
	for (;;) {
		irq_disable();
		__asm__ volatile("hlt" ::: "memory");
	}
}

/* -- power-off ------------------------------------------------------------------------- */

/* Hands the power registers from firmware to us (ACPI 6.4, 4.8.3.2.1), if not done yet. */
static void enable_acpi(void)
{
	if (!acpi.smi_command || !acpi.acpi_enable || inw(acpi.pm1a_control) & PM1_SCI_ENABLE)
		return;
	outb(acpi.smi_command, acpi.acpi_enable);
	for (u32 us = 0; us < ACPI_ENABLE_US; us += 100) {
		if (inw(acpi.pm1a_control) & PM1_SCI_ENABLE)
			return;
		clock_delay_us(100);
	}
}

static void sleep_pm1(u16 port, u8 type)
{
	u32 v = port ? inw(port) & ~(PM1_SLEEP_MASK | PM1_SLEEP_ENABLE) : 0;

	if (port)
		outw(port, (u16)(v | PM1_SLEEP_TYPE(type) | PM1_SLEEP_ENABLE));
}

static void acpi_s5(void)
{
	if (!acpi.s5_found)
		return;
	if (acpi.hw_reduced) {
		write_register(&acpi.sleep_control, sleep_memory, SLEEP_CONTROL(acpi.s5_type_a));
	} else if (acpi.pm1a_control) {
		enable_acpi();
		sleep_pm1(acpi.pm1a_control, acpi.s5_type_a);
		sleep_pm1(acpi.pm1b_control, acpi.s5_type_b);
	}
	settle();
}

/* QEMU's two chipsets with their usual PM base (only there: on hardware it could be any
 * device's port), and Bochs's word. */
static void emulator_off(void)
{
	if (cpu_features.hypervisor) {
		outw(0x604, 0x2000);
		outw(0xb004, 0x2000);
	}
	for (const char *p = "Shutdown"; *p; p++)
		outb(0x8900, (u8)*p);
}

noreturn void machine_poweroff(void)
{
	irq_disable();
	acpi_s5();
	emulator_off();
	settle();
	log_notice("It is now safe to switch off this machine.");
	machine_halt();
}

/* -- reset ----------------------------------------------------------------------------- */

static void reset_by_keyboard(void)
{
	if (inb(I8042_STATUS) == 0xff)
		return;
	for (u32 i = 0; i < 10000 && inb(I8042_STATUS) & I8042_INPUT_FULL; i++)
		cpu_relax();
	outb(I8042_STATUS, I8042_PULSE_RESET);
	settle();
}

/* Bit 1 chooses a hard reset, the rising bit 2 does it (Intel PCH, RST_CNT). */
static void reset_by_chipset(void)
{
	u8 v = inb(RESET_CONTROL) & ~6u;

	outb(RESET_CONTROL, v | 2);
	clock_delay_us(50);
	outb(RESET_CONTROL, v | 6);
	settle();
}

/* A breakpoint without an IDT: the fault cannot be delivered, nor can the double fault. */
static void reset_by_triple_fault(void)
{
	static const struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) no_idt;

	__asm__ volatile("lidt %0; int3" ::"m"(no_idt));
}

noreturn void machine_reboot(void)
{
	irq_disable();
	if (acpi.reset.address) {
		write_register(&acpi.reset, reset_memory, acpi.reset_value);
		settle();
	}
	reset_by_keyboard();
	reset_by_chipset();
	reset_by_triple_fault();
	machine_halt();
}

void machine_debug_exit_try(u8 code)
{
	outb(DEBUG_EXIT_PORT, code);
}

noreturn void machine_debug_exit(u8 code)
{
	irq_disable();
	machine_debug_exit_try(code);
	machine_poweroff();
}
