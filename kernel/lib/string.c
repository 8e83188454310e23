/* SPDX-License-Identifier: ISC */
/*
 * Memory and string functions. The loader and the host tests compile this file too.
 *
 * Invariant: no loop here may be recognised by the compiler and turned into a call of the
 * very function it implements; KEEP_LOOP() in its body prevents that.
 *
 * Copies of REP_MIN bytes and more use `rep movsq`: one instruction, which a counting
 * emulator bills by the element, so elements of eight bytes beat the bytes of ERMS.
 */
#include "lib/string.h"

#include "abi/errno.h"
#include "lib/unaligned.h"

#define REP_MIN 64
#define KEEP_LOOP() __asm__ volatile("")

/* n < 8. Everything is loaded before anything is stored, so overlap does not matter. */
static inline void copy_tiny(u8 *d, const u8 *s, size_t n)
{
	if (n >= 4) {
		u32 first = load4(s), last = load4(s + n - 4);

		store4(d, first);
		store4(d + n - 4, last);
	} else if (n) {
		u8 first = s[0], middle = s[n / 2], last = s[n - 1];

		d[0] = first;
		d[n / 2] = middle;
		d[n - 1] = last;
	}
}

/* Correct for overlap if d is below s: the last word, which may overlap, is loaded first. */
static inline void copy_forward(u8 *d, const u8 *s, size_t n)
{
	u8 *d_last;
	u64 last;
	size_t words;

	if (n < 8) {
		copy_tiny(d, s, n);
		return;
	}
	d_last = d + n - 8;
	last = load8(s + n - 8);
	words = (n - 1) / 8;
	if (n >= REP_MIN) {
		__asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
	} else {
		for (; words; words--, d += 8, s += 8)
			store8(d, load8(s));
	}
	store8(d_last, last);
}

static inline void copy_backward(u8 *d, const u8 *s, size_t n)
{
	u64 first;

	if (n < 8) {
		copy_tiny(d, s, n);
		return;
	}
	first = load8(s);
	while (n > 8) {
		n -= 8;
		store8(d + n, load8(s + n));
		KEEP_LOOP();
	}
	store8(d, first);
}

void *(memcpy)(void *restrict dst, const void *restrict src, size_t n)
{
	copy_forward(dst, src, n);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	/* One unsigned comparison: true if dst is below src or beyond its end. */
	if ((uintptr_t)dst - (uintptr_t)src >= n)
		copy_forward(dst, src, n);
	else
		copy_backward(dst, src, n);
	return dst;
}

void *(memset)(void *dst, int byte, size_t n)
{
	u64 pattern = (u8)byte * 0x0101010101010101ULL;
	u8 *d = dst, *last;
	size_t words = n / 8;

	if (n < 8) {
		for (; n; n--) {
			*d++ = (u8)byte;
			KEEP_LOOP();
		}
		return dst;
	}
	last = d + n - 8;
	if (n >= REP_MIN) {
		__asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
	} else {
		for (; words; words--, d += 8) {
			store8(d, pattern);
			KEEP_LOOP();
		}
	}
	store8(last, pattern);
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	for (; n >= 8 && load8(p) == load8(q); n -= 8, p += 8, q += 8)
		KEEP_LOOP();
	for (; n; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++) {
		if (*p == (u8)byte)
			return (void *)p;
	}
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	for (; *p; p++)
		KEEP_LOOP();
	return p - s;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		KEEP_LOOP();
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--, a++, b++)
		KEEP_LOOP();
	return n ? (u8)*a - (u8)*b : 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (!*s)
			return (char *)found;
	}
}

char *strstr(const char *hay, const char *needle)
{
	size_t n = strlen(needle);

	if (!n)
		return (char *)hay;
	while ((hay = strchr(hay, *needle)) != NULL) {
		if (strncmp(hay, needle, n) == 0)
			return (char *)hay;
		hay++;
	}
	return NULL;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t length = strlen(src);

	if (size) {
		size_t n = MIN(length, size - 1);

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return length;
}

bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* The value of a digit, or 255. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10u : 255;
}

int parse_u64(const char *s, u64 *out)
{
	unsigned base = 10;
	u64 value = 0;

	if (s[0] == '0' && (s[1] | 0x20) == 'x') {
		base = 16;
		s += 2;
	}
	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		unsigned digit = digit_value(*s);

		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(value, (u64)base, &value) ||
		    __builtin_add_overflow(value, (u64)digit, &value))
			return -ERANGE;
	}
	*out = value;
	return 0;
}
