/* SPDX-License-Identifier: ISC */
/*
 * TAP output, see tap.h. Uses nothing of libc but snprintf and write, so that it works in a program
 * which has just broken everything else.
 */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int tests, failures;

static void put(const char *line, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, line, len);

		if (n <= 0)
			return;
		line += n;
		len -= n;
	}
}

static void put_line(const char *head, const char *fmt, va_list args, const char *tail)
{
	char line[512];
	int len = snprintf(line, sizeof(line) - 128, "%s", head);

	len += vsnprintf(line + len, sizeof(line) - 128 - len, fmt, args);
	if (len > (int)sizeof(line) - 128)
		len = sizeof(line) - 128;
	len += snprintf(line + len, 127, "%s\n", tail);
	put(line, len);
}

static void result(bool cond, const char *fmt, va_list args, const char *tail)
{
	char head[32];

	snprintf(head, sizeof(head), "%sok %d - ", cond ? "" : "not ", ++tests);
	failures += !cond;
	put_line(head, fmt, args, tail);
}

bool ok(bool cond, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	result(cond, name, args, "");
	va_end(args);
	return cond;
}

bool is_long(long got, long want, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	result(got == want, name, args, "");
	va_end(args);
	if (got != want)
		diag("got %ld (%#lx), want %ld (%#lx)", got, got, want, want);
	return got == want;
}

static void describe(int status, char *text, size_t size)
{
	if (WIFEXITED(status))
		snprintf(text, size, "exit %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		snprintf(text, size, "killed by signal %d", WTERMSIG(status));
	else
		snprintf(text, size, "status %#x", status);
}

bool is_status(int got, int want, const char *name, ...)
{
	char a[48], b[48];
	va_list args;
	bool same;

	if (WIFSIGNALED(got))
		got &= ~0x80; /* whether a core was dumped is the reader's setting */
	same = got == want;
	va_start(args, name);
	result(same, name, args, "");
	va_end(args);
	if (!same) {
		describe(got, a, sizeof(a));
		describe(want, b, sizeof(b));
		diag("got %s, want %s", a, b);
	}
	return same;
}

void skip(const char *why, const char *name, ...)
{
	char tail[100];
	va_list args;

	snprintf(tail, sizeof(tail), " # SKIP %s", why);
	va_start(args, name);
	result(true, name, args, tail);
	va_end(args);
}

void diag(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	put_line("# ", text, args, "");
	va_end(args);
}

int done_testing(void)
{
	char plan[32];

	put(plan, snprintf(plan, sizeof(plan), "1..%d\n", tests));
	return failures ? 1 : 0;
}
