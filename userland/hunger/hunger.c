/* SPDX-License-Identifier: ISC */
/*
 * Hunger: gluttons take all that they can get of one thing, one kind after the other, as an ordinary
 * user, beside neighbours that must go on. Not for a Linux that somebody needs. TAP on the terminal.
 *
 *   hunger            all kinds
 *   hunger WORD...    those whose name holds one of the words
 */
#include "hunger.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "tap.h"
#include "words.h"

#define NOBODY 65534
#define MAX_GLUTTONS 8
#define HOME "/tmp/hunger"
#define SLACK_KB 2048 /* slabs that are not full, kernel stacks kept for the next ones */
#define SETTLE_S 10
#define VOLUNTEER "volunteer"

static const char usage[] =
	"usage: hunger [WORD...]   gluttons of every kind, or those that a WORD names\n";

static unsigned long free_kb(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? info.freeram * info.mem_unit / 1024 : 0;
}

/* An ordinary user in a process group of its own, with all the descriptors that it may have. */
static void become_glutton(void)
{
	struct rlimit files;

	setpgid(0, 0);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(99);
}

static pid_t start(const struct hunger *h)
{
	pid_t pid = fork();

	if (pid == 0) {
		become_glutton();
		if (chdir(HOME) < 0)
			_exit(98);
		h->eat();
		_exit(0);
	}
	return pid;
}

/* Its end, and that of its whole group: some leave children behind. */
static bool ends_as_told(const struct hunger *h, pid_t pid)
{
	int status = -1;
	bool right;

	waitpid(pid, &status, 0);
	right = status == h->end;
	if (!right)
		diag("%s: wait status %#x", h->name, status);
	kill(-pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0)
		;
	return right;
}

/* Memory is back as soon as all have gone, which orphans do in their own time. */
static bool memory_is_back(unsigned long before)
{
	time_t end = time(NULL) + SETTLE_S;

	while (free_kb() + SLACK_KB < before && time(NULL) < end)
		usleep(20000);
	if (free_kb() + SLACK_KB < before)
		diag("free: %lu KiB before, %lu KiB now", before, free_kb());
	return free_kb() + SLACK_KB >= before;
}

static void satisfy(const struct hunger *h)
{
	unsigned long before = free_kb();
	pid_t pids[MAX_GLUTTONS];
	time_t began = time(NULL);
	bool right = true;

	for (int i = 0; i < h->gluttons; i++)
		pids[i] = start(h);
	for (int i = 0; i < h->gluttons; i++)
		right &= ends_as_told(h, pids[i]);
	ok(right, "%s: %s", h->name, h->end ? "the glutton is killed" : "there is an end");
	ok(neighbours_are_well(), "%s: the neighbours are well", h->name);
	ok(memory_is_back(before), "%s: all is back", h->name);
	diag("%s: %ld s", h->name, (long)(time(NULL) - began));
}

static bool chosen(const char *name, char **words)
{
	if (!*words)
		return true;
	for (; *words; words++)
		if (strstr(name, *words))
			return true;
	return false;
}

/* Is there a kind whose name holds the word? */
static bool is_kind(const char *word)
{
	for (unsigned i = 0; i < hunger_count; i++)
		if (strstr(hungers[i].name, word))
			return true;
	if (strstr(VOLUNTEER, word))
		return true;
	fprintf(stderr, "hunger: there is no kind %s\n", word);
	return false;
}

static int write_adj(const char *text)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "w");
	int r = f && fputs(text, f) >= 0;

	return f && fclose(f) == 0 && r ? 0 : -1;
}

/* Who says so goes first, though another has much more. */
static void volunteer_goes_first(void)
{
	pid_t small = fork(), large;
	int status = -1;

	if (small == 0) {
		_exit(write_adj("1000") || pause());
	}
	usleep(200000);
	large = start(&hungers[0]);
	waitpid(small, &status, 0);
	ok(status == SIGKILL, "who volunteers goes first");
	waitpid(large, &status, 0);
	ok(status == SIGKILL, "and then the glutton");
	ok(neighbours_are_well(), "the neighbours are well");
}

int main(int argc, char **argv)
{
	if (help_wanted(argc, argv))
		return help(usage);
	for (int i = 1; i < argc; i++)
		if (!is_kind(argv[i]))
			return MISUSED;
	leave_init_behind();
	mkdir(HOME, 0777);
	chmod(HOME, 0777);
	diag("%lu KiB are free", free_kb());
	neighbours_start();
	ok(neighbours_are_well(), "there are neighbours");
	for (unsigned i = 0; i < hunger_count; i++)
		if (chosen(hungers[i].name, argv + 1))
			satisfy(&hungers[i]);
	if (chosen(VOLUNTEER, argv + 1))
		volunteer_goes_first();
	neighbours_end();
	rmdir(HOME);
	return done_testing();
}
