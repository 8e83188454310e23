/* SPDX-License-Identifier: ISC */
/*
 * Preemption and cooperation side by side: the same ticker and the same hog, first with the timer,
 * then without. Who had the CPU is read from the kernel's trace.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hostage.h"
#include "now.h"
#include "trace.h"

#define SCHED "/proc/sys/kernel/sched"
#define SLOT_MS 25
#define SLOTS 32
#define BAR 10

static pid_t start_short_hog(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		long end = now_us() + HOG_MS * 1000L; /* of the vDSO: no call */

		while (now_us() < end)
			;
		_exit(0);
	}
	return pid;
}

int once(struct course *c)
{
	const struct timespec pause = { 0, TICK_MS * 1000000L };
	long begin = now_us();
	pid_t hog = -1;

	for (int i = 0; i < TICKS; i++) {
		nanosleep(&pause, NULL);
		if (c)
			c->tick[i] = now_us() - begin;
		if (i == HOG_FROM)
			hog = start_short_hog();
	}
	if (c)
		c->hog = hog;
	return hog < 0 || waitpid(hog, NULL, 0) != hog;
}

static bool set_mode(const char *mode)
{
	int fd = open(SCHED, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, mode, strlen(mode)) == (ssize_t)strlen(mode);

	if (!done)
		perror(SCHED);
	if (fd >= 0)
		close(fd);
	return done;
}

struct way {
	struct course course;
	long hog_us[SLOTS]; /* the hog's part of each slot */
};

static void add(struct way *w, double from, double to)
{
	for (int i = 0; i < SLOTS; i++) {
		double begin = i * SLOT_MS * 1000.0, end = begin + SLOT_MS * 1000.0;
		double a = from > begin ? from : begin, b = to < end ? to : end;

		if (b > a)
			w->hog_us[i] += (long)(b - a);
	}
}

/* From the switches to and from the hog. The first event is the beginning. */
static void read_shares(struct way *w, const struct trace *t)
{
	unsigned long since = 0, first = 0;

	for (size_t i = 0; i < t->count; i++) {
		const struct trace_event *e = &t->events[i];

		if (!trace_is(e, "switch"))
			continue;
		first = first ? first : e->tsc;
		if (trace_number(e, "to") == w->course.hog)
			since = e->tsc;
		if (trace_number(e, "from") == w->course.hog && since)
			add(w, trace_us(t, since - first), trace_us(t, e->tsc - first));
	}
}

static bool run_way(struct way *w, const char *mode)
{
	struct trace trace;
	bool done;

	memset(w, 0, sizeof(*w));
	if (!set_mode(mode) || !trace_control("off clear") ||
	    !trace_control("events=switch pid=self on"))
		return false;
	done = once(&w->course) == 0;
	if (!trace_control("off events=all") || !trace_load(&trace, "/proc/trace"))
		return false;
	read_shares(w, &trace);
	trace_free(&trace);
	return done;
}

/* "########   tick 7": the hog's share, and the ticks that came. */
static int print_slot(char *buf, size_t size, const struct way *w, int slot)
{
	int full = (int)(w->hog_us[slot] * BAR / (SLOT_MS * 1000L) + (w->hog_us[slot] > 0));
	char ticks[40] = "";
	size_t at = 0;

	for (int i = 0; i < TICKS; i++)
		if (w->course.tick[i] / 1000 / SLOT_MS == slot && at < 12)
			at += (size_t)snprintf(ticks + at, sizeof(ticks) - at, "%s%d",
					       at ? " " : "tick ", i + 1);
	return snprintf(buf, size, " %-*.*s %-12s", BAR, full < BAR ? full : BAR, "############",
			ticks);
}

static void print_ways(const struct way *rr, const struct way *coop)
{
	int last = 0;

	for (int i = 0; i < SLOTS; i++)
		for (int k = 0; k < TICKS; k++)
			if (rr->course.tick[k] / 1000 / SLOT_MS == i ||
			    coop->course.tick[k] / 1000 / SLOT_MS == i)
				last = i;
	printf("\n           with the timer (rr)      without it (coop)\n");
	printf("           hog        ticker        hog        ticker\n");
	for (int i = 0; i <= last; i++) {
		char line[80];
		int n = print_slot(line, sizeof(line), rr, i);

		n += print_slot(line + n, sizeof(line) - n, coop, i);
		while (n > 0 && line[n - 1] == ' ')
			n--;
		printf("%6d ms %.*s\n", i * SLOT_MS, n, line);
	}
}

static long longest_gap(const struct course *c)
{
	long gap = c->tick[0];

	for (int i = 1; i < TICKS; i++)
		if (c->tick[i] - c->tick[i - 1] > gap)
			gap = c->tick[i] - c->tick[i - 1];
	return gap / 1000;
}

int both(void)
{
	static struct way rr, coop;

	printf("A ticker wants the CPU for a moment each %d ms. At tick %d a hog begins, which\n"
	       "computes for %d ms and calls nothing meanwhile. Both share one CPU.\n",
	       TICK_MS, HOG_FROM + 1, HOG_MS);
	if (!run_way(&rr, "rr") || !run_way(&coop, "coop") || !set_mode("rr"))
		return 1;
	print_ways(&rr, &coop);
	printf("\nThe longest wait for a tick: %ld ms with the timer, %ld ms without it.\n",
	       longest_gap(&rr.course), longest_gap(&coop.course));
	return 0;
}
