/* SPDX-License-Identifier: ISC */
/* C11's threads (7.26): the same as POSIX threads underneath, by other names. */
#include <stdatomic.h>
#include <threads.h>
#include <time.h>

#include "tap.h"

static once_flag once = ONCE_FLAG_INIT;
static mtx_t lock, timed;
static cnd_t changed;
static tss_t key;
static thread_local int own = 3;
static atomic_long sum;
static int counter, times_once, destroyed;

static void only_once(void)
{
	times_once++;
}

static void destroy(void *arg)
{
	(void)arg;
	destroyed++;
}

static int count(void *arg)
{
	call_once(&once, only_once);
	tss_set(key, arg);
	own += (int)(long)arg;
	for (int i = 0; i < 1000; i++) {
		mtx_lock(&lock);
		counter++;
		mtx_unlock(&lock);
		atomic_fetch_add(&sum, 2);
	}
	return own;
}

static int wait_for_signal(void *arg)
{
	mtx_lock(&lock);
	while (!*(int *)arg)
		cnd_wait(&changed, &lock);
	mtx_unlock(&lock);
	thrd_exit(9);
}

int main(void)
{
	struct timespec soon;
	int go = 0, r, total = 0;
	thrd_t t[5];

	mtx_init(&lock, mtx_plain);
	mtx_init(&timed, mtx_timed | mtx_recursive);
	cnd_init(&changed);
	tss_create(&key, destroy);
	for (long i = 1; i <= 4; i++)
		thrd_create(&t[i], count, (void *)i);
	for (int i = 1; i <= 4; i++) {
		thrd_join(t[i], &r);
		total += r;
	}
	is_long(total, 4 * 3 + 10, "each has its own variable, and its value comes back");
	is_long(counter, 4000, "a mutex loses no count");
	is_long(sum, 8000, "nor does an atomic one");
	is_long(times_once, 1, "once is once");
	is_long(destroyed, 4, "what threads have stored is destroyed");
	thrd_create(&t[0], wait_for_signal, &go);
	thrd_sleep(&(struct timespec){ 0, 2000000 }, NULL);
	mtx_lock(&lock);
	go = 1;
	cnd_signal(&changed);
	mtx_unlock(&lock);
	thrd_join(t[0], &r);
	is_long(r, 9, "a condition wakes it");
	mtx_lock(&lock);
	timespec_get(&soon, TIME_UTC);
	soon.tv_nsec = soon.tv_nsec / 2;
	is_long(cnd_timedwait(&changed, &lock, &soon), thrd_timedout, "a time runs out");
	mtx_unlock(&lock);
	is_long(mtx_timedlock(&timed, &soon), thrd_success, "a timed one that is free");
	is_long(mtx_trylock(&timed), thrd_success, "and again, for it is recursive");
	return done_testing();
}
