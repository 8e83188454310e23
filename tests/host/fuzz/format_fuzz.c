/* SPDX-License-Identifier: ISC */
/*
 * The input is a size and a format. Every argument is a pointer to a string, which is a
 * valid value for each conversion; a format that would take more than there are is left out.
 */
#include "test.h"

#include "lib/format.h"
#include "lib/string.h"

#pragma clang diagnostic ignored "-Wformat-nonliteral"

#define ARGUMENTS 8

static int format(char *buf, size_t size, const char *fmt)
{
	static const char a[] = "argument";

	return snprintf(buf, size, fmt, a, a, a, a, a, a, a, a);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t room, takes = 0;
	char *fmt, *buf;
	int length;

	if (!size)
		return 0;
	room = data[0];
	for (size_t i = 1; i < size; i++)
		takes += data[i] == '%' || data[i] == '*';
	if (takes > ARGUMENTS)
		return 0;
	fmt = malloc(size);
	memcpy(fmt, data + 1, size - 1);
	fmt[size - 1] = '\0';
	buf = malloc(room);
	length = format(buf, room, fmt);
	if (length < 0 || (room && strnlen(buf, room) == room))
		abort();
	free(buf);
	free(fmt);
	return 0;
}
