/* SPDX-License-Identifier: ISC */
/*
 * The in-kernel test runner: tests stand beside the code, are collected by the linker, and
 * print KTAP v1. After each test the live-object counters (base/counter.h) must be what
 * they were; each test has a time budget that is asserted.
 *
 *	KTEST(pipe_wraps, 50)		// 50 ms budget
 *	{
 *		KEXPECT(x == 3);
 *		KEXPECT_EQ(a, b);
 *	}
 *
 * Tests run in a kernel thread with interrupts on and may sleep.
 */
#pragma once

#include "lib/types.h"

struct ktest {
	const char *name; /* "file: name" */
	void (*run)(void);
	u32 budget_ms;
};

#define KTEST(id, ms)                                                                              \
	static void ktest_##id(void);                                                              \
	static const struct ktest ktest_entry_##id = { #id, ktest_##id, ms };                      \
	static const struct ktest *const ktest_ptr_##id                                            \
		__attribute__((section(".ktests"), used)) = &ktest_entry_##id;                     \
	static void ktest_##id(void)

/* One that ends the machine, by a panic that is looked at from outside: runs only where the pattern
 * is its whole name. */
#define KTEST_FATAL(id) KTEST(id, 0)

/* A failed expectation is printed with its place and fails the test, which goes on. */
void ktest_fail(const char *file, int line, const char *what, i64 a, i64 b);
#define KEXPECT(cond)                                                                              \
	do {                                                                                       \
		if (!(cond))                                                                       \
			ktest_fail(__FILE__, __LINE__, #cond, 0, 0);                               \
	} while (0)
#define KEXPECT_EQ(a, b)                                                                           \
	do {                                                                                       \
		i64 ka_ = (i64)(a), kb_ = (i64)(b);                                                \
		if (ka_ != kb_)                                                                    \
			ktest_fail(__FILE__, __LINE__, #a " == " #b, ka_, kb_);                    \
	} while (0)
#define KREQUIRE(cond)                                                                             \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			ktest_fail(__FILE__, __LINE__, #cond, 0, 0);                               \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* Marks the running test as skipped, with the reason in the KTAP line. */
void ktest_skip(const char *why);

/*
 * Lets threads that are ending end (a yield or a short sleep): called between a test and its
 * leak check until the counters agree, 20 times at most. Set by sched; NULL: busy wait.
 */
extern void (*ktest_settle)(void);

/* Runs those whose name contains @pattern (NULL: all). Returns the number of failed tests. */
unsigned ktest_run(const char *pattern);

/*
 * Fault injection: after @skip more successful allocations the next @count fail (page_alloc
 * and slab ask fault_injected()). 0, 0 turns it off.
 */
void fault_inject(u32 skip, u32 count);
bool fault_injected_slow(void);
extern u32 fault_injection_on;
static inline bool fault_injected(void)
{
	return unlikely(fault_injection_on) && fault_injected_slow();
}
