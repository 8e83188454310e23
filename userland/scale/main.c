/* SPDX-License-Identifier: ISC */
/*
 * What several CPUs do in the time of one, on Leash and on Linux.
 *
 *   scale [-n CPUS] [-r ROUNDS] [-t MS] [--csv] [WORD]
 *
 * Processes that have nothing to do with each other repeat a kind of work, each bound to a CPU of its
 * own: first one of them alone, then all. The ratio says what the kernel and the machine under it let
 * the others add. What the machine gives says a loop that needs no kernel, in slices between those
 * of the work: who else uses the machine (an emulator's host) takes from both alike, and the loop's
 * ratio is what the others are held against.
 */
#include "scale.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

#define MOST_ROUNDS 1000

static struct {
	long cpus, rounds, ms;
	bool csv;
	const char *word;
} settings = { .rounds = 15, .ms = 20 };

static const char usage[] =
	"usage: scale [-n CPUS] [-r ROUNDS] [-t MS] [--csv] [WORD]\n"
	"  -n CPUS      how many against one (all that it may use, at most 64)\n"
	"  -r ROUNDS    of four slices: loop and work, on one and on all (15)\n"
	"  -t MS        a slice (20)\n"
	"  --csv        a line a kind of work\n"
	"  WORD         only what holds it in its name\n";

/* The rounds of a kind of work. */
struct figures {
	double one[MOST_ROUNDS], all[MOST_ROUNDS]; /* operations a second */
	double ratio[MOST_ROUNDS], loop[MOST_ROUNDS]; /* of the work, of the loop beside it */
	double share[MOST_ROUNDS]; /* the one over the other */
};

static bool parse(int argc, char **argv)
{
	static const struct option options[] = { { "csv", no_argument, NULL, 'c' }, { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "n:r:t:", options, NULL)) != -1) {
		bool good = true;

		switch (c) {
		case 'n': good = word_is_number(optarg, 1, MOST_CPUS, &settings.cpus); break;
		case 'r': good = word_is_number(optarg, 1, MOST_ROUNDS, &settings.rounds); break;
		case 't': good = word_is_number(optarg, 1, 10000, &settings.ms); break;
		case 'c': settings.csv = true; break;
		default: good = false;
		}
		if (!good)
			return false;
	}
	settings.word = optind < argc ? argv[optind] : NULL;
	return optind + 1 >= argc;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts them, too. */
static double median(double *values)
{
	qsort(values, (size_t)settings.rounds, sizeof(*values), by_size);
	return values[settings.rounds / 2];
}

/* Of a slice in which nothing was done no ratio can be told: the median passes over it. */
static double quotient(double a, double b)
{
	return b > 0 ? a / b : 0;
}

/* A slice each of loop and work, on one and on @n CPUs. False: a process has died. */
static bool take_round(struct crew *loop, struct crew *work, int n, struct figures *f, long i)
{
	double loop_one = crew_rate(loop, 1, settings.ms), loop_all;

	f->one[i] = crew_rate(work, 1, settings.ms);
	f->all[i] = crew_rate(work, n, settings.ms);
	loop_all = crew_rate(loop, n, settings.ms);
	if (loop_one < 0 || loop_all < 0 || f->one[i] < 0 || f->all[i] < 0)
		return false;
	f->ratio[i] = quotient(f->all[i], f->one[i]);
	f->loop[i] = quotient(loop_all, loop_one);
	f->share[i] = quotient(f->ratio[i], f->loop[i]);
	return true;
}

static void show(const struct work *w, struct figures *f)
{
	const char *format = settings.csv ? "\"%s\",%.0f,%.0f,%.3f,%.3f,%.3f\n"
					  : "%-24s %12.0f %12.0f %9.2f %9.2f %9.2f\n";
	/* One statement each: the medians sort. */
	double one = median(f->one), all = median(f->all), ratio = median(f->ratio);

	printf(format, w->name, one, all, ratio, median(f->loop), median(f->share));
}

static bool measure(struct crew *loop, const struct work *w, const int *cpu, int n)
{
	static struct figures f;
	struct crew *work = crew_start(w, cpu, n);
	bool good = work != NULL;

	for (long i = 0; good && i < settings.rounds; i++)
		good = take_round(loop, work, n, &f, i);
	if (work)
		crew_end(work);
	if (good)
		show(w, &f);
	else
		fprintf(stderr, "scale: %s cannot be measured\n", w->name);
	return good;
}

static void head(int n)
{
	if (settings.csv) {
		printf("name,one_per_s,all_per_s,ratio,loop_ratio,share\n");
		return;
	}
	printf("%d CPUs against one, %ld rounds of slices of %ld ms, medians.\n\n", n,
	       settings.rounds, settings.ms);
	printf("%-24s %12s %12s %9s %9s %9s\n", "a second", "one CPU", "all", "ratio", "the loop's",
	       "of that");
}

static bool wanted(const struct work *w)
{
	return !settings.word || strstr(w->name, settings.word);
}

static bool anything_wanted(void)
{
	for (int i = 0; i < work_count; i++)
		if (wanted(&works[i]))
			return true;
	return false;
}

static bool measure_all(struct crew *loop, const int *cpu, int n)
{
	bool good = true;

	head(n);
	for (int i = 0; good && i < work_count; i++)
		if (wanted(&works[i]))
			good = measure(loop, &works[i], cpu, n);
	return good;
}

int main(int argc, char **argv)
{
	int cpu[MOST_CPUS], n;
	struct crew *loop;
	bool good;

	if (help_wanted(argc, argv))
		return help(usage);
	if (!parse(argc, argv))
		return misused(usage);
	if (!anything_wanted()) {
		fprintf(stderr, "scale: nothing's name holds %s\n", settings.word);
		return MISUSED;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	n = cpus_usable(cpu, settings.cpus ? (int)settings.cpus : MOST_CPUS);
	if (n < settings.cpus || n == 0) {
		fprintf(stderr, "scale: there are %d CPUs\n", n);
		return 1;
	}
	loop = crew_start(&works[0], cpu, n);
	if (!loop) {
		perror("scale");
		return 1;
	}
	good = measure_all(loop, cpu, n);
	crew_end(loop);
	return !good;
}
