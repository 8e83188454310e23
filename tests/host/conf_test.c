/* SPDX-License-Identifier: ISC */
/* Good and bad menu files; each bad one must name its line. */
#include "test.h"

#include "abi/errno.h"
#include "lib/conf.h"
#include "lib/string.h"

static struct conf conf;
static unsigned line;
static const char *why;

/* The text is put right before an inaccessible page and is not terminated. */
static int parse(const char *text)
{
	size_t size = strlen(text);
	char *copy = test_guarded(size);

	memcpy(copy, text, size);
	why = "";
	return conf_parse(copy, size, &conf, &line, &why);
}

static void good_file(void)
{
	check_eq(parse("# menu\r\n\ndefault 2\ntimeout 3\n"
		       "entry \"Leash\"\n  cmdline init=/bin/sh quiet  \n"
		       "\tentry  \"Self-test\"\n cmdline selftest"),
		 0);
	check_eq(conf.entry_count, 2);
	check_eq(conf.default_entry, 1);
	check_eq(conf.timeout, 3);
	check_str(conf.entry[0].title, "Leash");
	check_str(conf.entry[0].cmdline, "init=/bin/sh quiet");
	check_str(conf.entry[1].title, "Self-test");
	check_str(conf.entry[1].cmdline, "selftest");
}

static void defaults_and_forgiveness(void)
{
	check_eq(parse("\xef\xbb\xbf"
		       "entry \"A \"B\"\"\r\n\r\n"),
		 0);
	check_eq(conf.default_entry, 0);
	check_eq(conf.timeout, 0);
	check_str(conf.entry[0].title, "A \"B\"");
	check_str(conf.entry[0].cmdline, "");
}

static void bad_lines_are_named(void)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *why;
	} table[] = {
		{ "", 1, "no entry" },
		{ "# only\n", 2, "no entry" },
		{ "\nfoo bar\n", 2, "unknown word" },
		{ "entrys \"x\"", 1, "unknown word" },
		{ "entry Leash", 1, "an entry needs a title in double quotes" },
		{ "entry \"", 1, "an entry needs a title in double quotes" },
		{ "entry \"\"", 1, "an entry needs a title in double quotes" },
		{ "entry", 1, "an entry needs a title in double quotes" },
		{ "cmdline x", 1, "cmdline before the first entry" },
		{ "entry \"a\"\ncmdline x\ncmdline y", 3, "second cmdline in an entry" },
		{ "timeout", 1, "not a number" },
		{ "timeout 3s", 1, "not a number" },
		{ "timeout -1", 1, "not a number" },
		{ "timeout 99999999999999999999999999999999", 1, "not a number" },
		{ "timeout 3601", 1, "number too large" },
		{ "default 17", 1, "number too large" },
		{ "default 0\nentry \"a\"", 3, "default is not the number of an entry" },
		{ "default 2\nentry \"a\"\n", 3, "default is not the number of an entry" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		check_eq(parse(table[i].text), -EINVAL);
		if (!check_eq(line, table[i].line) || !check(strcmp(why, table[i].why) == 0))
			printf("# '%s' gives '%s'\n", table[i].text, why);
	}
}

static void nul_is_refused(void)
{
	check_eq(conf_parse("entry \"a\0b\"", 11, &conf, &line, &why), -EINVAL);
	check_str(why, "NUL in the text");
}

static void lengths(void)
{
	char text[CONF_CMDLINE_MAX + 64];

	for (int extra = 0; extra < 2; extra++) {
		host_snprintf(text, sizeof(text), "entry \"%0*d\"", CONF_TITLE_MAX - 1 + extra, 1);
		check_eq(parse(text), extra ? -EINVAL : 0);
		check_str(why, extra ? "title too long" : "");
		host_snprintf(text, sizeof(text), "entry \"a\"\ncmdline %0*d",
			      CONF_CMDLINE_MAX - 1 + extra, 1);
		check_eq(parse(text), extra ? -EINVAL : 0);
		check_str(why, extra ? "cmdline too long" : "");
	}
}

static void number_of_entries(void)
{
	char text[CONF_MAX_ENTRIES * 10 + 20] = "";

	for (int i = 0; i < CONF_MAX_ENTRIES; i++)
		strlcpy(text + strlen(text), "entry \"x\"\n", 11);
	check_eq(parse(text), 0);
	check_eq(conf.entry_count, CONF_MAX_ENTRIES);
	strlcpy(text + strlen(text), "entry \"x\"\n", 11);
	check_eq(parse(text), -EINVAL);
	check_eq(line, CONF_MAX_ENTRIES + 1);
	check_str(why, "too many entries");
}

static void the_menu_we_ship(void)
{
	size_t size;
	u8 *text = test_read_file("leash.conf", &size);

	if (!check(text != NULL))
		return;
	check_eq(conf_parse((char *)text, size, &conf, &line, &why), 0);
	check(conf.entry_count >= 4);
	check_str(conf.entry[conf.default_entry].title, "Leash");
	free(text);
}

static const struct test_case cases[] = {
	CASE(good_file),
	CASE(defaults_and_forgiveness),
	CASE(bad_lines_are_named),
	CASE(nul_is_refused),
	CASE(lengths),
	CASE(number_of_entries),
	CASE(the_menu_we_ship),
};
TEST_MAIN(cases)
