/* SPDX-License-Identifier: ISC */
/*
 * The files of /proc and /sys that tell of the whole system: names and forms as Linux's tools read
 * them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define SYSFS_MAGIC 0x62656572 /* linux/magic.h */

static char text[65536];

/* The whole file, terminated; false: it cannot be read. */
static bool slurp(const char *path)
{
	long fd = raw(SYS_open, path, O_RDONLY), n = -1, len = 0;

	while (fd >= 0 && (n = raw(SYS_read, fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	if (fd >= 0)
		raw(SYS_close, fd);
	text[len] = '\0';
	return n == 0;
}

/* The rest of the line that begins with @name, "" if there is none. */
static const char *line(const char *name)
{
	for (const char *at = text; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (strncmp(at, name, strlen(name)) == 0)
			return at + strlen(name);
	return "";
}

static void memory(void)
{
	static const char *const names[] = { "MemTotal:", "MemFree:",   "MemAvailable:", "Buffers:",
					     "Cached:",   "SwapTotal:", "SwapFree:",     "Shmem:" };
	unsigned long total, free;
	char unit[3];

	ok(slurp("/proc/meminfo"), "meminfo");
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		ok(sscanf(line(names[i]), " %lu %2s", &total, unit) == 2 && !strcmp(unit, "kB"),
		   "says %s", names[i]);
	total = strtoul(line("MemTotal:"), NULL, 10);
	free = strtoul(line("MemFree:"), NULL, 10);
	ok(free > 0 && free < total, "some of it is free");
}

static unsigned long busy_ticks(void)
{
	unsigned long user = 0, nice = 0, sys = 0;

	slurp("/proc/stat");
	sscanf(line("cpu "), " %lu %lu %lu", &user, &nice, &sys);
	return user + nice + sys;
}

static void spin_for(int ms)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < ms);
}

static int end_at_once(void *arg)
{
	(void)arg;
	return 0;
}

static void statistics(void)
{
	unsigned long v[10], before;

	ok(slurp("/proc/stat"), "stat");
	is_long(sscanf(line("cpu "), " %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu", v, v + 1, v + 2,
		       v + 3, v + 4, v + 5, v + 6, v + 7, v + 8, v + 9),
		10, "ten times of all processors");
	ok(*line("cpu0 "), "and of the first");
	ok(strtoul(line("intr "), NULL, 10) > 0, "interrupts");
	ok(strtoul(line("ctxt "), NULL, 10) > 0, "switches");
	ok(strtoul(line("btime "), NULL, 10) > 1000000000, "when it was booted");
	ok(strtoul(line("procs_running "), NULL, 10) > 0, "who runs");
	before = strtoul(line("processes "), NULL, 10);
	in_child(end_at_once, NULL);
	slurp("/proc/stat");
	ok(strtoul(line("processes "), NULL, 10) > before, "a fork is counted");
	before = busy_ticks();
	spin_for(100);
	ok(busy_ticks() >= before + 5, "and a tenth of a second of work");
}

static void time_and_load(void)
{
	double up, idle, one, five, fifteen;
	int running, all, last;
	struct sysinfo info;

	ok(slurp("/proc/uptime"), "uptime");
	is_long(sscanf(text, "%lf %lf", &up, &idle), 2, "has two numbers");
	sysinfo(&info);
	ok(up > 0 && labs((long)up - (long)info.uptime) <= 2, "sysinfo agrees");
	ok(slurp("/proc/loadavg"), "loadavg");
	is_long(sscanf(text, "%lf %lf %lf %d/%d %d", &one, &five, &fifteen, &running, &all, &last),
		6, "has six numbers");
	ok(running >= 1 && all >= running && last >= getpid(), "that can be");
}

static void identity(void)
{
	struct utsname name;

	uname(&name);
	ok(slurp("/proc/version") && strncmp(text, "Linux version ", 14) == 0, "version");
	ok(slurp("/proc/sys/kernel/ostype") && strcmp(text, "Linux\n") == 0, "ostype");
	slurp("/proc/sys/kernel/osrelease");
	ok(strlen(text) && !strncmp(text, name.release, strlen(text) - 1), "osrelease is uname's");
	slurp("/proc/sys/kernel/hostname");
	ok(strlen(text) && !strncmp(text, name.nodename, strlen(text) - 1), "so is hostname");
	ok(slurp("/proc/sys/kernel/pid_max") && atol(text) >= 32768, "pid_max");
	ok(slurp("/proc/cmdline") && strchr(text, '\n'), "the kernel's command line");
	ok(slurp("/proc/cpuinfo"), "cpuinfo");
	ok(*line("processor\t: 0"), "begins with processor 0");
	ok(strstr(line("flags\t\t:"), " fpu ") && strstr(line("flags\t\t:"), " sse2 "), "flags");
	ok(*line("model name\t: ") && *line("cpu MHz\t\t: ") && *line("bogomips\t: "), "its name");
	ok(slurp("/proc/filesystems") && *line("nodev\tproc") && *line("nodev\tsysfs"),
	   "filesystems");
	ok(slurp("/proc/mounts") && *line("proc /proc proc "), "mounts");
	ok(strstr(text, " / "), "the root among them");
	ok(slurp("/proc/interrupts") && strstr(text, "CPU0"), "interrupts");
}

/* Nothing can be made or removed here, whoever asks. */
static void unchangeable(void)
{
	ok(raw(SYS_mkdir, "/proc/dir", 0755) < 0, "no directory can be made");
	ok(raw(SYS_open, "/proc/file", O_CREAT | O_WRONLY, 0644) < 0, "no file");
	ok(raw(SYS_unlink, "/proc/stat") < 0, "none removed");
	ok(raw(SYS_rename, "/proc/stat", "/proc/tats") < 0, "none renamed");
	ok(raw(SYS_rmdir, "/proc/self/fd") < 0, "no directory removed");
}

/* How many processors a list as "0-3,6" names; -1: it is none. */
static int count_of_list(const char *list)
{
	int n = 0, from, to, used;

	while (*list && *list != '\n') {
		if (sscanf(list, "%d%n", &from, &used) != 1)
			return -1;
		to = from;
		list += used;
		if (*list == '-' && sscanf(list, "-%d%n", &to, &used) == 1)
			list += used;
		n += to - from + 1;
		list += *list == ',';
	}
	return n;
}

#define CPUS "/sys/devices/system/cpu/"

static void processors(void)
{
	static const char *const lists[] = { "online", "present", "possible" };
	char path[64];
	int directories = 0, n[3], blocks = 0;
	struct statfs fs;

	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), CPUS "%s", lists[i]);
		ok(slurp(path), "%s", path);
		n[i] = count_of_list(text);
	}
	ok(n[0] >= 1 && n[0] <= n[1] && n[1] <= n[2], "each holds the one before");
	ok(slurp(CPUS "kernel_max") && atol(text) >= n[2] - 1, "the most there can be");
	ok(slurp(CPUS "offline") && count_of_list(text) >= 0, "those that are off");
	slurp("/proc/cpuinfo");
	for (const char *at = text; (at = strstr(at, "processor\t: ")); at++)
		blocks++;
	is_long(blocks, n[0], "cpuinfo has as many that are on");
	for (snprintf(path, sizeof(path), CPUS "cpu0"); access(path, X_OK) == 0;
	     snprintf(path, sizeof(path), CPUS "cpu%d", ++directories))
		;
	is_long(directories, n[1], "a directory for each that is present");
	is_long(sysconf(_SC_NPROCESSORS_CONF), n[2], "sysconf agrees");
	ok(statfs("/sys", &fs) == 0 && fs.f_type == SYSFS_MAGIC, "of kind sysfs");
}

int main(void)
{
	processors();
	memory();
	statistics();
	time_and_load();
	identity();
	unchangeable();
	return done_testing();
}
