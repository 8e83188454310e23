/* SPDX-License-Identifier: ISC */
/*
 * futex(2): what it refuses, who is woken, times, signals, two words at once, and words that
 * processes share.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "futex.h"
#include "sys.h"
#include "tap.h"

static unsigned word[4] = { 5, 5, 5, 5 };

static void refusals(void)
{
	struct timespec bad = { 0, 1000000000 }, negative = { -1, 0 };
	char *odd = (char *)word + 1, *kernel = (char *)0xffffffff80000000;

	is_long(futex(word, FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), 0, "nobody to wake");
	is_long(futex(word, FUTEX_WAKE, 1, 0, 0, 0), 0, "also not among other processes");
	is_long(futex(word, FUTEX_WAKE_BITSET | PRIVATE, 1, 0, 0, ANY), 0, "of any kind");
	is_long(futex(word, FUTEX_WAKE_BITSET | PRIVATE, 1, 0, 0, 0), -EINVAL, "of no kind");
	is_long(futex(odd, FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), -EINVAL, "misaligned");
	is_long(futex(kernel, FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), -EFAULT, "the kernel's");
	is_long(futex((void *)8, FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), 0,
		"nobody at an unmapped address");
	is_long(futex((void *)8, FUTEX_WAKE, 1, 0, 0, 0), -EFAULT, "which others could not share");
	is_long(futex(word, 77, 1, 0, 0, 0), -ENOSYS, "no such operation");
	is_long(futex(word, FUTEX_WAIT | PRIVATE, 6, 0, 0, 0), -EAGAIN, "another value");
	is_long(futex(word, FUTEX_WAIT, 6, 0, 0, 0), -EAGAIN, "another value, shared");
	is_long(futex(odd, FUTEX_WAIT | PRIVATE, 5, 0, 0, 0), -EINVAL, "misaligned wait");
	is_long(futex((void *)8, FUTEX_WAIT | PRIVATE, 5, 0, 0, 0), -EFAULT, "nothing there");
	is_long(futex(kernel, FUTEX_WAIT | PRIVATE, 5, 0, 0, 0), -EFAULT, "the kernel's word");
	is_long(futex(word, FUTEX_WAIT | PRIVATE, 5, &bad, 0, 0), -EINVAL,
		"nanoseconds of a second");
	is_long(futex(word, FUTEX_WAIT | PRIVATE, 5, &negative, 0, 0), -EINVAL, "negative time");
	is_long(futex(word, FUTEX_WAIT | PRIVATE, 5, (void *)8, 0, 0), -EFAULT, "no time there");
	is_long(futex(word, FUTEX_WAIT_BITSET | PRIVATE, 5, 0, 0, 0), -EINVAL, "wait for no kind");
	is_long(futex(word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 5, 0, 0, 0), -ENOSYS,
		"a relative time has no clock");
	is_long(futex(word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 5, 0, 0, 0), -ENOSYS,
		"nor has a wake-up");
	is_long(futex(word, FUTEX_REQUEUE | PRIVATE, -1, 0, word + 1, 0), -EINVAL,
		"negative count");
	is_long(futex(word, FUTEX_CMP_REQUEUE | PRIVATE, 1, (void *)1, word + 1, 6), -EAGAIN,
		"requeue of another value");
	is_long(futex(word, FUTEX_CMP_REQUEUE | PRIVATE, 1, (void *)1, odd, 5), -EINVAL,
		"requeue to a misaligned word");
}

/* -- times ---------------------------------------------------------------------------------------- */

static struct timespec after(clockid_t clock, long ms)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_nsec += ms * 1000000;
	while (ts.tv_nsec >= 1000000000)
		ts.tv_nsec -= 1000000000, ts.tv_sec++;
	return ts;
}

static void times(void)
{
	struct timespec soon = { 0, 5000000 }, past = { 1, 0 }, ts;

	is_long(futex(word, FUTEX_WAIT | PRIVATE, 5, &soon, 0, 0), -ETIMEDOUT, "a time runs out");
	ts = after(CLOCK_MONOTONIC, 5);
	is_long(futex(word, FUTEX_WAIT_BITSET | PRIVATE, 5, &ts, 0, ANY), -ETIMEDOUT,
		"a moment comes");
	ts = after(CLOCK_REALTIME, 5);
	is_long(futex(word, FUTEX_WAIT_BITSET | PRIVATE | FUTEX_CLOCK_REALTIME, 5, &ts, 0, ANY),
		-ETIMEDOUT, "on the wall's clock");
	is_long(futex(word, FUTEX_WAIT_BITSET | PRIVATE, 5, &past, 0, ANY), -ETIMEDOUT,
		"one that has gone");
}

/* -- sleepers ------------------------------------------------------------------------------------- */

struct sleeper {
	pthread_t thread;
	unsigned *addr;
	unsigned bits;
	int op; /* flags */
	long result;
	volatile int ready, done;
	pid_t tid;
};

static void *sleep_there(void *arg)
{
	struct sleeper *s = arg;

	s->tid = raw(SYS_gettid);
	s->ready = 1;
	s->result = futex(s->addr, FUTEX_WAIT_BITSET | s->op, *s->addr, 0, 0, s->bits);
	s->done = 1;
	return NULL;
}

static void put_to_sleep(struct sleeper *s, unsigned *addr, unsigned bits, int op)
{
	memset(s, 0, sizeof(*s));
	s->addr = addr, s->bits = bits, s->op = op;
	pthread_create(&s->thread, NULL, sleep_there, s);
	while (!s->ready || !tid_sleeps(s->tid))
		usleep(200);
}

static int finished(struct sleeper *s, int n)
{
	int done = 0;

	for (int i = 0; i < n; i++)
		done += s[i].done;
	return done;
}

static void settle(struct sleeper *s, int n, int want)
{
	for (int i = 0; i < 5000 && finished(s, n) < want; i++)
		usleep(200);
}

static void join_all(struct sleeper *s, int n)
{
	for (int i = 0; i < n; i++)
		pthread_join(s[i].thread, NULL);
}

static void waking(void)
{
	struct sleeper s[4];

	for (int i = 0; i < 4; i++)
		put_to_sleep(&s[i], word, 1u << (i % 2), PRIVATE);
	is_long(futex(word + 1, FUTEX_WAKE | PRIVATE, 9, 0, 0, 0), 0, "nobody at another word");
	is_long(futex(word, FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), 1, "one is woken");
	settle(s, 4, 1);
	is_long(s[0].done, 1, "the first that came");
	is_long(futex(word, FUTEX_WAKE_BITSET | PRIVATE, 9, 0, 0, 2), 2, "those with a bit");
	settle(s, 4, 3);
	is_long(s[2].done, 0, "not the one without");
	is_long(futex(word, FUTEX_WAKE | PRIVATE, 9, 0, 0, 0), 1, "and the last");
	join_all(s, 4);
	is_long(s[0].result | s[1].result | s[2].result | s[3].result, 0, "all say 0");
	put_to_sleep(s, word, ANY, 0);
	is_long(futex(word, FUTEX_WAKE, 1, 0, 0, 0), 1, "a shared one");
	join_all(s, 1);
}

/* Real-time threads are woken first, though they have come last. */
static void priorities(void)
{
	int priority = 10, none = 0;
	struct sleeper s[2];
	long r;

	put_to_sleep(&s[0], word, ANY, PRIVATE);
	r = raw(SYS_sched_setscheduler, 0, 1, &priority); /* SCHED_FIFO */
	if (r == -EPERM) {
		skip("no right to it", "a real-time thread is woken first");
	} else {
		put_to_sleep(&s[1], word, ANY, PRIVATE);
		futex(word, FUTEX_WAKE | PRIVATE, 1, 0, 0, 0);
		settle(s, 2, 1);
		ok(s[1].done && !s[0].done, "a real-time thread is woken first");
	}
	raw(SYS_sched_setscheduler, 0, 0, &none);
	futex(word, FUTEX_WAKE | PRIVATE, 9, 0, 0, 0);
	join_all(s, r ? 1 : 2);
}

static void requeueing(void)
{
	struct sleeper s[4];

	for (int i = 0; i < 4; i++)
		put_to_sleep(&s[i], word, ANY, PRIVATE);
	is_long(futex(word, FUTEX_CMP_REQUEUE | PRIVATE, 1, (void *)2, word + 1, 5), 3,
		"one is woken, two are moved");
	settle(s, 4, 1);
	is_long(finished(s, 4), 1, "one goes on");
	is_long(futex(word, FUTEX_WAKE | PRIVATE, 9, 0, 0, 0), 1, "one has stayed");
	is_long(futex(word + 1, FUTEX_WAKE | PRIVATE, 9, 0, 0, 0), 2,
		"two are where they were moved");
	join_all(s, 4);
	put_to_sleep(s, word, ANY, PRIVATE);
	is_long(futex(word, FUTEX_REQUEUE | PRIVATE, 0, (void *)1, word, 0), 1, "to the same word");
	is_long(futex(word, FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), 1, "where it still is");
	join_all(s, 1);
}

static void two_words(void)
{
	struct sleeper s[2];

	word[1] = 10;
	put_to_sleep(&s[0], word, ANY, PRIVATE);
	put_to_sleep(&s[1], word + 1, ANY, PRIVATE);
	is_long(futex(word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, word + 1,
		      FUTEX_OP(OP_ADD, 3, CMP_EQ, 11)),
		1, "wake-op: the comparison fails");
	is_long(word[1], 13, "the word is changed");
	is_long(futex(word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, word + 1,
		      FUTEX_OP(OP_ANDN, 1, CMP_GT, 12)),
		1, "wake-op: it holds");
	is_long(word[1], 12, "and-not");
	join_all(s, 2);
	futex(word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, word + 1,
	      FUTEX_OP(OP_OR | OP_SHIFT, 8, CMP_EQ, 0));
	is_long(word[1], 12 | 256, "or, with a shift");
	futex(word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, word + 1,
	      FUTEX_OP(OP_XOR, 4, CMP_LT, 0));
	is_long(word[1], 8 | 256, "xor");
	futex(word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, word + 1,
	      FUTEX_OP(OP_SET, 5, CMP_LT, 0));
	is_long(word[1], 5, "set");
	is_long(futex(word, FUTEX_WAKE_OP | PRIVATE, 1, (void *)1, word + 1,
		      FUTEX_OP(6, 5, CMP_LT, 0)),
		-ENOSYS, "no such operation on a word");
}

/* -- signals -------------------------------------------------------------------------------------- */

static volatile int handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static void interrupted(int flags, long want, const char *name)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };
	struct sleeper s = { .addr = word };

	sigaction(SIGUSR1, &sa, NULL);
	handled = 0;
	put_to_sleep(&s, word, ANY, PRIVATE);
	raw(SYS_tgkill, getpid(), s.tid, SIGUSR1);
	for (int i = 0; i < 5000 && !handled; i++)
		usleep(200);
	if (want == 0)
		while (!tid_sleeps(s.tid))
			usleep(200);
	is_long(futex(word, FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), want == 0, "%s: woken", name);
	join_all(&s, 1);
	is_long(s.result, want, "%s", name);
}

static void signals(void)
{
	long soon[4] = { 0, 0, 0, 5000 }; /* an itimerval */
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct timespec second = { 5, 0 };

	interrupted(0, -EINTR, "a handler ends a wait");
	interrupted(SA_RESTART, 0, "or it goes on");
	sigaction(SIGALRM, &sa, NULL);
	raw(SYS_setitimer, 0, soon, 0);
	is_long(futex(word, FUTEX_WAIT | PRIVATE, 5, &second, 0, 0), -EINTR,
		"a timed wait ends at any rate");
}

/* -- processes ------------------------------------------------------------------------------------ */

static int wait_at(void *arg)
{
	unsigned *w = arg;

	__atomic_store_n(&w[1], 1, __ATOMIC_SEQ_CST);
	return futex(w, FUTEX_WAIT, 0, 0, 0, 0) == 0 ? 0 : 1;
}

static void between(unsigned *mine, unsigned *childs, const char *what)
{
	pid_t pid = start_child(wait_at, childs);
	long woken = 0;

	while (!__atomic_load_n(&mine[1], __ATOMIC_SEQ_CST))
		usleep(200);
	for (int i = 0; i < 5000 && !woken; i++) {
		woken = futex(mine, FUTEX_WAKE, 1, 0, 0, 0);
		usleep(200);
	}
	is_long(woken, 1, "%s: the other is woken", what);
	is_status(status_of(pid), EXITED(0), "%s: and goes on", what);
}

static void processes(void)
{
	int fd = open("/tmp/futex.test", O_RDWR | O_CREAT | O_TRUNC, 0600);
	unsigned *anon =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned *a, *b;

	between(anon, anon, "anonymous memory");
	if (ftruncate(fd, 8192) < 0)
		return;
	a = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	between(a + 1024, b, "a file at two addresses");
	is_long(futex(a + 1024, FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), 0, "a private key is another");
	munmap(a, 8192);
	munmap(b, 4096);
	munmap(anon, 4096);
	close(fd);
	unlink("/tmp/futex.test");
}

/* -- several words -------------------------------------------------------------------------------- */

struct waitv {
	uint64_t value, addr;
	uint32_t flags, reserved;
};

#define U32 2

static struct waitv many[3];

static void *wait_for_many(void *arg)
{
	struct sleeper *s = arg;

	s->tid = raw(SYS_gettid);
	s->ready = 1;
	s->result = raw(SYS_futex_waitv, many, 3, 0, 0, 0);
	s->done = 1;
	return NULL;
}

static void several(void)
{
	struct timespec past = { 1, 0 };
	struct sleeper s = { 0 };

	for (int i = 0; i < 3; i++)
		many[i] = (struct waitv){ 5, (uint64_t)&word[i], U32 | PRIVATE, 0 };
	word[0] = word[1] = word[2] = 5;
	is_long(raw(SYS_futex_waitv, many, 0, 0, 0, 0), -EINVAL, "none of no words");
	is_long(raw(SYS_futex_waitv, many, 129, 0, 0, 0), -EINVAL, "not of so many");
	is_long(raw(SYS_futex_waitv, many, 3, 1, 0, 0), -EINVAL, "no flags");
	is_long(raw(SYS_futex_waitv, 8, 3, 0, 0, 0), -EFAULT, "no words there");
	is_long(raw(SYS_futex_waitv, many, 3, 0, &past, 7), -EINVAL, "no such clock");
	is_long(raw(SYS_futex_waitv, many, 3, 0, &past, CLOCK_MONOTONIC), -ETIMEDOUT, "a time");
	many[2].value = 6;
	is_long(raw(SYS_futex_waitv, many, 3, 0, 0, 0), -EAGAIN, "one has another value");
	many[2].value = 5;
	many[1].reserved = 1;
	is_long(raw(SYS_futex_waitv, many, 3, 0, 0, 0), -EINVAL, "reserved words are zero");
	many[1].reserved = 0;
	many[1].flags = PRIVATE;
	is_long(raw(SYS_futex_waitv, many, 3, 0, 0, 0), -EINVAL, "a size must be named");
	many[1].flags = U32 | PRIVATE;
	pthread_create(&s.thread, NULL, wait_for_many, &s);
	while (!s.ready || !tid_sleeps(s.tid))
		usleep(200);
	is_long(futex(&word[1], FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), 1, "one of three is woken");
	join_all(&s, 1);
	is_long(s.result, 1, "and told which");
	is_long(futex(&word[0], FUTEX_WAKE | PRIVATE, 1, 0, 0, 0), 0, "it waits for none any more");
}

int main(void)
{
	refusals();
	times();
	waking();
	priorities();
	requeueing();
	two_words();
	signals();
	processes();
	several();
	return done_testing();
}
