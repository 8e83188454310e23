/* SPDX-License-Identifier: ISC */
/* Words, quotes and ends of the kernel command line. */
#include "test.h"

#include "lib/cmdline.h"
#include "lib/string.h"

/* Cuts @line and joins its words with '|'. */
static const char *words_of(const char *line)
{
	static char joined[256];
	char *copy = test_guarded(strlen(line) + 1), *cursor = copy, *word;

	strlcpy(copy, line, strlen(line) + 1);
	joined[0] = '\0';
	while ((word = cmdline_next(&cursor)) != NULL) {
		strlcpy(joined + strlen(joined), word, sizeof(joined) - strlen(joined));
		strlcpy(joined + strlen(joined), "|", sizeof(joined) - strlen(joined));
	}
	check(cmdline_next(&cursor) == NULL);
	return joined;
}

static void words(void)
{
	check_str(words_of(""), "");
	check_str(words_of("  \t\n "), "");
	check_str(words_of("a"), "a|");
	check_str(words_of("  init=/bin/sh   quiet "), "init=/bin/sh|quiet|");
	check_str(words_of("a -- b --"), "a|--|b|--|");
}

static void quotes(void)
{
	check_str(words_of("\"a b\" c"), "a b|c|");
	check_str(words_of("name=\"a  b\"c d"), "name=a  bc|d|");
	check_str(words_of("\"\" x"), "|x|");
	check_str(words_of("\"open to the end"), "open to the end|");
	check_str(words_of("a\""), "a|");
	check_str(words_of("\""), "|");
	check_str(words_of("a\"\"b"), "ab|");
}

static void values(void)
{
	check_str(cmdline_value("init=/bin/sh", "init"), "/bin/sh");
	check_str(cmdline_value("init=", "init"), "");
	check_str(cmdline_value("selftest", "selftest"), "");
	check_str(cmdline_value("a=b=c", "a"), "b=c");
	check(!cmdline_value("initial=1", "init"));
	check(!cmdline_value("ini", "init"));
	check(!cmdline_value("", "init"));
	check(!cmdline_value("=x", "init"));
}

static const struct test_case cases[] = {
	CASE(words),
	CASE(quotes),
	CASE(values),
};
TEST_MAIN(cases)
