/* SPDX-License-Identifier: ISC */
/*
 * The fuzzer: families of processes, disposable, make random system calls with hostile arguments
 * as an ordinary user; this is their supervisor, which starts each anew with a seed of its own when
 * it has come to its end, and checks afterwards that the kernel has everything back and is no
 * slower.
 *
 *   fuzz                       two seconds
 *   fuzz SEED SECONDS FAMILIES
 *
 * A family's seed is printed while it runs; `fuzz THAT 10 1` begins with it. As the first process
 * of Leash it does also what would be unkind to other programs.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "fuzz_census.h"
#include "fuzz_family.h"
#include "tap.h"

#define NOBODY 65534
#define MAX_FAMILIES 16
#define STALE_MS 300 /* without a call a family is over: it waits for what will not come */

static struct family {
	pid_t pid;
	uint64_t seed;
	uint64_t seen; /* its calls at the last look */
	long moved_ms; /* when that was more than before */
	unsigned generation;
} families[MAX_FAMILIES];

static struct slot *slots; /* shared with them */
static int family_count = 2;
static uint64_t first_seed = 1;
static unsigned long started, stalled;
static long longest_ms; /* between two turns of the supervisor */
static char home[64];

static void nap(void)
{
	const struct timespec moment = { 0, 5000000 };

	nanosleep(&moment, NULL);
}

static void drop_privileges(void)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		_exit(99);
}

/* -- directories ------------------------------------------------------------------------------ */

static void make_place(const char *name)
{
	char place[128];

	snprintf(place, sizeof(place), "%s/%s", home, name);
	mkdir(place, 0777);
	chmod(place, 0777);
}

/* home itself stays closed to the families, so that ".." leads nowhere. */
static bool make_home(void)
{
	char name[16];

	strcpy(home, on_leash ? "/fuzz.XXXXXX" : "/tmp/fuzz.XXXXXX");
	if (!mkdtemp(home))
		return false;
	make_place("all");
	for (int i = 0; i < family_count; i++) {
		snprintf(name, sizeof(name), "%d", i);
		make_place(name);
	}
	return chmod(home, 0555) == 0;
}

/* Moves what lies in the directory @name up into this one, so that no depth is too deep. */
static void raise_children(const char *name)
{
	static unsigned serial;
	char from[512], to[32];
	struct dirent *e;
	DIR *dir;

	chmod(name, 0700);
	dir = opendir(name);
	while (dir && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(from, sizeof(from), "%s/%s", name, e->d_name);
		if (unlink(from) == 0)
			continue;
		chmod(from, 0700);
		snprintf(to, sizeof(to), "raised-%u", serial++);
		rename(from, to);
	}
	if (dir)
		closedir(dir);
}

/* One pass over home's directory @name. Returns how many entries it found. */
static int sweep_once(void)
{
	struct dirent *e;
	int found = 0;
	DIR *dir = opendir(".");

	while (dir && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		found++;
		if (unlink(e->d_name) == 0)
			continue;
		raise_children(e->d_name);
		rmdir(e->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Empties home's directory @name. */
static bool sweep(const char *name)
{
	char place[128];

	snprintf(place, sizeof(place), "%s/%s", home, name);
	if (chmod(place, 0777) < 0 || chdir(place) < 0)
		return false;
	for (int i = 0; i < 2000; i++)
		if (sweep_once() == 0)
			return true;
	return false;
}

static void sweep_family(int i)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", i);
	sweep(name);
}

static bool remove_home(void)
{
	bool clean = sweep("all");
	char place[128];

	chmod(home, 0755);
	for (int i = 0; i < family_count; i++) {
		sweep_family(i);
		snprintf(place, sizeof(place), "%s/%d", home, i);
		clean &= rmdir(place) == 0;
	}
	snprintf(place, sizeof(place), "%s/all", home);
	clean &= rmdir(place) == 0;
	return chdir("/") == 0 && rmdir(home) == 0 && clean;
}

/* -- families --------------------------------------------------------------------------------- */

static void start_family(int i)
{
	struct family *f = &families[i];
	char place[128];

	f->seed = first_seed;
	if (i || f->generation)
		f->seed = mix(first_seed + mix(i * 1000003UL + f->generation + 1));
	f->generation++;
	f->moved_ms = now_ms();
	started++;
	f->pid = fork();
	if (f->pid != 0)
		return;
	slot = &slots[i];
	snprintf(place, sizeof(place), "%s/%d", home, i);
	setsid();
	if (chdir(place) < 0)
		_exit(98);
	drop_privileges();
	family(f->seed);
}

/* A group's number is not given to another while the group has members. */
static void end_family(struct family *f)
{
	if (f->pid > 0) {
		kill(f->pid, SIGKILL);
		kill(-f->pid, SIGKILL);
	}
}

static void reap(bool again)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		for (int i = 0; i < family_count; i++) {
			if (families[i].pid != pid)
				continue;
			kill(-pid, SIGKILL);
			families[i].pid = 0;
			sweep_family(i);
			if (again)
				start_family(i);
		}
	}
}

static void end_the_stale(void)
{
	long now = now_ms();

	for (int i = 0; i < family_count; i++) {
		struct family *f = &families[i];

		if (slots[i].calls != f->seen) {
			f->seen = slots[i].calls;
			f->moved_ms = now;
		} else if (now - f->moved_ms > STALE_MS) {
			stalled++;
			f->moved_ms = now;
			end_family(f);
		}
	}
}

static uint64_t calls_made(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < family_count; i++)
		sum += slots[i].calls;
	return sum;
}

static void tell(long ms)
{
	char seeds[MAX_FAMILIES * 20 + 1];
	int len = 0;

	for (int i = 0; i < family_count; i++)
		len += snprintf(seeds + len, sizeof(seeds) - len, " %#lx", families[i].seed);
	diag("%ld s: %lu calls, %lu families, %lu stalled; now%s", ms / 1000, calls_made(), started,
	     stalled, seeds);
}

/* Everybody's end; on Leash, as the first process, also of those who left their family. */
static bool end_all(void)
{
	long deadline = now_ms() + 5000;

	for (int i = 0; i < family_count; i++)
		end_family(&families[i]);
	if (on_leash)
		kill(-1, SIGKILL);
	while (now_ms() < deadline) {
		reap(false);
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return true;
		nap();
	}
	return false;
}

struct pace {
	uint64_t first, last; /* calls in the first and in the last tenth */
};

static struct pace run_families(long total_ms)
{
	long began = now_ms(), told = 0, ms = 0, turn;
	struct pace pace = { 0 };
	uint64_t before_last = 0;

	for (int i = 0; i < family_count; i++)
		start_family(i);
	while (ms < total_ms) {
		nap();
		reap(true);
		end_the_stale();
		turn = now_ms() - began - ms;
		longest_ms = turn > longest_ms ? turn : longest_ms;
		ms += turn;
		if (ms <= total_ms / 10)
			pace.first = calls_made();
		if (ms <= total_ms - total_ms / 10)
			before_last = calls_made();
		if (ms - told >= 1000) {
			told = ms;
			tell(ms);
		}
	}
	pace.last = calls_made() - before_last;
	return pace;
}

/* -- the run ---------------------------------------------------------------------------------- */

static void check_pace(struct pace pace, long seconds)
{
	diag("the supervisor's longest turn took %ld ms", longest_ms);
	diag("calls in the first tenth %lu, in the last %lu", pace.first, pace.last);
	if (seconds < 20)
		skip("too short to tell", "the last tenth is not slower than half the first");
	else
		ok(pace.last * 2 >= pace.first, "the last tenth is not slower than half the first");
}

/* A first short run fills what the kernel keeps for the next time. */
static void warm_up(void)
{
	run_families(300);
	end_all();
	for (int i = 0; i < family_count; i++)
		sweep_family(i);
	sweep("all");
	memset(slots, 0, sizeof(*slots) * MAX_FAMILIES);
	memset(families, 0, sizeof(families));
	started = stalled = longest_ms = 0;
}

static bool prepare(void)
{
	struct slot *shared = mmap(NULL, sizeof(*slots) * MAX_FAMILIES, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return false;
	slots = shared;
	on_leash = getpid() == 1 && access(OBJECTS, R_OK) == 0;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!on_leash)
		drop_privileges(); /* what it tidies up there is never more than an ordinary user's */
	return make_home();
}

int main(int argc, char **argv)
{
	long seconds = argc > 2 ? atol(argv[2]) : 2;
	struct census before;
	struct pace pace;
	long cost;

	if (getuid() == NOBODY)
		return 0; /* a family has found this program and started it */
	if (argc > 1)
		first_seed = strtoul(argv[1], NULL, 0);
	if (argc > 3)
		family_count = atoi(argv[3]);
	if (family_count < 1 || family_count > MAX_FAMILIES || seconds < 1) {
		diag("usage: fuzz [SEED SECONDS FAMILIES], at most %d families", MAX_FAMILIES);
		return 2;
	}
	if (!ok(prepare(), "a place to play in"))
		return done_testing();
	warm_up();
	cost = probe();
	take_census(&before);
	pace = run_families(seconds * 1000);
	tell(seconds * 1000);
	ok(calls_made() > 100UL * seconds, "calls were made");
	ok(end_all(), "all processes end");
	ok(remove_home(), "all files can be removed");
	check_census(&before, on_leash);
	check_pace(pace, seconds);
	check_probe(cost);
	return done_testing();
}
