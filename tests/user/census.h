/* SPDX-License-Identifier: ISC */
/*
 * The kernel's counts of its live objects, which must be the same before and after. Elsewhere than on
 * Leash there are none, and they are.
 */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OBJECTS "/proc/leash/objects"
#define MAX_OBJECTS 64
#define PAGE_SLACK 64 /* slabs that are not full, page tables of the supervisor */
#define VMA_SLACK 2 /* the supervisor's own heap */
#define SETTLE_ROUNDS 300

struct census {
	int count;
	struct {
		char name[48];
		long value;
	} object[MAX_OBJECTS];
};

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

/* Waits until all is back, or long enough. @now: as it was at last. */
static inline bool census_settles(const struct census *before, struct census *now)
{
	const struct timespec moment = { 0, 10000000 };

	take_census(now);
	for (int i = 0; i < SETTLE_ROUNDS && !all_back(before, now); i++) {
		nanosleep(&moment, NULL);
		take_census(now);
	}
	return all_back(before, now);
}

/* What the kernel says of its invariants; "": nothing is broken, or nobody tells. */
static inline const char *census_broken(void)
{
	static char text[1024];
	int fd = open("/proc/leash/check", O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return "";
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	return len > 0 && !strstr(text, "BROKEN") ? "" : text;
}
