/* SPDX-License-Identifier: ISC */
/* /dev/ttyS1: files leave the machine by the second serial port (docs/trace.md, `send`). */
#pragma once

/* Looks for COM2 and registers the device. Needs slabs; before or after the file systems. */
void outport_init(void);
