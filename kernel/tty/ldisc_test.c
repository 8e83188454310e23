/* SPDX-License-Identifier: ISC */
/* The line discipline: what is typed, what is read, what is echoed. */
#include "abi/signal.h"
#include "base/ktest.h"
#include "lib/string.h"
#include "tty/ldisc.h"

static struct ldisc d;

static int type(const char *text)
{
	int signal = 0;

	for (; *text; text++)
		signal |= ldisc_input(&d, (u8)*text);
	return signal;
}

static int start(const char *text)
{
	ldisc_init(&d);
	return type(text);
}

/* Does a read of at most @n give @expected? */
static bool reads(u32 n, const char *expected, bool line_end)
{
	u8 got[64];
	bool end;
	u32 length = ldisc_read(&d, got, MIN(n, sizeof(got)), &end);

	return length == strlen(expected) && !memcmp(got, expected, length) && end == line_end;
}

static bool echoed(const char *expected)
{
	char got[128];
	u32 length = ring_get(&d.echo, got, sizeof(got));

	return length == strlen(expected) && !memcmp(got, expected, length);
}

static void set_lflag(u32 on, u32 off)
{
	struct termios t = d.termios;

	t.c_lflag = (t.c_lflag | on) & ~off;
	ldisc_set_termios(&d, &t);
}

KTEST(ldisc_lines, 20)
{
	start("ab\rcd");
	KEXPECT(echoed("ab\r\ncd"));
	KEXPECT_EQ(ldisc_available(&d), 3);
	KEXPECT(reads(64, "ab\n", true));
	KEXPECT(!ldisc_readable(&d));
	type("\n");
	KEXPECT(reads(2, "cd", false));
	KEXPECT(reads(2, "\n", true));
}

KTEST(ldisc_erases, 20)
{
	start("abc\177");
	KEXPECT(echoed("abc\b \b"));
	type("\025x\r");
	KEXPECT(echoed("\b \b\b \bx\r\n"));
	KEXPECT(reads(64, "x\n", true));
	start("foo bar_1 \027X\r");
	KEXPECT(reads(64, "foo X\n", true));
	start("\177\025\027a\001\177\177\177b\r");
	KEXPECT(echoed("a^A\b \b\b \b\b \bb\r\n"));
	KEXPECT(reads(64, "b\n", true));
}

KTEST(ldisc_erases_tabs, 20)
{
	start("ab\t");
	KEXPECT(echoed("ab\t"));
	type("\177");
	KEXPECT(echoed("\b\b\b\b\b\b"));
	type("c\r");
	KEXPECT(reads(64, "abc\n", true));
}

KTEST(ldisc_end_of_file, 20)
{
	start("\004");
	KEXPECT(ldisc_readable(&d));
	KEXPECT(reads(64, "", true));
	KEXPECT(!ldisc_readable(&d));
	start("ab\004cd\004");
	KEXPECT_EQ(ldisc_available(&d), 4);
	KEXPECT(reads(2, "ab", true));
	KEXPECT(reads(64, "cd", true));
	KEXPECT(echoed("abcd"));
}

KTEST(ldisc_signals, 20)
{
	KEXPECT_EQ(start("ab\003"), SIGINT);
	KEXPECT(echoed("^C"));
	KEXPECT_EQ(d.edit, d.read);
	KEXPECT_EQ(start("\034"), SIGQUIT);
	KEXPECT_EQ(start("\032"), SIGTSTP);
	start("");
	set_lflag(0, ISIG);
	KEXPECT_EQ(type("\003\r"), 0);
	KEXPECT(reads(64, "\003\n", true));
	start("");
	set_lflag(NOFLSH, 0);
	KEXPECT_EQ(type("a\003\r"), SIGINT);
	KEXPECT(reads(64, "a\n", true));
}

KTEST(ldisc_literal_and_reprint, 20)
{
	start("a\026\003\026\177b\r");
	KEXPECT(echoed("a^\b^C^\b^?b\r\n"));
	KEXPECT(reads(64, "a\003\177b\n", true));
	start("ab\022");
	KEXPECT(echoed("ab^R\r\nab"));
}

KTEST(ldisc_raw, 20)
{
	start("ab");
	KEXPECT(!ldisc_readable(&d));
	set_lflag(0, ICANON | ECHO | ISIG);
	KEXPECT(echoed("ab"));
	KEXPECT_EQ(ldisc_available(&d), 2);
	type("\003\004\177\r");
	KEXPECT(echoed(""));
	KEXPECT(reads(64, "ab\003\004\177\n", false));
	type("xy");
	set_lflag(ICANON, 0);
	KEXPECT(reads(64, "xy", false));
}

KTEST(ldisc_flow, 20)
{
	start("\023a\r");
	KEXPECT(d.stopped);
	type("\021");
	KEXPECT(!d.stopped);
	KEXPECT(reads(64, "a\n", true));
	start("\023\003");
	KEXPECT(!d.stopped);
}

KTEST(ldisc_silent, 20)
{
	start("");
	set_lflag(ECHONL, ECHO);
	type("secret\177\r");
	KEXPECT(echoed("\r\n"));
	KEXPECT(reads(64, "secre\n", true));
}

KTEST(ldisc_long_line, 50)
{
	bool end;
	u8 got[64];
	u32 total = 0;

	start("");
	for (int i = 0; i < 2 * LDISC_BYTES; i++)
		ldisc_input(&d, 'x');
	ldisc_input(&d, '\r');
	KEXPECT_EQ(ldisc_available(&d), LDISC_BYTES);
	do
		total += ldisc_read(&d, got, sizeof(got), &end);
	while (!end && total < 2 * LDISC_BYTES);
	KEXPECT_EQ(total, LDISC_BYTES);
	type("next\r");
	KEXPECT(reads(64, "next\n", true));
}

KTEST(ldisc_output_flags, 20)
{
	struct termios t;
	u8 out[64];
	u32 used;

	start("");
	KEXPECT_EQ(ldisc_output(&d, (const u8 *)"a\tb\n", 4, out, sizeof(out), &used), 4);
	KEXPECT(used == 5 && !memcmp(out, "a\tb\r\n", 5));
	t = d.termios;
	t.c_oflag |= XTABS;
	ldisc_set_termios(&d, &t);
	ldisc_output(&d, (const u8 *)"abc\td", 5, out, sizeof(out), &used);
	KEXPECT(used == 9 && !memcmp(out, "abc     d", 9));
	KEXPECT_EQ(ldisc_output(&d, (const u8 *)"\n\n\n\n", 4, out, 10, &used), 2);
	t.c_oflag = 0;
	ldisc_set_termios(&d, &t);
	ldisc_output(&d, (const u8 *)"\n", 1, out, sizeof(out), &used);
	KEXPECT(used == 1);
}
