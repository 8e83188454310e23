/* SPDX-License-Identifier: ISC */
/* The table as a picture: three columns, an arrow where the CPU goes from one to another. */
#include <string.h>

#include "timeline.h"

#define WIDTH 940
#define LINE 20
#define TOP 54

static const int lefts[COLUMNS] = { 20, 385, 700 };
static const int text_widths[COLUMNS] = { 40, 36, 26 };
static const char *const fills[COLUMNS] = { "#e8eef7", "#eeeeee", "#e9f5e6" };

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

static int lines_of(const struct row *r)
{
	const char *text = r->text;
	int n = 0;

	if (r->column == HEADING)
		return 2;
	for (; *text; n++)
		wrap(&text, text_widths[r->column]);
	return n;
}

static int height_of(const struct story *s)
{
	int lines = 0;

	for (size_t i = 0; i < s->count; i++)
		lines += lines_of(&s->rows[i]);
	return TOP + LINE * (lines + s->told_count + 1);
}

static int print_cast(FILE *out, const struct story *s, int y)
{
	for (int i = 0; i < s->told_count; i++, y += LINE) {
		char text[96];
		int n = snprintf(text, sizeof(text), "%s: process %d, %s", s->told[i].letter,
				 s->told[i].pid, s->told[i].name);

		fprintf(out, "<text x=\"20\" y=\"%d\" fill=\"#555\">", y);
		svg_text(out, text, n);
		fputs("</text>\n", out);
	}
	return y;
}

static void print_heading(FILE *out, const char *phase, int y)
{
	const char *const names[COLUMNS] = { *phase == 'b' ? "OS @ boot (kernel mode)"
							   : "OS @ run (kernel mode)",
					     "Hardware",
					     *phase == 'b' ? "" : "Program (user mode)" };

	for (int c = OS; c < COLUMNS; c++)
		fprintf(out, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>\n", lefts[c],
			y + LINE, names[c]);
	fprintf(out, "<line x1=\"20\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#333\"/>\n",
		y + LINE + 6, WIDTH - 20, y + LINE + 6);
}

/* From the column that ended above @y to the one that goes on. */
static void print_arrow(FILE *out, enum column from, enum column to, int y)
{
	int x1 = from < to ? lefts[from + 1] - 40 : lefts[from] - 4;
	int x2 = from < to ? lefts[to] - 8 : lefts[to + 1] - 24;

	fprintf(out,
		"<path d=\"M%d %d L%d %d\" stroke=\"#b0443c\" fill=\"none\" "
		"marker-end=\"url(#a)\"/>\n",
		x1, y - LINE / 2, x2, y + LINE / 2);
}

static int print_row(FILE *out, const struct row *r, int y)
{
	const char *text = r->text;
	int lines = lines_of(r);

	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n",
		lefts[r->column] - 6, y + 2,
		r->column == PROGRAM ? 232
		: r->column == OS    ? 340
				     : 290,
		lines * LINE - 1, fills[r->column]);
	while (*text) {
		const char *at = text;
		int n = wrap(&text, text_widths[r->column]);

		fprintf(out, "<text x=\"%d\" y=\"%d\">", lefts[r->column], y + 16);
		svg_text(out, at, n);
		fputs("</text>\n", out);
		y += LINE;
	}
	return y;
}

void svg_print(FILE *out, const struct story *s)
{
	enum column last = HEADING;
	int y;

	svg_begin(out, WIDTH, height_of(s));
	fputs("<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
	      "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" "
	      "fill=\"#b0443c\"/></marker></defs>\n",
	      out);
	y = print_cast(out, s, 26);
	for (size_t i = 0; i < s->count; i++) {
		const struct row *r = &s->rows[i];

		if (r->column == HEADING) {
			print_heading(out, r->text, y);
			y += 2 * LINE;
		} else {
			if (last != HEADING && last != r->column)
				print_arrow(out, last, r->column, y);
			y = print_row(out, r, y);
		}
		last = r->column;
	}
	fputs("</svg>\n", out);
}
