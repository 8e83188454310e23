/* SPDX-License-Identifier: ISC */
/*
 * Segment selectors that a program loads are its own: a child inherits them, a new program starts
 * with none, and another process never sees them.
 */
#include <sched.h>
#include <stdint.h>
#include <string.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define USER_DATA 0x2b

static unsigned selector_es(void)
{
	uint16_t es;

	__asm__ volatile("mov %%es, %0" : "=r"(es));
	return es;
}

static void load_es(unsigned selector)
{
	__asm__ volatile("mov %0, %%es" ::"r"(selector));
}

static int inherits(void *want)
{
	return selector_es() == (long)want ? 33 : 1;
}

/* Takes turns with its parent, which has another selector loaded. */
static int keeps_own(void *unused)
{
	(void)unused;
	load_es(0);
	for (int i = 0; i < 100; i++) {
		sched_yield();
		if (selector_es() != 0)
			return 1;
	}
	return 33;
}

static void taking_turns(void)
{
	pid_t pid = start_child(keeps_own, NULL);
	int lost = 0;

	for (int i = 0; i < 100; i++) {
		sched_yield();
		lost += selector_es() != USER_DATA;
	}
	is_status(status_of(pid), EXITED(33), "the other one never sees ours");
	is_long(lost, 0, "ours stays loaded");
}

int main(void)
{
	is_long(selector_es(), 0, "a program starts with none");
	load_es(USER_DATA);
	is_long(selector_es(), USER_DATA, "user data can be loaded");
	is_status(in_child(inherits, (void *)USER_DATA), EXITED(33), "a child inherits it");
	taking_turns();
	load_es(0);
	is_status(in_child(inherits, (void *)0), EXITED(33), "and inherits none");
	return done_testing();
}
