/* SPDX-License-Identifier: ISC */
/*
 * What exec of a program of two megabytes costs: its file's pages are the page cache's, shared by all
 * who run it, and only those near what is touched are mapped. What a running copy adds to the kernel's
 * count of pages is its own: stack, written data, page tables.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define PROGRAM "/bin/busybox"
#define COPIES 4
#define OWN_PAGES 60 /* of a copy: kernel stack, page tables, stack, written data */

static char text[8192];

static bool slurp(const char *path)
{
	long fd = raw(SYS_open, path, O_RDONLY), n;

	if (fd < 0)
		return false;
	n = raw(SYS_read, fd, text, sizeof(text) - 1);
	raw(SYS_close, fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* The kernel's count of pages in use; 0: this is not Leash. */
static long pages_in_use(void)
{
	char *at = slurp("/proc/leash/objects") ? strstr(text, "pages ") : NULL;

	return at ? atol(at + 6) : 0;
}

/* Field @n of /proc/@pid/statm. */
static long statm(pid_t pid, int n)
{
	char path[64], *at = text;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	if (!slurp(path))
		return -1;
	while (n-- && at)
		at = strchr(at + 1, ' ');
	return at ? atol(at) : -1;
}

/* It has executed and waits for input: it sleeps under its new name. */
static bool reads(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return slurp(path) && strstr(text, "(busybox) S");
}

static pid_t start(const int ends[2])
{
	pid_t pid = fork();
	const struct timespec moment = { 0, 5000000 };

	if (pid == 0) {
		raw(SYS_dup2, ends[0], 0);
		raw(SYS_close, ends[1]);
		execl(PROGRAM, "cat", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 2000 && !reads(pid); i++)
		nanosleep(&moment, NULL);
	return pid;
}

int main(void)
{
	struct stat st = { 0 };
	long before, first, all, size;
	pid_t pids[COPIES];
	int ends[2];

	raw(SYS_stat, PROGRAM, &st);
	size = st.st_size / 4096;
	ok(size > 400, "a program of more than 1.6 MiB");
	if (raw(SYS_pipe, ends) < 0)
		return 2;
	before = pages_in_use();
	pids[0] = start(ends);
	ok(reads(pids[0]), "it runs");
	first = pages_in_use();
	for (int i = 1; i < COPIES; i++)
		pids[i] = start(ends);
	all = pages_in_use();
	ok(statm(pids[0], 1) > 0 && statm(pids[0], 2) > 0, "it has pages, and some are its file's");
	if (before) {
		diag("file %ld pages, mapped %ld, of it the file's %ld; first copy %ld, others %ld",
		     size, statm(pids[0], 1), statm(pids[0], 2), first - before,
		     (all - first) / (COPIES - 1));
		ok(statm(pids[0], 1) < size, "it has mapped a part of its file");
		ok(first - before < OWN_PAGES, "nothing of it was copied");
		ok(all - first < (COPIES - 1) * OWN_PAGES, "nor for the next ones");
	} else {
		skip("Linux maps in advance", "it has mapped a part of its file");
		skip("Linux does not tell", "nothing of it was copied");
		skip("Linux does not tell", "nor for the next ones");
	}
	for (int i = 0; i < COPIES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return done_testing();
}
