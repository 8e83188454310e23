/* SPDX-License-Identifier: ISC */
/*
 * The kernel's trace as programs use it: turning it on around a command, and reading /proc/trace
 * (docs/trace.md) or a file that holds a copy of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct trace_event {
	unsigned long tsc;
	unsigned cpu;
	int pid, tid; /* 0: the kernel's own */
	const char *name;
	const char *args; /* " key=value…", without the newline */
};

struct trace {
	struct trace_event *events; /* in the order of time */
	size_t count;
	unsigned long tsc_hz, lost;
	unsigned cpus;
	char *text; /* what names and args point into */
};

/* Writes one command to /proc/trace_control; false, with a line on stderr, if it is refused. */
bool trace_control(const char *words);

/*
 * The file that execvp would run of @name, so that no failing exec is in the trace; @buf holds it where
 * PATH was looked through. NULL, with a line on stderr: there is none.
 */
const char *trace_find_program(const char *name, char *buf, size_t size);

/*
 * Runs the program @path traced, from vfork on to its end. Its wait status, or -1 with a line on stderr.
 * *pid is the process's. The caller is traced as well.
 */
int trace_run(const char *path, char *const argv[], pid_t *pid);

/* Reads a trace to its end. False, with a line on stderr: it cannot be read, or is none. */
bool trace_load(struct trace *t, const char *path);
void trace_free(struct trace *t);
/* One line, cut in place, without its newline. False: it is no event. */
bool trace_parse(struct trace_event *e, char *line);

static inline double trace_us(const struct trace *t, unsigned long ticks)
{
	return t->tsc_hz ? 1e6 * ticks / t->tsc_hz : 0;
}

bool trace_is(const struct trace_event *e, const char *name);
/* The value of a key: decimal (may be negative), hexadecimal; 0 if there is none. */
long trace_number(const struct trace_event *e, const char *key);
unsigned long trace_hex(const struct trace_event *e, const char *key);
/* As a word; "" if there is none. Returns @buf. */
char *trace_word(const struct trace_event *e, const char *key, char *buf, size_t size);
/* The quoted text of an event with its escapes undone, terminated; its length. */
size_t trace_text(const struct trace_event *e, char *buf, size_t size);
