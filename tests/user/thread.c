/* SPDX-License-Identifier: ISC */
/*
 * Threads as a C library makes them: what they share, what each has for itself, and their locks.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"
#include "tap.h"
#include "raw_thread.h"

/* -- what is shared, and what is not -------------------------------------------------------------- */

static _Thread_local long own = 5;
static long tid_seen, own_seen, mask_seen;

static void *look_around(void *arg)
{
	sigset_t mask;

	(void)arg;
	tid_seen = tid();
	own_seen = own;
	own = 7;
	sigprocmask(SIG_BLOCK, NULL, &mask);
	mask_seen = sigismember(&mask, SIGUSR2);
	return (void *)0x1234;
}

static void basics(void)
{
	sigset_t mask;

	own = 6;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	is_long((long)join(start(look_around, NULL)), 0x1234,
		"a thread runs, and its value comes back");
	ok(tid_seen != getpid() && tid_seen > 0, "its tid is not the process's");
	is_long(tid(), getpid(), "the first thread's is");
	is_long(own_seen, 5, "a variable of a thread begins with its value");
	is_long(own, 6, "and stays the thread's own");
	is_long(mask_seen, 1, "the signal mask is inherited");
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	for (int i = 0; i < 1000 && raw(SYS_tgkill, getpid(), tid_seen, 0) == 0; i++)
		usleep(1000);
	is_long(raw(SYS_tgkill, getpid(), tid_seen, 0), -ESRCH, "its tid is free afterwards");
}

static int shared_fd = -1;

static void *change_things(void *arg)
{
	sigset_t mask;

	(void)arg;
	shared_fd = open("/dev/null", O_RDONLY);
	if (chdir("/tmp") < 0)
		return NULL;
	umask(0123);
	signal(SIGUSR1, SIG_IGN);
	setenv("FROM", "thread", 1);
	sigfillset(&mask);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	prctl(PR_SET_NAME, "changer");
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void sharing(void)
{
	char cwd[64] = "", name[16] = "";
	struct sigaction sa;
	struct stat st;
	sigset_t mask;
	char *page;

	prctl(PR_SET_NAME, "first");
	page = join(start(change_things, NULL));
	ok(shared_fd > 2 && fstat(shared_fd, &st) == 0, "descriptors are shared");
	close(shared_fd);
	ok(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/tmp"), "the directory is shared");
	is_long(umask(022), 0123, "the umask is shared");
	sigaction(SIGUSR1, NULL, &sa);
	ok(sa.sa_handler == SIG_IGN, "signal actions are shared");
	signal(SIGUSR1, SIG_DFL);
	page[0] = 1;
	ok(page[0] == 1, "memory is shared");
	munmap(page, 4096);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	is_long(sigismember(&mask, SIGUSR1), 0, "the mask is not");
	prctl(PR_GET_NAME, name);
	ok(!strcmp(name, "first"), "the name is not");
}

/* -- mutexes and conditions ------------------------------------------------------------------------ */

#define COUNTERS 4
#define COUNTS 2000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long counter, turn;

static void *count(void *arg)
{
	for (int i = 0; i < COUNTS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		if (i % 64 == 0)
			sched_yield();
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static void *take_turns(void *arg)
{
	long me = (long)arg;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < 200; i++) {
		while (turn % 3 != me)
			pthread_cond_wait(&changed, &lock);
		turn++;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int times_once;

static void only_once(void)
{
	times_once++;
	usleep(1000);
}

static void *call_once_(void *arg)
{
	pthread_once(&once, only_once);
	return arg;
}

static pthread_barrier_t barrier;
static long arrived;

static void *pass_barrier(void *arg)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
	pthread_barrier_wait(&barrier);
	return (void *)(long)(__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) == (long)arg);
}

static void run_many(void *(*fn)(void *), long n, bool same)
{
	pthread_t t[16];

	for (long i = 0; i < n; i++)
		t[i] = start(fn, (void *)(same ? n : i));
	for (long i = 0; i < n; i++)
		join(t[i]);
}

static void synchronisation(void)
{
	pthread_t t[8];
	long passed = 0;

	run_many(count, COUNTERS, false);
	is_long(counter, COUNTERS * COUNTS, "a mutex loses no count");
	run_many(take_turns, 3, false);
	is_long(turn, 600, "a condition passes turns");
	run_many(call_once_, 6, false);
	is_long(times_once, 1, "once is once");
	pthread_barrier_init(&barrier, NULL, 8);
	for (long i = 0; i < 8; i++)
		t[i] = start(pass_barrier, (void *)8);
	for (long i = 0; i < 8; i++)
		passed += (long)join(t[i]);
	is_long(passed, 8, "nobody passes a barrier before all have come");
}

static void *wait_timed(void *arg)
{
	struct timespec ts;
	long r;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 20000000;
	if (ts.tv_nsec >= 1000000000)
		ts.tv_nsec -= 1000000000, ts.tv_sec++;
	pthread_mutex_lock(&lock);
	r = pthread_cond_timedwait(&changed, &lock, &ts);
	pthread_mutex_unlock(&lock);
	return (void *)r;
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long words[2];

static void *read_or_write(void *arg)
{
	long torn = 0;

	for (int i = 0; i < 500; i++) {
		if ((long)arg % 4 == 0) {
			pthread_rwlock_wrlock(&rwlock);
			words[0]++;
			if (i % 16 == 0)
				sched_yield();
			words[1]++;
		} else {
			pthread_rwlock_rdlock(&rwlock);
			torn += words[0] != words[1];
		}
		pthread_rwlock_unlock(&rwlock);
	}
	return (void *)torn;
}

static void more_locks(void)
{
	pthread_t t[8];
	long torn = 0;

	is_long((long)join(start(wait_timed, NULL)), ETIMEDOUT, "a timed wait ends");
	for (long i = 0; i < 8; i++)
		t[i] = start(read_or_write, (void *)i);
	for (long i = 0; i < 8; i++)
		torn += (long)join(t[i]);
	is_long(torn, 0, "readers see no half of a write");
	is_long(words[1], 1000, "and all writes");
}

/* -- cancelling and detaching ---------------------------------------------------------------------- */

static void note_cleanup(void *arg)
{
	*(int *)arg = 1;
}

static void *sleep_for_ever(void *arg)
{
	pthread_cleanup_push(note_cleanup, arg);
	for (;;)
		pause();
	pthread_cleanup_pop(0);
	return NULL;
}

static void *tell(void *arg)
{
	char c = 'x';

	return (void *)write(*(int *)arg, &c, 1);
}

static void cancelling(void)
{
	int cleaned = 0, ends[2];
	pthread_t t = start(sleep_for_ever, &cleaned);
	char c = 0;

	usleep(2000);
	is_long(pthread_cancel(t), 0, "a sleeping thread is cancelled");
	ok(join(t) == PTHREAD_CANCELED, "and says so");
	is_long(cleaned, 1, "after it has cleaned up");
	if (pipe(ends) < 0)
		return;
	pthread_detach(start(tell, &ends[1]));
	ok(read(ends[0], &c, 1) == 1 && c == 'x', "a detached thread runs");
	close(ends[0]);
	close(ends[1]);
}

/* -- many ------------------------------------------------------------------------------------------ */

#define MANY 1000

static pthread_barrier_t many_barrier;

static void *wait_for_all(void *arg)
{
	pthread_barrier_wait(&many_barrier);
	return arg;
}

static void many(void)
{
	static pthread_t t[MANY];
	pthread_attr_t attr;
	int made = 0, good = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	pthread_barrier_init(&many_barrier, NULL, MANY + 1);
	while (made < MANY && !pthread_create(&t[made], &attr, wait_for_all, NULL))
		made++;
	if (!is_long(made, MANY, "a thousand threads"))
		_exit(1);
	pthread_barrier_wait(&many_barrier);
	for (int i = 0; i < MANY; i++)
		good += join(t[i]) == NULL;
	is_long(good, MANY, "all of them end");
}

int main(void)
{
	basics();
	sharing();
	synchronisation();
	more_locks();
	cancelling();
	many();
	return done_testing();
}
