/* SPDX-License-Identifier: ISC */
/*
 * From events to spans of time: what each thread did from when to when. Spans of a thread nest: an
 * interrupt lies within the system call that it hits, and the time without the CPU within both.
 */
#include <stdlib.h>
#include <string.h>

#include "timeline.h"

#define WHY_EXIT 4
#define MAX_THREADS 256

struct open_span {
	unsigned long begin;
	enum span_kind kind;
	char name[48];
};

struct thread {
	int tid, pid, depth;
	unsigned cpu;
	struct open_span open[SPANS_DEPTH];
};

struct spans {
	struct thread threads[MAX_THREADS];
	int threads_count;
	struct span *list;
	size_t count;
};

static struct thread *thread_of(struct spans *s, const struct trace_event *e)
{
	struct thread *t;

	for (int i = 0; i < s->threads_count; i++)
		if (s->threads[i].tid == e->tid && (e->tid || s->threads[i].cpu == e->cpu))
			return &s->threads[i];
	if (s->threads_count == MAX_THREADS)
		return NULL;
	t = &s->threads[s->threads_count++];
	*t = (struct thread){ .tid = e->tid, .pid = e->pid, .cpu = e->cpu };
	return t;
}

static void begin(struct thread *t, unsigned long tsc, enum span_kind kind, const char *name)
{
	struct open_span *o;

	if (t->depth == SPANS_DEPTH)
		return;
	o = &t->open[t->depth++];
	o->begin = tsc;
	o->kind = kind;
	snprintf(o->name, sizeof(o->name), "%s", name);
}

static void end_top(struct spans *s, struct thread *t, unsigned long tsc)
{
	struct open_span *o = &t->open[--t->depth];
	struct span *n;

	if (!(s->count & (s->count - 1)))
		s->list = realloc(s->list, 2 * (s->count + 1) * sizeof(*n));
	if (!s->list)
		exit(1);
	n = &s->list[s->count++];
	*n = (struct span){ .begin = o->begin,
			    .end = tsc,
			    .pid = t->pid,
			    .tid = t->tid,
			    .depth = t->depth,
			    .cpu = t->cpu,
			    .kind = o->kind };
	memcpy(n->name, o->name, sizeof(n->name));
}

/* Ends the innermost span of @kind, and what is left open inside it. */
static void end(struct spans *s, struct thread *t, unsigned long tsc, enum span_kind kind)
{
	int at = t->depth - 1;

	while (at >= 0 && t->open[at].kind != kind)
		at--;
	while (at >= 0 && t->depth > at)
		end_top(s, t, tsc);
}

static void switch_away(struct spans *s, struct thread *t, const struct trace_event *e)
{
	static const char *const why[] = { "idle",   "waits", "quantum over",
					   "yields", "ended", "preempted" };
	unsigned long n = trace_number(e, "why");
	char name[48], at[64];

	if (n == WHY_EXIT) {
		while (t->depth > 0)
			end_top(s, t, e->tsc);
		return;
	}
	trace_word(e, "at", at, sizeof(at));
	at[strcspn(at, "+")] = '\0';
	snprintf(name, sizeof(name), "%s%s%.32s", n < 6 ? why[n] : "?", n == 1 ? " in " : "",
		 n == 1 ? at : "");
	begin(t, e->tsc, SPAN_AWAY, name);
}

static void feed(struct spans *s, struct thread *t, const struct trace_event *e)
{
	char word[48];

	if (trace_is(e, "syscall_enter")) {
		end(s, t, e->tsc, SPAN_USER);
		begin(t, e->tsc, SPAN_CALL, trace_word(e, "call", word, sizeof(word)));
	} else if (trace_is(e, "syscall_exit")) {
		end(s, t, e->tsc, SPAN_CALL);
	} else if (trace_is(e, "fault")) {
		end(s, t, e->tsc, SPAN_USER);
		begin(t, e->tsc, SPAN_FAULT,
		      trace_number(e, "vector") == 14 ? "page fault" : "fault");
	} else if (trace_is(e, "fault_exit")) {
		end(s, t, e->tsc, SPAN_FAULT);
	} else if (trace_is(e, "irq_enter")) {
		if (trace_number(e, "user"))
			end(s, t, e->tsc, SPAN_USER);
		begin(t, e->tsc, SPAN_IRQ,
		      trace_number(e, "vector") == 240 ? "timer" : "interrupt");
	} else if (trace_is(e, "irq_exit")) {
		end(s, t, e->tsc, SPAN_IRQ);
	} else if (trace_is(e, "return_to_user")) {
		end(s, t, e->tsc, SPAN_USER);
		begin(t, e->tsc, SPAN_USER, "user");
	} else if (trace_is(e, "switch")) {
		switch_away(s, t, e);
	} else if (trace_is(e, "regs_restored")) {
		end(s, t, e->tsc, SPAN_AWAY);
		t->cpu = e->cpu;
	}
}

static int by_thread(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->depth - y->depth;
}

size_t spans_make(const struct story *story, struct span **out)
{
	struct spans *s = calloc(1, sizeof(*s));
	unsigned long last = 0;
	size_t count;

	if (!s)
		exit(1);
	for (size_t i = 0; i < story->trace->count; i++) {
		const struct trace_event *e = &story->trace->events[i];
		struct thread *t;

		if (!story_find(story, e->pid))
			continue;
		t = thread_of(s, e);
		if (t)
			feed(s, t, e);
		last = e->tsc;
	}
	for (int i = 0; i < s->threads_count; i++)
		while (s->threads[i].depth > 0)
			end_top(s, &s->threads[i], last);
	qsort(s->list, s->count, sizeof(*s->list), by_thread);
	*out = s->list;
	count = s->count;
	free(s);
	return count;
}
