/* SPDX-License-Identifier: ISC */
/* The machine as a whole: what firmware described, and how it is switched off. */
#pragma once

#include "boot_info.h"
#include "lib/types.h"
#include "machine/trap.h"

/* Reads ACPI (MADT, FADT, HPET), starts local APIC, I/O APIC and clock. After mm works.
 * Each part absent is logged once and done without where that is possible. */
void platform_init(const struct boot_info *info);

/* Each tries its ways in turn, and halts with a message if none worked. Any context. */
noreturn void machine_poweroff(void);
noreturn void machine_reboot(void);
noreturn void machine_halt(void);
/* Leaves QEMU through isa-debug-exit at port 0xf4 with (code << 1) | 1; falls back to power-off. */
noreturn void machine_debug_exit(u8 code);
/* The same, and returns where there is no such device. */
void machine_debug_exit_try(u8 code);

/* True where a UART answers at COM1 / an i8042 is promised by ACPI (FADT boot flags). */
bool platform_has_i8042(void);

/* Random bits from RDRAND/RDSEED mixed with the TSC; not secret where the CPU has neither. */
u64 machine_entropy(void);
