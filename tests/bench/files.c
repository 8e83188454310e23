/* SPDX-License-Identifier: ISC */
/* Files: read and write of devices and of a file in memory, names, descriptors. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FILE_PAGES 64

static char buffer[PAGE];

static void make_file(const char *path)
{
	int fd = open(path, O_CREAT | O_RDWR, 0644);

	must(fd >= 0, path);
	for (int i = 0; i < FILE_PAGES; i++)
		must(write(fd, buffer, sizeof(buffer)) == (ssize_t)sizeof(buffer), path);
	close(fd);
}

static void make_device(const char *path, int minor_number)
{
	if (access(path, F_OK))
		must(mknod(path, S_IFCHR | 0666, makedev(1, minor_number)) == 0, path);
}

static void make_files(void)
{
	mkdir("/bd", 0755);
	mkdir("/bd/usr", 0755);
	mkdir("/bd/usr/include", 0755);
	make_file(FILE_1);
	make_file(FILE_4);
	mkdir("/dev", 0755);
	make_device("/dev/null", 3);
	make_device("/dev/zero", 5);
}

static void devices(void)
{
	int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
	long b = (long)buffer;

	must(zero >= 0 && null >= 0, "/dev/zero and /dev/null");
	ROW("read0_devzero", 30, 1000, call3(SYS_read, zero, b, 0));
	ROW("read1_devzero", 30, 1000, call3(SYS_read, zero, b, 1));
	ROW("read4k_devzero", 30, 200, call3(SYS_read, zero, b, PAGE));
	ROW("write1_devnull", 30, 1000, call3(SYS_write, null, b, 1));
	close(zero);
	close(null);
}

static void regular_file(void)
{
	int fd = open(FILE_1, O_RDWR);
	struct stat st;
	long b = (long)buffer;

	must(fd >= 0, FILE_1);
	ROW("pread1_file", 30, 500, call4(SYS_pread64, fd, b, 1, 0));
	ROW("pread4k_file", 30, 200, call4(SYS_pread64, fd, b, PAGE, 0));
	ROW("pwrite1_file", 30, 500, call4(SYS_pwrite64, fd, b, 1, 0));
	ROW("fstat", 30, 500, call2(SYS_fstat, fd, (long)&st));
	ROW("lseek", 30, 500, call3(SYS_lseek, fd, 0, SEEK_SET));
	ROW("dup_close", 30, 300, call1(SYS_close, call1(SYS_dup, fd)));
	close(fd);
}

static long open_read(const char *path)
{
	return call2(SYS_open, (long)path, O_RDONLY);
}

static void paths(void)
{
	struct stat st;
	long s = (long)&st;

	ROW("stat_depth1", 30, 300, call2(SYS_stat, (long)FILE_1, s));
	ROW("stat_depth4", 30, 300, call2(SYS_stat, (long)FILE_4, s));
	ROW("open_close_depth1", 30, 300, call1(SYS_close, open_read(FILE_1)));
	ROW("open_close_depth4", 30, 300, call1(SYS_close, open_read(FILE_4)));
	ROW("creat_unlink", 30, 100, {
		const char *path = "/bt";
		long fd = call3(SYS_open, (long)path, O_CREAT | O_RDWR | O_EXCL, 0600);

		call1(SYS_close, fd);
		call1(SYS_unlink, (long)path);
	});
}

void bench_files(void)
{
	make_files();
	devices();
	regular_file();
	paths();
}
