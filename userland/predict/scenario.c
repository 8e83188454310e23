/* SPDX-License-Identifier: ISC */
/*
 * A scenario is drawn at random, and thrown away if the model finds no end to it, or an order that
 * hangs on a few instructions: a question must have one answer.
 */
#include <stdio.h>
#include <string.h>

#include "predict.h"

static unsigned state;

/* Not the C library's: a seed must mean the same everywhere. */
static unsigned draw(unsigned below)
{
	state = state * 1103515245u + 12345u;
	return (state >> 16 & 0x7fff) % below;
}

/* -- the model: round robin on one CPU ------------------------------------------------------------ */

struct model {
	const struct scenario *s;
	struct events *events;
	int queue[MAX_PROCESSES], queued; /* the first one runs */
	int at[MAX_PROCESSES]; /* the next operation */
	int left[MAX_PROCESSES]; /* ms still to compute, once begun; -1: not begun */
	int letters[MAX_PROCESSES]; /* bytes in its pipe */
	bool waits[MAX_PROCESSES];
	int slice; /* ms that the running one has had */
	bool bad;
};

static void emit(struct model *m, enum kind kind, int to)
{
	if (m->events->count == MAX_EVENTS)
		m->bad = true;
	else
		m->events->list[m->events->count++] = (struct event){ kind, m->queue[0], to };
}

/* The running one leaves the CPU; true: it stays runnable. */
static void leave(struct model *m, bool runnable)
{
	int p = m->queue[0];

	m->queued--;
	memmove(m->queue, m->queue + 1, m->queued * sizeof(int));
	if (runnable)
		m->queue[m->queued++] = p;
	m->slice = 0;
}

/* True when it is done; false: the timer came first. */
static bool compute(struct model *m, int p)
{
	if (m->left[p] < 0)
		m->left[p] = COMPUTE_MS;
	if (m->queued > 1 && m->slice + m->left[p] > QUANTUM_MS) {
		m->left[p] -= QUANTUM_MS - m->slice;
		emit(m, TIMER, 0);
		leave(m, true);
		return false;
	}
	m->slice += m->left[p];
	return true;
}

static void tell(struct model *m, int to)
{
	if (!m->waits[to]) {
		m->letters[to]++;
		return;
	}
	if (m->queued == 1 && m->slice >= QUANTUM_MS)
		m->bad =
			true; /* the timer is late already: it comes at once, or after the next step */
	m->waits[to] = false;
	m->queue[m->queued++] = to;
}

static void step(struct model *m)
{
	int p = m->queue[0];
	const struct op *op = &m->s->ops[p][m->at[p]];

	if (op->kind == COMPUTE && !compute(m, p))
		return;
	m->at[p]++;
	if (op->kind != COMPUTE)
		emit(m, op->kind, op->to);
	switch (op->kind) {
	case YIELD:
		if (m->queued > 1)
			leave(m, true);
		break;
	case TELL: tell(m, op->to); break;
	case WAIT:
		if (m->letters[p]) {
			m->letters[p]--;
		} else {
			m->waits[p] = true;
			leave(m, false);
		}
		break;
	case FAULT:
	case EXIT: leave(m, false); break;
	default: break;
	}
}

/* False: it never ends, or no one can say how. */
static bool model_run(struct scenario *s)
{
	struct model m = { .s = s, .events = &s->expected };

	s->expected.count = 0;
	for (int p = 0; p < s->processes; p++) {
		m.queue[m.queued++] = p;
		m.left[p] = -1;
	}
	while (m.queued > 0 && !m.bad)
		step(&m);
	for (int p = 0; p < s->processes; p++)
		m.bad = m.bad || m.waits[p];
	return !m.bad;
}

/* -- drawing ------------------------------------------------------------------------------------- */

static bool has(const struct scenario *s, int p, enum kind kind)
{
	for (int i = 0; i < s->op_count[p]; i++)
		if (s->ops[p][i].kind == kind)
			return true;
	return false;
}

/* Each kind at most once a process, so that every event has a name of its own. */
static void draw_process(struct scenario *s, int p)
{
	static const enum kind kinds[] = { CALL, YIELD, COMPUTE, COMPUTE, TELL, WAIT };
	int wanted = 2 + (int)draw(2);

	s->op_count[p] = 0;
	for (int tries = 0; s->op_count[p] < wanted && tries < 20; tries++) {
		struct op op = { .kind = kinds[draw(6)] };

		op.to = (p + 1 + (int)draw(s->processes - 1)) % s->processes;
		if (!has(s, p, op.kind))
			s->ops[p][s->op_count[p]++] = op;
	}
	s->ops[p][s->op_count[p]++] = (struct op){ draw(5) ? EXIT : FAULT, 0 };
}

static bool is_interesting(const struct scenario *s)
{
	int timers = 0, waits = 0;

	for (int i = 0; i < s->expected.count; i++) {
		timers += s->expected.list[i].kind == TIMER;
		waits += s->expected.list[i].kind == WAIT;
	}
	return timers + waits >= 2 && s->expected.count >= 6 && s->expected.count <= 11;
}

static void shuffle(struct scenario *s)
{
	int n = s->expected.count;

	for (int i = 0; i < n; i++)
		s->order[i] = i;
	for (int i = n - 1; i > 0; i--) {
		int k = (int)draw(i + 1), old = s->order[i];

		s->order[i] = s->order[k];
		s->order[k] = old;
	}
}

void scenario_make(struct scenario *s, unsigned seed)
{
	state = seed * 2654435761u + 1;
	do {
		memset(s, 0, sizeof(*s));
		s->processes = 2 + (int)draw(2);
		for (int p = 0; p < s->processes; p++)
			draw_process(s, p);
	} while (!model_run(s) || !is_interesting(s));
	shuffle(s);
}

/* -- words --------------------------------------------------------------------------------------- */

void op_describe(const struct op *op, char *buf, size_t size)
{
	switch (op->kind) {
	case CALL: snprintf(buf, size, "calls getppid()"); break;
	case YIELD: snprintf(buf, size, "yields"); break;
	case COMPUTE: snprintf(buf, size, "computes for %d ms", COMPUTE_MS); break;
	case TELL: snprintf(buf, size, "writes a byte to the pipe of %c", 'A' + op->to); break;
	case WAIT: snprintf(buf, size, "reads a byte from its pipe"); break;
	case FAULT: snprintf(buf, size, "executes an illegal instruction"); break;
	default: snprintf(buf, size, "exits"); break;
	}
}

void event_describe(const struct event *e, char *buf, size_t size)
{
	char p = (char)('A' + e->process);

	switch (e->kind) {
	case CALL: snprintf(buf, size, "%c calls getppid()", p); break;
	case YIELD: snprintf(buf, size, "%c yields", p); break;
	case TELL: snprintf(buf, size, "%c writes to a pipe", p); break;
	case WAIT: snprintf(buf, size, "%c asks to read from its pipe", p); break;
	case FAULT: snprintf(buf, size, "%c is killed", p); break;
	case TIMER: snprintf(buf, size, "the timer takes the CPU from %c", p); break;
	default: snprintf(buf, size, "%c exits", p); break;
	}
}
