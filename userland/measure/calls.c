/* SPDX-License-Identifier: ISC */
/* Clocks and how fine they are, system calls, what a fault and a timer interrupt cost. */
#include "measure.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

#define TIMER_US 200
#define TIMER_SPAN_NS 2000000.0 /* the interrupt has come by then */

/* Two readings, one after the other: the difference is what a clock cannot tell apart. */
void measure_clocks(void)
{
	struct timespec ts;
	struct timeval tv;

	SAMPLE("rdtsc", 1, (void)ticks());
	SAMPLE("gettimeofday", 1, gettimeofday(&tv, NULL));
	SAMPLE("clock_gettime", 1, clock_gettime(CLOCK_MONOTONIC, &ts));
	SAMPLE("clock_gettime, by call", 1, raw(SYS_clock_gettime, CLOCK_MONOTONIC, &ts));
}

/* The smallest step that a clock shows; 0: it never moved. */
static uint64_t step_of(uint64_t (*clock)(void))
{
	uint64_t smallest = ~0ull;

	for (int i = 0; i < 5000; i++) {
		uint64_t a = clock(), b = clock();

		if (b > a && b - a < smallest)
			smallest = b - a;
	}
	return smallest == ~0ull ? 0 : smallest;
}

static uint64_t day_ns(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	return tv.tv_sec * 1000000000ull + tv.tv_usec * 1000;
}

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

void show_steps(FILE *out)
{
	fprintf(out,
		"Two readings differ by at least: gettimeofday %llu ns, clock_gettime %llu ns, "
		"rdtsc %llu ticks (%.0f ns).\n",
		(unsigned long long)step_of(day_ns), (unsigned long long)step_of(monotonic_ns),
		(unsigned long long)step_of(ticks), to_ns(step_of(ticks)));
}

void measure_calls(void)
{
	int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY), ends[2];
	char c = 0;

	SAMPLE("null system call", 1, raw(SYS_getppid));
	SAMPLE("unknown system call", 1, raw(1000));
	SAMPLE("read of 0 bytes", 1, raw(SYS_read, zero, &c, 0));
	SAMPLE("write of 1 byte", 1, raw(SYS_write, null, &c, 1));
	close(zero);
	close(null);
	if (pipe(ends))
		return;
	SAMPLE("pipe to itself", 1, {
		raw(SYS_write, ends[1], &c, 1);
		raw(SYS_read, ends[0], &c, 1);
	});
	close(ends[0]);
	close(ends[1]);
}

static char *forbidden;
static volatile uint64_t in_handler;

static void open_page(int sig)
{
	(void)sig;
	in_handler = ticks();
	mprotect(forbidden, PAGE, PROT_READ | PROT_WRITE);
}

/* From a store that is not allowed to the first instruction of its handler. */
static void fault_to_signal(void)
{
	struct sigaction act = { .sa_handler = open_page };
	struct row *r = row_begin("fault to signal handler", settings.samples / 2);

	if (!r)
		return;
	forbidden = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (forbidden == MAP_FAILED || sigaction(SIGSEGV, &act, NULL)) {
		row_fail(r, "no memory");
		return;
	}
	for (int i = -2; i < r->count; i++) {
		mprotect(forbidden, PAGE, PROT_READ);
		uint64_t before = ticks();
		*(volatile char *)forbidden = 1;
		sample_set(r, i, in_handler - before);
	}
	row_end(r);
	signal(SIGSEGV, SIG_DFL);
	munmap(forbidden, PAGE);
}

static void nothing(int sig)
{
	(void)sig;
}

static void signal_to_itself(void)
{
	struct sigaction act = { .sa_handler = nothing };

	sigaction(SIGUSR1, &act, NULL);
	SAMPLE("signal to itself", 2, raw(SYS_kill, getpid(), SIGUSR1));
	signal(SIGUSR1, SIG_DFL);
}

/* The longest gap between two readings of the TSC, until @end. */
static uint64_t longest_gap(uint64_t end)
{
	uint64_t last = ticks(), longest = 0;

	while (last < end) {
		uint64_t now = ticks();

		if (now - last > longest)
			longest = now - last;
		last = now;
	}
	return longest;
}

/*
 * A timer is armed and its signal is blocked: what the program loses when it fires is the interrupt
 * alone. Others' interrupts may come, too: they are in the 99th percentile.
 */
static void timer_interrupt(void)
{
	struct row *r = row_begin("timer interrupt", settings.samples / 50);
	struct itimerval once = { .it_value.tv_usec = TIMER_US };
	sigset_t alarm_only;
	struct timespec now = { 0 };

	if (!r)
		return;
	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm_only, NULL);
	for (int i = -2; i < r->count; i++) {
		uint64_t end = ticks() + (uint64_t)(TIMER_SPAN_NS * ticks_per_ns());

		setitimer(ITIMER_REAL, &once, NULL);
		sample_set(r, i, longest_gap(end));
		sigtimedwait(&alarm_only, NULL, &now);
	}
	sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
	row_end(r);
}

/* How late a sleep ends: the timer, the interrupt, the switch. */
static void sleep_lateness(void)
{
	struct row *r = row_begin("sleep, how late", settings.samples / 50);
	struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = -2; r && i < r->count; i++) {
		uint64_t before = ticks(), length = (uint64_t)(1e6 * ticks_per_ns()), after;

		nanosleep(&ms, NULL);
		after = ticks();
		sample_set(r, i, after - before > length ? after - before - length : 0);
	}
	row_end(r);
}

void measure_interrupts(void)
{
	timer_interrupt();
	sleep_lateness();
	fault_to_signal();
	signal_to_itself();
}
