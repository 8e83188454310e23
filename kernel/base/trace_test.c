/* SPDX-License-Identifier: ISC */
/* Every event is one line that fits, whatever its arguments are; text cannot break the line. */
#include "base/ktest.h"
#include "base/trace.h"
#include "lib/string.h"

static void check_line(const struct trace_record *r)
{
	char line[TRACE_LINE_BYTES], small[20];
	int n = trace_format(r, line, sizeof(line));

	KEXPECT(n > 0 && n < (int)sizeof(line));
	KEXPECT_EQ(strlen(line), n);
	KEXPECT(strchr(line, '\n') == line + n - 1);
	KEXPECT(strstr(line, trace_event_name((enum trace_event)r->event)));
	KEXPECT_EQ(trace_format(r, small, sizeof(small)), n);
	KEXPECT(strlen(small) < sizeof(small));
}

KTEST(trace_every_event_is_a_line, 50)
{
	for (unsigned e = 0; e < TRACE_EVENT_COUNT; e++) {
		struct trace_record r = { .event = (u16)e, .aux = ~0u, .tsc = ~0UL, .pid = -1 };

		memset(r.arg, 0xff, sizeof(r.arg));
		check_line(&r);
		memset(r.arg, 0, sizeof(r.arg));
		check_line(&r);
	}
}

KTEST(trace_text_is_quoted, 50)
{
	struct trace_record r = { .event = TRACE_EXEC, .text = "a\"b\\c\nd\x01\xff" };
	char line[TRACE_LINE_BYTES];

	trace_format(&r, line, sizeof(line));
	KEXPECT(strstr(line, " exec \"a\\\"b\\\\c\\nd\\x01\\xff\"\n"));
	check_line(&r);
}
