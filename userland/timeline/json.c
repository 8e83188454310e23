/* SPDX-License-Identifier: ISC */
/*
 * Trace Event Format, the JSON that ui.perfetto.dev and chrome://tracing open: complete events ("X")
 * for spans, instants ("i"), metadata ("M") for names; times in microseconds. One track a process
 * and thread; the pid below stands for the machine, with a track a CPU.
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

/* Who had a CPU, from one switch on it to the next. */
static void print_cpu(FILE *out, const struct story *s, unsigned cpu)
{
	unsigned long since = 0;
	long tid = 0;
	char name[32];

	snprintf(name, sizeof(name), "CPU %u", cpu);
	print_name(out, "thread_name", MACHINE_PID, cpu, name);
	for (size_t i = 0; i < s->trace->count; i++) {
		const struct trace_event *e = &s->trace->events[i];

		if (e->cpu != cpu || !trace_is(e, "switch"))
			continue;
		if (since && tid) {
			const struct told *p = story_find(s, tid);

			fputs(",\n{\"name\":", out);
			print_string(out, p && *p->name ? p->name : "another");
			fputs(",\"cat\":\"cpu\",\"ph\":\"X\",", out);
			print_times(out, s, since, e->tsc);
			fprintf(out, ",\"pid\":%d,\"tid\":%u}", MACHINE_PID, cpu);
		}
		since = e->tsc;
		tid = trace_number(e, "to");
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
	for (unsigned cpu = 0; cpu < s->trace->cpus; cpu++)
		print_cpu(out, s, cpu);
	for (int i = 0; i < s->told_count; i++) {
		char name[80];

		snprintf(name, sizeof(name), "%s: %s", s->told[i].letter, s->told[i].name);
		print_name(out, "process_name", s->told[i].pid, s->told[i].pid, name);
	}
	for (size_t i = 0; i < n; i++)
		print_span(out, s, &spans[i]);
	for (size_t i = 0; i < s->trace->count; i++)
		if (story_find(s, s->trace->events[i].pid) && is_instant(&s->trace->events[i]))
			print_instant(out, s, &s->trace->events[i]);
	fputs("\n]}\n", out);
	free(spans);
}
