/* SPDX-License-Identifier: ISC */
/* What the kernel tells about itself under /proc, and the settings there. */
#pragma once

#include "lib/types.h"

/* Registers the files. After fs_init(); may sleep. */
void info_init(void);

/* Inside: the text of /proc/cpuinfo, as for procfs_register(). */
ssize_t info_show_cpuinfo(char *buf, size_t size);
/* And of /proc/leash/check (info_check.c). */
ssize_t info_show_check(char *buf, size_t size);
