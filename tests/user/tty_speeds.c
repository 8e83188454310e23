/* SPDX-License-Identifier: ISC */
/*
 * A terminal's settings in all forms: termios2, which tells the speeds as numbers, and the old termio.
 * Newer C libraries use termios2.
 */
#include <fcntl.h>
#include <string.h>
#include <termios.h>

#include "sys.h"
#include "tap.h"

#define BOTHER 0x1000
#define ANY_SPEED 0x100f
#define IBSHIFT 16
#define TCGETA_CALL 0x5405
#define TCSETA_CALL 0x5406
#define TCSETAW_CALL 0x5407
#define TCSETAF_CALL 0x5408
#define TCGETS_CALL 0x5401
#define TCSETS_CALL 0x5402
#define TCGETS2_CALL 0x802c542a
#define TCSETS2_CALL 0x402c542b
#define TCSETSW2_CALL 0x402c542c
#define TCSETSF2_CALL 0x402c542d
#define PTLCK 0x40045431
#define PTPEER 0x5441

struct old_settings {
	unsigned short iflag, oflag, cflag, lflag;
	unsigned char line, cc[8], pad;
};

/* The kernel's termios2; its termios ends before the speeds. */
struct settings {
	unsigned iflag, oflag, cflag, lflag;
	unsigned char line, cc[19];
	unsigned ispeed, ospeed;
};

static int slave;

static long call(unsigned long number, void *arg)
{
	return raw(SYS_ioctl, slave, number, arg);
}

/* Sets the code of the speeds and the numbers, and says whether they are told as expected. */
static int speeds_are(unsigned code, unsigned in, unsigned out, unsigned want_in, unsigned want_out)
{
	struct settings t;

	call(TCGETS2_CALL, &t);
	t.cflag = (t.cflag & ~(unsigned)(ANY_SPEED | ANY_SPEED << IBSHIFT)) | code;
	t.ispeed = in;
	t.ospeed = out;
	if (call(TCSETS2_CALL, &t) || call(TCGETS2_CALL, &t))
		return 0;
	if (t.ispeed == want_in && t.ospeed == want_out)
		return 1;
	diag("%u and %u", t.ispeed, t.ospeed);
	return 0;
}

static void with_numbers(void)
{
	struct settings t;
	struct settings plain;

	memset(&t, 0x55, sizeof(t));
	is_long(call(TCGETS2_CALL, &t), 0, "termios2");
	ok(t.iflag == 0x500 && t.oflag == 5 && t.lflag == 0x8a3b && t.cc[VINTR] == 3,
	   "has what termios has");
	ok(t.ispeed == 38400 && t.ospeed == 38400, "and 38400 bits a second");
	ok(speeds_are(B115200, 5, 6, 115200, 115200), "a code's number");
	ok(speeds_are(B4000000, 5, 6, 4000000, 4000000), "the fastest one's");
	ok(speeds_are(B50, 5, 6, 50, 50), "the slowest one's");
	ok(speeds_are(BOTHER, 7, 250000, 250000, 250000), "any number");
	ok(speeds_are(BOTHER | B4800 << IBSHIFT, 3, 99999, 4800, 99999),
	   "another one for the input");
	ok(speeds_are(BOTHER | BOTHER << IBSHIFT, 1200, 99998, 1200, 99998), "any for both");
	call(TCGETS_CALL, &plain);
	is_long(plain.cflag & ANY_SPEED, BOTHER, "termios tells the code");
	call(TCSETS_CALL, &plain);
	call(TCGETS2_CALL, &t);
	ok(t.ispeed == 1200 && t.ospeed == 99998, "and setting it keeps the numbers");
	t.lflag &= ~ECHO;
	is_long(call(TCSETSW2_CALL, &t), 0, "set when all output is out");
	t.lflag &= ~ICANON;
	is_long(call(TCSETSF2_CALL, &t), 0, "or when all input is gone");
	call(TCGETS_CALL, &plain);
	is_long(plain.lflag & (ECHO | ICANON), 0, "is set");
	is_long(call(TCGETS2_CALL, NULL), -14, "to nowhere");
}

static void old_form(void)
{
	struct old_settings old;
	struct settings t;

	memset(&old, 0x55, sizeof(old));
	is_long(call(TCGETA_CALL, &old), 0, "termio");
	ok(old.iflag == 0x500 && old.oflag == 5 && old.cc[0] == 3 && old.cc[7] == 0 &&
		   old.line == 0,
	   "has the lower halves and eight characters");
	is_long(old.pad, 0, "and nothing of the kernel's");
	call(TCGETS_CALL, &t);
	t.cflag = (t.cflag & 0xffff) | B4800 << IBSHIFT;
	call(TCSETS_CALL, &t);
	old.lflag |= ECHO | ICANON;
	old.cc[0] = 9;
	is_long(call(TCSETA_CALL, &old), 0, "it is set");
	call(TCGETS_CALL, &t);
	ok(t.cc[VINTR] == 9 && t.cc[VSTART] == 17 && (t.lflag & (ECHO | ICANON)) == (ECHO | ICANON),
	   "what it does not have is kept");
	is_long(t.cflag >> IBSHIFT & ANY_SPEED, B4800, "in the upper halves, too");
	is_long(call(TCSETAW_CALL, &old) | call(TCSETAF_CALL, &old), 0, "at the other moments");
	is_long(call(TCSETA_CALL, NULL), -14, "from nowhere");
}

int main(void)
{
	int zero = 0, master = raw(SYS_openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY, 0);

	raw(SYS_ioctl, master, PTLCK, &zero);
	slave = raw(SYS_ioctl, master, PTPEER, O_RDWR | O_NOCTTY);
	ok(slave >= 0, "a terminal");
	with_numbers();
	old_form();
	return done_testing();
}
