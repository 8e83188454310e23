/* SPDX-License-Identifier: ISC */
/*
 * `measure`: the homework of chapter 6, with its care. Each row is a set of samples, one operation each,
 * in ticks of the TSC; what reading the TSC costs has been taken off.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MAX_SAMPLES 20000
#define PAGE 4096L

struct row {
	const char *name;
	int count; /* of samples; 0: it cannot be measured here */
	double book_us; /* what the book says of 1996; 0: nothing */
	uint32_t *sample; /* sorted */
	double mean;
};

/* How a run is wanted. */
struct settings {
	int samples; /* of a quick operation; dear ones get fewer */
	const char *word; /* only rows whose name holds it; NULL: all */
	bool csv, histogram;
	const char *svg; /* a file to draw into; NULL: none */
};
extern struct settings settings;

static inline uint64_t ticks(void)
{
	uint32_t low, high;

	/* Neither before what came before, nor after what follows (SDM vol. 2, RDTSC). */
	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

/* -- samples.c --------------------------------------------------------------------------------- */

/* Finds out what ticks() costs and how many there are in a nanosecond. First of all. */
void samples_begin(void);
double ticks_per_ns(void);
double to_ns(double ticks);
bool wanted(const char *name);

/*
 * A row of @count samples (cut at MAX_SAMPLES) is taken: sample_set() for each, then row_end().
 * NULL: the row is not wanted.
 */
struct row *row_begin(const char *name, int count);
void sample_set(struct row *r, int i, uint64_t ticks);
void row_end(struct row *r);
/* The row stays without samples, with a word of why on the standard error. */
void row_fail(struct row *r, const char *why);

uint32_t row_quantile(const struct row *r, double q);
const struct row *row_find(const char *name); /* NULL: not measured */
int row_total(void);
const struct row *row_at(int i);

/* Runs @body settings.samples / @dearness times; the clock is read around each. */
#define SAMPLE(name, dearness, ...)                                                                \
	do {                                                                                       \
		struct row *row_ = row_begin(name, settings.samples / (dearness));                 \
                                                                                                   \
		for (int i_ = -2; row_ && i_ < row_->count; i_++) {                                \
			uint64_t before_ = ticks();                                                \
			__VA_ARGS__;                                                               \
			sample_set(row_, i_, ticks() - before_);                                   \
		}                                                                                  \
		row_end(row_);                                                                     \
	} while (0)

/* -- what is measured -------------------------------------------------------------------------- */

void measure_clocks(void);
void show_steps(FILE *out); /* how fine the clocks are */
void measure_calls(void);
void measure_interrupts(void);
void measure_switches(void);
void measure_crowds(void);
void measure_memory(void);
void measure_processes(const char *self);
void measure_rings(void); /* after the others: a table of its own, as lmbench's lat_ctx */

/* -- how it is shown --------------------------------------------------------------------------- */

void machine_describe(char *buf, size_t size); /* system, processor, accelerator */
void show_text(void);
void show_csv(FILE *out);
bool show_svg(const char *path); /* "-": the standard output; false: errno says why */
