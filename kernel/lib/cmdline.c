/* SPDX-License-Identifier: ISC */
/* Cutting the command line into words, in place. An open quote ends with the line. */
#include "lib/cmdline.h"

#include "lib/string.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char *cmdline_next(char **cursor)
{
	char *in = *cursor, *out, *word;
	bool quoted = false;

	while (is_blank(*in))
		in++;
	*cursor = in;
	if (!*in)
		return NULL;
	for (word = out = in; *in && (quoted || !is_blank(*in)); in++) {
		if (*in == '"')
			quoted = !quoted;
		else
			*out++ = *in;
	}
	*cursor = *in ? in + 1 : in;
	*out = '\0';
	return word;
}

const char *cmdline_value(const char *word, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0)
		return NULL;
	if (word[n] == '=')
		return word + n + 1;
	return word[n] ? NULL : "";
}
