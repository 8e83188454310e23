/* SPDX-License-Identifier: ISC */
/*
 * timeline: from the kernel's events to the book's table (OSTEP Figures 6.1 to 6.3) and to pictures.
 * story.c makes rows of events, table.c and svg.c show rows, json.c and lanes.c show the events
 * themselves.
 */
#pragma once

#include <stdio.h>

#include "trace.h"

enum column { OS, HARDWARE, PROGRAM, COLUMNS, HEADING = COLUMNS };

#define ROW_TEXT 96

struct row {
	unsigned long tsc;
	enum column column; /* HEADING: over all three */
	int pid; /* whose; 0: nobody's */
	const char *event; /* the name of the event it tells of; "" of a heading */
	char text[ROW_TEXT];
};

#define MAX_TOLD 64

/* A process of the story, in the order of appearance: A, B, C … */
struct told {
	int pid;
	char letter[4];
	char name[48];
};

struct story {
	const struct trace *trace;
	struct row *rows;
	size_t count;
	int root; /* the process that was started */
	struct told told[MAX_TOLD];
	int told_count;
	bool stamps; /* the table has a column of microseconds */
	bool two_columns; /* as Figure 6.1: nothing of the hardware is told */
	bool verbose; /* every page fault, every timer that is set */
	size_t folded; /* page faults left out since the last row */
	const char *event; /* that is being told */
	int current; /* in whose name the Program column speaks; 0: nobody's */
};

enum figure { FIGURE_NONE, FIGURE_6_1, FIGURE_6_2, FIGURE_6_3 };

/* The rows of @t about process @pid and its descendants. The figure chooses among them. */
void story_tell(struct story *s, const struct trace *t, int pid, enum figure figure, bool verbose);
void story_free(struct story *s);
/* The process of the story, NULL: it is not in it. */
const struct told *story_find(const struct story *s, int pid);
/* Adds a row; more are added for each further line of the text ('\n'). */
void story_add(struct story *s, unsigned long tsc, enum column c, int pid, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* events.c: what one event adds to the story. */
void story_event(struct story *s, const struct trace_event *e);
/*
 * figures.c: keeps the rows that the figure shows. False: what it shows has not happened. *first: the
 * process that should be called A, if the story were told again.
 */
bool figure_select(struct story *s, enum figure figure, int *first);

/* The next line of at most @width characters (UTF-8) of *@text, cut between words: its bytes; *@text
 * moves behind it. 0: no more. */
int wrap(const char **text, int width);

/* Whether the story's table has the column. */
static inline bool story_shows(const struct story *s, enum column c)
{
	return c != HARDWARE || !s->two_columns;
}

void table_print(FILE *out, const struct story *s);
void svg_print(FILE *out, const struct story *s);
void json_print(FILE *out, const struct story *s);
void lanes_print(FILE *out, const struct story *s);

/* svg.c, for lanes.c too: what a picture begins with, and text in it. */
void svg_begin(FILE *out, int width, int height);
void svg_text(FILE *out, const char *text, int n);

/* What the next event of a thread says of it, for json.c and lanes.c: see spans.c. */
enum span_kind { SPAN_USER, SPAN_CALL, SPAN_FAULT, SPAN_IRQ, SPAN_AWAY, SPAN_KINDS };
#define SPANS_DEPTH 16 /* so many lie within each other */
struct span {
	unsigned long begin, end;
	int pid, tid, depth;
	unsigned cpu;
	enum span_kind kind;
	char name[48];
};
/* What each thread did from when to when, sorted by thread and time, nested. Free *out. */
size_t spans_make(const struct story *s, struct span **out);
