/* SPDX-License-Identifier: ISC */
/*
 * How the kernel takes the CPU back: `sched` shows it, `sched coop` and `sched rr` change it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "words.h"

#define SCHED_FILE "/proc/sys/kernel/sched"

static const char usage[] = "usage: sched        how the kernel takes the CPU back\n"
			    "       sched rr     by timer\n"
			    "       sched coop   not at all: who computes has it\n";

static int failed(const char *what)
{
	fprintf(stderr, "sched: %s: %s\n", what, strerror(errno));
	return 1;
}

static int show(int fd)
{
	char text[64];
	ssize_t n = read(fd, text, sizeof(text));

	if (n < 0)
		return failed(SCHED_FILE);
	printf("%.*s%s", (int)n, text, n && text[n - 1] == '\n' ? "" : "\n");
	return 0;
}

int main(int argc, char **argv)
{
	int fd;

	if (help_wanted(argc, argv))
		return help(usage);
	if (argc > 2 || (argc > 1 && strcmp(argv[1], "rr") && strcmp(argv[1], "coop")))
		return misused(usage);
	fd = open(SCHED_FILE, argc > 1 ? O_WRONLY : O_RDONLY);
	if (fd < 0)
		return failed(SCHED_FILE);
	if (argc < 2)
		return show(fd);
	return write(fd, argv[1], strlen(argv[1])) < 0 ? failed(argv[1]) : 0;
}
