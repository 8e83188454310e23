/* SPDX-License-Identifier: ISC */
/* Tests of the symbol file's reader: a good file is understood, each damage is refused. */
#include "base/ktest.h"
#include "base/symbols.h"
#include "base/symbols_table.h"
#include "boot_info.h"
#include "lib/string.h"

#define SYMS 2
#define LINES 3
#define FRAMES 3
#define STRINGS "\0first\0second\0a.c"

struct test_file {
	char magic[8];
	u32 version, nsyms, nlines, nframes, nstrings;
	struct symbol syms[SYMS];
	struct symbol_line lines[LINES];
	struct symbol_frame frames[FRAMES];
	char strings[sizeof(STRINGS)];
};

static void good_file(struct test_file *f)
{
	*f = (struct test_file){
		.version = 2,
		.nsyms = SYMS,
		.nlines = LINES,
		.nframes = FRAMES,
		.nstrings = sizeof(STRINGS),
		.syms = { { 0x10, 1 }, { 0x40, 7 } },
		.frames = { { 0x10, 8, 0, 0 }, { 0x11, 16, 1, 16 }, { 0x40, 0, 0, 0 } },
		.lines = { { 0x10, 14, 3 }, { 0x18, 14, 4 }, { 0x30, 14, 0 } },
	};
	memcpy(f->magic, "LEASHSYM", 8);
	memcpy(f->strings, STRINGS, sizeof(STRINGS));
}

static bool refused(const struct test_file *f, size_t size)
{
	struct symbol_table t;
	const char *why = NULL;

	return symbols_parse(&t, f, size, &why) < 0 && why;
}

KTEST(symbols_names_and_lines, 20)
{
	struct symbol_table t;
	struct test_file f;
	const char *why;
	char buf[64];

	good_file(&f);
	KREQUIRE(symbols_parse(&t, &f, sizeof(f), &why) == 0);
	symbols_describe_in(&t, KERNEL_BASE + 0x1a, buf, sizeof(buf));
	KEXPECT_EQ(strcmp(buf, "first+0xa (a.c:4)"), 0);
	symbols_describe_in(&t, KERNEL_BASE + 0x31, buf, sizeof(buf));
	KEXPECT_EQ(strcmp(buf, "first+0x21"), 0);
	symbols_describe_in(&t, KERNEL_BASE + 0xf, buf, sizeof(buf));
	KEXPECT_EQ(strcmp(buf, "0xffffffff8000000f"), 0);
	symbols_describe_in(&t, 0x1234, buf, sizeof(buf));
	KEXPECT_EQ(strcmp(buf, "0x1234"), 0);
	symbols_describe_in(&t, KERNEL_BASE + 0x1a, buf, 8);
	KEXPECT_EQ(strcmp(buf, "first+0"), 0);
}

KTEST(symbols_frames, 20)
{
	const struct symbol_frame *frame;
	struct symbol_table t;
	struct test_file f;
	const char *why;

	good_file(&f);
	KREQUIRE(symbols_parse(&t, &f, sizeof(f), &why) == 0);
	KEXPECT(!symbols_find_frame_in(&t, KERNEL_BASE + 0xf));
	KEXPECT_EQ(symbols_find_frame_in(&t, KERNEL_BASE + 0x10)->bytes, 8);
	frame = symbols_find_frame_in(&t, KERNEL_BASE + 0x3f);
	KREQUIRE(frame);
	KEXPECT(frame->by_rbp && frame->bytes == 16 && frame->rbp_at == 16);
	KEXPECT(!symbols_find_frame_in(&t, KERNEL_BASE + 0x40));
}

KTEST(symbols_refuses_damage, 50)
{
	struct test_file f;

	for (size_t size = 0; size < sizeof(f.magic) + 20 + 64; size++) {
		good_file(&f);
		KEXPECT(refused(&f, size));
	}
	good_file(&f), f.magic[3] ^= 1;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.version = 3;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.nsyms = ~0u;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.nlines = 0x40000000;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.nframes = ~0u;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.nstrings = 0;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.syms[1].name = sizeof(STRINGS);
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.syms[0].offset = 0x41;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.lines[2].file = ~0u;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.lines[0].offset = 0x19;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.frames[2].offset = 0x10;
	KEXPECT(refused(&f, sizeof(f)));
	good_file(&f), f.strings[sizeof(STRINGS) - 1] = 'x';
	KEXPECT(refused(&f, sizeof(f)));
}
