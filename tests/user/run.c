/* SPDX-License-Identifier: ISC */
/*
 * The runner: runs every program that lies beside it, one after the other, and makes one flat TAP
 * stream with one plan of what they print.
 *
 *   run               all of them
 *   run exec fd       those whose name contains one of the words
 *   run '!sig_'       all but those
 *   run --repeat 100 exec fd     each a hundred times; only what fails is told, and its program ends
 *                     there: for what goes wrong once in a while
 *
 * A program that ends without a plan, with another number of tests than planned, by a signal or not
 * in time is one failed test more. After each, the kernel must have as many live objects as before
 * (on Leash, which tells; whatever a program left in a file system counts against it).
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "census.h"
#include "init.h"
#include "now.h"

#define BUDGET_MS 120000 /* for one program, on a slow emulator */

static int tests, failures;
static int repeats; /* how often each program runs, 0: once, and all its results are told */

struct program {
	const char *name;
	pid_t pid;
	int out; /* what it prints */
	int seen; /* results it has printed */
	int planned; /* from its plan, -1 without one */
	char line[1024];
	size_t len;
};

static void say(const char *fmt, ...)
{
	char text[1400];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (write(STDOUT_FILENO, text, len) != len)
		_exit(2);
}

static void report(bool passed, const char *program, const char *name)
{
	failures += !passed;
	if (repeats && passed)
		return; /* it is the rounds that count */
	say("%sok %d - %s: %s\n", passed ? "" : "not ", ++tests, program, name);
}

/* One line of the program: a result is renumbered, its plan is kept, a comment passes through. */
static void take_line(struct program *p)
{
	const char *text = p->line;
	bool passed = strncmp(text, "not ", 4) != 0;

	if (!passed)
		text += 4;
	if (strncmp(text, "ok ", 3) == 0) {
		text += 3 + strspn(text + 3, "0123456789");
		if (strncmp(text, " - ", 3) == 0)
			text += 3;
		p->seen++;
		report(passed, p->name, text);
	} else if (strncmp(p->line, "1..", 3) == 0) {
		p->planned = atoi(p->line + 3);
	} else if (p->line[0] && !repeats) {
		say("# %s\n", p->line + (p->line[0] == '#' ? 2 : 0));
	}
}

static void take_bytes(struct program *p, const char *bytes, ssize_t count)
{
	for (ssize_t i = 0; i < count; i++) {
		if (bytes[i] == '\n') {
			p->line[p->len] = '\0';
			p->len = 0;
			take_line(p);
		} else if (p->len + 1 < sizeof(p->line)) {
			p->line[p->len++] = bytes[i];
		}
	}
}

/* Read all that it prints. Returns false when its time is over. */
static bool collect(struct program *p)
{
	long deadline = now_ms() + BUDGET_MS;
	struct pollfd fd = { .fd = p->out, .events = POLLIN };
	char bytes[4096];
	ssize_t n;

	for (;;) {
		long left = deadline - now_ms();

		if (left <= 0 || poll(&fd, 1, left) == 0)
			return false;
		n = read(p->out, bytes, sizeof(bytes));
		if (n <= 0)
			return true;
		take_bytes(p, bytes, n);
	}
}

static bool start(struct program *p, const char *path)
{
	char *argv[] = { (char *)path, NULL };
	int ends[2];

	if (pipe(ends) < 0)
		return false;
	p->pid = fork();
	if (p->pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execv(path, argv);
		_exit(127);
	}
	close(ends[1]);
	p->out = ends[0];
	return p->pid > 0;
}

static void verdict(const struct program *p, int status, bool in_time)
{
	if (!in_time)
		report(false, p->name, "ends in time");
	else if (WIFSIGNALED(status))
		report(false, p->name, "lives to its end");
	else if (p->planned < 0)
		report(false, p->name, "prints a plan");
	else if (p->planned != p->seen)
		report(false, p->name, "keeps its plan");
	if (WIFSIGNALED(status))
		say("# %s was killed by signal %d\n", p->name, WTERMSIG(status));
}

/* What ends in its own time gets a while for it. */
static void check_objects(const char *name, const struct census *before)
{
	struct census now;
	bool back = census_settles(before, &now);
	const char *broken = census_broken();

	report(back && !*broken, name, "the kernel has everything back");
	if (*broken)
		say("# /proc/leash/check: %s\n", broken);
	for (int i = 0; i < now.count && !back; i++)
		if (too_many(before, &now, i))
			say("# lost %s: %ld before, %ld now\n", now.object[i].name,
			    before->object[i].value, now.object[i].value);
}

static void run_program(const char *dir, const char *name)
{
	struct program p = { .name = name, .planned = -1 };
	struct census before;
	long began = now_ms();
	bool in_time;
	char path[512];
	int status = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!repeats)
		say("# program %s\n", name);
	take_census(&before);
	if (!start(&p, path)) {
		report(false, name, "starts");
		return;
	}
	in_time = collect(&p);
	if (!in_time)
		kill(p.pid, SIGKILL);
	close(p.out);
	while (waitpid(p.pid, &status, 0) < 0 && errno == EINTR)
		;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* orphans, where this is the first process */
	verdict(&p, status, in_time);
	check_objects(name, &before);
	if (!repeats)
		say("# time %s %ld ms\n", name, now_ms() - began);
}

static void run_often(const char *dir, const char *name)
{
	int before = failures, rounds = 0;
	long began = now_ms();

	while (rounds < repeats && failures == before) {
		run_program(dir, name);
		rounds++;
	}
	say("%sok %d - %s: %d times\n", failures == before ? "" : "not ", ++tests, name, repeats);
	say("# time %s %d times %ld ms\n", name, rounds, now_ms() - began);
}

/* Words without '!' choose, words with it forbid; no choosing words: everything. */
static bool wanted(const char *name, char **words)
{
	bool chosen = false, choosing = false;

	for (; *words; words++) {
		if (**words == '!') {
			if (strstr(name, *words + 1))
				return false;
			continue;
		}
		choosing = true;
		chosen |= strstr(name, *words) != NULL;
	}
	return chosen || !choosing;
}

static int is_program(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "run") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int main(int argc, char **argv)
{
	char dir[400];
	char *slash;
	struct dirent **names;
	int count;

	leave_init_behind();
	for (int fd = 3; fd < 256; fd++)
		close(fd); /* every program starts with the same three */
	close(memfd_create("first", 0)); /* the file system for them stays, once it is made */
	snprintf(dir, sizeof(dir), "%s", argv[0]);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	else
		strcpy(dir, "/tests");
	if (argc > 2 && strcmp(argv[1], "--repeat") == 0) {
		repeats = atoi(argv[2]);
		argv += 2;
	}
	count = scandir(dir, &names, is_program, by_name);
	if (count < 0) {
		say("Bail out! %s: %s\n", dir, strerror(errno));
		return 2;
	}
	for (int i = 0; i < count; i++)
		if (wanted(names[i]->d_name, argv + 1))
			(repeats ? run_often : run_program)(dir, names[i]->d_name);
	say("1..%d\n", tests);
	say("# %d tests, %d failed\n", tests, failures);
	return failures || tests == 0;
}
