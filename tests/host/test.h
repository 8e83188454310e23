/* SPDX-License-Identifier: ISC */
/*
 * A test program for the host: a table of cases, each one TAP line that `prove` reads.
 * A failed check is told as a comment with file and line and fails its case; the case goes on.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/types.h"

struct test_case {
	const char *name;
	void (*run)(void);
};

#define CASE(function)                                                                             \
	{                                                                                          \
#function, function                                                                \
	}

/* Runs the cases; returns main's status. The one argument of a test program is its data directory. */
int test_main(int argc, char **argv, const struct test_case *cases, size_t count);
#define TEST_MAIN(cases)                                                                           \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		return test_main(argc, argv, cases, ARRAY_SIZE(cases));                            \
	}

/* Both return whether the check held. */
bool test_check(bool held, const char *what, const char *file, int line);
bool test_equal(i64 got, i64 want, const char *what, const char *file, int line);
#define check(cond) test_check(!!(cond), #cond, __FILE__, __LINE__)
#define check_eq(got, want) test_equal((i64)(got), (i64)(want), #got, __FILE__, __LINE__)
#define check_str(got, want)                                                                       \
	test_check(strcmp(got, want) == 0, #got " is " #want, __FILE__, __LINE__)

/* Marks the running case as skipped. */
void test_skip(const char *why);

/*
 * The whole file as memory from malloc; NULL if it cannot be read. A name without a slash in
 * front is looked for in the data directory.
 */
u8 *test_read_file(const char *name, size_t *size);

/* A page-aligned buffer of @size bytes that ends at an inaccessible page. Never freed. */
void *test_guarded(size_t size);

/* A reproducible random number. */
u64 test_random(void);

/* The C library's, to compare with. */
int host_snprintf(char *buf, size_t size, const char *fmt, ...) __asm__("snprintf");
