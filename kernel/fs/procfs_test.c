/* SPDX-License-Identifier: ISC */
/* Names that are numbers, and text of any length in a buffer of bounded size. */
#include "fs/fs_test.h"
#include "fs/procfs.h"
#include "lib/format.h"
#include "mm/slab.h"

#define RECORDS 2000
#define RECORD_BYTES 12

KTEST(procfs_numbers, 10)
{
	KEXPECT_EQ(procfs_number("0", 1), 0);
	KEXPECT_EQ(procfs_number("123", 3), 123);
	KEXPECT_EQ(procfs_number("123", 2), 12);
	KEXPECT_EQ(procfs_number("999999999", 9), 999999999);
	KEXPECT_EQ(procfs_number("9999999999", 10), -1);
	KEXPECT_EQ(procfs_number("", 0), -1);
	KEXPECT_EQ(procfs_number("01", 2), -1);
	KEXPECT_EQ(procfs_number("-1", 2), -1);
	KEXPECT_EQ(procfs_number("1x", 2), -1);
}

KTEST(procfs_print_counts_beyond_the_buffer, 10)
{
	char buf[8];
	struct procfs_text t = { buf, sizeof(buf), 0 };

	procfs_print(&t, "%s", "12345");
	procfs_print(&t, "%s", "67890");
	procfs_print(&t, "%s", "abc");
	KEXPECT_EQ(t.at, 13);
	KEXPECT(strcmp(buf, "1234567") == 0);
}

static u64 calls; /* of next_record */

/* Record i is its number in eleven digits and a newline. */
static ssize_t next_record(struct vnode *v, u64 *cursor, char *buf, size_t size)
{
	(void)v;
	calls++;
	if (*cursor == RECORDS)
		return 0;
	if (size <= RECORD_BYTES)
		return -ERANGE;
	(void)snprintf(buf, size, "%011lu\n", *cursor);
	++*cursor;
	return RECORD_BYTES;
}

static ssize_t records_read(struct file *f, struct io *io, u64 *pos)
{
	return procfs_read_records(f, io, pos, next_record);
}

static const struct file_ops records_ops = { .read = records_read,
					     .release = procfs_release,
					     .flags = FILE_SEEKABLE };

/* Do the bytes from @pos on say what they should? */
static bool is_text_at(const char *buf, size_t n, u64 pos)
{
	char record[RECORD_BYTES + 1];

	for (size_t i = 0; i < n; i++, pos++) {
		(void)snprintf(record, sizeof(record), "%011lu\n", pos / RECORD_BYTES);
		if (buf[i] != record[pos % RECORD_BYTES])
			return false;
	}
	return true;
}

KTEST(procfs_records_of_any_length, 300)
{
	struct file *f = file_create(&records_ops, O_RDONLY);
	char buf[333];
	u64 pos = 0, whole;
	ssize_t n;

	KREQUIRE(f);
	KEXPECT_EQ(procfs_open(NULL, f), 0);
	calls = 0;
	while ((n = file_read_kernel(f, buf, sizeof(buf), pos)) > 0) {
		KEXPECT(is_text_at(buf, n, pos));
		pos += n;
	}
	KEXPECT_EQ(pos, RECORDS * RECORD_BYTES);
	whole = calls;
	KEXPECT(whole < RECORDS + 50); /* each made once */
	KEXPECT_EQ(file_read_kernel(f, buf, 100, pos - 100), 100);
	KEXPECT(is_text_at(buf, 100, pos - 100));
	KEXPECT_EQ(file_read_kernel(f, buf, 100, 10000), 100); /* back: it is made again */
	KEXPECT(is_text_at(buf, 100, 10000));
	KEXPECT(calls > whole + 1000);
	KEXPECT_EQ(file_read_kernel(f, buf, 100, pos), 0);
	KEXPECT_EQ(file_read_kernel(f, buf, 100, ~0UL >> 2), 0);
	file_put(f);
}

KTEST(procfs_without_memory, 50)
{
	struct fs_context c = fs_kernel_context();
	struct file *f;
	char buf[16];

	KEXPECT_EQ(path_open(&c, NULL, "/proc/stat", O_RDONLY, 0, &f), 0);
	fault_inject(0, 1);
	KEXPECT_EQ(file_read_kernel(f, buf, sizeof(buf), 0), -ENOMEM);
	fault_inject(0, 0);
	KEXPECT_EQ(file_read_kernel(f, buf, sizeof(buf), 0), sizeof(buf));
	file_put(f);
}
