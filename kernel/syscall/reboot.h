/* SPDX-License-Identifier: ISC */
/* reboot(2) and the kernel's options. */
#pragma once

/* Called before reboot(2) switches the machine off; need not return. Set by main, or NULL. */
extern void (*reboot_power_off)(void);
