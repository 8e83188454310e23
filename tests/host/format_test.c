/* SPDX-License-Identifier: ISC */
/* Formats are compared with the C library's output, except where format.c says it differs. */
#include <limits.h>

#include "test.h"

#include "lib/format.h"
#include "lib/string.h"

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"

/* The same format and arguments to both; the text and the length must be equal. */
#define same(...)                                                                                  \
	do {                                                                                       \
		char ours[256], theirs[256];                                                       \
		int a = snprintf(ours, sizeof(ours), __VA_ARGS__);                                 \
		int b = host_snprintf(theirs, sizeof(theirs), __VA_ARGS__);                        \
		if (!check_eq(a, b) || !check(strcmp(ours, theirs) == 0))                          \
			printf("# ours '%s', theirs '%s' for %s\n", ours, theirs, #__VA_ARGS__);   \
	} while (0)

/* Every combination of flags, widths and precisions with one conversion. */
static void all_variants(const char *conversion, u64 value)
{
	static const char *const widths[] = { "", "1", "9", "30" };
	static const char *const precisions[] = { "", ".", ".0", ".1", ".7", ".25" };

	for (unsigned flags = 0; flags < 32; flags++) {
		for (size_t w = 0; w < ARRAY_SIZE(widths) * ARRAY_SIZE(precisions); w++) {
			char fmt[64], ours[128], theirs[128];
			int a, b;

			host_snprintf(fmt, sizeof(fmt), "[%%%s%s%s%s%s%s%s%s]",
				      flags & 1 ? "-" : "", flags & 2 ? "0" : "",
				      flags & 4 ? "#" : "", flags & 8 ? "+" : "",
				      flags & 16 ? " " : "", widths[w % 4], precisions[w / 4],
				      conversion);
			a = snprintf(ours, sizeof(ours), fmt, value);
			b = host_snprintf(theirs, sizeof(theirs), fmt, value);
			if (!check_eq(a, b) || !check(strcmp(ours, theirs) == 0)) {
				printf("# %s: ours '%s', theirs '%s'\n", fmt, ours, theirs);
				return;
			}
		}
	}
}

static void integers_in_every_variant(void)
{
	static const char *const conversions[] = { "d",   "i",   "u",  "x",   "X",   "o",
						   "hhd", "hd",  "ld", "lld", "hhu", "hx",
						   "lx",  "llX", "zu", "jd",  "td",  "lo" };
	static const u64 values[] = {
		0,      1,          7,          8,          0xff,       0x80,
		0x8000, 0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 63, ~0ULL
	};

	for (size_t c = 0; c < ARRAY_SIZE(conversions); c++) {
		for (size_t v = 0; v < ARRAY_SIZE(values); v++)
			all_variants(conversions[c], values[v]);
	}
}

static void limits_of_each_type(void)
{
	same("%d %d", INT_MIN, INT_MAX);
	same("%ld %ld", LONG_MIN, LONG_MAX);
	same("%hhd %hhd", SCHAR_MIN, SCHAR_MAX);
	same("%hd %hd", SHRT_MIN, SHRT_MAX);
	same("%llu %llo %llx", ULLONG_MAX, ULLONG_MAX, ULLONG_MAX);
}

static void strings_and_characters(void)
{
	static const char unterminated[3] = { 'a', 'b', 'c' };

	same("%s|%10s|%-10s|%.2s|%10.2s|%.0s|", "abc", "abc", "abc", "abc", "abc", "abc");
	same("%.3s", unterminated);
	same("%c|%5c|%-5c|", 'x', 'y', 'z');
	same("%s", "");
	same("%s", (char *)NULL);
	same("a%cb", 0);
	same("100%% %d", 3);
	same("no conversion");
	same("%s", "");
}

static void width_and_precision_from_arguments(void)
{
	same("%*d|%-*d|%*d", 6, 42, 6, 42, -6, 42);
	same("%.*d|%.*d|%.*s", 4, 42, -1, 42, 2, "abc");
	same("%0*.*x", 12, 6, 0xbeef);
}

static void pointers(void)
{
	char buf[64];

	same("%p", (void *)0xffffffff80001234);
	same("%20p|%-20p|", (void *)0x1234, (void *)0x1234);
	snprintf(buf, sizeof(buf), "%p", (void *)NULL);
	check_str(buf, "0x0");
}

static void small_buffers(void)
{
	for (size_t size = 0; size < 24; size++) {
		char *ours = test_guarded(size);
		char theirs[32] = "";

		check_eq(snprintf(ours, size, "ab%5dcd%-6sef", 42, "xy"), 17);
		host_snprintf(theirs, size, "ab%5dcd%-6sef", 42, "xy");
		check(!size || strcmp(ours, theirs) == 0);
	}
}

static void unknown_conversions_stand(void)
{
	char buf[64];

	check_eq(snprintf(buf, sizeof(buf), "a%kb%-5!c"), 9);
	check_str(buf, "a%kb%-5!c");
	check_eq(snprintf(buf, sizeof(buf), "end%"), 4);
	check_str(buf, "end%");
	check_eq(snprintf(buf, sizeof(buf), "end%-08l"), 8);
	check_str(buf, "end%-08l");
}

static void huge_widths_are_only_counted(void)
{
	char buf[8];

	check_eq(snprintf(buf, sizeof(buf), "%2147483647d", 1), INT_MAX);
	check_str(buf, "       ");
	check_eq(snprintf(buf, sizeof(buf), "%99999999999999999999d", 1), INT_MAX);
	check_eq(snprintf(buf, sizeof(buf), "%.2147483647d", 7), INT_MAX);
	check_str(buf, "0000000");
	check_eq(snprintf(buf, sizeof(buf), "%*d%*d", INT_MIN, 1, INT_MAX, 1), INT_MAX);
	check_eq(snprintf(buf, sizeof(buf), "%02147483647d%02147483647d%d", -1, 1, 1), INT_MAX);
	check_str(buf, "-000000");
}

static const struct test_case cases[] = {
	CASE(integers_in_every_variant),
	CASE(limits_of_each_type),
	CASE(strings_and_characters),
	CASE(width_and_precision_from_arguments),
	CASE(pointers),
	CASE(small_buffers),
	CASE(unknown_conversions_stand),
	CASE(huge_widths_are_only_counted),
};
TEST_MAIN(cases)
