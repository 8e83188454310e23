/* SPDX-License-Identifier: ISC */
/*
 * Scripts: "#!", an interpreter, one argument; interpreters that are scripts themselves, and how
 * many. The program is its own interpreter: its first argument says what to check.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define SCRIPT "/tmp/script.0"

static char *self;

static void make_script(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	if (fd < 0 || write(fd, line, strlen(line)) != (ssize_t)strlen(line))
		diag("cannot make %s", path);
	close(fd);
}

static long run(const char *path)
{
	static char *const args[] = { "x", "last", NULL }, *const none[] = { NULL };

	return raw(SYS_execve, path, args, none);
}

static int run_in_child(void *path)
{
	return -run(path);
}

/* As the interpreter: script 0 is named behind the argument, the caller's string comes last. */
static int check(int argc, char **argv)
{
	return argc >= 4 && strcmp(argv[2], SCRIPT) == 0 && strcmp(argv[argc - 1], "last") == 0 ? 0
												: 1;
}

static void argument(const char *format, const char *name)
{
	char line[300];

	snprintf(line, sizeof(line), format, self);
	make_script(SCRIPT, line);
	is_status(in_child(run_in_child, SCRIPT), EXITED(0), "%s", name);
}

/* Each script is the interpreter of the next. */
static void chain(void)
{
	char line[300], path[32];
	int i;

	argument("#!%s check\n", "a script's program gets the argument and the path");
	for (i = 1; i < 6; i++) {
		snprintf(line, sizeof(line), "#!/tmp/script.%d\n", i - 1);
		snprintf(path, sizeof(path), "/tmp/script.%d", i);
		make_script(path, line);
	}
	is_status(in_child(run_in_child, "/tmp/script.4"), EXITED(0), "five scripts in a row");
	is_long(run("/tmp/script.5"), -ELOOP, "six: ELOOP");
	for (i = 1; i < 6; i++) {
		snprintf(path, sizeof(path), "/tmp/script.%d", i);
		unlink(path);
	}
}

static void errors(void)
{
	make_script(SCRIPT, "#!/nosuch\n");
	is_long(run(SCRIPT), -ENOENT, "no such interpreter: ENOENT");
	make_script(SCRIPT, "#!/tmp\n");
	is_long(run(SCRIPT), -EACCES, "a directory: EACCES");
	make_script(SCRIPT, "#!\n");
	is_long(run(SCRIPT), -ENOEXEC, "no interpreter: ENOEXEC");
	make_script(SCRIPT, "#! \t \n");
	is_long(run(SCRIPT), -ENOEXEC, "only blanks: ENOEXEC");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strncmp(argv[1], "check", 5) == 0)
		return strlen(argv[1]) == 5 || strcmp(argv[1], "check two  words") == 0
			       ? check(argc, argv)
			       : 2;
	self = argv[0];
	chain();
	argument("#! \t%s \t check \t \n", "blanks around do not matter");
	argument("#!%s check two  words\n", "one argument, whatever is in it");
	argument("#!%s check", "without a newline");
	errors();
	unlink(SCRIPT);
	return done_testing();
}
