/* SPDX-License-Identifier: ISC */
/*
 * The parser of the loader's menu file. Line by line, two fields: a word and the rest.
 * `default` counts entries from 1, as a menu does. Lines may end with CR LF and the text may
 * begin with a byte order mark: the file lies on a FAT volume and is edited anywhere.
 */
#include "lib/conf.h"

#include "abi/errno.h"
#include "lib/string.h"

#define TIMEOUT_MAX 3600

/* A piece of the text; not terminated. */
struct span {
	const char *at;
	size_t length;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.length && is_blank(s.at[0])) {
		s.at++;
		s.length--;
	}
	while (s.length && is_blank(s.at[s.length - 1]))
		s.length--;
	return s;
}

/* Cuts the first word off @s. */
static struct span cut_word(struct span *s)
{
	struct span word = { s->at, 0 };

	while (word.length < s->length && !is_blank(s->at[word.length]))
		word.length++;
	s->at += word.length;
	s->length -= word.length;
	*s = trim(*s);
	return word;
}

/* Cuts the first line, without its newline, off @text. */
static struct span cut_line(struct span *text)
{
	const char *newline = memchr(text->at, '\n', text->length);
	struct span line = { text->at, newline ? (size_t)(newline - text->at) : text->length };
	size_t eaten = line.length + (newline != NULL);

	text->at += eaten;
	text->length -= eaten;
	return trim(line);
}

static bool span_is(struct span s, const char *word)
{
	return s.length == strlen(word) && memcmp(s.at, word, s.length) == 0;
}

static bool copy_span(char *dst, size_t size, struct span s)
{
	if (s.length >= size)
		return false;
	memcpy(dst, s.at, s.length);
	dst[s.length] = '\0';
	return true;
}

static const char *set_number(unsigned *out, struct span s, unsigned max)
{
	char digits[24];
	u64 value;

	if (!copy_span(digits, sizeof(digits), s) || parse_u64(digits, &value))
		return "not a number";
	if (value > max)
		return "number too large";
	*out = (unsigned)value;
	return NULL;
}

static const char *add_entry(struct conf *c, struct span title)
{
	if (c->entry_count == CONF_MAX_ENTRIES)
		return "too many entries";
	if (title.length < 3 || title.at[0] != '"' || title.at[title.length - 1] != '"')
		return "an entry needs a title in double quotes";
	title.at++;
	title.length -= 2;
	if (!copy_span(c->entry[c->entry_count].title, CONF_TITLE_MAX, title))
		return "title too long";
	c->entry_count++;
	return NULL;
}

static const char *set_cmdline(struct conf *c, struct span value)
{
	char *cmdline;

	if (!c->entry_count)
		return "cmdline before the first entry";
	cmdline = c->entry[c->entry_count - 1].cmdline;
	if (*cmdline)
		return "second cmdline in an entry";
	return copy_span(cmdline, CONF_CMDLINE_MAX, value) ? NULL : "cmdline too long";
}

/* Returns NULL or what is wrong with the line. */
static const char *parse_line(struct conf *c, struct span line)
{
	struct span word;

	if (!line.length || line.at[0] == '#')
		return NULL;
	if (memchr(line.at, '\0', line.length))
		return "NUL in the text";
	word = cut_word(&line);
	if (span_is(word, "default"))
		return set_number(&c->default_entry, line, CONF_MAX_ENTRIES);
	if (span_is(word, "timeout"))
		return set_number(&c->timeout, line, TIMEOUT_MAX);
	if (span_is(word, "entry"))
		return add_entry(c, line);
	if (span_is(word, "cmdline"))
		return set_cmdline(c, line);
	return "unknown word";
}

/* The whole: turns the default's number into an index. */
static const char *finish(struct conf *c)
{
	if (!c->entry_count)
		return "no entry";
	if (c->default_entry < 1 || c->default_entry > c->entry_count)
		return "default is not the number of an entry";
	c->default_entry--;
	return NULL;
}

int conf_parse(const char *text, size_t size, struct conf *c, unsigned *line, const char **why)
{
	struct span rest = { text, size };
	const char *fault = NULL;

	memset(c, 0, sizeof(*c));
	c->default_entry = 1;
	*line = 1;
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		rest = (struct span){ text + 3, size - 3 };
	for (; rest.length; (*line)++) {
		fault = parse_line(c, cut_line(&rest));
		if (fault)
			break;
	}
	if (!fault)
		fault = finish(c);
	if (!fault)
		return 0;
	*why = fault;
	return -EINVAL;
}
