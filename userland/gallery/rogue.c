/* SPDX-License-Identifier: ISC */
/*
 * Running a rogue and judging its end. A pipe whose writing end only the rogue and its descendants
 * hold tells of their end, so there is an event to wait for and a time after which it did not come.
 */
#include "gallery.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fates.h"
#include "tap.h"

#define END_MS 60000 /* for the greedy ones on a slow emulator */
#define LOOP_MS 50
#define NOBODY 65534

#define ROGUE(name, fate, linux_fate, what, ...) { #name, what, fate, linux_fate },
const struct rogue rogues[] = {
#include "rogues.tbl"
};
const size_t rogue_count = sizeof(rogues) / sizeof(rogues[0]);

bool on_leash(void)
{
	struct utsname name;

	return access("/proc/leash", F_OK) == 0 ||
	       (uname(&name) == 0 &&
		(strcasestr(name.release, "leash") || strcasestr(name.version, "leash")));
}

/* Linux is the host here: no rogue is root on it, nor may it take more than a little. */
static void protect_host(void)
{
	const struct rlimit memory = { 200 << 20, 200 << 20 };
	const struct rlimit processes = { 60, 60 };

	if (on_leash())
		return;
	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_NPROC, &processes);
	if (getuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		_exit(126);
}

bool rogue_is_greedy(const struct rogue *rogue)
{
	static const char *const greedy[] = { "memory_hog", "fork_generations", "fork_bomb",
					      "pipe_hog" };

	for (size_t i = 0; i < sizeof(greedy) / sizeof(greedy[0]); i++)
		if (strcmp(rogue->name, greedy[i]) == 0)
			return true;
	return false;
}

pid_t rogue_start(const char *dir, const struct rogue *rogue, int *alive)
{
	char path[512];
	char *argv[] = { (char *)rogue->name, NULL };
	int ends[2];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/rogues/%s", dir, rogue->name);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		fcntl(ends[1], F_SETFD, 0);
		protect_host();
		execv(path, argv);
		_exit(127);
	}
	close(ends[1]);
	*alive = ends[0];
	return pid;
}

bool readable_within(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

static unsigned first_of(unsigned long fates)
{
	return fates & ((1 << FATE_BITS) - 1);
}

static bool is_loop(unsigned long fates)
{
	return first_of(fates) == LOOP || first_of(fates) == DEAF;
}

/* In the notation of the table; a loop is known by having lived until it was killed. */
static unsigned fate_of(int status, bool was_killed)
{
	if (WIFEXITED(status))
		return EXIT(WEXITSTATUS(status));
	if (was_killed && WTERMSIG(status) == SIGKILL)
		return LOOP;
	return WTERMSIG(status);
}

static bool as_expected(unsigned got, unsigned long want)
{
	for (; want; want >>= FATE_BITS)
		if (got == first_of(want) || (got == LOOP && is_loop(want)))
			return true;
	return false;
}

/* Returns whether it had to be killed, because it goes on for ever or because of the time. */
static bool end_it(unsigned long want, pid_t pid, int alive)
{
	if (readable_within(alive, is_loop(want) ? LOOP_MS : END_MS))
		return false;
	if (want == DEAF) {
		kill(pid, SIGTERM);
		kill(pid, SIGINT);
		if (readable_within(alive, LOOP_MS))
			return false;
	}
	kill(pid, SIGKILL);
	return true;
}

void rogue_judge(const struct rogue *rogue, pid_t pid, int alive, const char *how)
{
	unsigned long want = on_leash() ? rogue->fate : rogue->linux_fate;
	unsigned fate;
	bool killed;
	int status = 0;

	if (pid < 0) {
		ok(false, "%s%s: %s", rogue->name, how, rogue->what);
		return;
	}
	killed = end_it(want, pid, alive);
	close(alive);
	waitpid(pid, &status, 0);
	fate = fate_of(status, killed);
	if (!ok(as_expected(fate, want), "%s%s: %s", rogue->name, how, rogue->what))
		diag("fate %#x, want %#lx (see fates.h)", fate, want);
}
