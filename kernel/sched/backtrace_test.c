/* SPDX-License-Identifier: ISC */
/*
 * Walks up stacks (base/backtrace.h) of functions whose frames GCC lays out in different ways, and across
 * a timer interrupt, which is why the test stands in this room.
 */
#include "base/backtrace.h"
#include "base/ktest.h"
#include "base/symbols.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "sched/timer.h"

#define NOT_INLINE __attribute__((noipa))

static u64 chain[16];
static u32 depth;

static NOT_INLINE void collect(void)
{
	depth = backtrace_collect(backtrace_here(), chain, ARRAY_SIZE(chain));
}

/* Its frame is found through rbp: the stack pointer is anywhere. */
static NOT_INLINE void with_array(u32 n, void (*fn)(void))
{
	volatile u8 array[n];

	array[0] = 1;
	fn();
	array[n - 1] = array[0];
}

static NOT_INLINE void with_full_registers(u32 n, void (*fn)(void))
{
	u64 a = n * 3, b = n * 5, c = n * 7, d = n ^ 11;

	with_array(n, fn);
	KEXPECT_EQ((a + b + c) ^ d, (15UL * n) ^ n ^ 11);
}

/* Does chain[@i] lie in function @name? */
static bool is_in(u32 i, const char *name)
{
	char where[96];
	size_t n = strlen(name);

	symbols_describe(chain[i] - 1, where, sizeof(where));
	return i < depth && strncmp(where, name, n) == 0 && (where[n] == '+' || where[n] == '.');
}

static bool have_symbols(void)
{
	if (symbols_find_frame((u64)collect))
		return true;
	ktest_skip("no kernel.sym");
	return false;
}

KTEST(backtrace_of_calls, 20)
{
	if (!have_symbols())
		return;
	with_full_registers(100, collect);
	KEXPECT(is_in(0, "collect"));
	KEXPECT(is_in(1, "with_array"));
	KEXPECT(is_in(2, "with_full_registers"));
	KEXPECT(is_in(3, "ktest_backtrace_of_calls"));
}

static void interrupt(struct timer *t)
{
	(void)t;
	collect();
}

static NOT_INLINE void wait_for_interrupt(void)
{
	struct timer t;

	depth = 0;
	timer_init(&t, interrupt);
	timer_arm(&t, clock_ns());
	while (!READ_ONCE(depth))
		cpu_relax();
}

static u32 position_of(const char *name)
{
	u32 i = 0;

	while (i < depth && !is_in(i, name))
		i++;
	return i;
}

KTEST(backtrace_across_an_interrupt, 50)
{
	u32 at;

	if (!have_symbols())
		return;
	with_full_registers(100, wait_for_interrupt);
	at = position_of("wait_for_interrupt");
	KREQUIRE(at + 2 < depth);
	KEXPECT(at > 2);
	KEXPECT(is_in(at + 1, "with_array"));
	KEXPECT(is_in(at + 2, "with_full_registers"));
}
