/* SPDX-License-Identifier: ISC */
/*
 * A picture with a lane for each thread of the story: in user mode, in the kernel, without the CPU.
 * What a moment shows is the innermost span there. The short ones are drawn last and never thinner
 * than an eye can see.
 */
#include <stdlib.h>
#include <string.h>

#include "timeline.h"

#define WIDTH 940
#define LEFT 150
#define RIGHT 30
#define TOP 48
#define LANE 46
#define BAR 34 /* of a lane's height */
#define THINNEST 1.5

/* In the order of drawing. */
enum look { WAITS, READY, CALL, USER, FAULT, INTERRUPT, LOOKS };

static const struct {
	const char *fill, *name;
	int height, legend; /* legend: where its name stands, from the left */
} looks[LOOKS] = {
	[USER] = { "#7fbf76", "user mode", BAR, 0 },
	[CALL] = { "#4f81c4", "system call", BAR, 110 },
	[WAITS] = { "#a9c3e6", "waits in a call", 8, 225 },
	[READY] = { "#cfcfcf", "ready, without the CPU", 8, 360 },
	[FAULT] = { "#e08a1e", "fault", BAR, 545 },
	[INTERRUPT] = { "#b8332a", "interrupt", BAR, 625 },
};

struct canvas {
	FILE *out;
	const struct story *story;
	unsigned long begin, end;
	enum look drawn; /* of this pass */
};

static enum look look_of(const struct span *p)
{
	switch (p->kind) {
	case SPAN_USER: return USER;
	case SPAN_CALL: return CALL;
	case SPAN_FAULT: return FAULT;
	case SPAN_IRQ: return INTERRUPT;
	default: return strncmp(p->name, "waits", 5) == 0 ? WAITS : READY;
	}
}

static double x_of(const struct canvas *c, unsigned long tsc)
{
	return LEFT + (double)(tsc - c->begin) * (WIDTH - LEFT - RIGHT) / (c->end - c->begin);
}

static void print_legend(FILE *out)
{
	for (int k = 0; k < LOOKS; k++) {
		int x = LEFT + looks[k].legend, height = looks[k].height == BAR ? 14 : 6;

		fprintf(out,
			"<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"%d\" fill=\"%s\"/>"
			"<text x=\"%d\" y=\"24\">%s</text>\n",
			x, 19 - height / 2, height, looks[k].fill, x + 20, looks[k].name);
	}
}

/* A stretch of @p in which nothing lies within it. */
static void print_stretch(const struct canvas *c, const struct span *p, unsigned long begin,
			  unsigned long end, int y)
{
	enum look look = look_of(p);
	double x = x_of(c, begin), width = x_of(c, end) - x;

	if (look != c->drawn || begin == end)
		return;
	fprintf(c->out,
		"<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"><title>", x,
		y + (BAR - looks[look].height) / 2, width < THINNEST ? THINNEST : width,
		looks[look].height, looks[look].fill);
	svg_text(c->out, p->name, strlen(p->name));
	fputs("</title></rect>\n", c->out);
}

/* The spans [0, n) of one thread, those of one look. */
static void print_lane(const struct canvas *c, const struct span *spans, size_t n, int y)
{
	const struct span *open[SPANS_DEPTH];
	unsigned long at = 0;
	int depth = 0;

	for (size_t i = 0; i <= n; i++) {
		while (depth > 0 && (i == n || open[depth - 1]->end <= spans[i].begin)) {
			print_stretch(c, open[depth - 1], at, open[depth - 1]->end, y);
			at = open[--depth]->end;
		}
		if (i == n || depth == SPANS_DEPTH)
			continue;
		if (depth > 0)
			print_stretch(c, open[depth - 1], at, spans[i].begin, y);
		open[depth++] = &spans[i];
		at = spans[i].begin;
	}
}

static void print_lane_name(const struct canvas *c, const struct span *p, int y)
{
	const struct told *t = story_find(c->story, p->pid);
	const char *slash = t ? strrchr(t->name, '/') : NULL;

	fprintf(c->out, "<text x=\"16\" y=\"%d\">", y + BAR / 2 + 5);
	if (t) {
		svg_text(c->out, t->letter, strlen(t->letter));
		fputs(": ", c->out);
		svg_text(c->out, slash ? slash + 1 : t->name, strlen(slash ? slash + 1 : t->name));
	}
	fprintf(c->out, " [%d]</text>\n", p->tid);
}

/* How many spans from @spans on are of the same thread. */
static size_t lane_length(const struct span *spans, size_t n)
{
	size_t length = 0;

	while (length < n && spans[length].tid == spans->tid)
		length++;
	return length;
}

static void print_lanes(struct canvas *c, const struct span *spans, size_t n)
{
	int y = TOP;

	for (size_t i = 0; i < n; y += LANE) {
		size_t length = lane_length(spans + i, n - i);

		print_lane_name(c, &spans[i], y);
		for (c->drawn = 0; c->drawn < LOOKS; c->drawn++)
			print_lane(c, spans + i, length, y);
		i += length;
	}
}

/* Lines at round times: 1, 2 or 5 times a power of ten milliseconds apart, ten at most. */
static void print_times(const struct canvas *c, int bottom)
{
	double ms = trace_us(c->story->trace, c->end - c->begin) / 1000, step = 0.001;

	for (int i = 0; ms > 0 && ms / step > 10; i++)
		step *= i % 3 == 1 ? 2.5 : 2;
	for (int i = 0; ms > 0 && i * step <= ms; i++) {
		double x = LEFT + i * step * (WIDTH - LEFT - RIGHT) / ms;

		fprintf(c->out,
			"<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#dddddd\"/>"
			"<text x=\"%.1f\" y=\"%d\" fill=\"#555\" text-anchor=\"middle\">%g%s</text>\n",
			x, TOP - 6, x, bottom, x, bottom + 18, i * step, i ? "" : " ms");
	}
}

static void find_ends(struct canvas *c, const struct span *spans, size_t n)
{
	c->begin = ~0UL;
	c->end = 0;
	for (size_t i = 0; i < n; i++) {
		c->begin = spans[i].begin < c->begin ? spans[i].begin : c->begin;
		c->end = spans[i].end > c->end ? spans[i].end : c->end;
	}
	if (c->end <= c->begin) {
		c->begin = 0;
		c->end = 1;
	}
}

static int count_lanes(const struct span *spans, size_t n)
{
	int lanes = 0;

	for (size_t i = 0; i < n; i += lane_length(spans + i, n - i))
		lanes++;
	return lanes;
}

void lanes_print(FILE *out, const struct story *s)
{
	struct canvas c = { .out = out, .story = s };
	struct span *spans = NULL;
	size_t n = spans_make(s, &spans);
	int bottom = TOP + count_lanes(spans, n) * LANE;

	find_ends(&c, spans, n);
	svg_begin(out, WIDTH, bottom + 30);
	print_legend(out);
	print_times(&c, bottom);
	print_lanes(&c, spans, n);
	fputs("</svg>\n", out);
	free(spans);
}
