/* SPDX-License-Identifier: ISC */
/*
 * Locks that inherit priority, robust lists, and what becomes of locks whose owner ends: by raw calls
 * and as the C library uses them. Hostile lists too.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "futex.h"
#include "raw_thread.h"
#include "sys.h"
#include "tap.h"

static unsigned word, other;

static long pi(int op, unsigned *at)
{
	return futex(at, op | PRIVATE, 0, NULL, NULL, 0);
}

static void alone(void)
{
	is_long(pi(FUTEX_LOCK_PI, &word), 0, "a free lock");
	ok(word == tid(), "is named after its owner");
	is_long(pi(FUTEX_LOCK_PI, &word), -EDEADLK, "not twice");
	is_long(pi(FUTEX_TRYLOCK_PI, &word), -EDEADLK, "nor by trying");
	is_long(pi(FUTEX_UNLOCK_PI, &word), 0, "it is left");
	is_long(word, 0, "and free");
	is_long(pi(FUTEX_UNLOCK_PI, &word), -EPERM, "nobody's lock is not left");
	is_long(pi(FUTEX_TRYLOCK_PI, &word), 0, "trying takes it");
	is_long(pi(FUTEX_UNLOCK_PI, &word), 0, "and it is left");
	word = 0x3ffffff0;
	is_long(pi(FUTEX_LOCK_PI, &word), -ESRCH, "an owner that is nobody");
	word = 0;
	is_long(pi(FUTEX_LOCK_PI, (unsigned *)((char *)&word + 1)), -EINVAL, "misaligned");
	is_long(pi(FUTEX_LOCK_PI, (unsigned *)8), -EFAULT, "nothing there");
}

static volatile unsigned lock_tid;
static volatile long lock_result;

static void *lock_and_leave(void *arg)
{
	lock_tid = tid();
	lock_result = pi(FUTEX_LOCK_PI, arg);
	if (!lock_result)
		pi(FUTEX_UNLOCK_PI, arg);
	return NULL;
}

static void begin_waiting(pthread_t *t, void *(*fn)(void *), void *arg)
{
	lock_tid = 0;
	*t = start(fn, arg);
	while (!lock_tid || !tid_sleeps(lock_tid))
		usleep(200);
}

static void contended(void)
{
	pthread_t t;

	pi(FUTEX_LOCK_PI, &word);
	begin_waiting(&t, lock_and_leave, &word);
	ok(word == (tid() | WAITERS), "the word says that somebody waits");
	is_long(futex(&word, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0), -EINVAL,
		"who wants a lock is not just woken");
	is_long(pi(FUTEX_UNLOCK_PI, &word), 0, "it is left");
	join(t);
	is_long(lock_result, 0, "the other got it");
	is_long(word, 0, "and left it");
}

static void *lock_timed(void *arg)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 10000000;
	if (ts.tv_nsec >= 1000000000)
		ts.tv_nsec -= 1000000000, ts.tv_sec++;
	return (void *)futex(arg, FUTEX_LOCK_PI | PRIVATE, 0, &ts, NULL, 0);
}

static void *try_lock(void *arg)
{
	return (void *)pi(FUTEX_TRYLOCK_PI, arg);
}

static void *unlock_anothers(void *arg)
{
	return (void *)pi(FUTEX_UNLOCK_PI, arg);
}

static void refused(void)
{
	pi(FUTEX_LOCK_PI, &word);
	is_long((long)join(start(lock_timed, &word)), -ETIMEDOUT, "a time runs out");
	is_long((long)join(start(try_lock, &word)), -EAGAIN, "trying does not wait");
	is_long((long)join(start(unlock_anothers, &word)), -EPERM, "another cannot leave it");
	is_long(pi(FUTEX_UNLOCK_PI, &word), 0, "the owner can");
	is_long(word, 0, "it is free");
}

/* Has `other` and wants `word`. */
static void *cross(void *arg)
{
	pi(FUTEX_LOCK_PI, &other);
	lock_tid = tid();
	lock_result = pi(FUTEX_LOCK_PI, arg);
	pi(FUTEX_UNLOCK_PI, arg);
	pi(FUTEX_UNLOCK_PI, &other);
	return NULL;
}

static void deadlock(void)
{
	pthread_t t;

	pi(FUTEX_LOCK_PI, &word);
	begin_waiting(&t, cross, &word);
	is_long(pi(FUTEX_LOCK_PI, &other), -EDEADLK, "a circle is refused");
	pi(FUTEX_UNLOCK_PI, &word);
	join(t);
	is_long(lock_result, 0, "the other goes on");
}

/* -- owners that end ------------------------------------------------------------------------------- */

static void *die_with_lock(void *arg)
{
	pi(FUTEX_LOCK_PI, arg);
	lock_tid = tid();
	while (!(__atomic_load_n((unsigned *)arg, __ATOMIC_SEQ_CST) & WAITERS))
		usleep(200);
	until_asleep(getpid()); /* the main thread marks the word first */
	raw(SYS_exit, 0);
	return NULL;
}

static void owner_ends(void)
{
	pthread_t t;
	long r;

	lock_tid = 0;
	t = start(die_with_lock, &word);
	while (!lock_tid)
		usleep(200);
	r = pi(FUTEX_LOCK_PI, &word);
	is_long(r, 0, "a lock whose owner ends is inherited");
	ok((word & TID_MASK) == tid() && (word & OWNER_DIED), "and says so");
	is_long(pi(FUTEX_UNLOCK_PI, &word), 0, "the heir leaves it");
	(void)t; /* it never told the library */
	word = 0;
}

struct entry {
	struct entry *next;
	unsigned lock, pad;
};

static struct {
	struct entry *next;
	long offset;
	struct entry *pending;
} head;
static struct entry entries[3];

static void *die_robustly(void *arg)
{
	long offset = offsetof(struct entry, lock);

	head.next = &entries[0];
	entries[0].next = &entries[1];
	entries[1].next = (struct entry *)&head;
	head.offset = offset;
	head.pending = &entries[2];
	entries[0].lock = tid() | WAITERS;
	entries[1].lock = 77;
	entries[2].lock = tid();
	raw(SYS_set_robust_list, &head, 24);
	while (!*(volatile int *)arg)
		usleep(200);
	until_asleep(getpid()); /* the first thread waits for the lock */
	raw(SYS_exit, 0);
	return NULL;
}

static void robust_raw(void)
{
	void *got_head = NULL;
	size_t got_len = 0;
	struct timespec second = { 5, 0 };
	volatile int go = 0;
	unsigned seen;

	is_long(raw(SYS_set_robust_list, &head, 23), -EINVAL, "a list's head has its size");
	is_long(raw(SYS_get_robust_list, 0, &got_head, &got_len), 0, "the head is told");
	is_long(got_len, 24, "with its size");
	is_long(raw(SYS_get_robust_list, 0x3fffffff, &got_head, &got_len), -ESRCH, "not of nobody");
	is_long(raw(SYS_get_robust_list, 0, &got_head, 8), -EFAULT, "nor to nowhere");
	start(die_robustly, (void *)&go);
	while (!__atomic_load_n(&entries[2].lock, __ATOMIC_SEQ_CST))
		usleep(200);
	seen = entries[0].lock;
	go = 1;
	is_long(futex(&entries[0].lock, FUTEX_WAIT, seen, &second, NULL, 0), 0,
		"who waits for a robust lock is woken");
	is_long(entries[0].lock, OWNER_DIED | WAITERS, "its word is marked");
	is_long(entries[1].lock, 77, "another's is not");
	for (int i = 0; i < 5000 && entries[2].lock != OWNER_DIED; i++)
		usleep(200);
	is_long(entries[2].lock, OWNER_DIED, "the one that was being taken is");
}

/* Lists without an end, into nowhere, misaligned, into the kernel: the process just ends. */
static int hostile(void *arg)
{
	static struct entry loop[2];

	loop[0].next = &loop[1];
	loop[1].next = &loop[0];
	head.next = &loop[0];
	head.offset = offsetof(struct entry, lock);
	head.pending = NULL;
	switch ((long)arg) {
	case 1: head.next = (struct entry *)8; break;
	case 2: head.offset = 1; break;
	case 3: head.offset = INT64_MAX; break;
	case 4: head.next = (struct entry *)0xffffffff80000000; break;
	case 5: head.pending = (struct entry *)0xfffffffffffffff0; break;
	case 6: loop[0].next = (struct entry *)0x7ffffffffffff000; break;
	}
	loop[0].lock = loop[1].lock = tid() | WAITERS;
	raw(SYS_set_robust_list, (long)arg == 7 ? (void *)8 : &head, 24);
	raw(SYS_exit, 6);
	return 0;
}

static void hostile_lists(void)
{
	for (long i = 0; i < 8; i++)
		is_status(in_child(hostile, (void *)i), EXITED(6), "a hostile list: %ld", i);
}

/* -- as the C library uses them ---------------------------------------------------------------------- */

static int take_and_die(void *arg)
{
	pthread_mutex_lock(arg);
	raw(SYS_exit_group, 4);
	return 0;
}

static void robust_mutex(void)
{
	pthread_mutex_t *m =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(m, &attr);
	is_status(in_child(take_and_die, m), EXITED(4), "a process dies with a robust mutex");
	is_long(pthread_mutex_lock(m), EOWNERDEAD, "the next owner is told");
	is_long(pthread_mutex_consistent(m), 0, "and makes it whole");
	is_long(pthread_mutex_unlock(m), 0, "it is a mutex again");
	is_long(pthread_mutex_lock(m), 0, "as ever");
	pthread_mutex_unlock(m);
	munmap(m, 4096);
}

static pthread_mutex_t pi_mutex;
static long counter;

static void *count(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&pi_mutex);
		counter++;
		if (i % 32 == 0)
			sched_yield();
		pthread_mutex_unlock(&pi_mutex);
	}
	return arg;
}

static void pi_mutexes(void)
{
	pthread_mutexattr_t attr;
	pthread_t t[4];

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&pi_mutex, &attr);
	for (int i = 0; i < 4; i++)
		t[i] = start(count, NULL);
	for (int i = 0; i < 4; i++)
		join(t[i]);
	is_long(counter, 4000, "an inheriting mutex loses no count");
}

/* -- from a word to a lock --------------------------------------------------------------------------- */

static unsigned cond;

static void *wait_for_lock(void *arg)
{
	long r;

	(void)arg;
	lock_tid = tid();
	r = futex(&cond, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, NULL, &word, 0);
	if (!r && (word & TID_MASK) == tid())
		pi(FUTEX_UNLOCK_PI, &word);
	else
		r = r ? r : 1;
	return (void *)r;
}

static void requeue_to_lock(void)
{
	pthread_t t[3];
	long r = 0;

	word = 0;
	is_long(futex(&cond, FUTEX_CMP_REQUEUE_PI | PRIVATE, 2, (void *)1, &word, 0), -EINVAL,
		"one is woken, no more");
	is_long(futex(&cond, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, (void *)1, &word, 1), -EAGAIN,
		"another value");
	for (int i = 0; i < 3; i++)
		begin_waiting(&t[i], wait_for_lock, NULL);
	pi(FUTEX_LOCK_PI, &word);
	is_long(futex(&cond, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, (void *)9, &word, 0), 3,
		"all are moved to the lock");
	pi(FUTEX_UNLOCK_PI, &word);
	for (int i = 0; i < 3; i++)
		r |= (long)join(t[i]);
	is_long(r, 0, "each gets it in turn");
	begin_waiting(&t[0], wait_for_lock, NULL);
	is_long(futex(&cond, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, (void *)9, &word, 0), 1,
		"or at once, if it is free");
	is_long((long)join(t[0]), 0, "and it has it");
	is_long(word, 0, "the lock is free at the end");
}

int main(void)
{
	alone();
	contended();
	refused();
	deadlock();
	owner_ends();
	robust_raw();
	hostile_lists();
	robust_mutex();
	pi_mutexes();
	requeue_to_lock();
	return done_testing();
}
