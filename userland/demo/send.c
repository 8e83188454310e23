/* SPDX-License-Identifier: ISC */
/*
 * Sends files out of the machine by the second serial port, where `make run` and the tests collect
 * them in build/files (iso/receive.py). The frame: a line "LEASH-FILE SIZE NAME", the bytes, a
 * line "LEASH-END CRC32" with the checksum in hexadecimal.
 *
 *   send FILE...         each under the last part of its name
 *   send -n NAME FILE    under another name; FILE may be - for the standard input
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "words.h"

#define PORT "/dev/ttyS1"

static const char usage[] = "usage: send FILE...        to the host, by the second serial port\n"
			    "       send -n NAME FILE   under that name; FILE may be -\n";

static uint32_t crc32_of(const unsigned char *bytes, size_t n)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* The whole of @fd, however it comes; NULL: errno tells why. */
static unsigned char *read_all(int fd, size_t *len)
{
	size_t size = 1 << 16;
	unsigned char *bytes = malloc(size);
	ssize_t n = -1;

	*len = 0;
	while (bytes && (n = read(fd, bytes + *len, size - *len)) > 0) {
		*len += n;
		if (*len == size)
			bytes = realloc(bytes, size *= 2);
	}
	if (n == 0)
		return bytes;
	free(bytes);
	return NULL;
}

static int write_all(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t w = write(fd, at, n);

		if (w < 0 && errno != EINTR)
			return -1;
		at += w > 0 ? w : 0;
		n -= w > 0 ? w : 0;
	}
	return 0;
}

static int send_bytes(const char *name, const unsigned char *bytes, size_t n)
{
	char head[320], tail[40];
	int port = open(PORT, O_WRONLY), failed;

	if (port < 0)
		return -1;
	snprintf(head, sizeof(head), "LEASH-FILE %zu %.255s\n", n, name);
	snprintf(tail, sizeof(tail), "\nLEASH-END %08x\n", crc32_of(bytes, n));
	failed = write_all(port, head, strlen(head)) || write_all(port, bytes, n) ||
		 write_all(port, tail, strlen(tail));
	close(port);
	return failed ? -1 : 0;
}

static int send_file(const char *path, const char *name)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY);
	const char *slash = strrchr(path, '/');
	unsigned char *bytes;
	size_t n;

	if (!name)
		name = slash ? slash + 1 : path;
	bytes = fd < 0 ? NULL : read_all(fd, &n);
	if (!bytes)
		return fprintf(stderr, "send: %s: %s\n", path, strerror(errno)), 1;
	if (send_bytes(name, bytes, n))
		return fprintf(stderr, "send: %s: %s\n", PORT, strerror(errno)), 1;
	free(bytes);
	if (fd != STDIN_FILENO)
		close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (help_wanted(argc, argv))
		return help(usage);
	if (argc == 4 && strcmp(argv[1], "-n") == 0)
		return send_file(argv[3], argv[2]);
	if (argc < 2 || argv[1][0] == '-')
		return misused(usage);
	for (int i = 1; i < argc; i++)
		failed |= send_file(argv[i], NULL);
	return failed;
}
