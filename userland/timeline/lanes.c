/* SPDX-License-Identifier: ISC */
/* A picture with a lane for each thread of the story: in user mode, in the kernel, without the CPU. */
#include <stdlib.h>
#include <string.h>

#include "timeline.h"

#define WIDTH 940
#define LEFT 150
#define LANE 46
#define TOP 40

static const struct {
	const char *fill, *name;
	int inset; /* deeper spans lie in those around them */
} looks[SPAN_KINDS] = {
	[SPAN_USER] = { "#8fc487", "user mode", 0 },
	[SPAN_CALL] = { "#7ea6d9", "system call", 4 },
	[SPAN_FAULT] = { "#e0a34e", "fault", 4 },
	[SPAN_IRQ] = { "#c8514a", "interrupt", 8 },
	[SPAN_AWAY] = { "#e4e4e4", "without the CPU", 12 },
};

void svg_begin(FILE *out, int width, int height);
void svg_text(FILE *out, const char *text, int n);

struct scale {
	unsigned long begin, end;
};

static double x_of(const struct scale *c, unsigned long tsc)
{
	return LEFT + (double)(tsc - c->begin) * (WIDTH - LEFT - 20) / (c->end - c->begin);
}

static void print_legend(FILE *out, int y)
{
	for (int k = 0; k < SPAN_KINDS; k++)
		fprintf(out,
			"<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" fill=\"%s\"/>"
			"<text x=\"%d\" y=\"%d\">%s</text>\n",
			LEFT + 150 * k, y, looks[k].fill, LEFT + 20 + 150 * k, y + 12,
			looks[k].name);
}

static void print_span(FILE *out, const struct scale *c, const struct span *p, int y)
{
	double x = x_of(c, p->begin), width = x_of(c, p->end) - x;

	fprintf(out, "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\"><title>",
		x, y + looks[p->kind].inset, width < 0.3 ? 0.3 : width,
		LANE - 10 - 2 * looks[p->kind].inset, looks[p->kind].fill);
	svg_text(out, p->name, strlen(p->name));
	fputs("</title></rect>\n", out);
}

static void print_lane_name(FILE *out, const struct story *s, const struct span *p, int y)
{
	const struct told *t = story_find(s, p->pid);
	const char *slash = t ? strrchr(t->name, '/') : NULL;

	fprintf(out, "<text x=\"16\" y=\"%d\">", y + 22);
	if (t)
		svg_text(out, t->letter, strlen(t->letter));
	fputs(" ", out);
	if (t)
		svg_text(out, slash ? slash + 1 : t->name, strlen(slash ? slash + 1 : t->name));
	fprintf(out, " [%d]</text>\n", p->tid);
}

static struct scale scale_of(const struct span *spans, size_t n)
{
	struct scale c = { ~0UL, 0 };

	for (size_t i = 0; i < n; i++) {
		c.begin = spans[i].begin < c.begin ? spans[i].begin : c.begin;
		c.end = spans[i].end > c.end ? spans[i].end : c.end;
	}
	if (c.end <= c.begin)
		c = (struct scale){ 0, 1 };
	return c;
}

static int count_lanes(const struct span *spans, size_t n)
{
	int lanes = 0;

	for (size_t i = 0; i < n; i++)
		lanes += i == 0 || spans[i].tid != spans[i - 1].tid;
	return lanes;
}

void lanes_print(FILE *out, const struct story *s)
{
	struct span *spans = NULL;
	size_t n = spans_make(s, &spans);
	struct scale c = scale_of(spans, n);
	int lanes = count_lanes(spans, n), y = TOP - LANE, bottom = TOP + lanes * LANE;

	svg_begin(out, WIDTH, bottom + 50);
	print_legend(out, 12);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || spans[i].tid != spans[i - 1].tid) {
			y += LANE;
			print_lane_name(out, s, &spans[i], y);
		}
		print_span(out, &c, &spans[i], y);
	}
	for (int i = 0; i <= 4; i++) {
		unsigned long tsc = c.begin + (c.end - c.begin) / 4 * i;

		fprintf(out,
			"<text x=\"%.0f\" y=\"%d\" fill=\"#555\" text-anchor=\"%s\">%.1f ms</text>\n",
			x_of(&c, tsc), bottom + 24, i == 4 ? "end" : "middle",
			trace_us(s->trace, tsc - c.begin) / 1000);
	}
	fputs("</svg>\n", out);
	free(spans);
}
