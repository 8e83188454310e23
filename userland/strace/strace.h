/* SPDX-License-Identifier: ISC */
/*
 * strace: the system calls of a command with their arguments in words, from the kernel's trace.
 * main.c follows the trace, args.c writes arguments.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "trace.h"

struct call {
	const char *name, *args; /* NULL: there is none of this number; names with commas between */
};
extern const struct call calls[];
extern const unsigned call_count;
extern const char *const error_names[];
extern const unsigned error_count;

#define MAX_ARGS 6
#define TEXT_BYTES 96 /* what the kernel copies of a string, and of a buffer */
#define BUFFER_BYTES 48

struct text {
	char bytes[TEXT_BYTES + 1];
	size_t n; /* 0: not known */
	bool known;
};

/* A call that has begun and not ended. */
struct pending {
	int tid, pid;
	bool begun;
	unsigned nr;
	unsigned long arg[MAX_ARGS];
	struct text text[MAX_ARGS];
};

void print_arguments(FILE *out, const struct pending *p);
void print_result(FILE *out, const struct pending *p, long result);
const char *signal_word(int sig);
