/* SPDX-License-Identifier: ISC */
/*
 * The prompt's parts: a line of text becomes pipelines (parse.c), a pipeline becomes processes
 * (run.c), and main.c reads the lines.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define MAX_WORDS 64
#define MAX_STAGES 16
#define MAX_LINE 4096

struct command {
	char *argv[MAX_WORDS + 1];
	int argc;
	const char *in, *out; /* NULL: inherited */
	bool append;
};

/* The words live in text[], so a pipeline owns all it points to. */
struct pipeline {
	struct command stage[MAX_STAGES];
	int stages;
	bool background;
	char text[2 * MAX_LINE];
};

/*
 * Take the next pipeline off *line. Returns 1, or 0 at the end of the text, or -1 after
 * reporting a syntax error (the rest of the text is then skipped).
 */
int parse_pipeline(const char **line, struct pipeline *p);

/* Run a pipeline; returns its status as a shell counts it (128 + signal if killed). */
int run_pipeline(struct pipeline *p);

/* Replace this process by a program; returns 126 or 127 where it can not. */
int run_exec(char **argv);

/* Run a builtin in this process. Returns false where argv[0] is none. */
bool run_builtin(struct command *cmd, int *status);

/* Reap whatever has ended, telling about background jobs; wait for all of them if asked to. */
void reap(bool all);

/* List the background jobs. */
void list_jobs(void);

/* The status of the last pipeline: what `exit` without a number ends with. */
extern int last_status;
