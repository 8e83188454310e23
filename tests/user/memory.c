/* SPDX-License-Identifier: ISC */
/*
 * Memory that is promised, and who goes when it is out: overcommit and /proc/<pid>/oom_score_adj.
 * What takes all memory is /bin/hunger's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define ADJ "/proc/self/oom_score_adj"
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

/* The number in a file; -99999: it cannot be read. */
static long number_in(const char *path)
{
	long fd = raw(SYS_open, path, O_RDONLY), n;
	char text[32] = { 0 };

	if (fd < 0)
		return -99999;
	n = raw(SYS_read, fd, text, sizeof(text) - 1);
	raw(SYS_close, fd);
	return n > 0 ? strtol(text, NULL, 10) : -99999;
}

static long write_to(const char *path, const char *text)
{
	long fd = raw(SYS_open, path, O_WRONLY), r;

	if (fd < 0)
		return fd;
	r = raw(SYS_write, fd, text, strlen(text));
	raw(SYS_close, fd);
	return r;
}

static void overcommit(void)
{
	struct sysinfo info;
	unsigned long much;

	ok(number_in("/proc/sys/vm/overcommit_memory") >= 0, "overcommit_memory is told");
	if (number_in("/proc/sys/vm/overcommit_memory") != 0) {
		for (int i = 0; i < 5; i++)
			skip("this Linux is set otherwise", "overcommit by heuristic, %d", i);
		return;
	}
	sysinfo(&info);
	much = (info.totalram + info.totalswap) * info.mem_unit + (64UL << 20);
	is_long(raw(SYS_mmap, 0, much, PROT_READ | PROT_WRITE, PRIVATE, -1, 0), -ENOMEM,
		"overcommit by heuristic, 0");
	ok(raw(SYS_mmap, 0, much, PROT_READ, PRIVATE, -1, 0) > 0, "overcommit by heuristic, 1");
	ok(raw(SYS_mmap, 0, much, PROT_READ | PROT_WRITE, PRIVATE | MAP_NORESERVE, -1, 0) > 0,
	   "overcommit by heuristic, 2");
	ok(raw(SYS_brk, raw(SYS_brk, 0) + much) == raw(SYS_brk, 0), "overcommit by heuristic, 3");
	ok(raw(SYS_mmap, 0, much / 3, PROT_READ | PROT_WRITE, PRIVATE, -1, 0) > 0 &&
		   raw(SYS_mmap, 0, much / 3, PROT_READ | PROT_WRITE, PRIVATE, -1, 0) > 0,
	   "overcommit by heuristic, 4");
}

static int child_has_it(void *arg)
{
	(void)arg;
	return number_in(ADJ) != 250;
}

/* Down to what root left there, and no further. */
static int ordinary(void *arg)
{
	long fd = raw(SYS_open, ADJ, O_WRONLY);

	(void)arg;
	if (fd < 0 || (raw(SYS_geteuid) == 0 && raw(SYS_setresuid, 54321, 54321, 54321)))
		return 1;
	if (raw(SYS_write, fd, "300", 3) != 3 || number_in(ADJ) != 300)
		return 2;
	if (raw(SYS_write, fd, "100", 3) != 3 || number_in(ADJ) != 100)
		return 3;
	return raw(SYS_write, fd, "-1", 2) == -EACCES ? 0 : 4;
}

static void adjustment(void)
{
	long was = number_in(ADJ);

	ok(was >= -1000 && was <= 1000, "oom_score_adj is told");
	ok(number_in("/proc/self/oom_score") >= 0, "oom_score too");
	is_long(in_child(ordinary, NULL), 0, "an ordinary user lowers it only so far");
	is_long(write_to(ADJ, "250\n"), 4, "it can be raised");
	is_long(number_in(ADJ), 250, "and is what was written");
	is_long(in_child(child_has_it, NULL), 0, "a child has it");
	is_long(write_to(ADJ, "1001"), -EINVAL, "not above 1000");
	is_long(write_to(ADJ, "-1001"), -EINVAL, "not below -1000");
	is_long(write_to(ADJ, "word"), -EINVAL, "a number it must be");
	is_long(write_to("/proc/self/oom_score", "1"), raw(SYS_geteuid) ? -EACCES : -EINVAL,
		"the score itself is not written");
	write_to(ADJ, "0");
	if (raw(SYS_access, "/proc/leash", 0) == 0)
		is_long(write_to(ADJ, "-1000"), 5, "root lowers it");
	else
		skip("root of a container may not", "root lowers it");
	write_to(ADJ, "0");
}

static int crash(void *arg)
{
	const unsigned long none[2] = { 0, 0 };

	(void)arg;
	raw(SYS_prlimit64, 0, RLIMIT_CORE, none, 0);
	raw(SYS_kill, raw(SYS_getpid), SIGSEGV);
	return 1;
}

/* The wait status as it is, core bit and all. */
static void core(void)
{
	int status = -1;
	pid_t pid = start_child(crash, NULL);

	waitpid(pid, &status, 0);
	is_long(status, SIGSEGV, "RLIMIT_CORE 0: no core");
}

int main(void)
{
	overcommit();
	adjustment();
	core();
	return done_testing();
}
