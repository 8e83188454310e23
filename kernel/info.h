/* SPDX-License-Identifier: ISC */
/* What the kernel tells about itself under /proc, and the settings there. */
#pragma once

#include "lib/types.h"

/* Registers the files. After fs_init(); may sleep. */
void info_init(void);

/* Inside: a file below /proc, its functions as for procfs_register(). */
struct info_file {
	const char *path;
	u32 mode;
	ssize_t (*show)(char *buf, size_t size);
	int (*store)(const char *text, size_t n); /* NULL: nobody writes it */
};
/* Makes @n of them; one that cannot be made is logged. May sleep. */
void info_register(const struct info_file *files, size_t n);
/* Those of /proc/sys (info_sys.c). */
void info_sys_init(void);
/* /sys/devices/system/cpu (info_cpus.c). */
void info_cpus_init(void);
/* The text of /proc/cpuinfo. */
ssize_t info_show_cpuinfo(char *buf, size_t size);
/* And of /proc/leash/check (info_check.c). */
ssize_t info_show_check(char *buf, size_t size);
