/* SPDX-License-Identifier: ISC */
/*
 * The book's figures as a choice of rows. 6.1 leaves the hardware out, 6.2 shows everything of one
 * process but interrupts that change nothing, 6.3 what lies between two processes when the timer takes the CPU from the first.
 */
#include <string.h>

#include "timeline.h"

static bool is_from(const struct row *r, const char *event)
{
	return strcmp(r->event, event) == 0;
}

/* Keeps rows [from, to) of the run, and all of the boot with its heading. */
static void keep(struct story *s, size_t from, size_t to)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		bool run_heading = s->rows[i].column == HEADING && !strcmp(s->rows[i].text, "run");

		if (run_heading || (i >= from && i < to) ||
		    (i < from &&
		     (is_from(&s->rows[i], "trap_table") ||
		      is_from(&s->rows[i], "syscall_handler") ||
		      is_from(&s->rows[i], "timer_start") || s->rows[i].column == HEADING)))
			s->rows[n++] = s->rows[i];
	}
	s->count = n;
}

/* -- 6.1 ----------------------------------------------------------------------------------------- */

static bool in_6_1(const struct row *r)
{
	static const char *const events[] = { "created", "memory", "loaded",
					      "stack",   "freed",  "removed" };

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (is_from(r, events[i]))
			return true;
	if (is_from(r, "regs_cleared")) /* the kernel stack is 6.2's matter */
		return strcmp(r->text, "clear registers") == 0;
	return r->column == HEADING && strcmp(r->text, "run") == 0;
}

static bool select_6_1(struct story *s)
{
	bool main_runs = false, execed = false, ended = false;
	size_t n = 0;

	s->two_columns = true;
	for (size_t i = 0; i < s->count; i++) {
		struct row r = s->rows[i];

		execed = execed || is_from(&r, "exec");
		if (execed && !main_runs && is_from(&r, "return_to_user") && r.column == OS) {
			strcpy(r.text, "execute call main()");
		} else if (execed && !main_runs && is_from(&r, "return_to_user") &&
			   r.column == PROGRAM) {
			strcpy(r.text, "run main()");
			main_runs = true;
		} else if (main_runs && !ended && r.column == PROGRAM &&
			   strncmp(r.text, "call exit", 9) == 0) {
			strcpy(r.text, "execute return from main");
			ended = true;
		} else if (!in_6_1(&r)) {
			continue;
		} else if (is_from(&r, "stack")) {
			strcpy(r.text, "set up stack with argc/argv");
		}
		s->rows[n++] = r;
	}
	s->count = n;
	return main_runs;
}

/* -- 6.2 ----------------------------------------------------------------------------------------- */

/* The row behind those of the events @a and @b that follow each other from @i on. */
static size_t skip_events(const struct story *s, size_t i, const char *a, const char *b)
{
	while (i < s->count && (is_from(&s->rows[i], a) || is_from(&s->rows[i], b)))
		i++;
	return i;
}

/* The row behind an interrupt at @i after which all goes on as before; @i: there is none. */
static size_t skip_interrupt(const struct story *s, size_t i)
{
	size_t end = skip_events(s, i, "irq_enter", "timer_fired"), back;

	if (!is_from(&s->rows[i], "irq_enter"))
		return i;
	for (size_t k = i; k < end; k++)
		if (strstr(s->rows[k].text, "in the kernel"))
			return end;
	back = skip_events(s, end, "return_to_user", "return_to_user");
	return back > end && s->rows[back - 1].pid == s->rows[i].pid ? back : i;
}

static bool select_6_2(struct story *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count;) {
		size_t end = skip_interrupt(s, i);

		if (end == i)
			s->rows[n++] = s->rows[i++];
		else
			i = end;
	}
	s->count = n;
	return true;
}

/* -- 6.3 ----------------------------------------------------------------------------------------- */

/* The row behind the one where the CPU runs a program again; 0: it does not. */
static size_t end_of_return(const struct story *s, size_t i)
{
	for (; i < s->count; i++)
		if (s->rows[i].column == PROGRAM && is_from(&s->rows[i], "return_to_user"))
			return i + 1;
	return 0;
}

/*
 * A timer interrupt that hits one program of the story and ends in another one. Strictly: with nothing
 * but the switch between.
 */
static bool is_6_3(const struct story *s, size_t i, size_t end, bool strict)
{
	int switches = 0, interrupts = 0;

	if (!is_from(&s->rows[i], "irq_enter") || strcmp(s->rows[i].text, "timer interrupt") != 0)
		return false;
	for (size_t k = i; k < end; k++) {
		if (is_from(&s->rows[k], "syscall_enter") || is_from(&s->rows[k], "syscall_exit") ||
		    is_from(&s->rows[k], "fault"))
			return false;
		interrupts += strncmp(s->rows[k].text, "timer interrupt", 15) == 0;
		switches += strncmp(s->rows[k].text, "call switch()", 13) == 0;
	}
	if (strict && (switches > 1 || interrupts > 1))
		return false;
	return switches > 0 && s->rows[end - 1].pid != s->rows[i].pid;
}

static bool select_6_3(struct story *s, bool strict, int *first)
{
	for (size_t i = 1; i < s->count; i++) {
		size_t end = end_of_return(s, i);

		if (!end)
			break;
		if (!is_6_3(s, i, end, strict))
			continue;
		*first = s->rows[i].pid;
		keep(s, i - 1, end); /* from "Process A" on */
		return true;
	}
	return false;
}

bool figure_select(struct story *s, enum figure figure, int *first)
{
	switch (figure) {
	case FIGURE_6_1: return select_6_1(s);
	case FIGURE_6_2: return select_6_2(s);
	case FIGURE_6_3: return select_6_3(s, true, first) || select_6_3(s, false, first);
	default: return true;
	}
}
