/* SPDX-License-Identifier: ISC */
/*
 * The line discipline, by a pseudo-terminal: editing and echo of lines, raw input with all cases of
 * VMIN and VTIME, output processing, flow control, and what flushes throw away.
 */
#include <stdlib.h>
#include <time.h>

#include "child.h"
#include "now.h"
#include "pty.h"
#include "sys.h"
#include "tap.h"

static struct pair pty;

static void begin(void)
{
	if (pty.name[0])
		close_pair(&pty);
	if (!open_pair(&pty))
		_exit(2);
}

/* In a line of its own: typing @keys gives the @line (of one read) and shows @echo. */
static void line(const char *keys, const char *line, const char *echo, const char *name)
{
	begin();
	type(pty.master, keys);
	ok(reads(pty.slave, line), "%s: read", name);
	ok(comes(pty.master, echo), "%s: echo", name);
}

static void editing(void)
{
	line("abc\177\177X\n", "aX\n", "abc\b \b\b \bX\r\n", "erase");
	line("a\001\177b\n", "ab\n", "a^A\b \b\b \bb\r\n", "erase a control character");
	line("\177\177a\n", "a\n", "a\r\n", "erase nothing");
	line("gone\025new\n", "new\n", "gone\b \b\b \b\b \b\b \bnew\r\n", "kill");
	line("one two \027X\n", "one X\n", "one two \b \b\b \b\b \b\b \bX\r\n", "word erase");
	line("ab\022c\n", "abc\n", "ab^R\r\nabc\r\n", "reprint");
	line("a\026\003b\n", "a\003b\n", "a^\b^Cb\r\n", "literal next");
	line("a\026\177\026\n\n", "a\177\n\n", "a^\b^?^\b^J\r\n", "literal erase and newline");
	line("a\tb\177\177\177X\n", "X\n", "a\tb\b \b\b\b\b\b\b\b\b\b \bX\r\n", "erase a tab");
	line("a\rb", "a\n", "a\r\nb", "return is newline");
	line("ab\004", "ab", "ab", "end of file ends a read");
	line("\004", "", "", "alone it is the end");
}

static void set_cc(int which, int c)
{
	struct termios t;

	tcgetattr(pty.slave, &t);
	t.c_cc[which] = c;
	tcsetattr(pty.slave, TCSANOW, &t);
}

static void with(const struct modes *m, const char *keys, const char *line, const char *echo,
		 const char *name)
{
	begin();
	change(pty.slave, m);
	type(pty.master, keys);
	ok(reads(pty.slave, line), "%s: read", name);
	ok(comes(pty.master, echo), "%s: echo", name);
}

static void echo_modes(void)
{
	static const struct modes none = { .local_off = ECHO };
	static const struct modes newline = { .local_off = ECHO, .local_on = ECHONL };
	static const struct modes plain = { .local_off = ECHOCTL };
	static const struct modes no_erase = { .local_off = ECHOE };
	static const struct modes no_wipe = { .local_off = ECHOKE };
	static const struct modes no_extended = { .local_off = IEXTEN };

	with(&none, "secret\n", "secret\n", "", "no echo");
	with(&newline, "secret\n", "secret\n", "\r\n", "only newlines");
	with(&plain, "\001\n", "\001\n", "\001\r\n", "control characters as they are");
	with(&no_erase, "ab\177\n", "a\n", "ab^?\r\n", "no wiping of characters");
	with(&no_wipe, "ab\025c\n", "c\n", "ab^U\r\nc\r\n", "no wiping of lines");
	with(&no_extended, "a\027\026\n", "a\027\026\n", "a^W^V\r\n", "without extensions");
	begin();
	set_cc(VEOL, ';');
	type(pty.master, "a;b\n");
	ok(reads(pty.slave, "a;") && reads(pty.slave, "b\n"), "another end of line");
	set_cc(VERASE, 0);
	type(pty.master, "a\177\n");
	ok(reads(pty.slave, "a\177\n"), "no erase character");
}

static void input_modes(void)
{
	static const struct modes no_cr = { .in_off = ICRNL };
	static const struct modes ignore = { .in_on = IGNCR };
	static const struct modes nl_to_cr = { .in_on = INLCR, .in_off = ICRNL };
	static const struct modes strip = { .in_on = ISTRIP };

	with(&no_cr, "a\rb\n", "a\rb\n", "a^Mb\r\n", "return as it is");
	with(&ignore, "a\rb\n", "ab\n", "ab\r\n", "return ignored");
	with(&nl_to_cr, "a\nb\004", "a\rb", "a^Mb", "newline is return");
	with(&strip, "\341\n", "a\n", "a\r\n", "the eighth bit");
}

static void prints(const struct modes *m, const char *text, const char *want, const char *name)
{
	begin();
	change(pty.slave, m);
	type(pty.slave, text);
	ok(comes(pty.master, want), "%s", name);
}

static void output_modes(void)
{
	static const struct modes as_is = { .out_off = OPOST };
	static const struct modes no_nl = { .out_off = ONLCR };
	static const struct modes tabs = { .out_on = XTABS };
	static const struct modes cr = { .out_on = OCRNL, .out_off = ONLCR };
	static const struct modes no_cr = { .out_on = ONOCR };

	prints(&as_is, "a\nb\r\t", "a\nb\r\t", "no output processing");
	prints(&no_nl, "a\nb", "a\nb", "newline as it is");
	prints(&tabs, "a\tb\r\tc\n\td", "a       b\r        c\r\n        d", "tabs as blanks");
	prints(&cr, "a\rb", "a\nb", "return as newline");
	prints(&no_cr, "\ra\rb", "a\rb", "no return at the left");
}

static void pieces(void)
{
	char got[8], *big = malloc(6000);
	ssize_t n;
	int count;

	begin();
	type(pty.master, "abcdef\nsecond\n");
	wait_for(pty.slave, POLLIN, PATIENCE_MS);
	while (ioctl(pty.slave, FIONREAD, &count) == 0 && count < 14)
		usleep(1000);
	is_long(count, 14, "what can be read");
	n = read(pty.slave, got, 4);
	ok(n == 4 && !memcmp(got, "abcd", 4), "a part of the line");
	ok(reads(pty.slave, "ef\n"), "its rest");
	ok(reads(pty.slave, "second\n"), "the next");
	memset(big, 'x', 5000);
	big[5000] = '\n';
	set_nonblock(pty.master, true);
	for (int i = 0; i < 5001;) {
		char sink[256];

		n = write(pty.master, big + i, 5001 - i < 100 ? 5001 - i : 100);
		i += n > 0 ? n : 0;
		while (read(pty.master, sink, sizeof(sink)) > 0)
			;
	}
	wait_for(pty.slave, POLLIN, PATIENCE_MS);
	n = read(pty.slave, big, 6000);
	is_long(n, 4096, "a line too long is cut");
	ok(big[4094] == 'x' && big[4095] == '\n', "and ended");
	free(big);
}

/* -- raw --------------------------------------------------------------------------------------- */

/* Types the second half once the reader has begun. */
static int type_later(void *text)
{
	usleep(30000);
	type(pty.master, text);
	return 0;
}

static void min_and_time(void)
{
	char got[16];
	long start;
	pid_t pid;

	begin();
	make_raw(pty.slave, 0, 0);
	is_long(raw(SYS_read, pty.slave, got, 16), 0, "no minimum, no time: at once");
	type(pty.master, "ab");
	wait_for(pty.slave, POLLIN, PATIENCE_MS);
	is_long(raw(SYS_read, pty.slave, got, 16), 2, "what there is");
	make_raw(pty.slave, 3, 0);
	type(pty.master, "ab");
	ok(!wait_for(pty.slave, POLLIN, QUIET_MS), "a minimum: poll waits for it");
	pid = start_child(type_later, "c");
	is_long(raw(SYS_read, pty.slave, got, 16), 3, "and read");
	status_of(pid);
	type(pty.master, "abcde");
	wait_for(pty.slave, POLLIN, PATIENCE_MS);
	is_long(raw(SYS_read, pty.slave, got, 2), 2, "or until the buffer is full");
	is_long(raw(SYS_read, pty.slave, got, 3), 3, "again");
	make_raw(pty.slave, 0, 2);
	start = now_ms();
	is_long(raw(SYS_read, pty.slave, got, 16), 0, "a time alone: nothing came");
	ok(now_ms() - start >= 190, "after two tenths");
	pid = start_child(type_later, "z");
	make_raw(pty.slave, 0, 100);
	is_long(raw(SYS_read, pty.slave, got, 16), 1, "the first byte ends it");
	status_of(pid);
	make_raw(pty.slave, 5, 2);
	pid = start_child(type_later, "pq");
	start = now_ms();
	is_long(raw(SYS_read, pty.slave, got, 16), 2, "both: the pause after a byte ends it");
	ok(now_ms() - start >= 200, "a pause of two tenths");
	status_of(pid);
	set_nonblock(pty.slave, true);
	make_raw(pty.slave, 1, 0);
	is_long(raw(SYS_read, pty.slave, got, 16), -EAGAIN, "without waiting");
}

static void raw_bytes(void)
{
	static const struct modes lines = { .local_on = ICANON };

	begin();
	make_raw(pty.slave, 1, 0);
	type(pty.master, "\003\004\021\023\032\r\n\177");
	ok(comes(pty.slave, "\003\004\021\023\032\r\n\177"), "every byte as it is");
	ok(!wait_for(pty.master, POLLIN, QUIET_MS), "and no echo");
	type(pty.master, "typed raw");
	wait_for(pty.slave, POLLIN, PATIENCE_MS);
	change(pty.slave, &lines);
	ok(reads(pty.slave, "typed raw"), "it is there after the change to lines");
}

/* -- flow and flushes -------------------------------------------------------------------------- */

static bool is_held(void)
{
	return !wait_for(pty.slave, POLLOUT, QUIET_MS) &&
	       raw(SYS_write, pty.slave, "x", 1) == -EAGAIN;
}

static void flow(void)
{
	static const struct modes any = { .in_on = IXANY }, none = { .in_off = IXON };

	begin();
	set_nonblock(pty.slave, true);
	type(pty.master, "\023");
	while (wait_for(pty.slave, POLLOUT, 0))
		usleep(1000);
	ok(is_held(), "^S holds the output");
	type(pty.master, "a");
	ok(is_held(), "a key does not let it go");
	type(pty.master, "\021");
	ok(wait_for(pty.slave, POLLOUT, PATIENCE_MS), "^Q does");
	type(pty.slave, "x");
	ok(comes(pty.master, "ax"), "and neither is echoed");
	change(pty.slave, &any);
	type(pty.master, "\023");
	while (wait_for(pty.slave, POLLOUT, 0))
		usleep(1000);
	type(pty.master, "b");
	ok(wait_for(pty.slave, POLLOUT, PATIENCE_MS), "with IXANY any key does");
	tcflow(pty.slave, TCOOFF);
	ok(is_held(), "a program can hold it");
	tcflow(pty.slave, TCOON);
	ok(wait_for(pty.slave, POLLOUT, PATIENCE_MS), "and let it go");
	ok(comes(pty.master, "b"), "nothing was lost");
	tcflow(pty.slave, TCIOFF);
	tcflow(pty.slave, TCION);
	ok(comes(pty.master, "\023\021"), "it can ask the other side to wait");
	change(pty.slave, &none);
	tcflush(pty.slave, TCIFLUSH);
	make_raw(pty.slave, 1, 0);
	type(pty.master, "\023");
	ok(comes(pty.slave, "\023"), "without flow control it is a byte");
}

static int waits_for_flow(void *arg)
{
	(void)arg;
	return write(pty.slave, "held", 4) != 4;
}

static void held_writer(void)
{
	pid_t pid;

	begin();
	tcflow(pty.slave, TCOOFF);
	pid = start_child(waits_for_flow, NULL);
	ok(!wait_for(pty.master, POLLIN, QUIET_MS), "a writer sleeps");
	type(pty.master, "\021");
	ok(!wait_for(pty.master, POLLIN, QUIET_MS), "what a program holds no key lets go");
	tcflow(pty.slave, TCOON);
	ok(comes(pty.master, "held"), "the program does");
	is_status(status_of(pid), EXITED(0), "and the writer goes on");
	is_long(tcdrain(pty.slave), 0, "all is out");
	is_long(tcsendbreak(pty.slave, 0), 0, "a break is nothing here");
}

static void flushes(void)
{
	struct termios t;
	int count = -1;

	begin();
	type(pty.master, "old\nhalf");
	wait_for(pty.slave, POLLIN, PATIENCE_MS);
	comes(pty.master, "old\r\nhalf");
	tcflush(pty.slave, TCIFLUSH);
	type(pty.master, "new\n");
	ok(reads(pty.slave, "new\n"), "flushed input is gone");
	type(pty.master, "more\n");
	wait_for(pty.slave, POLLIN, PATIENCE_MS);
	tcgetattr(pty.slave, &t);
	tcsetattr(pty.slave, TCSADRAIN, &t);
	ok(ioctl(pty.slave, FIONREAD, &count) == 0 && count == 5, "TCSETSW keeps it");
	tcsetattr(pty.slave, TCSAFLUSH, &t);
	ok(ioctl(pty.slave, FIONREAD, &count) == 0 && count == 0, "TCSETSF drops it");
}

static void settings(void)
{
	struct termios t;

	begin();
	tcgetattr(pty.slave, &t);
	is_long(t.c_iflag, ICRNL | IXON, "input flags at first");
	is_long(t.c_oflag, OPOST | ONLCR, "output flags");
	is_long(t.c_cflag, B38400 | CS8 | CREAD, "the line");
	is_long(t.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
		"local flags");
	ok(t.c_cc[VINTR] == 3 && t.c_cc[VERASE] == 0177 && t.c_cc[VMIN] == 1, "characters");
	t.c_lflag &= ~ECHO;
	tcsetattr(pty.master, TCSANOW, &t);
	tcgetattr(pty.slave, &t);
	ok(!(t.c_lflag & ECHO), "the master sets them, too");
}

int main(void)
{
	settings();
	editing();
	echo_modes();
	input_modes();
	output_modes();
	pieces();
	min_and_time();
	raw_bytes();
	flow();
	held_writer();
	flushes();
	close_pair(&pty);
	return done_testing();
}
