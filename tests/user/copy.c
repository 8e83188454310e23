/* SPDX-License-Identifier: ISC */
/*
 * Files as wholes: copied by the kernel, allocated, without a name, closed by the range.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define PATH "/tmp/leash-copy"

static char text[10000], back[10000];

static long size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -1 : (long)st.st_size;
}

static void copying(int fd)
{
	int to = raw(SYS_openat, AT_FDCWD, PATH "2", O_RDWR | O_CREAT | O_TRUNC, 0600);
	long from = 100, at = 5;

	raw(SYS_pwrite64, fd, text, 10000, 0);
	is_long(raw(SYS_copy_file_range, fd, &from, to, &at, 9000, 0), 9000, "copy_file_range");
	ok(from == 9100 && at == 9005, "moves the positions it was given");
	is_long(raw(SYS_lseek, fd, 0, SEEK_CUR), 0, "and not the files'");
	raw(SYS_pread64, to, back, 9000, 5);
	ok(!memcmp(back, text + 100, 9000), "the bytes are there");
	is_long(raw(SYS_copy_file_range, fd, &from, to, &at, 9000, 0), 900, "less at the end");
	is_long(raw(SYS_copy_file_range, fd, &from, to, &at, 9000, 0), 0, "nothing behind it");
	is_long(raw(SYS_copy_file_range, fd, 0, to, 0, 10, 0), 10, "by the files' positions");
	is_long(raw(SYS_lseek, fd, 0, SEEK_CUR), 10, "which move");
	from = at = 0;
	is_long(raw(SYS_copy_file_range, fd, &from, fd, &at, 10, 0), -EINVAL, "not onto itself");
	is_long(raw(SYS_copy_file_range, fd, 0, to, 0, 10, 1), -EINVAL, "no flags");
	is_long(raw(SYS_copy_file_range, fd, 0, 99, 0, 10, 0), -EBADF, "not open");
	raw(SYS_close, to);
	raw(SYS_unlink, PATH "2");
}

static void allocating(int fd)
{
	is_long(raw(SYS_fallocate, fd, 0, 0, 20000), 0, "fallocate");
	is_long(size_of(fd), 20000, "makes the file longer");
	is_long(raw(SYS_fallocate, fd, 1, 0, 30000), 0, "but not with KEEP_SIZE");
	is_long(size_of(fd), 20000, "so it is as long as before");
	is_long(raw(SYS_fallocate, fd, 3, 1000, 5000), 0, "a hole");
	raw(SYS_pread64, fd, back, 10000, 0);
	ok(back[999] == text[999] && !back[1000] && !back[5999] && back[6000] == text[6000],
	   "reads as zero, what is beside it is kept");
	is_long(raw(SYS_fallocate, fd, 0, 0, 0), -EINVAL, "nothing to allocate");
	is_long(raw(SYS_fallocate, fd, 0, -1, 5), -EINVAL, "before the file");
	is_long(raw(SYS_fallocate, fd, 2, 0, 5), -EOPNOTSUPP, "a hole that changes the size");
}

static long blocks_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -1 : (long)st.st_blocks;
}

#define PUNCH 3
#define HUGE_SIZE (1L << 42)

/* A hole gives memory back and takes none, however wide, and whatever is mapped there reads as zero. */
static void holes(void)
{
	int fd = raw(SYS_openat, AT_FDCWD, PATH "3", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	volatile char *m;
	long blocks;

	for (int i = 0; i < 40; i++)
		raw(SYS_write, fd, text, 8192);
	blocks = blocks_of(fd);
	is_long(raw(SYS_fallocate, fd, PUNCH, 4096, 65536), 0, "a hole in the middle");
	is_long(blocks_of(fd), blocks - 65536 / 512, "its pages are given back");
	is_long(size_of(fd), 40 * 8192, "the file is as long as before");
	is_long(raw(SYS_lseek, fd, 0, SEEK_HOLE), 4096, "it is found");
	is_long(raw(SYS_lseek, fd, 4096, SEEK_DATA), 4096 + 65536, "and its end");
	is_long(raw(SYS_ftruncate, fd, HUGE_SIZE), 0, "a very long file");
	is_long(raw(SYS_fallocate, fd, PUNCH, 200000, HUGE_SIZE), 0, "is a hole from here on");
	is_long(raw(SYS_lseek, fd, 200704, SEEK_DATA), -ENXIO, "where nothing is left");
	raw(SYS_pread64, fd, back, 1000, 199500);
	ok(back[499] == text[(199500 + 499) % 8192] && !back[500] && !back[999],
	   "from the very byte");
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	m[77] = 1;
	is_long(raw(SYS_fallocate, fd, PUNCH, 0, 4096), 0, "a hole where it is mapped");
	is_long(m[77], 0, "is seen there");
	m[78] = 5;
	raw(SYS_pread64, fd, back, 100, 0);
	ok(!back[77] && back[78] == 5, "and the map is still the file");
	munmap((void *)m, 4096);
	raw(SYS_close, fd);
	raw(SYS_unlink, PATH "3");
}

static void nameless(void)
{
	int fd = raw(SYS_memfd_create, "leash", 1);
	char *m;

	ok(fd >= 0, "memfd_create");
	is_long(raw(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC, "closed on exec");
	is_long(raw(SYS_write, fd, text, 5000), 5000, "is written");
	is_long(size_of(fd), 5000, "has a size");
	m = mmap(NULL, 5000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ok(m != MAP_FAILED && !memcmp(m, text, 5000), "and is mapped");
	m[7] = 'x';
	raw(SYS_pread64, fd, back, 10, 0);
	ok(back[7] == 'x', "a shared map is the file");
	munmap(m, 5000);
	is_long(raw(SYS_memfd_create, 1, 0), -EFAULT, "no name");
	is_long(raw(SYS_memfd_create, "x", 0x80000000), -EINVAL, "no such flag");
	raw(SYS_close, fd);
}

static int ranges(void *arg)
{
	(void)arg;
	for (int fd = 20; fd < 30; fd++)
		raw(SYS_dup2, 0, fd);
	if (raw(SYS_close_range, 25, 22, 0) != -EINVAL || raw(SYS_close_range, 1, 2, 64) != -EINVAL)
		return 1;
	if (raw(SYS_close_range, 22, 24, 0) || raw(SYS_fcntl, 21, F_GETFD) != 0 ||
	    raw(SYS_fcntl, 22, F_GETFD) != -EBADF || raw(SYS_fcntl, 25, F_GETFD) != 0)
		return 2;
	if (raw(SYS_close_range, 26, ~0u, 4) || raw(SYS_fcntl, 29, F_GETFD) != FD_CLOEXEC)
		return 3;
	return raw(SYS_close_range, 3, ~0u, 2) || raw(SYS_fcntl, 29, F_GETFD) != -EBADF ? 4 : 0;
}

static void vectors(int fd)
{
	struct iovec v = { back, 100 };

	raw(SYS_pwrite64, fd, text, 1000, 0);
	raw(SYS_lseek, fd, 10, SEEK_SET);
	is_long(raw(SYS_preadv2, fd, &v, 1, 50L, 0L, 0), 100, "preadv2");
	ok(!memcmp(back, text + 50, 100), "at a position");
	is_long(raw(SYS_preadv2, fd, &v, 1, -1L, -1L, 0), 100, "at the file's");
	is_long(raw(SYS_lseek, fd, 0, SEEK_CUR), 110, "which moves");
	is_long(raw(SYS_pwritev2, fd, &v, 1, 0L, 0L, 4), 100, "pwritev2, in sync");
	is_long(raw(SYS_preadv2, fd, &v, 1, 0L, 0L, 0x40000000), -EOPNOTSUPP, "no such flag");
}

int main(void)
{
	int fd = raw(SYS_openat, AT_FDCWD, PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = i % 251 + 1;
	copying(fd);
	allocating(fd);
	holes();
	nameless();
	is_long(in_child(ranges, NULL), 0, "close_range");
	vectors(fd);
	raw(SYS_unlink, PATH);
	return done_testing();
}
