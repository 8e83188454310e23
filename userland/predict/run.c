/* SPDX-License-Identifier: ISC */
/*
 * The scenario for real: each process a child on CPU 0 under SCHED_RR, queued in the order of the
 * alphabet by a parent of higher priority that then sleeps. What happened is read from the trace.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "predict.h"
#include "sys.h"
#include "trace.h"

#define TRIES 5
#define EVENTS "events=syscall_enter,switch,killed,exit"
#define WHY_QUANTUM 2

static int pipes[MAX_PROCESSES][2];

static long cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

/* By the process's own time, looked at about each ms: no call in between. */
static void compute(void)
{
	long end = cpu_us() + COMPUTE_MS * 1000L;

	while (cpu_us() < end) {
		unsigned long until = __rdtsc() + 1000000;

		while (__rdtsc() < until)
			;
	}
}

static void play(const struct scenario *s, int p)
{
	char byte = 'x';

	for (int i = 0; i < s->op_count[p]; i++) {
		const struct op *op = &s->ops[p][i];

		switch (op->kind) {
		case CALL: getppid(); break;
		case YIELD: sched_yield(); break;
		case COMPUTE: compute(); break;
		case TELL:
			if (write(pipes[op->to][1], &byte, 1) != 1)
				_exit(1);
			break;
		case WAIT:
			if (read(pipes[p][0], &byte, 1) != 1)
				_exit(1);
			break;
		case FAULT: __asm__ volatile("ud2"); break;
		default: _exit(0);
		}
	}
	_exit(0);
}

static bool set_priority(pid_t pid, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	/* musl's own function only says that it will not. */
	if (raw(SYS_sched_setscheduler, pid, SCHED_RR, &param) == 0)
		return true;
	perror("predict: sched_setscheduler");
	return false;
}

/* The last one first: whose priority is lowered goes before its new equals (sched(7)). */
static bool start_all(const struct scenario *s, pid_t *pids)
{
	for (int p = s->processes - 1; p >= 0; p--) {
		pids[p] = fork();
		if (pids[p] == 0)
			play(s, p);
		if (pids[p] < 0 || !set_priority(pids[p], 10))
			return false;
	}
	return true;
}

static bool go(const struct scenario *s, pid_t *pids)
{
	cpu_set_t one;
	bool started;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (int p = 0; p < s->processes; p++)
		if (pipe(pipes[p]))
			return perror("pipe"), false;
	if (!set_priority(0, 20) || !trace_control("off clear") ||
	    !trace_control(EVENTS " pid=self on"))
		return false;
	started = start_all(s, pids);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	for (int p = 0; p < s->processes; p++) {
		close(pipes[p][0]);
		close(pipes[p][1]);
	}
	return trace_control("off events=all") && started;
}

/* What a line of the trace means in the scenario. False: nothing. */
static bool understand(const struct trace_event *t, enum kind *kind)
{
	static const struct {
		const char *call;
		enum kind kind;
	} calls[] = {
		{ "getppid", CALL }, { "sched_yield", YIELD }, { "write", TELL }, { "read", WAIT }
	};
	char call[32];

	if (trace_is(t, "switch")) {
		*kind = TIMER;
		return trace_number(t, "why") == WHY_QUANTUM;
	}
	if (trace_is(t, "killed")) {
		*kind = FAULT;
		return true;
	}
	if (trace_is(t, "exit")) {
		*kind = EXIT;
		return !(trace_number(t, "status") & 0x7f);
	}
	trace_word(t, "call", call, sizeof(call));
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (trace_is(t, "syscall_enter") && strcmp(call, calls[i].call) == 0) {
			*kind = calls[i].kind;
			return true;
		}
	}
	return false;
}

static void collect(const struct trace *t, const struct scenario *s, const pid_t *pids,
		    struct events *seen)
{
	seen->count = 0;
	for (size_t i = 0; i < t->count; i++) {
		enum kind kind;

		for (int p = 0; p < s->processes; p++)
			if (t->events[i].pid == pids[p] && seen->count < MAX_EVENTS &&
			    understand(&t->events[i], &kind))
				seen->list[seen->count++] = (struct event){ kind, p, 0 };
	}
}

/* The events that must happen, each once, in any order. */
static bool is_complete(const struct scenario *s, const struct events *seen)
{
	if (seen->count != s->expected.count)
		return false;
	for (int i = 0; i < seen->count; i++) {
		bool found = false;

		for (int k = 0; k < seen->count; k++)
			found = found || event_same(&s->expected.list[i], &seen->list[k]);
		if (!found)
			return false;
	}
	return true;
}

/* Round robin is simple enough to say beforehand in which order they must come. */
bool events_as_expected(const struct scenario *s, const struct events *seen)
{
	for (int i = 0; i < seen->count; i++)
		if (!event_same(&s->expected.list[i], &seen->list[i]))
			return false;
	return true;
}

/* An emulator that stands still for a while is a disturbance like any other: what happens in the
 * end, though, is the answer. */
bool scenario_run(const struct scenario *s, struct events *seen)
{
	for (int i = 0; i < TRIES; i++) {
		pid_t pids[MAX_PROCESSES] = { 0 };
		struct trace trace;

		if (!go(s, pids) || !trace_load(&trace, "/proc/trace"))
			return false;
		collect(&trace, s, pids, seen);
		trace_free(&trace);
		if (is_complete(s, seen) && (i == TRIES - 1 || events_as_expected(s, seen)))
			return true;
		fprintf(stderr, "predict: the machine was disturbed, once more\n");
	}
	return false;
}
