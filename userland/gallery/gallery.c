/* SPDX-License-Identifier: ISC */
/*
 * The gallery of rogues: every program of rogues.tbl does its misdeed, beside an innocent process
 * that must go on computing the right results, and meets its fate. TAP on the terminal.
 *
 *   gallery            all one by one, then all at once, then count what the kernel has left
 *   gallery NAME...    only these, one by one
 */
#include "gallery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "init.h"
#include "tap.h"
#include "words.h"

#define AT_ONCE 16

static const char usage[] =
	"usage: gallery             every rogue, one by one and in crowds; what the kernel has left\n"
	"       gallery ROGUE...    only these, one by one (ls /bin/rogues)\n";

static char dir[256] = "/bin";

static bool chosen(const struct rogue *rogue, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strcmp(rogue->name, *names) == 0)
			return true;
	return false;
}

static bool is_rogue(const char *name)
{
	for (size_t i = 0; i < rogue_count; i++)
		if (strcmp(rogues[i].name, name) == 0)
			return true;
	fprintf(stderr, "gallery: there is no rogue %s\n", name);
	return false;
}

static void one(const struct rogue *rogue, const char *how)
{
	int alive = -1;
	pid_t pid = rogue_start(dir, rogue, &alive);

	rogue_judge(rogue, pid, alive, how);
	if (!innocent_is_well())
		ok(false, "%s: the innocent process is well beside it", rogue->name);
}

static void one_by_one(char **names)
{
	for (size_t i = 0; i < rogue_count; i++)
		if (chosen(&rogues[i], names))
			one(&rogues[i], "");
}

static void greedy_again(void)
{
	for (size_t i = 0; i < rogue_count; i++)
		if (rogue_is_greedy(&rogues[i]))
			one(&rogues[i], ", again");
}

/* Start up to AT_ONCE rogues from the i-th on, then judge them. Returns the next one's number. */
static size_t a_crowd(size_t i)
{
	const struct rogue *who[AT_ONCE];
	int alive[AT_ONCE];
	pid_t pid[AT_ONCE];
	int count = 0;

	for (; i < rogue_count && count < AT_ONCE; i++) {
		if (rogue_is_greedy(&rogues[i]))
			continue;
		who[count] = &rogues[i];
		pid[count] = rogue_start(dir, &rogues[i], &alive[count]);
		count++;
	}
	for (int k = 0; k < count; k++)
		rogue_judge(who[k], pid[k], alive[k], ", in a crowd");
	return i;
}

static void all_at_once(void)
{
	size_t i = 0;

	while (i < rogue_count)
		i = a_crowd(i);
	ok(innocent_is_well(), "the innocent process is well beside the crowds");
}

/* The rogues lie beside this program. */
static void find_dir(const char *self)
{
	char *slash;

	if (!strchr(self, '/'))
		return;
	snprintf(dir, sizeof(dir), "%s", self);
	slash = strrchr(dir, '/');
	*slash = '\0';
}

int main(int argc, char **argv)
{
	if (help_wanted(argc, argv))
		return help(usage);
	for (int i = 1; i < argc; i++)
		if (!is_rogue(argv[i]))
			return MISUSED;
	leave_init_behind();
	find_dir(argv[0]);
	innocent_start();
	ok(innocent_is_well(), "the innocent process computes");
	one_by_one(argv + 1);
	ok(innocent_is_well(), "the innocent process is well after them");
	if (!argv[1]) {
		leaks_note();
		all_at_once();
		greedy_again();
		leaks_check();
	}
	innocent_end();
	return done_testing();
}
