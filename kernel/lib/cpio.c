/* SPDX-License-Identifier: ISC */
/*
 * The newc archive reader (cpio(5); Linux: Documentation/driver-api/early-userspace/
 * buffer-format). An entry is a header of 110 bytes (a magic of six, then thirteen numbers
 * of eight hexadecimal digits), the name with its NUL, and the data; name and data are
 * each padded so that what follows begins at a multiple of four.
 *
 * Invariant: everything an entry points at lies inside [base, base + size). An archive
 * without a trailer has been cut and is an error, also if it ends between two entries.
 */
#include "lib/cpio.h"

#include "abi/errno.h"
#include "lib/overflow.h"
#include "lib/string.h"

#define HEADER_BYTES 110
#define MAGIC_BYTES 6
#define NAME_MAX_BYTES 4096

enum field {
	F_INO,
	F_MODE,
	F_UID,
	F_GID,
	F_NLINK,
	F_MTIME,
	F_FILESIZE,
	F_DEV_MAJOR,
	F_DEV_MINOR,
	F_RDEV_MAJOR,
	F_RDEV_MINOR,
	F_NAMESIZE,
	F_CHECK,
	F_COUNT,
};

void cpio_open(struct cpio_reader *r, const void *base, u64 size)
{
	r->base = base;
	r->size = size;
	r->offset = 0;
}

static bool parse_hex8(const u8 *s, u32 *out)
{
	u32 value = 0;

	for (int i = 0; i < 8; i++) {
		u8 c = s[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | ((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

/* The fields of the header at @h, which lies inside the archive; the checksum kept apart. */
static bool parse_header(const u8 *h, u32 *field, bool *has_sum)
{
	*has_sum = memcmp(h, "070702", MAGIC_BYTES) == 0;
	if (!*has_sum && memcmp(h, "070701", MAGIC_BYTES) != 0)
		return false;
	for (int i = 0; i < F_COUNT; i++) {
		if (!parse_hex8(h + MAGIC_BYTES + i * 8, &field[i]))
			return false;
	}
	return true;
}

/* Archives may call the root ".", "./" or "/"; it is always "." here. */
static const char *plain_name(const char *name)
{
	for (;;) {
		if (name[0] == '/')
			name++;
		else if (name[0] == '.' && name[1] == '/')
			name += 2;
		else
			return *name ? name : ".";
	}
}

/*
 * The sum of the data's bytes; links to a file whose data comes later have a sum but no
 * data, so empty entries are not checked.
 */
static bool sum_matches(const struct cpio_entry *e, u32 sum)
{
	u32 real = 0;

	if (!e->size)
		return true;
	for (u64 i = 0; i < e->size; i++)
		real += e->data[i];
	return real == sum;
}

static void fill_entry(struct cpio_entry *e, const char *name, const u8 *data, const u32 *field)
{
	*e = (struct cpio_entry){
		.name = plain_name(name),
		.data = data,
		.size = field[F_FILESIZE],
		.mode = field[F_MODE],
		.uid = field[F_UID],
		.gid = field[F_GID],
		.nlink = field[F_NLINK],
		.mtime = field[F_MTIME],
		.ino = field[F_INO],
		.rdev_major = field[F_RDEV_MAJOR],
		.rdev_minor = field[F_RDEV_MINOR],
	};
}

/* Reads the entry at @offset. Returns 0 with *next and *trailer set, or -EINVAL. */
static int read_entry(const struct cpio_reader *r, u64 offset, struct cpio_entry *e, u64 *next,
		      bool *trailer)
{
	const u8 *h = r->base + offset;
	u32 field[F_COUNT];
	u64 data, end;
	bool has_sum;

	if (offset % 4 || !range_ok(offset, HEADER_BYTES, r->size))
		return -EINVAL;
	if (!parse_header(h, field, &has_sum))
		return -EINVAL;
	if (!field[F_NAMESIZE] || field[F_NAMESIZE] > NAME_MAX_BYTES ||
	    !range_ok(offset + HEADER_BYTES, field[F_NAMESIZE], r->size))
		return -EINVAL;
	if (h[HEADER_BYTES + field[F_NAMESIZE] - 1] != '\0')
		return -EINVAL;
	/* Sums of an offset inside the archive and 32-bit numbers: they cannot wrap. */
	data = ALIGN_UP(offset + HEADER_BYTES + field[F_NAMESIZE], 4);
	end = data + field[F_FILESIZE];
	if (field[F_FILESIZE] && end > r->size)
		return -EINVAL;
	fill_entry(e, (const char *)h + HEADER_BYTES, r->base + MIN(data, r->size), field);
	if (has_sum && !sum_matches(e, field[F_CHECK]))
		return -EINVAL;
	*trailer = strcmp((const char *)h + HEADER_BYTES, "TRAILER!!!") == 0;
	*next = MIN(ALIGN_UP(end, 4), r->size);
	return 0;
}

static u64 skip_zeros(const struct cpio_reader *r, u64 offset)
{
	while (offset < r->size && r->base[offset] == 0)
		offset++;
	return offset;
}

int cpio_next(struct cpio_reader *r, struct cpio_entry *e)
{
	bool trailer;
	u64 next;

	for (;;) {
		u64 here = skip_zeros(r, r->offset);

		if (read_entry(r, here, e, &next, &trailer)) {
			r->offset = here;
			return -EINVAL;
		}
		if (!trailer)
			break;
		/* At the end the offset stays at the trailer, so that 0 is returned again. */
		next = skip_zeros(r, next);
		if (next == r->size) {
			r->offset = here;
			return 0;
		}
		r->offset = next;
	}
	r->offset = next;
	return 1;
}
