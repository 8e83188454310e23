/* SPDX-License-Identifier: ISC */
/* The columns as text, 80 characters wide. */
#include <string.h>

#include "timeline.h"

static const int widths[COLUMNS] = { 29, 28, 17 };
#define STAMP 11

static bool is_more(char c)
{
	return (c & 0xc0) == 0x80; /* a later byte of a character */
}

int wrap(const char **text, int width)
{
	const char *at = *text;
	int n = 0, space = 0, characters = 0;

	for (; at[n] && characters < width; n++) {
		if (at[n] == ' ')
			space = n;
		if (!is_more(at[n + 1]))
			characters++;
	}
	if (at[n] && at[n] != ' ' && space)
		n = space;
	*text = at + n + (at[n] == ' ');
	return n;
}

static void pad(FILE *out, int n)
{
	fprintf(out, "%*s", n > 0 ? n : 0, "");
}

static void cell(FILE *out, const char *text, int n, int width)
{
	int characters = 0;

	for (int i = 0; i < n; i++)
		characters += !is_more(text[i]);
	fwrite(text, 1, n, out);
	pad(out, width - characters);
}

static int width_of(const struct story *s, enum column c)
{
	return widths[c] + (s->two_columns && c == PROGRAM ? widths[HARDWARE] + 3 : 0);
}

/* One line of the table: @text in column @c, the others empty, no blanks at the end. */
static void line(FILE *out, const struct story *s, enum column c, const char *text, int n)
{
	for (enum column i = OS; i < PROGRAM; i++) {
		if (!story_shows(s, i))
			continue;
		cell(out, text, i == c ? n : 0, widths[i]);
		fputs(" |", out);
		if (i + 1 < PROGRAM && story_shows(s, i + 1))
			fputc(' ', out);
	}
	if (c == PROGRAM) {
		fputc(' ', out);
		fwrite(text, 1, n, out);
	}
	fputc('\n', out);
}

static void rule(FILE *out, const struct story *s)
{
	for (enum column c = OS; c < COLUMNS; c++) {
		if (!story_shows(s, c))
			continue;
		for (int i = c == HARDWARE ? -2 : -1; i < width_of(s, c); i++)
			fputc('-', out);
		fputs(c == PROGRAM ? "\n" : "+", out);
	}
}

static void print_heading(FILE *out, const struct story *s, const char *phase)
{
	bool run = strcmp(phase, "run") == 0;
	int margin = s->stamps ? STAMP : 0;

	pad(out, margin);
	fprintf(out, "%-*s |", widths[OS],
		run ? "OS @ run (kernel mode)" : "OS @ boot (kernel mode)");
	if (!s->two_columns)
		fprintf(out, " %-*s |", widths[HARDWARE], "Hardware");
	fprintf(out, "%s\n", run ? " Program (user)" : "");
	pad(out, margin);
	rule(out, s);
}

static void print_row(FILE *out, const struct story *s, const struct row *r, bool stamps)
{
	const char *text = r->text;
	bool first = true;

	do {
		const char *at = text;
		int n = wrap(&text, width_of(s, r->column));

		if (stamps && first)
			fprintf(out, "%*.1f ", STAMP - 1,
				trace_us(s->trace, r->tsc - s->trace->events[0].tsc));
		else if (stamps)
			pad(out, STAMP);
		line(out, s, r->column, at, n);
		first = false;
	} while (*text);
}

static void print_cast(FILE *out, const struct story *s)
{
	for (int i = 0; i < s->told_count; i++)
		fprintf(out, "%s: process %d, %s\n", s->told[i].letter, s->told[i].pid,
			s->told[i].name);
	if (s->trace->lost)
		fprintf(out, "%lu events were lost: the ring was full.\n", s->trace->lost);
	fputc('\n', out);
}

void table_print(FILE *out, const struct story *s)
{
	print_cast(out, s);
	for (size_t i = 0; i < s->count; i++) {
		const struct row *r = &s->rows[i];

		if (r->column == HEADING)
			print_heading(out, s, r->text);
		else
			print_row(out, s, r, s->stamps);
	}
}
