/* SPDX-License-Identifier: ISC */
/*
 * Nothing of another process or of the kernel shows in what a program is handed: pages, pipes, files
 * that grow, and the gaps in structures. A child fills much memory with a pattern and ends; where its
 * pages come back, the pattern must not. Checklist line 29.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define MUCH (8 << 20)

static void *map(void)
{
	return mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static bool all_zero(const void *at, size_t size)
{
	const unsigned char *byte = at;

	while (size-- > 0)
		if (byte[size])
			return false;
	return true;
}

static int leave_a_pattern(void *arg)
{
	static char block[4096];
	char *memory = map();
	int p[2];

	(void)arg;
	memset(memory, 0xa5, MUCH);
	memset(block, 0xa5, sizeof(block));
	if (pipe(p) < 0 || write(p[1], block, sizeof(block)) != sizeof(block))
		return 1;
	return 0;
}

static void pages(void)
{
	char *memory;
	char *end;

	is_status(in_child(leave_a_pattern, NULL), EXITED(0), "a process leaves a pattern");
	memory = map();
	ok(all_zero(memory, MUCH), "mapped memory is zero");
	memset(memory, 0xa5, MUCH);
	munmap(memory, MUCH);
	memory = map();
	ok(all_zero(memory, MUCH), "mapped again, zero again");
	munmap(memory, MUCH);
	end = (char *)raw(SYS_brk, 0);
	raw(SYS_brk, end + MUCH);
	ok(all_zero(end, MUCH), "the heap is zero");
	raw(SYS_brk, end);
}

/* Growing a file shows zeros, whatever its page held before. */
static void files(void)
{
	static char block[4096];
	int fd = open("/tmp/fresh.test", O_RDWR | O_CREAT | O_TRUNC, 0600);

	memset(block, 0xa5, sizeof(block));
	is_long(write(fd, block, 4096), 4096, "a page of pattern in a file");
	is_long(ftruncate(fd, 100), 0, "cut to 100 bytes");
	is_long(ftruncate(fd, 4096), 0, "and grown again");
	ok(pread(fd, block, 4096, 0) == 4096 && all_zero(block + 100, 3996), "shows zeros");
	is_long(pwrite(fd, "x", 1, 20000), 1, "a byte far behind");
	ok(pread(fd, block, 4096, 12288) == 4096 && all_zero(block, 4096), "with zeros between");
	close(fd);
	unlink("/tmp/fresh.test");
}

/* Every byte of a structure is written, with a value or with zero. */
static void structures(void)
{
	struct stat st;
	struct utsname name;
	struct rusage usage;
	struct sysinfo info;
	size_t used;

	memset(&st, 0xa5, sizeof(st));
	is_long(raw(SYS_stat, "/tmp", &st), 0, "stat");
	ok(all_zero((char *)&st + 40 - 4, 4), "its padding is zero");
	ok(all_zero((char *)&st + 120, 24), "its reserved words are zero");
	memset(&name, 0xa5, sizeof(name));
	is_long(raw(SYS_uname, &name), 0, "uname");
	used = strlen(name.sysname);
	ok(all_zero(name.sysname + used, sizeof(name.sysname) - used), "the name's rest is zero");
	used = strlen(name.machine);
	ok(all_zero(name.machine + used, sizeof(name.machine) - used),
	   "the machine's rest is zero");
	memset(&usage, 0xa5, sizeof(usage));
	is_long(raw(SYS_getrusage, RUSAGE_SELF, &usage), 0, "getrusage");
	ok(usage.ru_nsignals != (long)0xa5a5a5a5a5a5a5a5 && usage.ru_ixrss == 0, "is filled");
	memset(&info, 0xa5, sizeof(info));
	is_long(raw(SYS_sysinfo, &info), 0, "sysinfo");
	ok(all_zero((char *)&info + 82, 6), "its padding is zero");
}

int main(void)
{
	pages();
	files();
	structures();
	return done_testing();
}
