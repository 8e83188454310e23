/* SPDX-License-Identifier: ISC */
/*
 * Who waits for a lock that inherits priority lends its own to the owner: on one CPU nothing of a
 * priority between the two keeps it waiting. Through chains of locks; given back when the waiter goes,
 * for whatever reason. The priority that a thread runs with is field 18 of its stat file, the one that
 * is its own is asked for with sched_getparam(2).
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "child.h"
#include "futex.h"
#include "now.h"
#include "raw_thread.h"
#include "stat.h"
#include "sys.h"
#include "tap.h"

static void become(pid_t tid, int priority)
{
	struct sched_param p = { .sched_priority = priority };

	if (raw(SYS_sched_setscheduler, tid, priority ? SCHED_FIFO : SCHED_OTHER, &p))
		diag("no real-time policy");
}

static int own_priority(pid_t tid)
{
	struct sched_param p = { 0 };

	return raw(SYS_sched_getparam, tid, &p) ? -1 : p.sched_priority;
}

/* The real-time priority it runs with now; 0: none. */
static int runs_with(pid_t tid)
{
	char path[64];
	long priority;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	priority = stat_field(path, 18);
	if (priority == LONG_MIN)
		return -1;
	return priority < 0 ? (int)(-1 - priority) : 0;
}

static long take(unsigned *lock, int within_ms)
{
	struct timespec ts;

	if (!within_ms)
		return futex(lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += within_ms % 1000 * 1000000L;
	ts.tv_sec += within_ms / 1000 + ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return futex(lock, FUTEX_LOCK_PI, 0, &ts, NULL, 0);
}

static long leave(unsigned *lock)
{
	return futex(lock, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0);
}

/* -- three on one CPU ------------------------------------------------------------------------------ */

static unsigned lock_word;
static int low_priority;
static volatile int low_has, middle_runs, high_has, high_first;

static void *low(void *arg)
{
	long end = now_ms() + 5000;

	become(0, low_priority);
	take(&lock_word, 0);
	low_has = 1;
	while (!(__atomic_load_n(&lock_word, __ATOMIC_SEQ_CST) & WAITERS) && now_ms() < end)
		continue;
	leave(&lock_word);
	return arg;
}

static void *middle(void *arg)
{
	long end = now_ms() + 300;

	become(0, 50);
	middle_runs = 1;
	while (!high_has && now_ms() < end)
		continue;
	high_first = high_has;
	return arg;
}

static void *high(void *arg)
{
	become(0, 90);
	take(&lock_word, 0);
	high_has = 1;
	leave(&lock_word);
	return arg;
}

static void inversion(int priority)
{
	pthread_t t[3];

	low_priority = priority;
	low_has = middle_runs = high_has = high_first = 0;
	t[0] = start(low, NULL);
	while (!low_has)
		usleep(200);
	t[1] = start(middle, NULL);
	while (!middle_runs)
		usleep(200);
	t[2] = start(high, NULL);
	for (int i = 0; i < 3; i++)
		join(t[i]);
	ok(high_first, "an owner of priority %d does not wait for one in the middle", priority);
	is_long(lock_word, 0, "the lock is free");
}

/* On one CPU, as the greatest of all. */
static void on_one_cpu(void)
{
	cpu_set_t all, one;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	inversion(10);
	inversion(0);
	sched_setaffinity(0, sizeof(all), &all);
}

/* -- who lends what to whom ------------------------------------------------------------------------ */

/* Takes @holds, then @wants, and leaves both when it is told to. */
struct actor {
	int priority;
	unsigned *holds, *wants;
	int within_ms; /* for @wants; 0: for ever */
	/* What becomes of it: */
	pid_t tid;
	volatile int ready, turn;
	unsigned go, end; /* futexes */
	volatile long result;
	pthread_t thread;
};

static volatile int turns;

static void await(unsigned *flag)
{
	while (!__atomic_load_n(flag, __ATOMIC_SEQ_CST))
		futex(flag, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void raise_flag(unsigned *flag)
{
	__atomic_store_n(flag, 1, __ATOMIC_SEQ_CST);
	futex(flag, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void act(struct actor *a)
{
	become(0, a->priority);
	if (a->holds)
		take(a->holds, 0);
	a->tid = tid();
	a->ready = 1;
	a->result = a->wants ? take(a->wants, a->within_ms) : 0;
	a->turn = ++turns;
	await(&a->go);
	if (a->wants && !a->result)
		leave(a->wants);
	if (a->holds)
		leave(a->holds);
	await(&a->end);
}

static void *act_in_thread(void *actor)
{
	act(actor);
	return NULL;
}

/* It has what it holds, and sleeps: for what it wants, or to be told. */
static void until_settled(const struct actor *a)
{
	while (!a->ready || !tid_sleeps(a->tid))
		usleep(200);
}

static void enter(struct actor *a)
{
	a->thread = start(act_in_thread, a);
	until_settled(a);
}

/* It leaves its locks. */
static void let_go(struct actor *a)
{
	raise_flag(&a->go);
	until_settled(a);
}

static void until_turn(const struct actor *a)
{
	while (!a->turn)
		usleep(200);
}

static void finish(struct actor *a)
{
	raise_flag(&a->go);
	raise_flag(&a->end);
	join(a->thread);
}

static void one_lends(void)
{
	unsigned lock = 0;
	struct actor a = { .priority = 10, .holds = &lock };
	struct actor b = { .priority = 70, .wants = &lock }, c = { .priority = 30, .wants = &lock };

	enter(&a);
	is_long(runs_with(a.tid), 10, "an owner runs with its own priority");
	enter(&c);
	is_long(runs_with(a.tid), 30, "with that of who waits");
	enter(&b);
	is_long(runs_with(a.tid), 70, "with the greatest of those who wait");
	is_long(own_priority(a.tid), 10, "its own is what it was");
	let_go(&a);
	is_long(runs_with(a.tid), 10, "having left it, with its own again");
	until_turn(&b);
	ok(!c.turn, "the greatest gets it");
	let_go(&b);
	until_turn(&c);
	is_long(c.result, 0, "then the other");
	finish(&a);
	finish(&b);
	finish(&c);
}

static void time_runs_out(void)
{
	unsigned lock = 0;
	struct actor a = { .priority = 10, .holds = &lock };
	struct actor b = { .priority = 30, .wants = &lock };
	struct actor c = { .priority = 70, .wants = &lock, .within_ms = 100 };

	enter(&a);
	enter(&b);
	enter(&c);
	until_turn(&c);
	is_long(c.result, -ETIMEDOUT, "the greatest waits no longer");
	is_long(runs_with(a.tid), 30, "the owner runs with the next one's");
	finish(&c);
	finish(&a);
	finish(&b);
}

static void fair_owner(void)
{
	unsigned lock = 0;
	struct actor a = { .priority = 0, .holds = &lock };
	struct actor b = { .priority = 20, .wants = &lock };

	enter(&a);
	is_long(runs_with(a.tid), 0, "an ordinary owner");
	enter(&b);
	is_long(runs_with(a.tid), 20, "is a real-time thread for a while");
	is_long(raw(SYS_sched_getscheduler, a.tid), SCHED_OTHER, "its policy is what it was");
	let_go(&a);
	is_long(runs_with(a.tid), 0, "and an ordinary one again");
	finish(&a);
	finish(&b);
}

/* c waits for b, which waits for a, which d waits for, too. */
static void chain(void)
{
	unsigned first = 0, second = 0;
	struct actor a = { .priority = 10, .holds = &first };
	struct actor b = { .priority = 20, .holds = &second, .wants = &first };
	struct actor c = { .priority = 80, .wants = &second };
	struct actor d = { .priority = 40, .wants = &first };

	enter(&a);
	enter(&b);
	enter(&d);
	is_long(runs_with(a.tid), 40, "two wait for the first");
	enter(&c);
	is_long(runs_with(b.tid), 80, "who waits is lent to, too");
	is_long(runs_with(a.tid), 80, "and lends on");
	let_go(&a);
	until_turn(&b);
	is_long(b.result, 0, "who waits with a lent priority goes before one with more of its own");
	ok(!d.turn, "which waits still");
	is_long(runs_with(a.tid), 10, "nobody waits for the first any more");
	is_long(runs_with(b.tid), 80, "but for the second");
	let_go(&b);
	is_long(runs_with(b.tid), 20, "until it leaves, too");
	finish(&a);
	finish(&b);
	finish(&c);
	finish(&d);
}

static void chain_breaks(void)
{
	unsigned first = 0, second = 0;
	struct actor a = { .priority = 10, .holds = &first };
	struct actor b = { .priority = 20, .holds = &second, .wants = &first };
	struct actor c = { .priority = 80, .wants = &second, .within_ms = 100 };

	enter(&a);
	enter(&b);
	enter(&c);
	until_turn(&c);
	is_long(c.result, -ETIMEDOUT, "the end of a chain waits no longer");
	is_long(runs_with(b.tid), 20, "the middle has its own");
	is_long(runs_with(a.tid), 20, "and lends that");
	finish(&c);
	finish(&a);
	finish(&b);
}

static void settings_change(void)
{
	unsigned lock = 0;
	struct actor a = { .priority = 10, .holds = &lock };
	struct actor b = { .priority = 30, .wants = &lock };

	enter(&a);
	enter(&b);
	become(b.tid, 60);
	is_long(runs_with(a.tid), 60, "who waits is given more, and lends it");
	become(a.tid, 5);
	is_long(runs_with(a.tid), 60, "the owner is given less, and does not feel it");
	is_long(own_priority(a.tid), 5, "but says it");
	become(b.tid, 0);
	is_long(runs_with(a.tid), 5, "who has nothing lends nothing");
	become(b.tid, 40);
	become(a.tid, 50);
	is_long(runs_with(a.tid), 50, "an owner's own may be more");
	become(a.tid, 0);
	is_long(runs_with(a.tid), 40, "or nothing");
	let_go(&a);
	is_long(runs_with(a.tid), 0, "then nothing is left");
	finish(&a);
	finish(&b);
}

/* -- death ------------------------------------------------------------------------------------------- */

static int act_in_child(void *actor)
{
	act(actor);
	return 0;
}

static pid_t spawn(struct actor *a)
{
	pid_t pid = start_child(act_in_child, a);

	while (!a->ready)
		usleep(200);
	until_asleep(pid);
	return pid;
}

static void waiter_dies(struct actor *a, unsigned *lock)
{
	pid_t pid[2];

	a[0] = (struct actor){ .priority = 10, .holds = &lock[0] };
	a[1] = (struct actor){ .priority = 70, .wants = &lock[0] };
	pid[0] = spawn(&a[0]);
	pid[1] = spawn(&a[1]);
	is_long(runs_with(pid[0]), 70, "another process's thread lends");
	kill(pid[1], SIGKILL);
	is_status(status_of(pid[1]), KILLED(SIGKILL), "it is killed while it waits");
	is_long(runs_with(pid[0]), 10, "and lends nothing any more");
	raise_flag(&a[0].go);
	raise_flag(&a[0].end);
	is_status(status_of(pid[0]), EXITED(0), "the owner ends");
}

/* b, the owner of the one and waiting for the other, dies: a is lent to no more, c inherits. */
static void middle_dies(struct actor *a, unsigned *lock)
{
	pid_t pid[4];

	a[0] = (struct actor){ .priority = 10, .holds = &lock[0] };
	a[1] = (struct actor){ .priority = 20, .holds = &lock[1], .wants = &lock[0] };
	a[2] = (struct actor){ .priority = 60, .wants = &lock[1] };
	a[3] = (struct actor){ .priority = 75, .wants = &lock[1] };
	for (int i = 0; i < 3; i++)
		pid[i] = spawn(&a[i]);
	is_long(runs_with(pid[0]), 60, "a chain through processes");
	kill(pid[1], SIGKILL);
	is_status(status_of(pid[1]), KILLED(SIGKILL), "its middle is killed");
	until_turn(&a[2]);
	is_long(runs_with(pid[0]), 10, "the one end is left alone");
	is_long(a[2].result, 0, "the other inherits the lock");
	ok((lock[1] & TID_MASK) == (unsigned)pid[2], "which is its own");
	pid[3] = spawn(&a[3]);
	is_long(runs_with(pid[2]), 75, "and is lent to by who comes now");
	for (int i = 0; i < 4; i++) {
		raise_flag(&a[i].go);
		raise_flag(&a[i].end);
		if (i != 1)
			is_status(status_of(pid[i]), EXITED(0), "each ends: %d", i);
	}
}

/* -- many --------------------------------------------------------------------------------------------- */

#define LOCKS 6
static unsigned many[LOCKS];
static volatile int stop;

/* Takes a run of locks, always upwards: there are chains, no circles. Sometimes gives up. */
static void *climb(void *arg)
{
	unsigned seed = (unsigned)(long)arg * 2654435761u + 1;

	become(0, (int)(long)arg * 7 % 60);
	for (int round = 0; round < 200 && !stop; round++) {
		int from, n = 0;

		seed = seed * 1103515245 + 12345;
		from = (int)(seed >> 16) % (LOCKS - 2);
		while (n < 3 && !take(&many[from + n], seed >> 20 & 1 ? 1 : 0))
			n++;
		if (seed >> 21 & 1)
			usleep(50);
		while (n)
			leave(&many[from + --n]);
	}
	return (void *)(long)(runs_with(tid()) != own_priority(tid()));
}

static void storm(void)
{
	pthread_t t[8];
	long wrong = 0, left = 0;

	for (long i = 0; i < 8; i++)
		t[i] = start(climb, (void *)(i + 1));
	for (int i = 0; i < 8; i++)
		wrong += (long)join(t[i]);
	for (int i = 0; i < LOCKS; i++)
		left |= many[i];
	is_long(wrong, 0, "after a storm each has its own priority");
	is_long(left, 0, "and all locks are free");
}

int main(void)
{
	struct actor *a =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned *lock = (unsigned *)&a[8];

	become(0, 95);
	on_one_cpu();
	one_lends();
	time_runs_out();
	fair_owner();
	chain();
	chain_breaks();
	settings_change();
	waiter_dies(a, lock);
	middle_dies(a, lock + 2);
	storm();
	return done_testing();
}
