/* SPDX-License-Identifier: ISC */
/*
 * The kernel command line: words separated by blanks, "double quotes" keep blanks,
 * NAME=VALUE or NAME; a lone "--" ends the kernel's words, the rest are init's arguments.
 */
#pragma once

#include "lib/types.h"

/*
 * Cuts the next word out of *@cursor in place (quotes removed, NUL-terminated).
 * Returns the word or NULL at the end. Writes into the buffer.
 */
char *cmdline_next(char **cursor);

/* If @word is @name=… returns the value, if it is just @name returns "", else NULL. */
const char *cmdline_value(const char *word, const char *name);
