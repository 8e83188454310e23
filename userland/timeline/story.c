/* SPDX-License-Identifier: ISC */
/*
 * Which events belong to the story, and its rows. The boot's milestones come first; then what a
 * process and its descendants did, and what was done for them.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "timeline.h"

void story_add(struct story *s, unsigned long tsc, enum column c, int pid, const char *fmt, ...)
{
	char text[512], *rest = text, *line;
	va_list ap;

	if (s->folded) {
		size_t n = s->folded;

		s->folded = 0;
		story_add(s, tsc, OS, pid, "(%zu page fault%s: trap, bring the page in, return)", n,
			  n > 1 ? "s" : "");
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	while ((line = strsep(&rest, "\n"))) {
		struct row *r;

		if (!(s->count & (s->count - 1)))
			s->rows = realloc(s->rows, 2 * (s->count + 1) * sizeof(*r));
		if (!s->rows)
			exit(1);
		r = &s->rows[s->count++];
		*r = (struct row){ .tsc = tsc, .column = c, .pid = pid, .event = s->event };
		snprintf(r->text, sizeof(r->text), "%s", line);
	}
}

const struct told *story_find(const struct story *s, int pid)
{
	for (int i = 0; i < s->told_count && pid; i++)
		if (s->told[i].pid == pid)
			return &s->told[i];
	return NULL;
}

static void heading(struct story *s, const char *text)
{
	s->event = "";
	story_add(s, 0, HEADING, 0, "%s", text);
}

static void introduce(struct story *s, int pid)
{
	struct told *p = &s->told[s->told_count];

	if (s->told_count == MAX_TOLD || story_find(s, pid))
		return;
	p->pid = pid;
	snprintf(p->letter, sizeof(p->letter), s->told_count < 26 ? "%c" : "P%d",
		 s->told_count < 26 ? 'A' + s->told_count : s->told_count);
	s->told_count++;
}

/* First the cast: children are known from their parent's fork, names from exec. @first is A. */
static void find_cast(struct story *s, const struct trace *t, int first)
{
	introduce(s, first);
	introduce(s, s->root);
	for (size_t i = 0; i < t->count; i++) {
		const struct trace_event *e = &t->events[i];

		if (!story_find(s, e->pid))
			continue;
		if (trace_is(e, "fork")) {
			int child = trace_number(e, "child");

			introduce(s, child);
			if (story_find(s, child))
				strcpy(((struct told *)story_find(s, child))->name,
				       story_find(s, e->pid)->name);
		} else if (trace_is(e, "exec")) {
			struct told *p = (struct told *)story_find(s, e->pid);

			trace_text(e, p->name, sizeof(p->name));
		}
	}
}

static bool is_milestone(const struct trace_event *e)
{
	return trace_is(e, "trap_table") || trace_is(e, "syscall_handler") ||
	       trace_is(e, "timer_start");
}

/* Of events in others' names, those that make or end one of the story's, or let it run. */
static bool is_about(const struct story *s, const struct trace_event *e)
{
	if (trace_is(e, "created") || trace_is(e, "removed") || trace_is(e, "signal"))
		return story_find(s, trace_number(e, "pid"));
	if (trace_is(e, "wake") || trace_is(e, "migrate"))
		return story_find(s, trace_number(e, "tid"));
	if (trace_is(e, "switch"))
		return story_find(s, trace_number(e, "to"));
	return e->tid == 0 && (trace_is(e, "irq_enter") || trace_is(e, "regs_restored"));
}

/* The parent copies its memory between "created" and "fork". */
static bool is_birth(const struct story *s, const struct trace *t, size_t i)
{
	if (!trace_is(&t->events[i], "memory"))
		return false;
	while (i-- > 0)
		if (trace_is(&t->events[i], "created"))
			return story_find(s, trace_number(&t->events[i], "pid"));
	return false;
}

/* A page fault that was mended at once: three events of one thread, one after the other. */
static bool is_plain_fault(const struct trace *t, size_t i)
{
	const struct trace_event *e = &t->events[i];

	return i + 2 < t->count && trace_is(e, "fault") && trace_is(e + 1, "fault_exit") &&
	       trace_is(e + 2, "return_to_user") && e[1].tid == e->tid && e[2].tid == e->tid &&
	       trace_number(e + 1, "signal") == 0;
}

static bool begins_or_ends(const struct trace_event *e, const char *name, int pid)
{
	return trace_is(e, name) && trace_number(e, "pid") == pid;
}

/* From the first one's entry in the process list to its removal; before it the boot. */
static void tell_all(struct story *s, const struct trace *t)
{
	bool running = false;

	heading(s, "boot");
	for (size_t i = 0; i < t->count; i++) {
		const struct trace_event *e = &t->events[i];
		bool mine = story_find(s, e->pid);

		if (begins_or_ends(e, "created", s->root)) {
			running = true;
			heading(s, "run");
		}
		if (!running && !is_milestone(e))
			continue;
		if (begins_or_ends(e, "removed", s->root))
			running = false;
		if (is_milestone(e)) {
			story_event(s, e);
		} else if (mine && !s->verbose && is_plain_fault(t, i)) {
			s->folded++;
			i += 2;
		} else if (mine || is_about(s, e) || is_birth(s, t, i)) {
			story_event(s, e);
		}
	}
}

static bool tell(struct story *s, const struct trace *t, int pid, int *first, enum figure figure,
		 bool verbose)
{
	*s = (struct story){ .trace = t, .verbose = verbose, .root = pid };
	find_cast(s, t, *first);
	tell_all(s, t);
	return figure_select(s, figure, first);
}

void story_tell(struct story *s, const struct trace *t, int pid, enum figure figure, bool verbose)
{
	int first = pid;
	bool shown = tell(s, t, pid, &first, figure, verbose);

	if (shown && first != pid) {
		story_free(s);
		shown = tell(s, t, pid, &first, figure, verbose);
	}
	if (!shown)
		fprintf(stderr, "timeline: what the figure shows has not happened\n");
}

void story_free(struct story *s)
{
	free(s->rows);
}
