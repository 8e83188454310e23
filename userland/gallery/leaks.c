/* SPDX-License-Identifier: ISC */
/*
 * Does the kernel have everything back? /proc/leash/objects counts its live objects, a line
 * "name count" each; free pages may lag behind (caches), objects may not. Nothing of that exists on
 * Linux, where the test is skipped.
 */
#include "gallery.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define OBJECTS "/proc/leash/objects"
#define MAX_OBJECTS 64
#define PAGE_SLACK 16
#define SETTLE_ROUNDS 200

struct census {
	int count;
	struct {
		char name[32];
		long value;
	} object[MAX_OBJECTS];
};

/* Not on the stack: that begins at random, and would be a page longer at the end now and then. */
static struct census before, now;

static void take_census(struct census *c)
{
	static char text[4096];
	char *line;
	ssize_t len;
	int fd = open(OBJECTS, O_RDONLY | O_CLOEXEC);

	c->count = 0;
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	for (line = strtok(text, "\n"); line && c->count < MAX_OBJECTS; line = strtok(NULL, "\n"))
		if (sscanf(line, "%31s %ld", c->object[c->count].name,
			   &c->object[c->count].value) == 2)
			c->count++;
}

static long lost(int i)
{
	long difference = now.object[i].value - before.object[i].value;

	if (strcmp(before.object[i].name, "pages_free") == 0)
		return -difference - PAGE_SLACK;
	return difference;
}

static bool nothing_lost(void)
{
	for (int i = 0; i < now.count; i++)
		if (lost(i) > 0)
			return false;
	return now.count == before.count;
}

void leaks_note(void)
{
	take_census(&now); /* its pages are ours from now on, not at the end only */
	take_census(&before);
}

/* The last orphans of a rogue may still be on their way out: give them a moment. */
void leaks_check(void)
{
	const struct timespec moment = { 0, 10000000 };

	take_census(&now);
	if (before.count == 0) {
		skip("no " OBJECTS, "nothing is lost");
		return;
	}
	for (int i = 0; i < SETTLE_ROUNDS && !nothing_lost(); i++) {
		nanosleep(&moment, NULL);
		take_census(&now);
	}
	if (ok(nothing_lost(), "nothing is lost"))
		return;
	for (int i = 0; i < now.count; i++)
		if (lost(i) > 0)
			diag("%s: %ld before, %ld now", now.object[i].name, before.object[i].value,
			     now.object[i].value);
}
