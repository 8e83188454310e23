/* SPDX-License-Identifier: ISC */
/*
 * A symbol file, checked: what symbols.c keeps one of, and what its tests damage. The file
 * comes from a disk, so nothing in it is believed. Invariant after symbols_parse(): offsets
 * ascend, each string offset lies inside strings[], and strings[] ends with NUL.
 */
#pragma once

#include "base/symbols.h"

struct symbol {
	u32 offset; /* from KERNEL_BASE */
	u32 name; /* offset into strings */
};

struct symbol_line {
	u32 offset;
	u32 file; /* offset into strings */
	u32 line; /* 0: nothing is known from here on */
};

struct symbol_table {
	const struct symbol *symbols;
	const struct symbol_line *lines;
	const struct symbol_frame *frames;
	const char *strings;
	u32 nsyms, nlines, nframes;
};

/* 0, or -EINVAL with *why set to a sentence. Keeps pointers into @data (4-byte aligned). */
int symbols_parse(struct symbol_table *t, const void *data, size_t size, const char **why);

/* As symbols_describe() and symbols_find_frame(), with the given table. */
void symbols_describe_in(const struct symbol_table *t, u64 address, char *buf, size_t size);
const struct symbol_frame *symbols_find_frame_in(const struct symbol_table *t, u64 address);
