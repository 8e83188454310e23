/* SPDX-License-Identifier: ISC */
/* The files of /proc that show the system as a whole: each a function that writes text. */
#include "info.h"

#include "abi/errno.h"
#include "base/counter.h"
#include "base/log.h"
#include "fs/path.h"
#include "fs/procfs.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/irq.h"
#include "mm/page.h"
#include "proc/process.h"
#include "sched/sched.h"

static ssize_t show_meminfo(char *buf, size_t size)
{
	u64 kib = PAGE_SIZE / 1024;

	return snprintf(buf, size,
			"MemTotal:       %8lu kB\nMemFree:        %8lu kB\n"
			"MemAvailable:   %8lu kB\nBuffers:        %8u kB\nCached:         %8u kB\n"
			"SwapTotal:      %8u kB\nSwapFree:       %8u kB\n",
			page_total_count() * kib, page_free_count() * kib, page_free_count() * kib,
			0, 0, 0, 0);
}

static ssize_t show_objects(char *buf, size_t size)
{
	const struct counter *c;
	size_t n = 0;

	for (unsigned i = 0; (c = counter_get(i)) && n < size; i++)
		n += snprintf(buf + n, size - n, "%s %ld\n", c->name, READ_ONCE(c->value));
	return MIN(n, size);
}

static ssize_t show_interrupts(char *buf, size_t size)
{
	struct irq_stat s;
	size_t n = snprintf(buf, size, "           CPU0\n");

	for (unsigned i = 0; irq_stat_get(i, &s) && n < size; i++)
		if (s.name)
			n += snprintf(buf + n, size - n, "%3u: %10lu   %s\n", i, s.count, s.name);
	return MIN(n, size);
}

static ssize_t show_uptime(char *buf, size_t size)
{
	u64 up = clock_ns() / (NSEC_PER_SEC / 100), idle = sched_idle_ns(0) / (NSEC_PER_SEC / 100);

	return snprintf(buf, size, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100,
			idle % 100);
}

static ssize_t show_version(char *buf, size_t size)
{
	return snprintf(buf, size, "Linux version 6.1.0-leash (Leash 0.1)\n");
}

/* -- settings --------------------------------------------------------------------------------- */

static ssize_t show_sched(char *buf, size_t size)
{
	return snprintf(buf, size, "%s\n", sched_get_policy() == SCHED_COOPERATIVE ? "coop" : "rr");
}

/* @n bytes of @text are @word, with or without a newline. */
static bool is_word(const char *text, size_t n, const char *word)
{
	if (n && text[n - 1] == '\n')
		n--;
	return n == strlen(word) && memcmp(text, word, n) == 0;
}

static int store_sched(const char *text, size_t n)
{
	if (is_word(text, n, "rr"))
		sched_set_policy(SCHED_ROUND_ROBIN);
	else if (is_word(text, n, "coop"))
		sched_set_policy(SCHED_COOPERATIVE);
	else
		return -EINVAL;
	return 0;
}

static ssize_t show_quantum(char *buf, size_t size)
{
	return snprintf(buf, size, "%lu\n", sched_get_quantum() / NSEC_PER_USEC);
}

static int store_quantum(const char *text, size_t n)
{
	char number[24];
	u64 us;

	if (n && text[n - 1] == '\n')
		n--;
	if (n >= sizeof(number))
		return -EINVAL;
	memcpy(number, text, n);
	number[n] = 0;
	if (parse_u64(number, &us) || us == 0 || us > 10000000)
		return -EINVAL;
	sched_set_quantum(us * NSEC_PER_USEC);
	return 0;
}

static struct vnode *self_exe(void)
{
	struct process *p = process_current();

	return p && p->exe ? vnode_get(p->exe) : NULL;
}

void info_init(void)
{
	static const struct procfs_self_ops self = { .exe = self_exe };
	static const struct {
		const char *path;
		u32 mode;
		ssize_t (*show)(char *buf, size_t size);
		int (*store)(const char *text, size_t n);
	} files[] = {
		{ "meminfo", 0444, show_meminfo, NULL },
		{ "interrupts", 0444, show_interrupts, NULL },
		{ "uptime", 0444, show_uptime, NULL },
		{ "version", 0444, show_version, NULL },
		{ "leash/objects", 0444, show_objects, NULL },
		{ "sys/kernel/sched", 0644, show_sched, store_sched },
		{ "sys/kernel/quantum_us", 0644, show_quantum, store_quantum },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		if (procfs_register(files[i].path, files[i].mode, files[i].show, files[i].store))
			log_warning("/proc/%s could not be made", files[i].path);
	procfs_set_self_ops(&self);
}
