/* SPDX-License-Identifier: ISC */
/* The files of /proc that show the system as a whole: each a function that writes text. */
#include "info.h"

#include "base/counter.h"
#include "base/log.h"
#include "base/symbols.h"
#include "fs/procfs.h"
#include "fs/tmpfs.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/irq.h"
#include "mm/page.h"
#include "mm/slab.h"
#include "options.h"
#include "proc/proc_files.h"
#include "sched/load.h"
#include "sched/sched.h"
#include "trace_file.h"

static u64 slab_bytes(void)
{
	const char *name;
	u64 live, sum = 0;
	u32 size;

	for (unsigned i = 0; slab_describe(i, &name, &live, &size); i++)
		sum += live * size;
	return sum;
}

static void print_kib(struct procfs_text *t, const char *name, u64 kib)
{
	procfs_print(t, "%s:%*lu kB\n", name, 23 - (int)strlen(name), kib);
}

/* Files are their pages and cannot be written back anywhere: they are all shared memory. */
static ssize_t show_meminfo(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	u64 kib = PAGE_SIZE / 1024, free = page_free_count() * kib;
	u64 files = tmpfs_pages_used() * kib;

	print_kib(&t, "MemTotal", page_total_count() * kib);
	print_kib(&t, "MemFree", free);
	print_kib(&t, "MemAvailable", free);
	print_kib(&t, "Buffers", 0);
	print_kib(&t, "Cached", files);
	print_kib(&t, "SwapCached", 0);
	print_kib(&t, "SwapTotal", 0);
	print_kib(&t, "SwapFree", 0);
	print_kib(&t, "Dirty", 0);
	print_kib(&t, "Writeback", 0);
	print_kib(&t, "Shmem", files);
	print_kib(&t, "Slab", slab_bytes() / 1024);
	print_kib(&t, "SReclaimable", 0);
	print_kib(&t, "SUnreclaim", slab_bytes() / 1024);
	return t.at;
}

/*
 * How long interrupts were off at most: sampled by timer interrupts that came late, and in debug
 * builds measured, with the place. Nanoseconds.
 */
static ssize_t show_latency(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	char where[96];

	for (u32 i = 0; i < cpu_count; i++) {
		const struct cpu *c = cpus[i];
		u64 rip = READ_ONCE(c->irqs_off_where);

		procfs_print(&t, "cpu%u timer_late %lu", i, clock_late_max(i));
		if (rip) {
			symbols_describe(rip - 1, where, sizeof(where));
			procfs_print(&t, " irqs_off %lu %s",
				     clock_tsc_to_ns(READ_ONCE(c->irqs_off_max)), where);
		}
		procfs_print(&t, "\n");
	}
	return t.at;
}

static ssize_t show_objects(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	const struct counter *c;

	for (unsigned i = 0; (c = counter_get(i)); i++)
		procfs_print(&t, "%s %ld\n", c->name, counter_read(c));
	return t.at;
}

static void print_interrupt(struct procfs_text *t, unsigned index, const struct irq_stat *s)
{
	if (s->label)
		procfs_print(t, "%s:", s->label);
	else
		procfs_print(t, "%3u:", s->line);
	for (u32 cpu = 0; cpu < cpu_count; cpu++)
		procfs_print(t, " %10lu", irq_stat_count(index, cpu));
	procfs_print(t, "   %s\n", s->name);
}

static ssize_t show_interrupts(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	struct irq_stat s;

	procfs_print(&t, "    ");
	for (u32 cpu = 0; cpu < cpu_count; cpu++)
		procfs_print(&t, cpu < 10 ? "       CPU%u" : "      CPU%u", cpu);
	procfs_print(&t, "\n");
	for (unsigned i = 0; irq_stat_get(i, &s); i++)
		if (s.name)
			print_interrupt(&t, i, &s);
	return t.at;
}

static u64 interrupt_sum(unsigned index)
{
	u64 sum = 0;

	for (u32 cpu = 0; cpu < cpu_count; cpu++)
		sum += irq_stat_count(index, cpu);
	return sum;
}

/* Interrupts are not told apart from the system's time. @name: "cpu " for all, as Linux. */
static void print_uses(struct procfs_text *t, const char *name, const u64 uses[CPU_USES])
{
	u64 tick = NSEC_PER_SEC / 100;

	procfs_print(t, "%s %lu %lu %lu %lu 0 0 0 0 0 0\n", name, uses[CPU_USER] / tick,
		     uses[CPU_NICE] / tick, uses[CPU_SYSTEM] / tick, uses[CPU_IDLE] / tick);
}

static ssize_t show_stat(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	u64 uses[CPU_USES], sum[CPU_USES] = { 0 }, switches = 0, total = 0;
	struct irq_stat s;
	char name[8];

	for (u32 i = 0; i < cpu_count; i++) {
		sched_cpu_uses(i, uses);
		for (unsigned u = 0; u < CPU_USES; u++)
			sum[u] += uses[u];
		switches += sched_switch_count(i);
	}
	print_uses(&t, "cpu ", sum);
	for (u32 i = 0; i < cpu_count; i++) {
		sched_cpu_uses(i, uses);
		snprintf(name, sizeof(name), "cpu%u", i);
		print_uses(&t, name, uses);
	}
	for (unsigned i = 0; irq_stat_get(i, &s); i++)
		total += interrupt_sum(i);
	procfs_print(&t, "intr %lu", total);
	for (unsigned i = 0; irq_stat_get(i, &s); i++)
		procfs_print(&t, " %lu", interrupt_sum(i));
	procfs_print(&t, "\nctxt %lu\nbtime %lu\nprocesses %lu\n", switches,
		     clock_wall_offset() / NSEC_PER_SEC, task_made_count());
	procfs_print(&t, "procs_running %u\nprocs_blocked 0\n", sched_runnable());
	return t.at;
}

static ssize_t show_loadavg(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	u64 load[3];

	sched_load_averages(load);
	for (unsigned i = 0; i < 3; i++) {
		u64 hundredths = (load[i] * 100 + (1 << LOAD_SHIFT) / 2) >> LOAD_SHIFT;

		procfs_print(&t, "%lu.%02lu ", hundredths / 100, hundredths % 100);
	}
	procfs_print(&t, "%u/%u %d\n", sched_runnable(), task_count(), task_last_tid());
	return t.at;
}

static ssize_t show_uptime(char *buf, size_t size)
{
	u64 up = clock_ns() / (NSEC_PER_SEC / 100), idle = 0;

	for (u32 i = 0; i < cpu_count; i++)
		idle += sched_idle_ns(i) / (NSEC_PER_SEC / 100);
	return snprintf(buf, size, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100,
			idle % 100);
}

static ssize_t show_version(char *buf, size_t size)
{
	return snprintf(buf, size, "Linux version 6.1.0-leash (Leash 0.1) #1 Leash 0.1\n");
}

static ssize_t show_cmdline(char *buf, size_t size)
{
	return snprintf(buf, size, "%s\n", options.text);
}

static ssize_t show_filesystems(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	const struct fs_type *type = NULL;

	while ((type = fs_type_after(type)))
		procfs_print(&t, "nodev\t%s\n", type->name);
	return t.at;
}

static ssize_t show_swaps(char *buf, size_t size)
{
	return snprintf(buf, size, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
}

static ssize_t read_mounts(char *buf, size_t size)
{
	size_t n = MIN(size, sizeof("self/mounts") - 1);

	memcpy(buf, "self/mounts", n);
	return n;
}

void info_register(const struct info_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (procfs_register(files[i].path, files[i].mode, files[i].show, files[i].store))
			log_warning("/proc/%s could not be made", files[i].path);
}

void info_init(void)
{
	static const struct info_file files[] = {
		{ "meminfo", 0444, show_meminfo, NULL },
		{ "interrupts", 0444, show_interrupts, NULL },
		{ "uptime", 0444, show_uptime, NULL },
		{ "version", 0444, show_version, NULL },
		{ "stat", 0444, show_stat, NULL },
		{ "loadavg", 0444, show_loadavg, NULL },
		{ "cpuinfo", 0444, info_show_cpuinfo, NULL },
		{ "leash/check", 0400, info_show_check, NULL },
		{ "cmdline", 0444, show_cmdline, NULL },
		{ "filesystems", 0444, show_filesystems, NULL },
		{ "swaps", 0444, show_swaps, NULL },
		{ "leash/objects", 0444, show_objects, NULL },
		{ "leash/latency", 0444, show_latency, NULL },
	};

	info_register(files, ARRAY_SIZE(files));
	info_sys_init();
	info_cpus_init();
	if (procfs_register_link("mounts", read_mounts))
		log_warning("/proc/mounts could not be made");
	proc_files_init();
	trace_files_init();
	sched_load_start();
}
