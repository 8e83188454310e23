/* SPDX-License-Identifier: ISC */
/*
 * Reads a cpio archive in the "newc" format (070701/070702), entry by entry.
 * The archive is a lie until checked: sizes are checked for overflow and against its end.
 */
#pragma once

#include "lib/types.h"

struct cpio_entry {
	const char *name; /* NUL-terminated inside the archive; no leading "./" or "/" */
	const u8 *data; /* inside the archive */
	u64 size;
	u32 mode, uid, gid, nlink, mtime, ino;
	u32 rdev_major, rdev_minor;
};

struct cpio_reader {
	const u8 *base;
	u64 size, offset;
};

void cpio_open(struct cpio_reader *r, const void *base, u64 size);

/*
 * Fills @e with the next entry. Returns 1; 0 at the trailer; -EINVAL on damage
 * (the offset of the bad entry is then r->offset). Trailing NULs and further
 * archives after a trailer are accepted as Linux does.
 */
int cpio_next(struct cpio_reader *r, struct cpio_entry *e);
