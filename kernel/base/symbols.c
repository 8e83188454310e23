/* SPDX-License-Identifier: ISC */
/*
 * Names, lines and frames for addresses, by binary search in the file the loader brought. A damaged
 * file must not be worse than none: all is checked once, at the beginning.
 * Invariant: `table` is written once, before the second thread. No locks.
 */
#include "base/symbols.h"

#include "abi/errno.h"
#include "base/log.h"
#include "base/symbols_table.h"
#include "boot_info.h"
#include "lib/format.h"
#include "lib/string.h"

#define SYMBOLS_VERSION 2

struct file_header {
	char magic[8];
	u32 version, nsyms, nlines, nframes, nstrings;
};

static struct symbol_table table;

static const char *check_size(const struct file_header *h, size_t size)
{
	u64 need = sizeof(*h);

	if (size < sizeof(*h))
		return "shorter than its header";
	if (memcmp(h->magic, "LEASHSYM", 8) != 0)
		return "no symbol file";
	if (h->version != SYMBOLS_VERSION)
		return "of another version";
	/* 32-bit counts times small sizes: the 64-bit sum cannot wrap. */
	need += (u64)h->nsyms * sizeof(struct symbol);
	need += (u64)h->nlines * sizeof(struct symbol_line);
	need += (u64)h->nframes * sizeof(struct symbol_frame);
	need += h->nstrings;
	if (need > size)
		return "cut short";
	return h->nstrings ? NULL : "without strings";
}

/* An entry of any of the tables, each of which begins with its offset. */
static u32 offset_of(const void *entries, size_t size, u32 i)
{
	return *(const u32 *)((const char *)entries + i * size);
}

static bool is_sorted(const void *entries, u32 n, size_t size)
{
	for (u32 i = 1; i < n; i++)
		if (offset_of(entries, size, i) < offset_of(entries, size, i - 1))
			return false;
	return true;
}

static const char *check_tables(const struct symbol_table *t, u32 nstrings)
{
	if (t->strings[nstrings - 1] != '\0')
		return "with an open string";
	for (u32 i = 0; i < t->nsyms; i++)
		if (t->symbols[i].name >= nstrings)
			return "with a name outside";
	for (u32 i = 0; i < t->nlines; i++)
		if (t->lines[i].file >= nstrings)
			return "with a file name outside";
	if (!is_sorted(t->symbols, t->nsyms, sizeof(struct symbol)))
		return "with unsorted symbols";
	if (!is_sorted(t->lines, t->nlines, sizeof(struct symbol_line)))
		return "with unsorted lines";
	if (!is_sorted(t->frames, t->nframes, sizeof(struct symbol_frame)))
		return "with unsorted frames";
	return NULL;
}

int symbols_parse(struct symbol_table *t, const void *data, size_t size, const char **why)
{
	const struct file_header *h = data;
	struct symbol_table new;

	*why = check_size(h, size);
	if (*why)
		return -EINVAL;
	new.nsyms = h->nsyms;
	new.nlines = h->nlines;
	new.nframes = h->nframes;
	new.symbols = (const void *)(h + 1);
	new.lines = (const void *)(new.symbols + new.nsyms);
	new.frames = (const void *)(new.lines + new.nlines);
	new.strings = (const char *)(new.frames + new.nframes);
	*why = check_tables(&new, h->nstrings);
	if (*why)
		return -EINVAL;
	/* commit */
	*t = new;
	return 0;
}

/* The last of @n entries that is not behind @address, NULL if there is none. */
static const void *find_last(const void *entries, u32 n, size_t size, u64 address)
{
	u64 offset = address - KERNEL_BASE;
	u32 lo = 0, hi = address >= KERNEL_BASE && offset <= ~0u ? n : 0;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (offset_of(entries, size, mid) <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? (const char *)entries + (lo - 1) * size : NULL;
}

const struct symbol_frame *symbols_find_frame_in(const struct symbol_table *t, u64 address)
{
	const struct symbol_frame *f = find_last(t->frames, t->nframes, sizeof(*f), address);

	return f && f->bytes ? f : NULL;
}

void symbols_describe_in(const struct symbol_table *t, u64 address, char *buf, size_t size)
{
	const struct symbol *s = find_last(t->symbols, t->nsyms, sizeof(*s), address);
	const struct symbol_line *l = find_last(t->lines, t->nlines, sizeof(*l), address);
	int n;

	if (!s) {
		snprintf(buf, size, "0x%lx", address);
		return;
	}
	n = snprintf(buf, size, "%s+0x%x", t->strings + s->name,
		     (u32)(address - KERNEL_BASE) - s->offset);
	if (l && l->line && n > 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, " (%s:%u)", t->strings + l->file, l->line);
}

void symbols_init(const void *data, size_t size)
{
	const char *why;

	if (!data || !size)
		log_notice("symbols: none; a panic will show bare addresses");
	else if (symbols_parse(&table, data, size, &why))
		log_warning("symbols: kernel.sym is %s; a panic will show bare addresses", why);
}

void symbols_describe(u64 address, char *buf, size_t size)
{
	symbols_describe_in(&table, address, buf, size);
}

const struct symbol_frame *symbols_find_frame(u64 address)
{
	return symbols_find_frame_in(&table, address);
}
