/* SPDX-License-Identifier: ISC */
/* The three columns as text, 80 characters wide. */
#include <string.h>

#include "timeline.h"

static const int widths[COLUMNS] = { 30, 28, 16 };
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

static void line(FILE *out, enum column c, const char *text, int n)
{
	for (enum column i = OS; i < COLUMNS; i++) {
		if (i == c && i == PROGRAM)
			fwrite(text, 1, n, out);
		else if (i == c)
			cell(out, text, n, widths[i]);
		else if (i != PROGRAM)
			pad(out, widths[i]);
		fputs(i == PROGRAM ? "\n" : i + 1 == PROGRAM && c != PROGRAM ? " |" : " | ", out);
	}
}

static void rule(FILE *out)
{
	for (int i = 0; i < widths[0] + widths[1] + widths[2] + 6; i++)
		fputc(i == widths[0] + 1 || i == widths[0] + widths[1] + 4 ? '+' : '-', out);
	fputc('\n', out);
}

static void print_heading(FILE *out, const char *phase, bool stamps)
{
	bool run = strcmp(phase, "run") == 0;

	if (stamps)
		pad(out, STAMP);
	fprintf(out, "%-*s | %-*s |%s\n", widths[OS],
		run ? "OS @ run (kernel mode)" : "OS @ boot (kernel mode)", widths[HARDWARE],
		"Hardware", run ? " Program (user)" : "");
	if (stamps)
		pad(out, STAMP);
	rule(out);
}

static void print_row(FILE *out, const struct story *s, const struct row *r, bool stamps)
{
	const char *text = r->text;
	bool first = true;

	do {
		const char *at = text;
		int n = wrap(&text, widths[r->column]);

		if (stamps && first)
			fprintf(out, "%*.1f ", STAMP - 1,
				trace_us(s->trace, r->tsc - s->trace->events[0].tsc));
		else if (stamps)
			pad(out, STAMP);
		line(out, r->column, at, n);
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
			print_heading(out, r->text, s->stamps);
		else
			print_row(out, s, r, s->stamps);
	}
}
