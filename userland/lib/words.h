/* SPDX-License-Identifier: ISC */
/*
 * The words of a command line, for programs with a few: --help is answered on the standard output with
 * status 0, words that are not understood with the same text on the standard error and status 2.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISUSED 2

static inline bool help_wanted(int argc, char **argv)
{
	return argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

static inline int help(const char *usage)
{
	return fputs(usage, stdout) < 0 || fflush(stdout) != 0;
}

static inline int misused(const char *usage)
{
	fputs(usage, stderr);
	return MISUSED;
}

/* A whole word that is a number within [low, high]; false: it is not, and *out is as before. */
static inline bool word_is_number(const char *word, long low, long high, long *out)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(word, &end, 0);
	if (end == word || *end || errno || n < low || n > high)
		return false;
	*out = n;
	return true;
}
