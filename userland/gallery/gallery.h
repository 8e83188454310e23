/* SPDX-License-Identifier: ISC */
/*
 * The gallery's parts: rogues and their fates (rogue.c), the innocent process beside them
 * (innocent.c), and what the kernel has left afterwards (leaks.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct rogue {
	const char *name, *what;
	unsigned long fate, linux_fate;
};

extern const struct rogue rogues[];
extern const size_t rogue_count;

/* Is this Leash? Its version string or its /proc says so. */
bool on_leash(void);

/*
 * Start a rogue from `dir`. *alive is a descriptor that ends when the rogue and all it started have
 * ended. Returns its pid or -1.
 */
pid_t rogue_start(const char *dir, const struct rogue *rogue, int *alive);

/* Wait for what becomes of it, kill it if that is its fate, and report one test. */
void rogue_judge(const struct rogue *rogue, pid_t pid, int alive, const char *how);

/* Does it take all there is of something, so that beside it the others may fail? */
bool rogue_is_greedy(const struct rogue *rogue);

/* Wait until fd has something to read or has ended. Returns false when the time is over. */
bool readable_within(int fd, int ms);

/* The innocent process: start it, ask whether all it computed is right, end it. */
void innocent_start(void);
bool innocent_is_well(void);
void innocent_end(void);

/* Note what there is; later, test that nothing is gone. */
void leaks_note(void);
void leaks_check(void);
