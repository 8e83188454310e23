/* SPDX-License-Identifier: ISC */
/*
 * Trace Event Format, the JSON that ui.perfetto.dev and chrome://tracing open: complete events ("X")
 * for spans, instants ("i"), metadata ("M") for names; times in microseconds. One track a process
 * and thread; the pid below stands for the machine, with a track a CPU. A thread that goes on on
 * another CPU is followed there by an arrow: a flow that starts ("s") in the span that it had on one
 * and finishes ("f") in the span on the other.
 */
#include <stdlib.h>
#include <string.h>

#include "timeline.h"

#define MACHINE_PID 0x7fffffff

static const char *const kinds[SPAN_KINDS] = { "user", "syscall", "fault", "interrupt", "away" };

static void print_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ')
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void print_name(FILE *out, const char *what, int pid, int tid, const char *name)
{
	fprintf(out,
		",\n{\"name\":\"%s\",\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"args\":{\"name\":", what,
		pid, tid);
	print_string(out, name);
	fputs("}}", out);
}

/* Whole nanoseconds first, so that spans that nest still do when they are rounded. */
static unsigned long ns(const struct story *s, unsigned long tsc)
{
	return (unsigned long)(1000 * trace_us(s->trace, tsc - s->trace->events[0].tsc));
}

static void print_times(FILE *out, const struct story *s, unsigned long begin, unsigned long end)
{
	unsigned long from = ns(s, begin), dur = ns(s, end) - from;

	fprintf(out, "\"ts\":%lu.%03lu,\"dur\":%lu.%03lu", from / 1000, from % 1000, dur / 1000,
		dur % 1000);
}

static void print_span(FILE *out, const struct story *s, const struct span *p)
{
	fputs(",\n{\"name\":", out);
	print_string(out, p->name);
	fprintf(out, ",\"cat\":\"%s\",\"ph\":\"X\",", kinds[p->kind]);
	print_times(out, s, p->begin, p->end);
	fprintf(out, ",\"pid\":%d,\"tid\":%d}", p->pid, p->tid);
}

/* What the events say besides: each value as text. */
static void print_instant(FILE *out, const struct story *s, const struct trace_event *e)
{
	fprintf(out,
		",\n{\"name\":\"%s\",\"cat\":\"event\",\"ph\":\"i\",\"s\":\"t\",\"ts\":%lu.%03lu,\"pid\":%d,"
		"\"tid\":%d,\"args\":{\"values\":",
		e->name, ns(s, e->tsc) / 1000, ns(s, e->tsc) % 1000, e->pid, e->tid);
	print_string(out, e->args);
	fputs("}}", out);
}

static bool is_instant(const struct trace_event *e)
{
	static const char *const names[] = { "wake", "signal", "handler", "killed",     "fork",
					     "exec", "exit",   "migrate", "timer_armed" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (trace_is(e, names[i]))
			return true;
	return false;
}

/* -- the CPUs ------------------------------------------------------------------------------------ */

/* A thread that had a CPU, from one switch on it to the next. */
struct turn {
	unsigned long begin, end;
	long tid;
	unsigned cpu;
};

struct turns {
	struct turn *list;
	size_t count;
};

static void add_turn(struct turns *t, const struct turn *turn)
{
	if (!(t->count & (t->count - 1)))
		t->list = realloc(t->list, 2 * (t->count + 1) * sizeof(*t->list));
	if (!t->list)
		exit(1);
	t->list[t->count++] = *turn;
}

static void find_turns(struct turns *t, const struct trace *trace, unsigned cpu)
{
	struct turn now = { .cpu = cpu };

	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_event *e = &trace->events[i];

		if (e->cpu != cpu || !trace_is(e, "switch"))
			continue;
		now.end = e->tsc;
		if (now.tid)
			add_turn(t, &now);
		now.begin = e->tsc;
		now.tid = trace_number(e, "to");
	}
}

/* The process of the story that a thread belongs to, by any event of it. */
static const struct told *told_of(const struct story *s, long tid)
{
	for (size_t i = 0; i < s->trace->count; i++)
		if (s->trace->events[i].tid == tid)
			return story_find(s, s->trace->events[i].pid);
	return NULL;
}

static void print_turn(FILE *out, const struct story *s, const struct turn *t)
{
	const struct told *p = told_of(s, t->tid);

	fputs(",\n{\"name\":", out);
	print_string(out, p && *p->name ? p->name : "another");
	fputs(",\"cat\":\"cpu\",\"ph\":\"X\",", out);
	print_times(out, s, t->begin, t->end);
	fprintf(out, ",\"pid\":%d,\"tid\":%u}", MACHINE_PID, t->cpu);
}

static int by_thread(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* One end of an arrow. A flow belongs to the span in which its time lies. */
static void print_flow(FILE *out, const char *end, unsigned long at, size_t id, unsigned cpu)
{
	fprintf(out,
		",\n{\"name\":\"migration\",\"cat\":\"cpu\",%s,\"id\":%zu,\"ts\":%lu.%03lu,"
		"\"pid\":%d,\"tid\":%u}",
		end, id, at / 1000, at % 1000, MACHINE_PID, cpu);
}

static void print_migrations(FILE *out, const struct story *s, struct turns *t)
{
	if (t->count)
		qsort(t->list, t->count, sizeof(*t->list), by_thread);
	for (size_t i = 1; i < t->count; i++) {
		const struct turn *from = &t->list[i - 1], *to = &t->list[i];

		if (from->tid != to->tid || from->cpu == to->cpu || !told_of(s, to->tid))
			continue;
		print_flow(out, "\"ph\":\"s\"", ns(s, from->begin), i, from->cpu);
		print_flow(out, "\"ph\":\"f\",\"bp\":\"e\"", ns(s, to->begin), i, to->cpu);
	}
}

static void print_cpus(FILE *out, const struct story *s)
{
	struct turns turns = { 0 };

	for (unsigned cpu = 0; cpu < s->trace->cpus; cpu++) {
		char name[32];

		snprintf(name, sizeof(name), "CPU %u", cpu);
		print_name(out, "thread_name", MACHINE_PID, cpu, name);
		find_turns(&turns, s->trace, cpu);
	}
	for (size_t i = 0; i < turns.count; i++)
		print_turn(out, s, &turns.list[i]);
	print_migrations(out, s, &turns);
	free(turns.list);
}

/* -- the story ----------------------------------------------------------------------------------- */

static void print_processes(FILE *out, const struct story *s)
{
	for (int i = 0; i < s->told_count; i++) {
		char name[80];

		snprintf(name, sizeof(name), "%s: %s", s->told[i].letter, s->told[i].name);
		print_name(out, "process_name", s->told[i].pid, s->told[i].pid, name);
	}
}

static void print_threads(FILE *out, const struct span *spans, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char name[32];

		if (i > 0 && spans[i].tid == spans[i - 1].tid)
			continue;
		snprintf(name, sizeof(name), "thread %d", spans[i].tid);
		print_name(out, "thread_name", spans[i].pid, spans[i].tid, name);
	}
}

void json_print(FILE *out, const struct story *s)
{
	struct span *spans = NULL;
	size_t n = spans_make(s, &spans);

	fprintf(out,
		"{\"displayTimeUnit\":\"ns\",\"otherData\":{\"lost\":\"%lu\"},\"traceEvents\":[\n",
		s->trace->lost);
	fprintf(out,
		"{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":%d,\"tid\":0,\"args\":{\"name\":\"CPUs\"}}",
		MACHINE_PID);
	print_cpus(out, s);
	print_processes(out, s);
	print_threads(out, spans, n);
	for (size_t i = 0; i < n; i++)
		print_span(out, s, &spans[i]);
	for (size_t i = 0; i < s->trace->count; i++)
		if (story_find(s, s->trace->events[i].pid) && is_instant(&s->trace->events[i]))
			print_instant(out, s, &s->trace->events[i]);
	fputs("\n]}\n", out);
	free(spans);
}
