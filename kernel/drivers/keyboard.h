/* SPDX-License-Identifier: ISC */
/* The PS/2 keyboard behind an i8042 controller, typing on the console's tty. */
#pragma once

/* After the interrupt controllers work. 0, or -ENODEV: no controller or no keyboard. */
int keyboard_init(void);
