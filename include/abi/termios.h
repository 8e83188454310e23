/* SPDX-License-Identifier: ISC */
/*
 * Terminals as Linux x86-64 programs see them: the kernel's termios (36 bytes, not the
 * C library's), window size, flag bits and ioctl numbers (asm-generic/termbits.h, ioctls.h).
 */
#pragma once

#include <stdint.h>

#define NCCS 19

struct termios {
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line;
	uint8_t c_cc[NCCS];
};
_Static_assert(sizeof(struct termios) == 36, "TCGETS writes exactly 36 bytes");

/* The same with the line's speeds in bits a second. */
struct termios2 {
	struct termios t;
	uint32_t c_ispeed, c_ospeed;
};
_Static_assert(sizeof(struct termios2) == 44, "the ABI's size");

/* What there was before: the lower half of each word of flags, and fewer characters. */
#define NCC 8
struct termio {
	uint16_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line;
	uint8_t c_cc[NCC];
	uint8_t pad;
};
_Static_assert(sizeof(struct termio) == 18, "the ABI's size");

struct winsize {
	uint16_t ws_row, ws_col;
	uint16_t ws_xpixel, ws_ypixel;
};

/* Indices of c_cc. */
enum {
	VINTR,
	VQUIT,
	VERASE,
	VKILL,
	VEOF,
	VTIME,
	VMIN,
	VSWTC,
	VSTART,
	VSTOP,
	VSUSP,
	VEOL,
	VREPRINT,
	VDISCARD,
	VWERASE,
	VLNEXT,
	VEOL2,
};

/* c_iflag */
#define IGNBRK 0x0001u
#define BRKINT 0x0002u
#define ISTRIP 0x0020u
#define INLCR 0x0040u
#define IGNCR 0x0080u
#define ICRNL 0x0100u
#define IXON 0x0400u
#define IXANY 0x0800u
#define IXOFF 0x1000u
#define IMAXBEL 0x2000u
#define IUTF8 0x4000u

/* c_oflag */
#define OPOST 0x0001u
#define ONLCR 0x0004u
#define OCRNL 0x0008u
#define ONOCR 0x0010u
#define ONLRET 0x0020u
#define TABDLY 0x1800u
#define XTABS 0x1800u

/* c_cflag: a code for the output's speed, and above it one for the input's (0: the same) */
#define CBAUD 0x100fu
#define CBAUDEX 0x1000u /* with no other bit of CBAUD: as c_ispeed and c_ospeed say */
#define IBSHIFT 16

/* c_lflag */
#define ISIG 0x0001u
#define ICANON 0x0002u
#define ECHO 0x0008u
#define ECHOE 0x0010u
#define ECHOK 0x0020u
#define ECHONL 0x0040u
#define NOFLSH 0x0080u
#define TOSTOP 0x0100u
#define ECHOCTL 0x0200u
#define ECHOPRT 0x0400u
#define ECHOKE 0x0800u
#define IEXTEN 0x8000u

#define TCGETS 0x5401
#define TCSETS 0x5402
#define TCSETSW 0x5403
#define TCSETSF 0x5404
#define TCGETA 0x5405
#define TCSETA 0x5406
#define TCSETAW 0x5407
#define TCSETAF 0x5408
#define TCGETS2 0x802c542a
#define TCSETS2 0x402c542b
#define TCSETSW2 0x402c542c
#define TCSETSF2 0x402c542d
#define TCSBRK 0x5409
#define TCXONC 0x540a
#define TCFLSH 0x540b
#define TIOCEXCL 0x540c
#define TIOCNXCL 0x540d
#define TIOCSCTTY 0x540e
#define TIOCGPGRP 0x540f
#define TIOCSPGRP 0x5410
#define TIOCOUTQ 0x5411
#define TIOCGWINSZ 0x5413
#define TIOCSWINSZ 0x5414
#define FIONREAD 0x541b
#define TIOCNOTTY 0x5422
#define TIOCGSID 0x5429
#define TCSBRKP 0x5425
#define VT_OPENQRY 0x5600
#define TIOCPKT 0x5420
#define TIOCGETD 0x5424
#define TIOCGPTN 0x80045430 /* number of the pseudo-terminal */
#define TIOCSPTLCK 0x40045431
#define TIOCGDEV 0x80045432
#define TIOCSIG 0x40045436 /* by value */
#define TIOCGPKT 0x80045438
#define TIOCGPTLCK 0x80045439
#define TIOCGEXCL 0x80045440
#define TIOCGPTPEER 0x5441 /* opens the slave; flags by value */

#define N_TTY 0 /* the line discipline there is (TIOCGETD) */

/* What a master that asked for it (TIOCPKT) reads before data, or instead of it. */
#define TIOCPKT_DATA 0x00
#define TIOCPKT_FLUSHREAD 0x01
#define TIOCPKT_FLUSHWRITE 0x02
#define TIOCPKT_STOP 0x04
#define TIOCPKT_START 0x08
#define TIOCPKT_NOSTOP 0x10
#define TIOCPKT_DOSTOP 0x20

/* TCFLSH and TCXONC arguments. */
#define TCIFLUSH 0
#define TCOFLUSH 1
#define TCIOFLUSH 2
#define TCOOFF 0
#define TCOON 1
#define TCIOFF 2
#define TCION 3
