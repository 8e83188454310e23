/* SPDX-License-Identifier: ISC */
/*
 * /sys/devices/system/cpu: how many processors there are, as libcs and tools ask it (Linux's
 * Documentation/admin-guide/cputopology.rst). Processors are numbered without gaps and none comes or
 * goes after the boot, so those that are possible, present and online are the same.
 */
#include "info.h"

#include "base/log.h"
#include "fs/path.h"
#include "lib/format.h"
#include "machine/smp.h"
#include "mm/slab.h"

#define PATH_BYTES 40

static ssize_t show_all(char *buf, size_t size)
{
	u32 last = cpu_count - 1;

	return last ? snprintf(buf, size, "0-%u\n", last) : snprintf(buf, size, "0\n");
}

static ssize_t show_none(char *buf, size_t size)
{
	return snprintf(buf, size, "\n");
}

static ssize_t show_kernel_max(char *buf, size_t size)
{
	return snprintf(buf, size, "%u\n", MAX_CPUS - 1);
}

static ssize_t show_yes(char *buf, size_t size)
{
	return snprintf(buf, size, "1\n");
}

/* The directory of @cpu: programs count them. */
static bool make_directory_of(u32 cpu)
{
	char *path = kmalloc(PATH_BYTES); /* the tree keeps it */

	if (!path)
		return false;
	(void)snprintf(path, PATH_BYTES, "devices/system/cpu/cpu%u/online", cpu);
	return !sysfs_register(path, show_yes);
}

void info_cpus_init(void)
{
	static const struct {
		const char *path;
		ssize_t (*show)(char *buf, size_t size);
	} files[] = {
		{ "devices/system/cpu/online", show_all },
		{ "devices/system/cpu/possible", show_all },
		{ "devices/system/cpu/present", show_all },
		{ "devices/system/cpu/offline", show_none },
		{ "devices/system/cpu/isolated", show_none },
		{ "devices/system/cpu/kernel_max", show_kernel_max },
	};
	bool ok = true;

	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		ok = !sysfs_register(files[i].path, files[i].show) && ok;
	for (u32 cpu = 0; cpu < cpu_count; cpu++)
		ok = make_directory_of(cpu) && ok;
	if (!ok)
		log_warning("/sys is not complete");
}
