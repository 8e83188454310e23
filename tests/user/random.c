/* SPDX-License-Identifier: ISC */
/*
 * Random bytes: from getrandom and from the devices, as many as asked for, and not the same twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sys.h"
#include "tap.h"

static unsigned char a[65536], b[65536];

/* Every byte value occurs in 64 KiB of random bytes, each about 256 times. */
static bool looks_random(const unsigned char *bytes)
{
	int count[256] = { 0 };

	for (int i = 0; i < 65536; i++)
		count[bytes[i]]++;
	for (int i = 0; i < 256; i++)
		if (count[i] < 128 || count[i] > 512)
			return false;
	return true;
}

static void from_call(void)
{
	is_long(raw(SYS_getrandom, a, 0, 0), 0, "no bytes");
	is_long(raw(SYS_getrandom, a, 16, 0), 16, "sixteen");
	is_long(raw(SYS_getrandom, b, 16, 1), 16, "sixteen more, without waiting");
	ok(memcmp(a, b, 16) != 0, "they are others");
	is_long(raw(SYS_getrandom, a, 16, 0x100), -EINVAL, "an unknown flag");
	is_long(raw(SYS_getrandom, a, sizeof(a), 0), sizeof(a), "64 KiB");
	ok(looks_random(a), "look random");
}

static void from_device(const char *path)
{
	int fd = open(path, O_RDONLY);

	memset(b, 0, sizeof(b));
	is_long(read(fd, b, sizeof(b)), sizeof(b), "%s: 64 KiB", path);
	ok(looks_random(b), "%s: look random", path);
	ok(memcmp(a, b, sizeof(a)) != 0, "%s: others than before", path);
	close(fd);
}

int main(void)
{
	from_call();
	from_device("/dev/urandom");
	from_device("/dev/random");
	return done_testing();
}
