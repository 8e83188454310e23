/* SPDX-License-Identifier: ISC */
/* Archives made by hand, each with one lie, and one made by the system's cpio. */
#include "test.h"

#include "abi/errno.h"
#include "lib/cpio.h"
#include "lib/string.h"

#define ARCHIVE_MAX 8192

static u8 archive[ARCHIVE_MAX];
static size_t used;

static void add_bytes(const void *bytes, size_t n)
{
	memcpy(archive + used, bytes, n);
	used += n;
}

static void pad(void)
{
	while (used % 4)
		archive[used++] = 0;
}

/* Returns where the header begins. The size and the name's size may be lies. */
static size_t add_raw(const char *magic, const char *name, u32 namesize, const char *data,
		      u32 filesize, u32 sum)
{
	char head[128];
	size_t at = used;

	host_snprintf(head, sizeof(head), "%s%08X%08x%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		      magic, 11, 0100644, 1, 2, 3, 4, filesize, 5, 6, 7, 8, namesize, sum);
	add_bytes(head, 110);
	add_bytes(name, strlen(name) + 1);
	pad();
	add_bytes(data, strlen(data));
	pad();
	return at;
}

static size_t add(const char *name, const char *data)
{
	return add_raw("070701", name, (u32)strlen(name) + 1, data, (u32)strlen(data), 0);
}

static void begin(void)
{
	used = 0;
}

/* A reader over a copy that ends right before an inaccessible page. */
static struct cpio_reader open_copy(void)
{
	struct cpio_reader r;
	u8 *copy = test_guarded(used);

	memcpy(copy, archive, used);
	cpio_open(&r, copy, used);
	return r;
}

/* Reads to the end; the last status, and in *count the entries before it. */
static int read_all(unsigned *count)
{
	struct cpio_reader r = open_copy();
	struct cpio_entry e;
	int status;

	for (*count = 0; (status = cpio_next(&r, &e)) == 1; (*count)++)
		;
	return status;
}

static void fields_and_data(void)
{
	struct cpio_reader r;
	struct cpio_entry e;

	begin();
	add("etc/motd", "hello");
	add("empty", "");
	add("TRAILER!!!", "");
	r = open_copy();
	if (!check_eq(cpio_next(&r, &e), 1))
		return;
	check_str(e.name, "etc/motd");
	check_eq(e.size, 5);
	check_eq(memcmp(e.data, "hello", 5), 0);
	check(e.mode == 0100644 && e.uid == 1 && e.gid == 2 && e.nlink == 3 && e.mtime == 4);
	check(e.ino == 11 && e.rdev_major == 7 && e.rdev_minor == 8);
	check_eq(cpio_next(&r, &e), 1);
	check_str(e.name, "empty");
	check_eq(e.size, 0);
	check_eq(cpio_next(&r, &e), 0);
	check_eq(cpio_next(&r, &e), 0);
}

static void names_are_made_plain(void)
{
	static const char *const names[][2] = {
		{ "./a/b", "a/b" }, { "/a", "a" }, { ".//./a", "a" }, { ".", "." },
		{ "./", "." },      { "/", "." },  { "..", ".." },    { ".hidden", ".hidden" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct cpio_reader r;
		struct cpio_entry e;

		begin();
		add(names[i][0], "x");
		add("TRAILER!!!", "");
		r = open_copy();
		check_eq(cpio_next(&r, &e), 1);
		check(strcmp(e.name, names[i][1]) == 0);
	}
}

static void archives_follow_each_other(void)
{
	unsigned count;

	begin();
	add("a", "1");
	add("TRAILER!!!", "");
	used += 512;
	memset(archive + used - 512, 0, 512);
	add("b", "2");
	add("TRAILER!!!", "");
	memset(archive + used, 0, 37);
	used += 37;
	check_eq(read_all(&count), 0);
	check_eq(count, 2);
	add_bytes("junk", 4);
	check_eq(read_all(&count), -EINVAL);
	check_eq(count, 2);
}

static void empty_archives(void)
{
	unsigned count;

	begin();
	check_eq(read_all(&count), -EINVAL);
	memset(archive, 0, 512);
	used = 512;
	check_eq(read_all(&count), -EINVAL);
	begin();
	add("TRAILER!!!", "");
	check_eq(read_all(&count), 0);
	check_eq(count, 0);
}

/* At every length but the whole one the archive is damaged (the last padding may be missing). */
static void cut_at_every_byte(void)
{
	size_t whole;
	unsigned count;

	begin();
	add("a", "123");
	add("dir/file", "45678");
	whole = add("TRAILER!!!", "") + 110 + 11;
	for (used = 0; used < whole; used++) {
		if (!check_eq(read_all(&count), -EINVAL))
			printf("# cut at %zu of %zu\n", used, whole);
	}
	check_eq(read_all(&count), 0);
	check_eq(count, 2);
}

static void lies_in_the_header(void)
{
	static const struct {
		const char *magic;
		u32 namesize, filesize;
	} lies[] = {
		{ "070701", 2, 0xffffffff }, { "070701", 2, 0x80000000 }, { "070701", 2, 1000 },
		{ "070701", 0, 0 },          { "070701", 1, 0 },          { "070701", 4097, 0 },
		{ "070701", 0xffffffff, 0 }, { "070707", 2, 0 },          { "070700", 2, 0 },
		{ "0707\0001", 2, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		unsigned count;

		begin();
		add_raw(lies[i].magic, "a", lies[i].namesize, "", lies[i].filesize, 0);
		add("TRAILER!!!", "");
		if (!check_eq(read_all(&count), -EINVAL) || !check_eq(count, 0))
			printf("# lie %zu\n", i);
	}
}

static void every_digit_is_checked(void)
{
	static const char bad[] = { 'g', 'G', ' ', '-', '\0', 'x', '/', ':', '@', '`' };

	for (size_t at = 6; at < 110; at++) {
		for (size_t i = 0; i < sizeof(bad); i++) {
			unsigned count;

			begin();
			add("a", "");
			add("TRAILER!!!", "");
			archive[at] = (u8)bad[i];
			check_eq(read_all(&count), -EINVAL);
		}
	}
}

static void the_bad_entry_is_named(void)
{
	struct cpio_reader r;
	struct cpio_entry e;
	size_t bad;

	begin();
	add("a", "1");
	bad = add("b", "2");
	archive[bad] = 'X';
	r = open_copy();
	check_eq(cpio_next(&r, &e), 1);
	check_eq(cpio_next(&r, &e), -EINVAL);
	check_eq(r.offset, bad);
	check_eq(cpio_next(&r, &e), -EINVAL);
}

static void checksums(void)
{
	unsigned count;

	begin();
	add_raw("070702", "a", 2, "\x01\x02\xff", 3, 0x102);
	add_raw("070702", "link", 5, "", 0, 0x1234);
	add("TRAILER!!!", "");
	check_eq(read_all(&count), 0);
	check_eq(count, 2);
	begin();
	add_raw("070702", "a", 2, "\x01\x02\xff", 3, 0x103);
	add("TRAILER!!!", "");
	check_eq(read_all(&count), -EINVAL);
}

/* Names may be padded with several NULs (an aligned initramfs); they must end with one. */
static void padded_and_open_names(void)
{
	unsigned count;
	size_t at;

	begin();
	at = add_raw("070701", "abcdef", 6, "", 0, 0);
	add("TRAILER!!!", "");
	check_eq(read_all(&count), -EINVAL);
	archive[at + 110 + 5] = '\0';
	archive[at + 110 + 3] = '\0';
	check_eq(read_all(&count), 0);
	check_eq(count, 1);
}

static void real_archive(void)
{
	struct cpio_reader r;
	struct cpio_entry e;
	size_t size;
	u8 *bytes = test_read_file("real.cpio", &size);
	unsigned files = 0, directories = 0;

	if (!bytes) {
		test_skip("no cpio on this machine");
		return;
	}
	cpio_open(&r, bytes, size);
	while (cpio_next(&r, &e) == 1) {
		files += (e.mode & 0170000) == 0100000;
		directories += (e.mode & 0170000) == 0040000;
		if (strcmp(e.name, "sub/hello") == 0)
			check(e.size == 6 && memcmp(e.data, "hello\n", 6) == 0);
	}
	check_eq(cpio_next(&r, &e), 0);
	check_eq(files, 2);
	check_eq(directories, 2);
	free(bytes);
}

static const struct test_case cases[] = {
	CASE(fields_and_data),
	CASE(names_are_made_plain),
	CASE(archives_follow_each_other),
	CASE(empty_archives),
	CASE(cut_at_every_byte),
	CASE(lies_in_the_header),
	CASE(every_digit_is_checked),
	CASE(the_bad_entry_is_named),
	CASE(checksums),
	CASE(padded_and_open_names),
	CASE(real_archive),
};
TEST_MAIN(cases)
