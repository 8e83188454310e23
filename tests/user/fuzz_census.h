/* SPDX-License-Identifier: ISC */
/*
 * What the fuzzer compares before and after: the kernel's counts of its live objects, and the time
 * that a few ordinary things take.
 */
#pragma once

#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "census.h"
#include "now.h"
#include "tap.h"

#define PROBE_ROUNDS 20

/* Segments stay until somebody removes them: those whose maker has gone, all of them. */
static void remove_segments(void)
{
	struct shmid_ds ds;

	for (int i = 0; i < 128; i++) {
		int id = shmctl(i, SHM_STAT, &ds);

		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
	}
}

static void check_census(const struct census *before, bool possible)
{
	struct census now;
	bool back;

	if (!possible) {
		skip("this is not the first process of Leash", "the kernel has everything back");
		skip("this is not the first process of Leash", "and nothing is broken");
		return;
	}
	remove_segments();
	back = census_settles(before, &now);
	ok(back, "the kernel has everything back");
	ok(!*census_broken(), "and nothing is broken");
	diag("%s", census_broken());
	for (int i = 0; i < now.count; i++)
		diag("%s%s: %ld before, %ld now", too_many(before, &now, i) ? "LOST " : "",
		     now.object[i].name, before->object[i].value, now.object[i].value);
}

/* -- speed ------------------------------------------------------------------------------------ */

static void do_ordinary_things(void)
{
	int ends[2], fd;
	char *at;
	pid_t pid;

	for (int i = 0; i < 20; i++) {
		fd = open("/dev/null", O_RDWR);
		write(fd, "x", 1);
		close(fd);
		at = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(at, 1, 65536);
		munmap(at, 65536);
		if (pipe(ends) == 0) {
			write(ends[1], "x", 1);
			close(ends[0]);
			close(ends[1]);
		}
		pid = fork();
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

/* The microseconds of the fastest of a few rounds. */
static long probe(void)
{
	long best = 0;

	for (int i = 0; i < PROBE_ROUNDS; i++) {
		long began = now_us(), took;

		do_ordinary_things();
		took = now_us() - began;
		if (best == 0 || took < best)
			best = took;
	}
	return best;
}

static void check_probe(long before)
{
	long now = probe();

	diag("ordinary things took %ld us before, %ld us afterwards", before, now);
	/* A loaded host alone makes two of one. */
	ok(now <= 4 * before + 2000, "ordinary things take no longer than before");
}
