/* SPDX-License-Identifier: ISC */
/*
 * The homework that the chapter lacks: what happens next? As the book's other simulators: a seed
 * makes the question, -c gives the answer. The answer is not computed, it is what the kernel did.
 *
 *   predict -s SEED             asks
 *   predict -s SEED -c          lets it happen and shows the order
 *   predict -s SEED -c ORDER    grades ORDER: status 0 if it is right, 1 if not
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "predict.h"
#include "words.h"

static const char usage[] =
	"usage: predict [-s SEED] [-c [ORDER]]\n"
	"  -s SEED    which question, 0 if not said\n"
	"  -c         lets it happen and shows the order\n"
	"  -c ORDER   grades an order, as \"cab\": status 0 if it is right, 1 if not\n";

static const struct event *named(const struct scenario *s, int letter)
{
	return &s->expected.list[s->order[letter]];
}

/* The letter that the question gave to @e. */
static int letter_of(const struct scenario *s, const struct event *e)
{
	for (int i = 0; i < s->expected.count; i++)
		if (event_same(named(s, i), e))
			return 'a' + i;
	return '?';
}

static void ask(const struct scenario *s, unsigned seed)
{
	char text[80];

	printf("Seed %u. %s processes share one CPU, round robin, quantum %d ms. All can run, in the\n"
	       "order of the alphabet, and nobody else wants the CPU. Calls take no time. The timer\n"
	       "is only set while somebody waits for the CPU.\n\n",
	       seed, s->processes == 2 ? "Two" : "Three", QUANTUM_MS);
	for (int p = 0; p < s->processes; p++) {
		printf("  %c:", 'A' + p);
		for (int i = 0; i < s->op_count[p]; i++) {
			op_describe(&s->ops[p][i], text, sizeof(text));
			printf("%s %s", i ? ";" : "", text);
		}
		printf("\n");
	}
	printf("\nThis happens. In which order?\n\n");
	for (int i = 0; i < s->expected.count; i++) {
		event_describe(named(s, i), text, sizeof(text));
		printf("  %c. %s\n", 'a' + i, text);
	}
}

/* The first place where @answer is not what was seen; -1: it is right. */
static int grade(const struct scenario *s, const struct events *seen, const char *answer)
{
	for (int i = 0; i < seen->count; i++)
		if (tolower((unsigned char)answer[i]) != letter_of(s, &seen->list[i]))
			return i;
	return answer[seen->count] ? seen->count : -1;
}

static int show(const struct scenario *s, const struct events *seen, const char *answer)
{
	int wrong = answer ? grade(s, seen, answer) : -1;
	char text[80];

	printf("\nWhat happened:\n\n");
	for (int i = 0; i < seen->count; i++) {
		event_describe(&seen->list[i], text, sizeof(text));
		printf(i == wrong ? "  %c. %-40s<- here your order differs\n" : "  %c. %s\n",
		       letter_of(s, &seen->list[i]), text);
	}
	if (!events_as_expected(s, seen))
		printf("\nA model of round robin expected another order.\n");
	if (answer)
		printf("\n%s\n", wrong < 0 ? "Right." : "Wrong.");
	return wrong >= 0;
}

struct options {
	long seed;
	bool compute;
	const char *answer; /* NULL: none was given */
};

static bool parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-s") == 0 && i + 1 < argc) {
			if (!word_is_number(argv[++i], 0, UINT_MAX, &o->seed))
				return false;
		} else if (strcmp(argv[i], "-c") == 0) {
			o->compute = true;
			if (i + 1 < argc && isalpha((unsigned char)argv[i + 1][0]))
				o->answer = argv[++i];
		} else {
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct scenario s;
	struct events seen;

	if (help_wanted(argc, argv))
		return help(usage);
	if (!parse(argc, argv, &o))
		return misused(usage);
	scenario_make(&s, (unsigned)o.seed);
	ask(&s, (unsigned)o.seed);
	if (!o.compute) {
		printf("\nSay it: predict -s %ld -c ORDER, or let it be shown: predict -s %ld -c\n",
		       o.seed, o.seed);
		return 0;
	}
	fflush(stdout);
	return scenario_run(&s, &seen) ? show(&s, &seen, o.answer) : 2;
}
