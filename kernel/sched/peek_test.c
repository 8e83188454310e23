/* SPDX-License-Identifier: ISC */
/* Looking without a lock (base/peek.h): a second CPU looks, all the time, at what the first one removes. */
#include "base/ktest.h"
#include "base/peek.h"
#include "sched/thread.h"
#include "sched/wait.h"

#define LOOKS 1000
#define GLANCES 100 /* of one look */

static u32 removed[2]; /* atomic: nobody may look at that one */
static u32 shown; /* atomic: which of them can be found */
static bool looks_end; /* atomic */
static u32 wrong; /* atomic: how often what was found was gone before the look ended */
static struct wait_queue looks_done = WAIT_QUEUE_INIT(looks_done);

/* As long as somebody looks: how often is no matter, the two have to meet. */
static void remove_in_turn(void)
{
	for (u32 old = 0; !__atomic_load_n(&looks_end, __ATOMIC_SEQ_CST); old = !old) {
		__atomic_store_n(&removed[!old], 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&shown, !old, __ATOMIC_RELEASE);
		peek_await();
		__atomic_store_n(&removed[old], 1, __ATOMIC_RELEASE);
	}
}

/* A CPU of an emulator rests for long: rather not within a look. */
static void look_at_shown(void)
{
	u32 found;

	peek_begin();
	found = __atomic_load_n(&shown, __ATOMIC_ACQUIRE);
	for (u32 i = 0; i < GLANCES; i++)
		wrong += __atomic_load_n(&removed[found], __ATOMIC_ACQUIRE);
	peek_end();
	for (u32 i = 0; i < GLANCES; i++)
		cpu_relax();
}

static void look_main(void *arg)
{
	(void)arg;
	for (u32 i = 0; i < LOOKS; i++)
		look_at_shown();
	__atomic_store_n(&looks_end, true, __ATOMIC_SEQ_CST);
	wait_wake_all(&looks_done);
}

KTEST(peek_removal_waits_for_who_looks, 500)
{
	if (cpu_count < 2) {
		ktest_skip("needs a second CPU");
		return;
	}
	looks_end = false;
	removed[0] = removed[1] = shown = wrong = 0;
	KREQUIRE(kthread_start_on(1, "look", look_main, NULL));
	remove_in_turn();
	wait_event(&looks_done, __atomic_load_n(&looks_end, __ATOMIC_SEQ_CST));
	KEXPECT_EQ(wrong, 0);
}
