/* SPDX-License-Identifier: ISC */
/* Rows and their samples (measure.h). */
#include "measure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_ROWS 64
#define CALIBRATION_NS 20000000

static struct row rows[MAX_ROWS];
static int row_count;
static uint64_t clock_cost;
static double per_ns = 1;

/* What the book reports of 1996: Linux 1.3.37 on a P6 of 200 MHz (6.3, aside). */
static const struct {
	const char *name;
	double us;
} book[] = { { "null system call", 4 }, { "context switch", 6 } };

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

void samples_begin(void)
{
	uint64_t ns, start, cost;

	clock_cost = ~0ull;
	for (int i = 0; i < 1000; i++) {
		start = ticks();
		cost = ticks() - start;
		if (cost < clock_cost)
			clock_cost = cost;
	}
	ns = monotonic_ns();
	start = ticks();
	while (monotonic_ns() - ns < CALIBRATION_NS)
		;
	per_ns = (double)(ticks() - start) / (monotonic_ns() - ns);
}

double ticks_per_ns(void)
{
	return per_ns;
}

double to_ns(double ticks)
{
	return ticks / per_ns;
}

bool wanted(const char *name)
{
	return !settings.word || strstr(name, settings.word);
}

struct row *row_begin(const char *name, int count)
{
	struct row *r = &rows[row_count];

	if (!wanted(name) || row_count == MAX_ROWS)
		return NULL;
	if (count > MAX_SAMPLES)
		count = MAX_SAMPLES;
	if (count < 10)
		count = 10;
	r->sample = calloc(count, sizeof(r->sample[0]));
	if (!r->sample)
		return NULL;
	r->name = name;
	r->count = count;
	for (size_t i = 0; i < sizeof(book) / sizeof(book[0]); i++)
		if (strcmp(book[i].name, name) == 0)
			r->book_us = book[i].us;
	return r;
}

void sample_set(struct row *r, int i, uint64_t value)
{
	value = value > clock_cost ? value - clock_cost : 0;
	if (i >= 0)
		r->sample[i] = value < UINT32_MAX ? value : UINT32_MAX;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void row_end(struct row *r)
{
	double sum = 0;

	if (!r)
		return;
	for (int i = 0; i < r->count; i++)
		sum += r->sample[i];
	r->mean = r->count ? sum / r->count : 0;
	qsort(r->sample, r->count, sizeof(r->sample[0]), by_size);
	row_count++;
}

void row_fail(struct row *r, const char *why)
{
	if (!r)
		return;
	fprintf(stderr, "measure: %s: %s\n", r->name, why);
	r->count = 0;
	row_count++;
}

uint32_t row_quantile(const struct row *r, double q)
{
	int i = (int)(q * r->count);

	return r->sample[i < r->count ? i : r->count - 1];
}

const struct row *row_find(const char *name)
{
	for (int i = 0; i < row_count; i++)
		if (strcmp(rows[i].name, name) == 0 && rows[i].count)
			return &rows[i];
	return NULL;
}

int row_total(void)
{
	return row_count;
}

const struct row *row_at(int i)
{
	return &rows[i];
}
