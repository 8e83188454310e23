/* SPDX-License-Identifier: ISC */
/*
 * Many processes at once: all are there, sleep, and can be seen; then they are killed, and nothing is left.
 *
 *   crowd        a few
 *   crowd N      N of them: 5000 fit into 1 GiB
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

#include "census.h"
#include "child.h"
#include "sys.h"
#include "tap.h"

static long free_kb(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (long)(info.freeram * info.mem_unit / 1024) : 0;
}

/* Each says that it is there, so that all have run and none is half made. */
static pid_t start_sleeper(int there)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (write(there, "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	return pid;
}

static long start_all(pid_t *pid, long n)
{
	int there[2];
	long begun = 0, seen = 0;
	char c;

	if (pipe(there))
		return 0;
	while (begun < n && (pid[begun] = start_sleeper(there[1])) > 0)
		begun++;
	if (begun < n)
		diag("fork %ld: error %d", begun, errno);
	while (seen < begun && read(there[0], &c, 1) == 1)
		seen++;
	close(there[0]);
	close(there[1]);
	return seen;
}

/* Processes of this group among /proc's directories. */
static long count_in_proc(pid_t group)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	long n = 0;

	while (proc && (e = readdir(proc)))
		n += isdigit(e->d_name[0]) && getpgid(atoi(e->d_name)) == group;
	if (proc)
		closedir(proc);
	return n;
}

static long end_all(const pid_t *pid, long n)
{
	long ended = 0;

	for (long i = 0; i < n; i++)
		kill(pid[i], SIGKILL);
	for (long i = 0; i < n; i++)
		ended += status_of(pid[i]) == KILLED(SIGKILL);
	return ended;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 200, before, begun;
	pid_t *pid = calloc(n, sizeof(*pid));
	struct census first, last;

	if (!pid)
		return 2;
	setpgid(0, 0); /* the first process of all leads its group already */
	take_census(&first);
	before = free_kb();
	begun = start_all(pid, n);
	is_long(begun, n, "all are there");
	diag("%ld KiB each", (before - free_kb()) / (begun ? begun : 1));
	is_long(count_in_proc(getpgrp()), begun + 1, "and in /proc, beside this one");
	is_long(end_all(pid, begun), begun, "all are killed and waited for");
	ok(waitpid(-1, NULL, 0) < 0 && errno == ECHILD, "there are no others");
	ok(census_settles(&first, &last), "the kernel has everything back");
	return done_testing();
}
