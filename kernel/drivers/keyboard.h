/* SPDX-License-Identifier: ISC */
/* The PS/2 keyboard behind an i8042 controller, typing on the console's tty. */
#pragma once

/* After the interrupt controllers work. 0, -ENODEV (no controller, no interrupt route), -ENOSPC. */
int keyboard_init(void);
