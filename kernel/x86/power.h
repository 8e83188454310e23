/* SPDX-License-Identifier: ISC */
/* What power-off and reset need prepared at boot. */
#pragma once

/* Maps the power registers that lie in memory. After acpi_init(). */
void power_init(void);
