/* SPDX-License-Identifier: ISC */
/*
 * Finds the SMBIOS tables and, among their OEM strings (type 11), leash.cmdline=…: the way
 * a script or a virtual machine's host adds words to the command line without touching the
 * image (QEMU: -smbios type=11,value=…). DMTF DSP0134, sections 5.2, 6.1 and 7.12.
 *
 * The tables are the firmware's word: every step is bounded by the length it gave.
 */
#include "loader.h"

#include "lib/string.h"

#define TYPE_OEM_STRINGS 11
#define TYPE_END 127
#define TABLE_MAX (1U << 20)
#define PREFIX "leash.cmdline="

struct entry_point_32 { /* "_SM_" */
	char anchor[4];
	u8 checksum, length, major, minor;
	u16 max_structure;
	u8 revision, formatted[5];
	char anchor2[5];
	u8 checksum2;
	u16 table_length;
	u32 table;
	u16 count;
	u8 bcd;
} __attribute__((packed));

struct entry_point_64 { /* "_SM3_" */
	char anchor[5];
	u8 checksum, length, major, minor, docrev, revision, reserved;
	u32 table_max;
	u64 table;
} __attribute__((packed));

struct structure {
	u8 type, length;
	u16 handle;
} __attribute__((packed));

u64 smbios_find(void)
{
	u64 at = config_table((EFI_GUID)SMBIOS3_TABLE_GUID);

	return at ? at : config_table((EFI_GUID)SMBIOS_TABLE_GUID);
}

static bool table_of(u64 entry_point, const u8 **table, u32 *length)
{
	const struct entry_point_64 *e64 = (const void *)entry_point;
	const struct entry_point_32 *e32 = (const void *)entry_point;

	if (entry_point && memcmp(e64->anchor, "_SM3_", 5) == 0) {
		*table = (const u8 *)e64->table;
		*length = MIN(e64->table_max, TABLE_MAX);
	} else if (entry_point && memcmp(e32->anchor, "_SM_", 4) == 0) {
		*table = (const u8 *)(u64)e32->table;
		*length = e32->table_length;
	} else {
		return false;
	}
	return *table != NULL;
}

/* The first string of the set [s, end) that begins as we want it, or NULL. */
static const char *search_strings(const char *s, const char *end)
{
	while (s < end && *s) {
		if (starts_with(s, PREFIX))
			return s + strlen(PREFIX);
		s += strlen(s) + 1;
	}
	return NULL;
}

/*
 * Behind a structure's fixed part lie its strings, each with a NUL, and one more NUL (two
 * if there is no string). Returns what follows them, NULL if they have no end in the table.
 */
static const u8 *strings_end(const u8 *s, const u8 *end)
{
	for (; s + 1 < end; s++) {
		if (!s[0] && !s[1])
			return s + 2;
	}
	return NULL;
}

const char *smbios_cmdline(u64 entry_point)
{
	const u8 *at, *end, *next;
	const char *found;
	u32 length;

	if (!table_of(entry_point, &at, &length))
		return NULL;
	for (end = at + length; at + sizeof(struct structure) < end; at = next) {
		const struct structure *s = (const struct structure *)at;

		if (s->type == TYPE_END || s->length < sizeof(*s) || at + s->length >= end)
			return NULL;
		next = strings_end(at + s->length, end);
		if (!next)
			return NULL;
		if (s->type != TYPE_OEM_STRINGS)
			continue;
		found = search_strings((const char *)at + s->length, (const char *)next);
		if (found)
			return found;
	}
	return NULL;
}
