/* SPDX-License-Identifier: ISC */
/*
 * personality(2): who gives up random addresses finds stack and maps at the same place in every run;
 * it is inherited by fork and kept over exec. (setuid.c: not into a set-id program.)
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define RUNS 8

struct places {
	void *stack, *map;
};

static struct places *seen; /* a page that the runs share with their parent */
static unsigned persona;

/* The program at the other side of the exec: tells by the descriptor @fd where it lies. */
static int tell(int fd)
{
	struct places here = { __builtin_frame_address(0),
			       mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) };

	return raw(SYS_write, fd, &here, sizeof(here)) != sizeof(here);
}

static int start(void *arg)
{
	static int fds[2];
	char fd[2] = "0", *argv[] = { "persona", fd, NULL }, *env[] = { NULL };

	raw(SYS_personality, persona);
	if (raw(SYS_pipe2, fds, 0))
		return 101;
	fd[0] += fds[1];
	if (raw(SYS_fork) == 0) {
		raw(SYS_execve, "/proc/self/exe", argv, env);
		raw(SYS_exit_group, 102);
	}
	return raw(SYS_read, fds[0], arg, sizeof(struct places)) == sizeof(struct places) ? 0 : 103;
}

/* How many of the runs lie where the first one did. */
static int same_as_first(unsigned as)
{
	int same = 0;

	persona = as;
	for (int i = 0; i < RUNS; i++)
		if (in_child(start, &seen[i]))
			return -1;
	for (int i = 0; i < RUNS; i++)
		same += seen[i].stack == seen[0].stack && seen[i].map == seen[0].map;
	return same;
}

static int changes(void *arg)
{
	(void)arg;
	if (raw(SYS_personality, ADDR_NO_RANDOMIZE) != 0 ||
	    raw(SYS_personality, -1) != ADDR_NO_RANDOMIZE)
		return 1;
	if (raw(SYS_personality, 0) != ADDR_NO_RANDOMIZE)
		return 2;
	return raw(SYS_personality, 0xffffffff) == 0 ? 0 : 3;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return tell(atoi(argv[1]));
	is_long(raw(SYS_personality, -1), 0, "Linux's personality");
	is_long(in_child(changes, NULL), 0, "it is set, asked for, and taken back");
	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	is_long(same_as_first(ADDR_NO_RANDOMIZE), RUNS,
		"without random addresses all runs are alike");
	ok(same_as_first(0) < RUNS, "with them they are not");
	return done_testing();
}
