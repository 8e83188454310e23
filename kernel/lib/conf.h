/* SPDX-License-Identifier: ISC */
/*
 * Parses \leash\leash.conf, the loader's menu:
 *
 *	# comment
 *	default 1
 *	timeout 3
 *	entry "Leash"
 *	  cmdline init=/bin/sh
 *
 * Pure; the text need not be terminated. Strings are copied into the result, cut with an error.
 */
#pragma once

#include "lib/types.h"

#define CONF_MAX_ENTRIES 16
#define CONF_TITLE_MAX 64
#define CONF_CMDLINE_MAX 512

struct conf_entry {
	char title[CONF_TITLE_MAX];
	char cmdline[CONF_CMDLINE_MAX];
};

struct conf {
	unsigned entry_count;
	unsigned default_entry; /* index */
	unsigned timeout; /* seconds */
	struct conf_entry entry[CONF_MAX_ENTRIES];
};

/* Returns 0, or -EINVAL with *line (1-based) and *why set. */
int conf_parse(const char *text, size_t size, struct conf *c, unsigned *line, const char **why);
