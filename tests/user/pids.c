/* SPDX-License-Identifier: ISC */
/*
 * Process ids over many forks: no two living processes share one, a reaped one is gone, and processes
 * come and go without end. Checklist lines 25 and 27. A number as argument: that many forks.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define ALIVE 40
#define FORKS 1000

static pid_t living[ALIVE];
static int gate[2];

static int wait_at_gate(void *arg)
{
	char c;

	(void)arg;
	close(gate[1]);
	return read(gate[0], &c, 1);
}

static bool is_living(pid_t pid)
{
	for (int i = 0; i < ALIVE; i++)
		if (living[i] == pid)
			return true;
	return false;
}

static int end_at_once(void *arg)
{
	(void)arg;
	return 0;
}

/* Children that end at once, beside forty that live: no number is given out twice. */
static void come_and_go(int forks)
{
	int duplicates = 0, failures = 0, undead = 0;

	for (int i = 0; i < forks; i++) {
		pid_t pid = start_child(end_at_once, NULL);

		duplicates += is_living(pid) || pid == getpid() || pid == getppid();
		failures += status_of(pid) != EXITED(0);
		undead += raw(SYS_kill, pid, 0) != -ESRCH;
	}
	is_long(failures, 0, "every fork has its child, and every child its end");
	is_long(duplicates, 0, "no pid is given twice");
	is_long(undead, 0, "a reaped pid is gone at once");
}

static void all_living(void)
{
	int duplicates = 0, dead = 0, wrong = 0;

	for (int i = 0; i < ALIVE; i++) {
		pid_t pid = start_child(wait_at_gate, NULL);

		duplicates += is_living(pid);
		living[i] = pid;
	}
	for (int i = 0; i < ALIVE; i++)
		dead += living[i] < 2 || raw(SYS_kill, living[i], 0) != 0;
	is_long(dead, 0, "forty children live");
	is_long(duplicates, 0, "each with its own pid");
	come_and_go(FORKS);
	close(gate[1]);
	for (int i = 0; i < ALIVE; i++)
		wrong += status_of(living[i]) != EXITED(0);
	is_long(wrong, 0, "the forty end when they may");
	is_long(raw(SYS_wait4, -1, 0, 0, 0), -ECHILD, "nobody is left");
}

/* Children that are never waited for by those who made them. */
static int leave_five(void *arg)
{
	(void)arg;
	for (int i = 0; i < 5; i++)
		if (start_child(end_at_once, NULL) < 0)
			return 1;
	return 0;
}

static void many_orphans(void)
{
	int wrong = 0;

	for (int i = 0; i < 100; i++)
		wrong += in_child(leave_five, NULL) != EXITED(0);
	is_long(wrong, 0, "five hundred orphans find someone to reap them");
}

int main(int argc, char **argv)
{
	if (pipe(gate) < 0)
		return 2;
	if (argc > 1)
		come_and_go(atoi(argv[1]));
	else
		all_living();
	many_orphans();
	return done_testing();
}
