/* SPDX-License-Identifier: ISC */
/* What the tests of fs share: a directory of their own under /tmp, removed at the end. */
#pragma once

#include "base/ktest.h"
#include "fs/path.h"
#include "lib/string.h"

#define TEST_DIR "/tmp/ktest"

static inline struct fs_context test_begin(void)
{
	struct fs_context c = fs_kernel_context();

	KEXPECT_EQ(path_mkdir(&c, NULL, TEST_DIR, 0777), 0);
	return c;
}

static inline void test_end(const struct fs_context *c)
{
	KEXPECT_EQ(path_unlink(c, NULL, TEST_DIR, true), 0);
}

/* Opens and closes: what open(2) would say. */
static inline int test_open(const struct fs_context *c, const char *path, u32 flags)
{
	struct file *f;
	int r = path_open(c, NULL, path, flags, 0644, &f);

	if (!r)
		file_put(f);
	return r;
}

static inline int test_make(const struct fs_context *c, const char *path)
{
	return test_open(c, path, O_WRONLY | O_CREAT | O_EXCL);
}

static inline ssize_t test_write(struct file *f, const void *data, size_t n)
{
	struct io io;

	io_init_kernel(&io, (void *)data, n);
	return file_write(f, &io);
}

static inline ssize_t test_read(struct file *f, void *buf, size_t n)
{
	struct io io;

	io_init_kernel(&io, buf, n);
	return file_read(f, &io);
}
