/* SPDX-License-Identifier: ISC */
/*
 * Files: open and its flags, offsets, holes, what an unlinked file still is, and the errors.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sys.h"
#include "tap.h"

#define FILE_PATH "/tmp/file.test"

static char buffer[8192];

static long open_it(const char *path, int flags)
{
	return raw(SYS_open, path, flags, 0640);
}

static void opening(void)
{
	static char name[300], path[5000];
	long fd;

	memset(name, 'n', sizeof(name) - 1);
	memset(path, '/', sizeof(path) - 1);
	unlink(FILE_PATH);
	is_long(open_it(FILE_PATH, O_RDONLY), -ENOENT, "not there");
	is_long(open_it("", O_RDONLY), -ENOENT, "the empty path");
	is_long(open_it("/tmp/nosuch/x", O_RDWR | O_CREAT), -ENOENT, "no such directory");
	fd = open_it(FILE_PATH, O_RDWR | O_CREAT | O_EXCL);
	ok(fd > 2, "created");
	close(fd);
	is_long(open_it(FILE_PATH, O_RDWR | O_CREAT | O_EXCL), -EEXIST, "O_EXCL: it is there");
	is_long(open_it(FILE_PATH "/x", O_RDONLY), -ENOTDIR, "through a file");
	is_long(open_it(FILE_PATH "/", O_RDONLY), -ENOTDIR, "a file with a slash behind it");
	is_long(open_it(FILE_PATH, O_RDONLY | O_DIRECTORY), -ENOTDIR, "O_DIRECTORY of a file");
	is_long(open_it("/tmp", O_RDWR), -EISDIR, "a directory for writing");
	is_long(open_it("/tmp", O_RDONLY | O_CREAT), -EISDIR, "a directory to be created");
	is_long(open_it(name, O_RDONLY), -ENAMETOOLONG, "a name of 299 bytes");
	is_long(open_it(path, O_RDONLY), -ENAMETOOLONG, "a path of 4999 bytes");
	is_long(open_it((char *)8, O_RDONLY), -EFAULT, "a bad pointer");
	fd = open_it("///tmp/.././tmp//file.test", O_RDONLY);
	ok(fd > 2, "a path with dots and many slashes");
	close(fd);
}

static void modes(void)
{
	long fd = open_it(FILE_PATH, O_WRONLY | O_TRUNC);

	is_long(raw(SYS_read, fd, buffer, 1), -EBADF, "no reading where opened for writing");
	is_long(write(fd, "abcdef", 6), 6, "six bytes");
	close(fd);
	fd = open_it(FILE_PATH, O_RDONLY);
	is_long(raw(SYS_write, fd, buffer, 1), -EBADF, "no writing where opened for reading");
	is_long(read(fd, buffer, 100), 6, "six bytes back");
	is_long(read(fd, buffer, 100), 0, "then the end");
	close(fd);
	fd = open_it(FILE_PATH, O_RDWR | O_TRUNC);
	is_long(lseek(fd, 0, SEEK_END), 0, "O_TRUNC empties it");
	close(fd);
	fd = open_it("/tmp", O_RDONLY | O_DIRECTORY);
	is_long(raw(SYS_read, fd, buffer, 1), -EISDIR, "no reading from a directory");
	close(fd);
	is_long(raw(SYS_read, 99, buffer, 1), -EBADF, "no reading where nothing is open");
}

static bool all_zero(const char *at, size_t size)
{
	while (size-- > 0)
		if (at[size])
			return false;
	return true;
}

static void seeking(void)
{
	long fd = open_it(FILE_PATH, O_RDWR | O_TRUNC);
	struct stat st;

	is_long(write(fd, "0123456789", 10), 10, "ten bytes");
	is_long(raw(SYS_lseek, fd, -3, SEEK_END), 7, "three before the end");
	is_long(raw(SYS_lseek, fd, -2, SEEK_CUR), 5, "two before that");
	ok(read(fd, buffer, 1) == 1 && buffer[0] == '5', "is the right byte");
	is_long(raw(SYS_lseek, fd, -1, SEEK_SET), -EINVAL, "before the start");
	is_long(raw(SYS_lseek, fd, -11, SEEK_END), -EINVAL, "before the start, from the end");
	is_long(raw(SYS_lseek, fd, 0, 99), -EINVAL, "an unknown whence");
	is_long(raw(SYS_lseek, 99, 0, SEEK_SET), -EBADF, "a bad descriptor");
	is_long(raw(SYS_lseek, fd, 0, SEEK_CUR), 6, "none of them moved it");
	is_long(raw(SYS_lseek, fd, 10000, SEEK_SET), 10000, "beyond the end");
	is_long(read(fd, buffer, 1), 0, "there is nothing");
	is_long(write(fd, "x", 1), 1, "a byte there");
	ok(fstat(fd, &st) == 0 && st.st_size == 10001, "makes the file that large");
	is_long(raw(SYS_lseek, fd, 10, SEEK_SET), 10, "in between");
	memset(buffer, 'z', sizeof(buffer));
	ok(read(fd, buffer, 8000) == 8000 && all_zero(buffer, 8000), "are zeros");
	close(fd);
}

static void positioned(void)
{
	long fd = open_it(FILE_PATH, O_RDWR | O_TRUNC);

	is_long(pwrite(fd, "world", 5, 6), 5, "pwrite behind the end");
	is_long(pwrite(fd, "hello ", 6, 0), 6, "pwrite before it");
	is_long(lseek(fd, 0, SEEK_CUR), 0, "the offset has not moved");
	ok(pread(fd, buffer, 100, 3) == 8 && memcmp(buffer, "lo world", 8) == 0, "pread");
	is_long(raw(SYS_pread64, fd, buffer, 1, -1), -EINVAL, "pread from -1");
	close(fd);
}

static void vectors(void)
{
	struct iovec iov[3] = { { "one", 3 }, { "", 0 }, { "two", 3 } };
	char a[2], b[10];
	struct iovec back[2] = { { a, 2 }, { b, 10 } };
	long fd = open_it(FILE_PATH, O_RDWR | O_TRUNC);

	is_long(writev(fd, iov, 3), 6, "writev of three pieces");
	lseek(fd, 0, SEEK_SET);
	is_long(readv(fd, back, 2), 6, "readv into two");
	ok(memcmp(a, "on", 2) == 0 && memcmp(b, "etwo", 4) == 0, "in order");
	is_long(raw(SYS_writev, fd, iov, 0), 0, "no pieces");
	is_long(raw(SYS_writev, fd, iov, -1), -EINVAL, "-1 pieces");
	is_long(raw(SYS_writev, fd, iov, 1025), -EINVAL, "1025 pieces");
	iov[0].iov_len = -1;
	is_long(raw(SYS_writev, fd, iov, 1), -EINVAL, "a piece of length -1");
	is_long(raw(SYS_writev, fd, 8, 1), -EFAULT, "a bad vector");
	close(fd);
}

static void status(void)
{
	struct stat by_path, by_fd;
	long fd = open_it(FILE_PATH, O_RDWR | O_TRUNC);

	is_long(write(fd, buffer, 5000), 5000, "5000 bytes");
	ok(stat(FILE_PATH, &by_path) == 0 && fstat(fd, &by_fd) == 0, "stat and fstat");
	ok(by_path.st_ino == by_fd.st_ino && by_path.st_dev == by_fd.st_dev, "are of one file");
	is_long(by_fd.st_size, 5000, "its size");
	is_long(by_fd.st_nlink, 1, "its one name");
	ok(S_ISREG(by_fd.st_mode), "its kind");
	is_long(by_fd.st_mode & 0777, 0640, "its mode, without what the umask forbids");
	is_long(raw(SYS_stat, "/tmp/nosuch", &by_path), -ENOENT, "stat of what is not there");
	is_long(raw(SYS_fstat, 99, &by_path), -EBADF, "fstat of a bad descriptor");
	is_long(raw(SYS_newfstatat, fd, "", &by_path, AT_EMPTY_PATH), 0,
		"newfstatat of a descriptor");
	is_long(by_path.st_size, 5000, "gives its size");
	is_long(raw(SYS_newfstatat, fd, "", &by_path, 0), -ENOENT, "not without AT_EMPTY_PATH");
	ok(stat("/tmp", &by_path) == 0 && S_ISDIR(by_path.st_mode), "/tmp is a directory");
	close(fd);
}

/* A file can be older than 1970, and not yet made. */
static void other_times(void)
{
	static const struct timespec set[2] = { { -300000000, 999999999 }, { 6000000000, 1 } };
	struct stat st;

	is_long(raw(SYS_utimensat, AT_FDCWD, FILE_PATH, set, 0), 0,
		"read in 1960, written in 2160");
	is_long(stat(FILE_PATH, &st), 0, "stat");
	ok(!memcmp(&st.st_atim, &set[0], sizeof(set[0])), "tells when it was read");
	ok(!memcmp(&st.st_mtim, &set[1], sizeof(set[1])), "and written");
}

static void unlinked(void)
{
	long fd = open_it(FILE_PATH, O_RDWR | O_TRUNC), other;
	struct stat st;

	is_long(write(fd, "still", 5), 5, "five bytes");
	is_long(raw(SYS_unlink, FILE_PATH), 0, "the name goes");
	is_long(raw(SYS_unlink, FILE_PATH), -ENOENT, "once");
	is_long(raw(SYS_unlink, "/tmp"), -EISDIR, "a directory's name doesn't go that way");
	ok(fstat(fd, &st) == 0 && st.st_nlink == 0, "no name is left");
	ok(pread(fd, buffer, 5, 0) == 5 && memcmp(buffer, "still", 5) == 0, "the bytes are");
	other = open_it(FILE_PATH, O_RDWR | O_CREAT | O_EXCL);
	ok(other > 2 && read(other, buffer, 1) == 0, "another file takes the name, empty");
	close(fd);
	close(other);
	unlink(FILE_PATH);
}

static void devices(void)
{
	long fd = open_it("/dev/zero", O_RDWR);
	struct stat st;

	memset(buffer, 'z', sizeof(buffer));
	ok(read(fd, buffer, 8192) == 8192 && all_zero(buffer, 8192), "/dev/zero gives zeros");
	is_long(write(fd, buffer, 100), 100, "and takes anything");
	ok(fstat(fd, &st) == 0 && S_ISCHR(st.st_mode), "it is a device");
	close(fd);
	fd = open_it("/dev/null", O_RDWR);
	is_long(read(fd, buffer, 100), 0, "/dev/null is empty");
	is_long(write(fd, buffer, 100), 100, "and takes anything");
	close(fd);
	fd = open_it("/dev/full", O_RDWR);
	is_long(raw(SYS_write, fd, buffer, 1), -ENOSPC, "/dev/full takes nothing");
	ok(read(fd, buffer, 10) == 10 && all_zero(buffer, 10), "and gives zeros");
	close(fd);
}

/* Only what is kept somewhere can be written there. */
static void syncing(void)
{
	int file = raw(SYS_open, "/tmp/leash-sync", O_RDWR | O_CREAT, 0600), ends[2];

	is_long(raw(SYS_fsync, file), 0, "fsync of a file");
	raw(SYS_unlink, "/tmp/leash-sync");
	raw(SYS_close, file);
	file = raw(SYS_open, "/tmp", O_RDONLY);
	is_long(raw(SYS_fdatasync, file), 0, "of a directory");
	raw(SYS_close, file);
	file = raw(SYS_open, "/dev/null", O_RDWR);
	is_long(raw(SYS_fsync, file), -EINVAL, "not of a device that keeps nothing");
	raw(SYS_close, file);
	raw(SYS_socketpair, 1, 1, 0, ends);
	is_long(raw(SYS_fsync, ends[0]), -EINVAL, "nor of a socket");
	raw(SYS_close, ends[0]);
	raw(SYS_close, ends[1]);
}

int main(void)
{
	umask(022);
	opening();
	modes();
	seeking();
	positioned();
	vectors();
	status();
	other_times();
	unlinked();
	devices();
	syncing();
	return done_testing();
}
