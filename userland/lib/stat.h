/* SPDX-License-Identifier: ISC */
/* Fields of a /proc/…/stat, numbered as in proc(5): behind the name, which may hold anything. */
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAT_STATE 3

/* Where field @n, 3 or more, begins in @text, which holds the file then. NULL: there is none. */
static inline const char *stat_text(const char *path, int n, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t got = read(fd, text, size - 1);
	char *at;

	close(fd);
	text[got > 0 ? got : 0] = 0;
	at = strrchr(text, ')');
	for (n -= 2; at && n > 0; n--)
		at = strchr(at + 1, ' ');
	return at ? at + 1 : NULL;
}

/* The state's letter; 0: there is no such file. */
static inline char stat_state(const char *path)
{
	char text[128];
	const char *at = stat_text(path, STAT_STATE, text, sizeof(text));

	return at ? *at : 0;
}

/* A number; LONG_MIN: there is none. */
static inline long stat_field(const char *path, int n)
{
	char text[1024];
	const char *at = stat_text(path, n, text, sizeof(text));

	return at ? atol(at) : LONG_MIN;
}
