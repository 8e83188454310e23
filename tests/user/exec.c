/* SPDX-License-Identifier: ISC */
/*
 * execve: what the new program gets, what of the old one stays, and that a call which fails leaves
 * the caller as it was. The program executes itself; its first argument says what to check.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define FIXED_ADDRESS ((void *)0x300000000000)
#define LONG_STRING 100000

extern char **environ;
static char *self;
static char *no_env[] = { NULL };

/* The bare call: argv and envp as they are, the result as it comes. */
static long execute(const char *path, char **argv, char **envp)
{
	return raw(SYS_execve, path, argv, envp);
}

struct image {
	char **argv, **envp;
};

static int exec_image(void *arg)
{
	struct image *image = arg;

	execute(self, image->argv, image->envp);
	return 111;
}

/* Execute this program with argv and envp, and expect its check to pass. */
static void run(const char *name, char **argv, char **envp)
{
	struct image image = { argv, envp };

	is_status(in_child(exec_image, &image), EXITED(0), "%s", name);
}

/* --- checks in the new program: main's value is 0 where all is as it should be --- */

static int check_strings(int argc, char **argv)
{
	return argc == 5 && strcmp(argv[2], "") == 0 && strcmp(argv[3], "two words") == 0 &&
			       strcmp(argv[4], "\"\\") == 0 && !argv[5] && environ[0] &&
			       strcmp(environ[0], "A=1") == 0 && strcmp(environ[1], "B=") == 0 &&
			       !environ[2]
		       ? 0
		       : 1;
}

static int check_many(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (atoi(argv[i]) != i)
			return 1;
	return argc == 1000 ? 0 : 2;
}

static int check_long(int argc, char **argv)
{
	return argc == 3 && strlen(argv[2]) == LONG_STRING && strspn(argv[2], "x") == LONG_STRING
		       ? 0
		       : 1;
}

static int check_fds(int argc, char **argv)
{
	int kept = atoi(argv[2]), gone = atoi(argv[3]);
	char c;

	(void)argc;
	if (fcntl(gone, F_GETFD) != -1 || errno != EBADF)
		return 1;
	return read(kept, &c, 1) == 1 && c == 'b' ? 0 : 2;
}

static int check_ids(int argc, char **argv)
{
	(void)argc;
	return getpid() == atoi(argv[2]) && getppid() == atoi(argv[3]) ? 0 : 1;
}

/* The kernel is asked to read where the old program had a page. */
static int check_memory(int argc, char **argv)
{
	int ends[2];

	(void)argc;
	(void)argv;
	if (pipe(ends) < 0)
		return 1;
	return raw(SYS_write, ends[1], FIXED_ADDRESS, 1) == -EFAULT ? 0 : 2;
}

static int check_no_arguments(void)
{
	return environ[0] && strcmp(environ[0], "A=1") == 0 && environ[1] &&
			       strcmp(environ[1], "B=") == 0 && !environ[2]
		       ? 0
		       : 1;
}

/* Tells that it runs, and ends when it is told to. */
static int check_gate(int argc, char **argv)
{
	char c = 'r';

	(void)argc;
	return write(atoi(argv[2]), &c, 1) == 1 && read(atoi(argv[3]), &c, 1) == 1 ? 0 : 1;
}

static int check_nothing(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static const struct check {
	const char *name;
	int (*run)(int argc, char **argv);
} checks[] = {
	{ "strings", check_strings }, { "many", check_many }, { "long", check_long },
	{ "fds", check_fds },         { "ids", check_ids },   { "memory", check_memory },
	{ "nothing", check_nothing }, { "gate", check_gate },
};

/* --- tests --- */

static void arguments(void)
{
	static char number[1000][8], big[LONG_STRING + 1];
	static char *many[1001];
	char *strings[] = { self, "strings", "", "two words", "\"\\", NULL };
	char *env[] = { "A=1", "B=", NULL };
	char *one_long[] = { self, "long", big, NULL };

	run("arguments and environment arrive", strings, env);
	for (int i = 0; i < 1000; i++) {
		snprintf(number[i], sizeof(number[i]), "%d", i);
		many[i] = number[i];
	}
	many[0] = self;
	many[1] = "many";
	run("a thousand arguments arrive", many, no_env);
	memset(big, 'x', LONG_STRING);
	run("a string of 100000 bytes arrives", one_long, no_env);
	run("no arguments at all are made one empty one", NULL, env);
}

static void too_much(void)
{
	static char huge[200001], piece[65001], limit[131073];
	static char *empty[300001];
	char *one[] = { self, huge, NULL };
	char *several[101] = { self };

	memset(huge, 'x', sizeof(huge) - 1);
	is_long(execute(self, one, no_env), -E2BIG, "a string of 200000 bytes: E2BIG");
	memset(limit, 'x', sizeof(limit) - 1);
	is_long(execute(self, (char *[]){ self, limit, NULL }, no_env), -E2BIG,
		"one byte more than 128 KiB: E2BIG");
	for (int i = 0; i < 300000; i++)
		empty[i] = "";
	is_long(execute(self, empty, no_env), -E2BIG, "300000 empty strings: E2BIG");
	memset(piece, 'x', sizeof(piece) - 1);
	for (int i = 1; i < 100; i++)
		several[i] = piece;
	is_long(execute(self, several, no_env), -E2BIG, "six megabytes: E2BIG");
	is_long(execute(self, (char *[]){ self, NULL }, several), -E2BIG,
		"six megabytes of environment: E2BIG");
}

static void make_file(const char *path, const char *text, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		diag("cannot make %s", path);
	close(fd);
}

static long try(const char *path)
{
	return execute(path, (char *[]){ "x", NULL }, no_env);
}

static void errors(void)
{
	static char name[300], path[5000];

	make_file("/tmp/exec.text", "this is no program\n", 0755);
	make_file("/tmp/exec.empty", "", 0755);
	make_file("/tmp/exec.plain", "\177ELF", 0644);
	memset(name, 'n', sizeof(name) - 1);
	memset(path, '/', sizeof(path) - 1);
	is_long(try("/nosuch"), -ENOENT, "not there: ENOENT");
	is_long(try(""), -ENOENT, "the empty path: ENOENT");
	is_long(try("/tmp/exec.text/x"), -ENOTDIR, "through a file: ENOTDIR");
	is_long(try("/tmp"), -EACCES, "a directory: EACCES");
	is_long(try("/tmp/exec.plain"), -EACCES, "not executable: EACCES");
	is_long(try("/tmp/exec.text"), -ENOEXEC, "not a program: ENOEXEC");
	is_long(try("/tmp/exec.empty"), -ENOEXEC, "an empty file: ENOEXEC");
	is_long(try(name), -ENAMETOOLONG, "a name of 299 bytes: ENAMETOOLONG");
	is_long(try(path), -ENAMETOOLONG, "a path of 4999 bytes: ENAMETOOLONG");
	is_long(try((char *)8), -EFAULT, "a bad path pointer: EFAULT");
	is_long(execute(self, (char **)8, no_env), -EFAULT, "a bad argv: EFAULT");
	is_long(execute(self, (char *[]){ (char *)8, NULL }, no_env), -EFAULT,
		"a bad argument: EFAULT");
	is_long(execute(self, (char *[]){ self, NULL }, (char **)8), -EFAULT, "a bad envp: EFAULT");
	unlink("/tmp/exec.text");
	unlink("/tmp/exec.empty");
	unlink("/tmp/exec.plain");
}

static void descriptors(void)
{
	char kept[12], gone[12];
	char *argv[] = { self, "fds", kept, gone, NULL };
	int ends[2];
	char c;

	if (pipe(ends) < 0 || write(ends[1], "abc", 3) != 3 || read(ends[0], &c, 1) != 1)
		return;
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	snprintf(kept, sizeof(kept), "%d", ends[0]);
	snprintf(gone, sizeof(gone), "%d", ends[1]);
	run("descriptors stay, but for close-on-exec", argv, no_env);
	ok(fcntl(ends[1], F_GETFD) == FD_CLOEXEC, "in the parent it is open still");
	is_long(execute("/nosuch", argv, no_env), -ENOENT, "a call that fails");
	ok(fcntl(ends[1], F_GETFD) == FD_CLOEXEC, "closes nothing");
}

static void shared_descriptors(void)
{
	int fd = open("/", O_RDONLY | O_CLOEXEC);
	pid_t pid = raw(SYS_clone, 0x400 /* CLONE_FILES */ | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		execute(self, (char *[]){ self, "nothing", NULL }, no_env);
		_exit(1);
	}
	is_status(status_of(pid), EXITED(0), "a child that shares the descriptors executes");
	ok(fcntl(fd, F_GETFD) == FD_CLOEXEC, "nothing is closed for the parent");
	close(fd);
}

static int exec_with_ids(void *arg)
{
	char pid[12], parent[12];
	struct image image = { (char *[]){ self, "ids", pid, parent, NULL }, no_env };

	(void)arg;
	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(parent, sizeof(parent), "%d", getppid());
	return exec_image(&image);
}

static void memory_goes(void)
{
	char *page = mmap(FIXED_ADDRESS, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	ok(page == FIXED_ADDRESS, "a page at a fixed address");
	*page = 7;
	run("the new program has not the old one's page", (char *[]){ self, "memory", NULL },
	    no_env);
	is_long(*page, 7, "the parent has it still");
}

static int exec_in_vfork(void *arg)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execute(self, arg, no_env);
		_exit(1);
	}
	return status_of(pid) == EXITED(0) ? 0 : 1;
}

static int wait_for_end(void *fd)
{
	char c;

	return read(*(int *)fd, &c, 1) == 1 ? 0 : 1;
}

/* A parent may give its child a group until the child has become another program. */
static void groups(void)
{
	char out[12], in[12], c;
	struct image image = { (char *[]){ self, "gate", out, in, NULL }, no_env };
	int running[2], gate[2];
	pid_t pid;

	if (pipe(running) < 0 || pipe(gate) < 0)
		return;
	snprintf(out, sizeof(out), "%d", running[1]);
	snprintf(in, sizeof(in), "%d", gate[0]);
	pid = start_child(exec_image, &image);
	is_long(read(running[0], &c, 1), 1, "a child executes another program");
	is_long(raw(SYS_setpgid, pid, pid), -EACCES, "it gets no other group now: EACCES");
	is_long(write(gate[1], "e", 1), 1, "it is told to end");
	is_status(status_of(pid), EXITED(0), "and does");
	pid = start_child(wait_for_end, &gate[0]);
	is_long(raw(SYS_setpgid, pid, pid), 0, "a child that is still the parent's copy gets one");
	is_long(write(gate[1], "e", 1), 1, "it is told to end");
	is_status(status_of(pid), EXITED(0), "and does");
}

int main(int argc, char **argv)
{
	if (argc == 1 && argv[0][0] == '\0')
		return check_no_arguments();
	for (size_t i = 0; argc > 1 && i < sizeof(checks) / sizeof(checks[0]); i++)
		if (strcmp(argv[1], checks[i].name) == 0)
			return checks[i].run(argc, argv);
	self = argv[0];
	arguments();
	too_much();
	errors();
	descriptors();
	shared_descriptors();
	is_status(in_child(exec_with_ids, NULL), EXITED(0), "the process keeps its ids");
	memory_goes();
	groups();
	is_status(in_child(exec_in_vfork, (char *[]){ self, "nothing", NULL }), EXITED(0),
		  "execve after vfork");
	return done_testing();
}
