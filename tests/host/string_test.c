/* SPDX-License-Identifier: ISC */
/*
 * The memory functions are compared with loops of single bytes for all sizes around their
 * thresholds, all alignments and all overlaps; buffers end at an inaccessible page, as the
 * sanitizer does not see what `rep` instructions touch.
 */
#include "test.h"

#include "abi/errno.h"
#include "lib/string.h"

#define SIZE_MAX_TESTED 200
#define ROOM 512

static u8 model[ROOM], real[ROOM];

static void fill_both(void)
{
	for (size_t i = 0; i < ROOM; i++)
		model[i] = real[i] = (u8)(i * 7 + (i >> 8));
}

static bool both_equal(void)
{
	for (size_t i = 0; i < ROOM; i++) {
		if (model[i] != real[i])
			return false;
	}
	return true;
}

static void model_move(size_t to, size_t from, size_t n)
{
	u8 copy[ROOM];

	for (size_t i = 0; i < n; i++)
		copy[i] = model[from + i];
	for (size_t i = 0; i < n; i++)
		model[to + i] = copy[i];
}

static void memcpy_all_sizes_and_alignments(void)
{
	for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
		for (size_t shift = 0; shift < 64; shift++) {
			size_t to = shift % 8, from = 260 + shift / 8;

			fill_both();
			model_move(to, from, n);
			if (!check(memcpy(real + to, real + from, n) == real + to) ||
			    !check(both_equal()))
				return;
		}
	}
}

static void memmove_all_overlaps(void)
{
	for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
		for (size_t to = 0; to <= 200; to++) {
			fill_both();
			model_move(to, 100, n);
			if (!check(memmove(real + to, real + 100, n) == real + to) ||
			    !check(both_equal()))
				return;
		}
	}
}

static void memset_all_sizes(void)
{
	for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
		for (size_t to = 0; to < 9; to++) {
			fill_both();
			for (size_t i = 0; i < n; i++)
				model[to + i] = 0xa5;
			if (!check(memset(real + to, 0x7a5, n) == real + to) ||
			    !check(both_equal()))
				return;
		}
	}
}

static void nothing_beyond_the_end_is_touched(void)
{
	u8 *end = (u8 *)test_guarded(ROOM) + ROOM, *other = (u8 *)test_guarded(ROOM) + ROOM;

	for (size_t n = 0; n <= SIZE_MAX_TESTED; n++) {
		memset(end - n, 1, n);
		memcpy(other - n, end - n, n);
		memmove(other - n, end - n, n);
		check_eq(memcmp(other - n, end - n, n), 0);
		check(memchr(end - n, 2, n) == NULL);
		check_eq(strnlen((char *)end - n, n), n);
	}
	memcpy(end - 4, "abc", 4);
	check_eq(strlen((char *)end - 4), 3);
	check(strchr((char *)end - 4, 'x') == NULL);
	check(strstr((char *)end - 4, "cd") == NULL);
	check_eq(strncmp((char *)end - 3, "bcX", 2), 0);
}

static void memcmp_finds_each_difference(void)
{
	for (size_t n = 1; n <= 40; n++) {
		for (size_t at = 0; at < n; at++) {
			fill_both();
			real[at] ^= 0x80;
			if (!check((memcmp(model, real, n) < 0) == (model[at] < real[at])) ||
			    !check_eq(memcmp(model, real, at), 0))
				return;
		}
	}
	check(memcmp("\x01\xff", "\x02\x00", 2) < 0);
	check(memcmp("\x80", "\x7f", 1) > 0);
}

static void comparing_strings(void)
{
	check_eq(strcmp("", ""), 0);
	check(strcmp("a", "") > 0);
	check(strcmp("a", "b") < 0);
	check(strcmp("\xff", "a") > 0);
	check_eq(strncmp("abc", "abd", 2), 0);
	check(strncmp("abc", "abd", 3) < 0);
	check_eq(strncmp("ab", "ab", 100), 0);
	check_eq(strncmp("x", "y", 0), 0);
	check(starts_with("leash.cmdline=x", "leash.cmdline="));
	check(starts_with("x", ""));
	check(!starts_with("lea", "leash"));
}

static void searching_strings(void)
{
	const char *s = "abcabc";

	check(strchr(s, 'b') == s + 1);
	check(strrchr(s, 'b') == s + 4);
	check(strchr(s, '\0') == s + 6);
	check(strrchr(s, '\0') == s + 6);
	check(strchr(s, 'x') == NULL && strrchr(s, 'x') == NULL);
	check(strstr(s, "cab") == s + 2);
	check(strstr(s, "") == s);
	check(strstr("aab", "ab") != NULL);
	check(strstr("", "a") == NULL);
	check(memchr("a\0b", 'b', 3) != NULL);
	check(memchr("abc", 'c', 2) == NULL);
	check(memchr("\xff", 0x1ff, 1) != NULL);
}

static void strlcpy_always_terminates(void)
{
	char buf[5] = "????";

	check_eq(strlcpy(buf, "abcdefg", sizeof(buf)), 7);
	check_str(buf, "abcd");
	check_eq(strlcpy(buf, "xy", sizeof(buf)), 2);
	check_str(buf, "xy");
	check_eq(strlcpy(buf, "abc", 1), 3);
	check_str(buf, "");
	buf[0] = '!';
	check_eq(strlcpy(buf, "abc", 0), 3);
	check_eq(buf[0], '!');
}

static void parsing_numbers(void)
{
	static const struct {
		const char *text;
		int error;
		u64 value;
	} table[] = {
		{ "0", 0, 0 },
		{ "42", 0, 42 },
		{ "007", 0, 7 },
		{ "0x1F", 0, 31 },
		{ "0Xabc", 0, 0xabc },
		{ "18446744073709551615", 0, ~0ULL },
		{ "0xffffffffffffffff", 0, ~0ULL },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1f", -EINVAL, 0 },
		{ "0xg", -EINVAL, 0 },
		{ "12\x10", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		u64 value = 0;
		int error = parse_u64(table[i].text, &value);

		if (!check_eq(error, table[i].error) || !check_eq(value, table[i].value))
			printf("# text: %s\n", table[i].text);
	}
}

static const struct test_case cases[] = {
	CASE(memcpy_all_sizes_and_alignments),
	CASE(memmove_all_overlaps),
	CASE(memset_all_sizes),
	CASE(nothing_beyond_the_end_is_touched),
	CASE(memcmp_finds_each_difference),
	CASE(comparing_strings),
	CASE(searching_strings),
	CASE(strlcpy_always_terminates),
	CASE(parsing_numbers),
};
TEST_MAIN(cases)
