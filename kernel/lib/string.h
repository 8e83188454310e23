/* SPDX-License-Identifier: ISC */
/* Memory and string functions with the C library's names and meanings. Pure; any context. */
#pragma once

#include "lib/types.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int byte, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *hay, const char *needle);

/* With a size that the compiler knows: moves, or one string instruction, in place. */
#ifndef memcpy /* the tests on the host have names of their own for all of these */
#define memcpy(dst, src, n) __builtin_memcpy(dst, src, n)
#define memset(dst, byte, n) __builtin_memset(dst, byte, n)
#endif

/* Copies at most @size - 1 bytes and always terminates; returns strlen(@src). */
size_t strlcpy(char *dst, const char *src, size_t size);

/* True if @s begins with @prefix. */
bool starts_with(const char *s, const char *prefix);

/*
 * Parses an unsigned number (0x… is hexadecimal) that ends at NUL.
 * Returns 0, or -EINVAL (no digits, other characters) or -ERANGE.
 */
int parse_u64(const char *s, u64 *out);
