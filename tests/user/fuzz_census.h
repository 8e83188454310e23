/* SPDX-License-Identifier: ISC */
/*
 * What the fuzzer compares before and after: the kernel's counts of its live objects, and the time
 * that a few ordinary things take.
 */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define OBJECTS "/proc/leash/objects"
#define MAX_OBJECTS 64
#define PAGE_SLACK 64 /* slabs that are not full, page tables of the supervisor */
#define VMA_SLACK 2 /* the supervisor's own heap */
#define SETTLE_ROUNDS 300
#define PROBE_ROUNDS 20

struct census {
	int count;
	struct {
		char name[48];
		long value;
	} object[MAX_OBJECTS];
};

static inline long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static inline long now_ms(void)
{
	return now_us() / 1000;
}

/* Lines "some name 123". */
static void take_census(struct census *c)
{
	int fd = open(OBJECTS, O_RDONLY | O_CLOEXEC);
	char text[4096], *line, *space;
	ssize_t len;

	c->count = 0;
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	for (line = strtok(text, "\n"); line && c->count < MAX_OBJECTS; line = strtok(NULL, "\n")) {
		space = strrchr(line, ' ');
		if (!space)
			continue;
		*space = '\0';
		snprintf(c->object[c->count].name, sizeof(c->object[0].name), "%s", line);
		c->object[c->count++].value = atol(space + 1);
	}
}

static bool too_many(const struct census *before, const struct census *now, int i)
{
	long more = now->object[i].value - before->object[i].value;

	if (strcmp(now->object[i].name, "pages") == 0)
		return more > PAGE_SLACK;
	return more > (strcmp(now->object[i].name, "vmas") == 0 ? VMA_SLACK : 0);
}

static bool all_back(const struct census *before, const struct census *now)
{
	for (int i = 0; i < now->count; i++)
		if (too_many(before, now, i))
			return false;
	return now->count == before->count;
}

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
	const struct timespec moment = { 0, 10000000 };
	struct census now;

	if (!possible) {
		skip("this is not the first process of Leash", "the kernel has everything back");
		return;
	}
	remove_segments();
	take_census(&now);
	for (int i = 0; i < SETTLE_ROUNDS && !all_back(before, &now); i++) {
		nanosleep(&moment, NULL);
		take_census(&now);
	}
	ok(all_back(before, &now), "the kernel has everything back");
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
