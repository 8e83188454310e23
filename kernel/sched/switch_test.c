/* SPDX-License-Identifier: ISC */
/*
 * The switch: callee-saved registers and the vector registers of threads that take turns stay
 * their own; threads come and go without a trace.
 */
#include "base/ktest.h"
#include "sched/wait.h"

int test_callee_saved(u64 pattern, void (*fn)(void));
int test_vectors_over_call(u64 pattern, void (*fn)(void), int avx);

#define THREADS 4
#define ROUNDS 200

struct turn {
	u64 pattern;
	u32 bad;
};

static struct turn turns[THREADS];
static u32 running;
static struct wait_queue done = WAIT_QUEUE_INIT(done);

static void finish(void)
{
	__atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
	wait_wake_all(&done);
}

static void registers_main(void *arg)
{
	struct turn *t = arg;

	for (u64 i = 0; i < ROUNDS; i++)
		t->bad |= test_callee_saved(t->pattern + i * 16, schedule);
	finish();
}

static void vectors_main(void *arg)
{
	struct turn *t = arg;

	for (u64 i = 0; i < ROUNDS; i++)
		t->bad |= test_vectors_over_call(t->pattern + i, schedule,
						 (cpu_features.xcr0 & 4) != 0);
	finish();
	thread_exit();
}

static void join(void)
{
	wait_event(&done, READ_ONCE(running) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		KEXPECT_EQ(turns[i].bad, 0);
}

KTEST(switch_keeps_callee_saved_registers, 200)
{
	running = THREADS;
	for (u64 i = 0; i < THREADS; i++) {
		turns[i] = (struct turn){ (i + 1) << 40, 0 };
		KREQUIRE(kthread_start("turn", registers_main, &turns[i]));
	}
	join();
}

KTEST(switch_keeps_vector_registers_apart, 200)
{
	running = THREADS;
	for (u64 i = 0; i < THREADS; i++) {
		struct thread *t = thread_create("turn", vectors_main, &turns[i], true);

		KREQUIRE(t);
		turns[i] = (struct turn){ (i + 1) << 13, 0 }; /* a rounding mode each */
		thread_start(t);
	}
	join();
}

static void nothing(void *arg)
{
	(void)arg;
	finish();
}

KTEST(switch_threads_come_and_go, 300)
{
	for (unsigned i = 0; i < 500; i++) {
		running = 1;
		KREQUIRE(kthread_start("brief", nothing, NULL));
		wait_event(&done, READ_ONCE(running) == 0);
	}
}
