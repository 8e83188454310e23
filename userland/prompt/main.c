/* SPDX-License-Identifier: ISC */
/*
 * The small interactive prompt: Leash's first process until a real shell runs. It reads lines from
 * the terminal, from a file or from -c, and ends with the status of the last command.
 */
#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char banner[] = "Leash \342\200\224 programs run directly on the CPU, and the kernel "
			     "takes it back.\nType help for help.\n";

static void run_line(const char *line)
{
	static struct pipeline p;
	int found;

	while ((found = parse_pipeline(&line, &p)) > 0)
		last_status = run_pipeline(&p);
	if (found < 0)
		last_status = 2;
}

static void show_prompt(void)
{
	char dir[256];

	if (!getcwd(dir, sizeof(dir)))
		strcpy(dir, "?");
	printf("leash:%s$ ", dir);
	fflush(stdout);
}

/*
 * Read one line a byte at a time where the input is shared with the programs we start: what
 * follows the line must still be there for them.
 */
static bool read_line(int fd, char *line, size_t size)
{
	size_t len = 0;
	ssize_t n = 0;
	char c;

	while ((n = read(fd, &c, 1)) == 1 && c != '\n')
		if (len + 1 < size)
			line[len++] = c;
	line[len] = '\0';
	return n == 1 || len > 0;
}

static int run_stream(int fd, bool interactive)
{
	static char line[MAX_LINE];

	for (;;) {
		reap(false);
		if (interactive)
			show_prompt();
		if (!read_line(fd, line, sizeof(line)))
			return last_status;
		run_line(line);
	}
}

/* The first process may find no descriptors, no environment and no one to report to. */
static void settle_in(void)
{
	while (fcntl(STDERR_FILENO, F_GETFD) < 0 && open("/dev/console", O_RDWR) >= 0)
		;
	setenv("PATH", "/bin", 0);
	setenv("HOME", "/", 0);
	setenv("TERM", "linux", 0);
	signal(SIGINT, SIG_IGN);
	ioctl(STDIN_FILENO, TIOCSCTTY, 0); /* so that ^C reaches what it runs */
}

int main(int argc, char **argv)
{
	int fd;

	settle_in();
	if (argc > 2 && strcmp(argv[1], "-c") == 0) {
		run_line(argv[2]);
		return last_status;
	}
	if (argc > 1) {
		fd = open(argv[1], O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			fprintf(stderr, "prompt: %s: %s\n", argv[1], strerror(errno));
			return 127;
		}
		return run_stream(fd, false);
	}
	if (!isatty(STDIN_FILENO))
		return run_stream(STDIN_FILENO, false);
	fputs(banner, stdout);
	return run_stream(STDIN_FILENO, true);
}
