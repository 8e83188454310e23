/* SPDX-License-Identifier: ISC */
/*
 * predict: homework that grades itself. scenario.c makes a small story of a seed and knows by a model
 * of round robin what must follow; run.c lets it happen and takes the events from the kernel's
 * trace; main.c asks and grades.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define MAX_PROCESSES 3
#define MAX_OPS 5
#define MAX_EVENTS 16
#define QUANTUM_MS 100 /* of SCHED_RR */
#define COMPUTE_MS 130

/* What a process does, and what is seen of it. TIMER is only seen. */
enum kind { CALL, YIELD, COMPUTE, TELL, WAIT, FAULT, EXIT, TIMER };

struct op {
	enum kind kind;
	int to; /* TELL: whose pipe */
};

struct event {
	enum kind kind;
	int process, to;
};

struct events {
	struct event list[MAX_EVENTS];
	int count;
};

struct scenario {
	struct op ops[MAX_PROCESSES][MAX_OPS];
	int op_count[MAX_PROCESSES];
	int processes;
	struct events expected; /* by the model */
	int order
		[MAX_EVENTS]; /* the question names expected.list[order[i]] with the letter a + i */
};

/* The same for the same seed, always. */
void scenario_make(struct scenario *s, unsigned seed);
void op_describe(const struct op *op, char *buf, size_t size);
void event_describe(const struct event *e, char *buf, size_t size);
static inline bool event_same(const struct event *a, const struct event *b)
{
	return a->kind == b->kind && a->process == b->process;
}

/*
 * Lets the scenario happen on this machine. False, with a line on stderr: it cannot, or the trace
 * does not hold the events that it must (in whatever order), however often it was tried.
 */
bool scenario_run(const struct scenario *s, struct events *seen);
/* Did they come in the order of the model? Where they did not, what happened is still the answer. */
bool events_as_expected(const struct scenario *s, const struct events *seen);
