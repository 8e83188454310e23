/* SPDX-License-Identifier: ISC */
/*
 * Storms of threads, with a seed: made and ended, on mutexes, conditions and bare futexes, signals against
 * ends, forks and execs beside them. What counts is that sums are right and that it ends: a lost wake-up
 * hangs, and the runner's time is over.
 *
 *   thread_storm            a short one
 *   thread_storm N SEED     N times as long
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "futex.h"
#include "sys.h"
#include "tap.h"

static int scale = 1;
static uint64_t seed = 1;
static char *self;

static uint64_t random_of(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s * 0x2545f4914f6cdd1d >> 16;
}

/* Onto some processor: so they meet from several, wherever they would be by themselves. */
static void move_somewhere(uint64_t *s)
{
	uint64_t mask = 1UL << random_of(s) % sysconf(_SC_NPROCESSORS_ONLN);

	raw(SYS_sched_setaffinity, 0, sizeof(mask), &mask);
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t t;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 32768);
	while ((err = pthread_create(&t, &attr, fn, arg)) == EAGAIN)
		usleep(1000);
	if (err)
		_exit(2);
	return t;
}

/* -- made and ended ---------------------------------------------------------------------------------- */

static long born, died;

static void *live_shortly(void *arg)
{
	uint64_t s = (uint64_t)arg;

	__atomic_fetch_add(&born, 1, __ATOMIC_SEQ_CST);
	move_somewhere(&s);
	for (int n = random_of(&s) % 4; n; n--)
		sched_yield();
	__atomic_fetch_add(&died, 1, __ATOMIC_SEQ_CST);
	return arg;
}

static void *make_threads(void *arg)
{
	uint64_t s = (uint64_t)arg;
	long wrong = 0;

	for (int i = 0; i < 40 * scale; i++) {
		pthread_t t[8];
		int n = 1 + random_of(&s) % 8;
		void *r;

		for (int k = 0; k < n; k++)
			t[k] = start(live_shortly, (void *)(s | 1));
		for (int k = 0; k < n; k++) {
			pthread_join(t[k], &r);
			wrong += r != (void *)(s | 1);
		}
	}
	return (void *)wrong;
}

static long run(void *(*fn)(void *), int threads)
{
	pthread_t t[16];
	long sum = 0;
	void *r;

	for (int i = 0; i < threads; i++)
		t[i] = start(fn, (void *)(random_of(&seed) | 1));
	for (int i = 0; i < threads; i++) {
		pthread_join(t[i], &r);
		sum += (long)r;
	}
	return sum;
}

/* -- locks of all kinds ------------------------------------------------------------------------------ */

#define WORDS 5

static pthread_mutex_t mutex[WORDS];
static long guarded[WORDS], total;

static void *lock_about(void *arg)
{
	uint64_t s = (uint64_t)arg;

	move_somewhere(&s);
	for (int i = 0; i < 1500 * scale; i++) {
		int k = random_of(&s) % WORDS;

		pthread_mutex_lock(&mutex[k]);
		guarded[k]++;
		if (random_of(&s) % 64 == 0)
			sched_yield();
		pthread_mutex_unlock(&mutex[k]);
		__atomic_fetch_add(&total, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* A counting lock of nothing but futex calls: 0 free, 1 taken, 2 taken and waited for. */
static unsigned bare[WORDS];
static long bare_guarded[WORDS];

static void bare_lock(unsigned *w)
{
	unsigned c = 0;

	if (__atomic_compare_exchange_n(w, &c, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return;
	if (c != 2)
		c = __atomic_exchange_n(w, 2, __ATOMIC_SEQ_CST);
	while (c) {
		futex(w, FUTEX_WAIT | PRIVATE, 2, NULL, NULL, 0);
		c = __atomic_exchange_n(w, 2, __ATOMIC_SEQ_CST);
	}
}

static void bare_unlock(unsigned *w)
{
	if (__atomic_exchange_n(w, 0, __ATOMIC_SEQ_CST) == 2)
		futex(w, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0);
}

static void *torture_futex(void *arg)
{
	uint64_t s = (uint64_t)arg;

	move_somewhere(&s);
	for (int i = 0; i < 1500 * scale; i++) {
		int k = random_of(&s) % WORDS;

		bare_lock(&bare[k]);
		bare_guarded[k]++;
		if (random_of(&s) % 16 == 0)
			sched_yield();
		bare_unlock(&bare[k]);
	}
	return NULL;
}

/* Two sides throw a ball: each wake-up is needed. */
static unsigned ball;

static void *throw_ball(void *arg)
{
	unsigned side = (unsigned)(uintptr_t)arg & 1;
	uint64_t s = (uint64_t)arg;

	move_somewhere(&s);
	for (int i = 0; i < 2000 * scale; i++) {
		unsigned at;

		while (((at = __atomic_load_n(&ball, __ATOMIC_SEQ_CST)) & 1) != side)
			futex(&ball, FUTEX_WAIT | PRIVATE, at, NULL, NULL, 0);
		__atomic_store_n(&ball, at + 1, __ATOMIC_SEQ_CST);
		futex(&ball, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0);
	}
	return NULL;
}

static pthread_mutex_t box_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t box_filled = PTHREAD_COND_INITIALIZER, box_emptied = PTHREAD_COND_INITIALIZER;
static int box_count;
static long put_in, taken_out;

static void *fill_or_empty(void *arg)
{
	bool fills = __atomic_fetch_add(&total, 1, __ATOMIC_SEQ_CST) % 2;

	(void)arg;
	for (int i = 0; i < 800 * scale; i++) {
		pthread_mutex_lock(&box_lock);
		while (box_count == (fills ? 3 : 0))
			pthread_cond_wait(fills ? &box_emptied : &box_filled, &box_lock);
		box_count += fills ? 1 : -1;
		put_in += fills;
		taken_out += !fills;
		pthread_cond_signal(fills ? &box_filled : &box_emptied);
		pthread_mutex_unlock(&box_lock);
	}
	return NULL;
}

static void locks(void)
{
	pthread_t a, b;
	long sum = 0;

	for (int i = 0; i < WORDS; i++)
		pthread_mutex_init(&mutex[i], NULL);
	run(lock_about, 6);
	for (int i = 0; i < WORDS; i++)
		sum += guarded[i];
	ok(sum == total && sum == 6 * 1500L * scale, "mutexes lose no count");
	run(torture_futex, 6);
	sum = 0;
	for (int i = 0; i < WORDS; i++)
		sum += bare_guarded[i];
	is_long(sum, 6 * 1500L * scale, "bare futexes neither");
	a = start(throw_ball, (void *)2);
	b = start(throw_ball, (void *)3);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	is_long(ball, 4000L * scale, "a ball is never lost");
	total = 0;
	run(fill_or_empty, 6);
	ok(box_count == 0 && put_in == taken_out && put_in == 3 * 800L * scale,
	   "a box is filled as often as it is emptied");
}

/* -- ends of processes, in the middle of anything ---------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
}

static void *busy(void *arg)
{
	uint64_t s = (uint64_t)arg;
	unsigned word = 0;

	move_somewhere(&s);
	for (;;) {
		struct timespec ts = { 0, 100000 };

		switch (random_of(&s) % 7) {
		case 0: sched_yield(); break;
		case 1: futex(&word, FUTEX_WAIT | PRIVATE, 0, &ts, NULL, 0); break;
		case 2: usleep(50); break;
		case 3: raw(SYS_kill, getpid(), SIGUSR1); break;
		case 4: raw(SYS_tkill, raw(SYS_gettid), SIGUSR2); break;
		case 5: free(malloc(random_of(&s) % 100000)); break;
		default:
			for (volatile int i = 0; i < 1000; i++)
				;
		}
	}
	return NULL;
}

/* What @arg's low bits say happens after a moment, in one of several busy threads. */
static void *end_somehow(void *arg)
{
	uint64_t s = (uint64_t)arg;
	char *argv[] = { self, "exec", "x", "y", NULL };

	move_somewhere(&s);
	usleep(random_of(&s) % 3000);
	switch ((uint64_t)arg % 4) {
	case 0: _exit(21);
	case 1: raw(SYS_kill, getpid(), SIGKILL); break;
	case 2: execv(self, argv); break;
	default: __asm__ volatile("movl $1, 8");
	}
	for (;;)
		pause();
}

static int end_in_the_middle(void *arg)
{
	uint64_t s = (uint64_t)arg * 0x9e3779b97f4a7c15 | 1;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	for (int i = 0; i < 4; i++)
		start(busy, (void *)(random_of(&s) | 1));
	start(end_somehow, arg);
	if ((uint64_t)arg & 8)
		raw(SYS_exit, 0);
	busy((void *)s);
	return 0;
}

static void ends(void)
{
	static const int want[] = { EXITED(21), KILLED(SIGKILL), EXITED(22), KILLED(SIGSEGV) };
	int wrong = 0;

	for (int i = 0; i < 40 * scale; i++) {
		uint64_t arg = (random_of(&seed) & ~3UL) | (i % 4);
		int status = in_child(end_in_the_middle, (void *)arg);

		if (i % 4 == 2 && (status == KILLED(SIGUSR1) || status == KILLED(SIGUSR2)))
			continue; /* sent to the old program, taken by the new one */
		if (status != want[i % 4] && ++wrong == 1)
			diag("round %d: status %x", i, status);
	}
	is_long(wrong, 0, "processes of busy threads end as they should");
}

/* -- forks beside them --------------------------------------------------------------------------------- */

static void *fork_often(void *arg)
{
	long wrong = 0;

	(void)arg;
	for (int i = 0; i < 12 * scale; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(raw(SYS_gettid) == getpid() ? 3 : 4);
		wrong += status_of(pid) != EXITED(3);
	}
	return (void *)wrong;
}

int main(int argc, char **argv)
{
	static char path[128];

	if (argc == 4)
		return 22;
	if (argc == 3) {
		scale = atoi(argv[1]);
		seed = strtoull(argv[2], NULL, 0) | 1;
	}
	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		strcpy(path, argv[0]);
	self = path;
	is_long(run(make_threads, 6), 0, "threads that make threads");
	ok(born == died && born > 0, "as many end as begin");
	locks();
	ends();
	is_long(run(fork_often, 4), 0, "forks of threads");
	return done_testing();
}
