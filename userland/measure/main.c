/* SPDX-License-Identifier: ISC */
/*
 * What limited direct execution costs: the homework of chapter 6 as a command, on Leash and on Linux.
 *
 *   measure [-n SAMPLES] [--histogram] [--csv] [--svg FILE] [WORD]
 *
 * All of it runs on one CPU. A row is chosen by a part of its name.
 */
#include "measure.h"
#include "words.h"

#include <assert.h>
#include <getopt.h>
#include <sched.h>
#include <string.h>

struct settings settings = { .samples = 2000 };

static const char usage[] =
	"usage: measure [-n SAMPLES] [--histogram] [--csv] [--svg FILE] [WORD]\n"
	"  -n SAMPLES    of a quick operation (2000; 10 to 20000)\n"
	"  --histogram   how the samples of each row are spread\n"
	"  --csv         ticks and nanoseconds, a line a row\n"
	"  --svg FILE    draws the histograms (-: on the standard output)\n"
	"  WORD          only rows whose name holds it; \"ring\": those of the rings\n";
static_assert(MAX_SAMPLES == 20000, "the usage says so");

static bool parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "histogram", no_argument, NULL, 'h' },
		{ "csv", no_argument, NULL, 'c' },
		{ "svg", required_argument, NULL, 's' },
		{ 0 },
	};
	long samples = settings.samples;
	int c;

	while ((c = getopt_long(argc, argv, "n:", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			if (!word_is_number(optarg, 10, MAX_SAMPLES, &samples))
				return false;
			break;
		case 'h': settings.histogram = true; break;
		case 'c': settings.csv = true; break;
		case 's': settings.svg = optarg; break;
		default: return false;
		}
	}
	settings.samples = (int)samples;
	settings.word = optind < argc ? argv[optind] : NULL;
	return optind + 1 >= argc;
}

static void stay_on_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--nothing") == 0)
		return 0; /* the program that exec is measured with */
	if (help_wanted(argc, argv))
		return help(usage);
	if (!parse(argc, argv))
		return misused(usage);
	setvbuf(stdout, NULL, _IOLBF, 0);
	stay_on_one_cpu();
	samples_begin();
	measure_clocks();
	measure_calls();
	measure_interrupts();
	measure_switches();
	measure_crowds();
	measure_memory();
	measure_processes(argv[0]);
	if (row_total() == 0 && !wanted("ring")) {
		fprintf(stderr, "measure: no row's name holds %s\n", settings.word);
		return MISUSED;
	}
	if (settings.csv)
		show_csv(stdout);
	else
		show_text();
	measure_rings();
	if (settings.svg && !show_svg(settings.svg)) {
		perror(settings.svg);
		return 1;
	}
	return 0;
}
