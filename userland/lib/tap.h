/* SPDX-License-Identifier: ISC */
/*
 * TAP output for test programs: "ok N - name", "not ok N - name", and the plan at the end.
 * Written with write(2) a line at a time, so a forked child carries no unflushed copy of it and
 * a killed program leaves no half plan: a missing plan is a failure.
 */
#pragma once

#include <stdbool.h>

/* Report one test; the name must not depend on the run. Returns cond. */
bool ok(bool cond, const char *name, ...) __attribute__((format(printf, 2, 3)));

/* As ok(got == want), and says both where they differ. */
bool is_long(long got, long want, const char *name, ...) __attribute__((format(printf, 3, 4)));

/* As ok() on a wait status; a difference is told in words. */
bool is_status(int got, int want, const char *name, ...) __attribute__((format(printf, 3, 4)));

/* Count a test that this machine cannot run. */
void skip(const char *why, const char *name, ...) __attribute__((format(printf, 2, 3)));

/* A line of comment, for a human. */
void diag(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* Print the plan; the value is main's: 0 if all passed, 1 otherwise. */
int done_testing(void);

/* The wait statuses that is_status() compares with. */
#define EXITED(code) (((code)&0xff) << 8)
#define KILLED(sig) (sig)
