/* SPDX-License-Identifier: ISC */
/*
 * Mutation twins: a build with MUTANTS=1 can take one protection away at boot
 * (`break=smap,nx`), to show that a test notices. In every other build MUTANT(x) is the
 * constant false and nothing of this is in the kernel. Where each is asked for stands in
 * tests/mutants.tbl beside the test that must fail.
 *
 *	if (cpu_features.smap && !MUTANT(smap))
 *		cr4 |= CR4_SMAP;
 */
#pragma once

#include "lib/types.h"

/* name, what is missing then */
#define MUTANTS_LIST(X)                                                                            \
	X(smap, "kernel may touch user pages anywhere")                                            \
	X(smep, "kernel may run user pages")                                                       \
	X(nx, "data and stack may be executed")                                                    \
	X(rsp0, "the kernel stack is not changed at a switch")                                     \
	X(fmask, "system calls keep the user's flags")                                             \
	X(timer, "no timer takes the CPU back")                                                    \
	X(wp, "kernel writes ignore read-only pages")                                              \
	X(cow, "fork shares pages writably")                                                       \
	X(zero, "new memory shows old contents")                                                   \
	X(sysret, "every return is by SYSRET, checked or not")                                     \
	X(fpu, "FPU registers are not switched")                                                   \
	X(kstackguard, "kernel stacks have no guard page")                                         \
	X(umip, "user mode may read the descriptor table registers")                               \
	X(copycheck, "user copies do not check the range")                                         \
	X(fence, "a sleeper or a waker looks before its own write is seen")                        \
	X(slablock, "CPUs do not exclude each other at slabs")                                     \
	X(peek, "what another CPU looks at without a lock is freed")                               \
	X(lend, "who waits for a lock lends its owner no priority")                                \
	X(shootdown, "other CPUs keep user translations that are gone")                            \
	X(balance, "threads that wait stay on their CPU")                                          \
	X(charge, "threads of odd number are charged a seventh less than they had")                \
	X(apstart, "processors with odd APIC ids are never started")                               \
	X(tsc, "the other CPUs' time stamp counters are far off")

#ifdef MUTANTS

#define MUTANT_DECLARE(name, text) extern bool mutant_##name;
MUTANTS_LIST(MUTANT_DECLARE)
#undef MUTANT_DECLARE
#define MUTANT(name) unlikely(mutant_##name)

/* @list: names with commas between, as after `break=`. Unknown ones are reported. Early boot. */
void mutants_set(const char *list);

/* Sets those of a word `break=` in @cmdline, silently: before the log, before the CPU is set up. */
void mutants_early(const char *cmdline);

#else

#define MUTANT(name) false

static inline void mutants_early(const char *cmdline)
{
	(void)cmdline;
}

#endif
