/* SPDX-License-Identifier: ISC */
/* What the kernel tells about itself under /proc, and the settings there. */
#pragma once

/* Registers the files. After fs_init(); may sleep. */
void info_init(void);
