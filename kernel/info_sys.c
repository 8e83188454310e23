/* SPDX-License-Identifier: ISC */
/* The files of /proc/sys: names, limits, and the settings of the scheduler. */
#include "info.h"

#include "abi/errno.h"
#include "fs/file.h"
#include "fs/random.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "syscall/uts.h"

static u32 boot_id[4]; /* random; written at boot */

static ssize_t show_hostname(char *buf, size_t size)
{
	return uts_show_name(false, buf, size);
}

static int store_hostname(const char *text, size_t n)
{
	return uts_store_name(false, text, n);
}

static ssize_t show_domainname(char *buf, size_t size)
{
	return uts_show_name(true, buf, size);
}

static int store_domainname(const char *text, size_t n)
{
	return uts_store_name(true, text, n);
}

#define UUID_TEXT "%08x-%04x-%04x-%04x-%08x%04x\n"

/* A random number as a UUID of version 4 (RFC 9562). */
static ssize_t print_uuid(const u32 *r, char *buf, size_t size)
{
	return snprintf(buf, size, UUID_TEXT, r[0], r[1] >> 16, (r[1] & 0xfff) | 0x4000,
			(r[2] >> 16 & 0x3fff) | 0x8000, r[3], r[2] & 0xffff);
}

static ssize_t show_uuid(char *buf, size_t size)
{
	u32 r[4];

	random_bytes(r, sizeof(r));
	return print_uuid(r, buf, size);
}

/* The same as long as the machine is on. */
static ssize_t show_boot_id(char *buf, size_t size)
{
	return print_uuid(boot_id, buf, size);
}

/* The generator is seeded once and never runs dry. */
static ssize_t show_entropy(char *buf, size_t size)
{
	return snprintf(buf, size, "256\n");
}

static ssize_t show_osrelease(char *buf, size_t size)
{
	return snprintf(buf, size, "6.1.0-leash\n");
}

static ssize_t show_ostype(char *buf, size_t size)
{
	return snprintf(buf, size, "Linux\n");
}

static ssize_t show_os_version(char *buf, size_t size)
{
	return snprintf(buf, size, "#1 Leash 0.1\n");
}

static ssize_t show_pid_max(char *buf, size_t size)
{
	return snprintf(buf, size, "%d\n", PID_MAX);
}

/* Obvious excess is refused (vm/vma.h:vm_overcommits), as Linux's 0 says. */
static ssize_t show_overcommit(char *buf, size_t size)
{
	return snprintf(buf, size, "0\n");
}

static ssize_t show_file_max(char *buf, size_t size)
{
	return snprintf(buf, size, "%lu\n", file_count_max());
}

static ssize_t show_file_nr(char *buf, size_t size)
{
	return snprintf(buf, size, "%lu\t0\t%lu\n", file_count(), file_count_max());
}

/* -- the scheduler ------------------------------------------------------------------------------ */

static ssize_t show_sched(char *buf, size_t size)
{
	return snprintf(buf, size, "%s\n", sched_get_mode() == SCHED_COOPERATIVE ? "coop" : "rr");
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
		sched_set_mode(SCHED_ROUND_ROBIN);
	else if (is_word(text, n, "coop"))
		sched_set_mode(SCHED_COOPERATIVE);
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

void info_sys_init(void)
{
	static const struct info_file files[] = {
		{ "sys/kernel/hostname", 0644, show_hostname, store_hostname },
		{ "sys/kernel/domainname", 0644, show_domainname, store_domainname },
		{ "sys/kernel/random/uuid", 0444, show_uuid, NULL },
		{ "sys/kernel/random/boot_id", 0444, show_boot_id, NULL },
		{ "sys/kernel/random/entropy_avail", 0444, show_entropy, NULL },
		{ "sys/kernel/random/poolsize", 0444, show_entropy, NULL },
		{ "sys/kernel/osrelease", 0444, show_osrelease, NULL },
		{ "sys/kernel/ostype", 0444, show_ostype, NULL },
		{ "sys/kernel/version", 0444, show_os_version, NULL },
		{ "sys/kernel/pid_max", 0444, show_pid_max, NULL },
		{ "sys/vm/overcommit_memory", 0444, show_overcommit, NULL },
		{ "sys/fs/file-max", 0444, show_file_max, NULL },
		{ "sys/fs/file-nr", 0444, show_file_nr, NULL },
		{ "sys/kernel/sched", 0644, show_sched, store_sched },
		{ "sys/kernel/quantum_us", 0644, show_quantum, store_quantum },
	};

	random_bytes(boot_id, sizeof(boot_id));
	info_register(files, ARRAY_SIZE(files));
}
