/* SPDX-License-Identifier: ISC */
/*
 * Names and lines for addresses, by binary search in the file the loader brought. A damaged
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

#define SYMBOLS_VERSION 1

struct file_header {
	char magic[8];
	u32 version, nsyms, nlines, nstrings;
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
	need += h->nstrings;
	if (need > size)
		return "cut short";
	return h->nstrings ? NULL : "without strings";
}

static const char *check_tables(const struct symbol_table *t, u32 nstrings)
{
	if (t->strings[nstrings - 1] != '\0')
		return "with an open string";
	for (u32 i = 0; i < t->nsyms; i++) {
		if (t->symbols[i].name >= nstrings)
			return "with a name outside";
		if (i && t->symbols[i].offset < t->symbols[i - 1].offset)
			return "with unsorted symbols";
	}
	for (u32 i = 0; i < t->nlines; i++) {
		if (t->lines[i].file >= nstrings)
			return "with a file name outside";
		if (i && t->lines[i].offset < t->lines[i - 1].offset)
			return "with unsorted lines";
	}
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
	new.symbols = (const void *)(h + 1);
	new.lines = (const void *)(new.symbols + new.nsyms);
	new.strings = (const char *)(new.lines + new.nlines);
	*why = check_tables(&new, h->nstrings);
	if (*why)
		return -EINVAL;
	/* commit */
	*t = new;
	return 0;
}

/* The last symbol at or below @offset, NULL if there is none. */
static const struct symbol *find_symbol(const struct symbol_table *t, u32 offset)
{
	u32 lo = 0, hi = t->nsyms;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (t->symbols[mid].offset <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &t->symbols[lo - 1] : NULL;
}

static const struct symbol_line *find_line(const struct symbol_table *t, u32 offset)
{
	u32 lo = 0, hi = t->nlines;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (t->lines[mid].offset <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && t->lines[lo - 1].line ? &t->lines[lo - 1] : NULL;
}

void symbols_describe_in(const struct symbol_table *t, u64 address, char *buf, size_t size)
{
	const struct symbol_line *l;
	const struct symbol *s = NULL;
	u32 offset = (u32)(address - KERNEL_BASE);
	int n;

	if (address >= KERNEL_BASE && address - KERNEL_BASE <= ~0u)
		s = find_symbol(t, offset);
	if (!s) {
		snprintf(buf, size, "0x%lx", address);
		return;
	}
	n = snprintf(buf, size, "%s+0x%x", t->strings + s->name, offset - s->offset);
	l = find_line(t, offset);
	if (l && n > 0 && (size_t)n < size)
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
