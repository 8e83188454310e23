/* SPDX-License-Identifier: ISC */
/* The table as a picture: three columns, an arrow where the CPU goes from one to another. */
#include <string.h>

#include "timeline.h"

#define MARGIN 20
#define PADDING 8 /* from a box's edge to its text */
#define GUTTER 44 /* between two columns: an arrow's place */
#define LINE 20
#define TOP 26

static const int box_widths[COLUMNS] = { 328, 276, 208 };
static const int text_widths[COLUMNS] = { 42, 38, 26 };
static const char *const fills[COLUMNS] = { "#e3ebf7", "#ededed", "#e3f2df" };

void svg_text(FILE *out, const char *text, int n)
{
	for (int i = 0; i < n; i++) {
		switch (text[i]) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		default:
			if ((unsigned char)text[i] >= ' ')
				fputc(text[i], out);
		}
	}
}

void svg_begin(FILE *out, int width, int height)
{
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\" font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"13\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
		width, height, width, height, width, height);
}

static int left_of(const struct story *s, enum column c)
{
	int x = MARGIN;

	for (enum column i = OS; i < c; i++)
		x += story_shows(s, i) ? box_widths[i] + GUTTER : 0;
	return x;
}

static int right_of(const struct story *s, enum column c)
{
	return left_of(s, c) + box_widths[c];
}

/* Of a heading with what is free above and below it. */
#define HEADING_HEIGHT (5 * LINE / 2)

static int height_of_row(const struct row *r)
{
	const char *text = r->text;
	int lines = 0;

	if (r->column == HEADING)
		return HEADING_HEIGHT;
	for (; *text; lines++)
		wrap(&text, text_widths[r->column]);
	return lines * LINE;
}

static int height_of(const struct story *s)
{
	int height = TOP + LINE * s->told_count + MARGIN;

	for (size_t i = 0; i < s->count; i++)
		height += height_of_row(&s->rows[i]);
	return height;
}

static int print_cast(FILE *out, const struct story *s, int y)
{
	for (int i = 0; i < s->told_count; i++, y += LINE) {
		char text[96];
		int n = snprintf(text, sizeof(text), "%s: process %d, %s", s->told[i].letter,
				 s->told[i].pid, s->told[i].name);

		fprintf(out, "<text x=\"%d\" y=\"%d\" fill=\"#555\">", MARGIN + PADDING, y);
		svg_text(out, text, n);
		fputs("</text>\n", out);
	}
	return y - LINE / 2;
}

static void print_heading(FILE *out, const struct story *s, const char *phase, int y)
{
	bool boot = *phase == 'b';
	const char *const names[COLUMNS] = { boot ? "OS @ boot (kernel mode)"
						  : "OS @ run (kernel mode)",
					     "Hardware", boot ? "" : "Program (user mode)" };

	for (enum column c = OS; c < COLUMNS; c++)
		if (story_shows(s, c) && *names[c])
			fprintf(out, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>\n",
				left_of(s, c) + PADDING, y + HEADING_HEIGHT - 16, names[c]);
	fprintf(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#333\"/>\n", MARGIN,
		y + HEADING_HEIGHT - 8, right_of(s, PROGRAM), y + HEADING_HEIGHT - 8);
}

/* From the column that ended above @y to the one that goes on. */
static void print_arrow(FILE *out, const struct story *s, enum column from, enum column to, int y)
{
	int x1 = from < to ? right_of(s, from) + 2 : left_of(s, from) - 2;
	int x2 = from < to ? left_of(s, to) - 3 : right_of(s, to) + 3;

	fprintf(out,
		"<path d=\"M%d %d L%d %d\" stroke=\"#b0443c\" fill=\"none\" "
		"marker-end=\"url(#a)\"/>\n",
		x1, y - LINE / 2, x2, y + LINE / 2);
}

static void print_row(FILE *out, const struct story *s, const struct row *r, int y)
{
	const char *text = r->text;
	int left = left_of(s, r->column);

	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", left,
		y + 1, box_widths[r->column], height_of_row(r) - 1, fills[r->column]);
	for (; *text; y += LINE) {
		const char *at = text;
		int n = wrap(&text, text_widths[r->column]);

		fprintf(out, "<text x=\"%d\" y=\"%d\">", left + PADDING, y + 15);
		svg_text(out, at, n);
		fputs("</text>\n", out);
	}
}

void svg_print(FILE *out, const struct story *s)
{
	enum column last = HEADING;
	int y;

	svg_begin(out, right_of(s, PROGRAM) + MARGIN, height_of(s));
	fputs("<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
	      "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" "
	      "fill=\"#b0443c\"/></marker></defs>\n",
	      out);
	y = print_cast(out, s, TOP);
	for (size_t i = 0; i < s->count; i++) {
		const struct row *r = &s->rows[i];

		if (r->column == HEADING) {
			print_heading(out, s, r->text, y);
		} else {
			if (last != HEADING && last != r->column)
				print_arrow(out, s, last, r->column, y);
			print_row(out, s, r, y);
		}
		y += height_of_row(r);
		last = r->column;
	}
	fputs("</svg>\n", out);
}
