/* SPDX-License-Identifier: ISC */
/*
 * The prompt as a program: words and quotes, pipes, redirections, statuses, the background, and what
 * it says of those killed. The commands it runs are this program again, with a word that says what to
 * do, so that nothing else needs to be there.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "child.h"
#include "tap.h"

static char self[400], prompt[400];

/* --- the commands --- */

static int say(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		printf("[%s]", argv[i]);
	printf("\n");
	return 0;
}

/* Copy the input in capitals. */
static int shout(void)
{
	int c;

	while ((c = getchar()) != EOF)
		putchar(c >= 'a' && c <= 'z' ? c - 32 : c);
	return 0;
}

static int endless(void)
{
	while (printf("again\n") > 0)
		;
	return 1;
}

static int command(int argc, char **argv)
{
	if (strcmp(argv[1], "say") == 0)
		return say(argc, argv);
	if (strcmp(argv[1], "shout") == 0)
		return shout();
	if (strcmp(argv[1], "endless") == 0)
		return endless();
	if (strcmp(argv[1], "first") == 0)
		return getchar() == 'a' ? 0 : 1;
	if (strcmp(argv[1], "exit") == 0)
		return atoi(argv[2]);
	if (strcmp(argv[1], "die") == 0)
		kill(getpid(), atoi(argv[2]));
	return 99;
}

/* --- the tests --- */

static char output[4096];

/* Put this program's path for each @ and run `prompt -c`; its output and errors go to output[]. */
static int run(const char *script)
{
	char text[2000];
	size_t len = 0, n;
	ssize_t got;
	int ends[2];
	pid_t pid;

	for (; *script && len < sizeof(text) - sizeof(self); script++) {
		n = *script == '@' ? strlen(self) : 1;
		memcpy(text + len, *script == '@' ? self : script, n);
		len += n;
	}
	text[len] = '\0';
	if (pipe(ends) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(prompt, prompt, "-c", text, NULL);
		_exit(127);
	}
	close(ends[1]);
	for (len = 0; (got = read(ends[0], output + len, sizeof(output) - 1 - len)) > 0;)
		len += got;
	output[len] = '\0';
	close(ends[0]);
	return status_of(pid);
}

static void gives(const char *name, const char *script, int status, const char *want)
{
	is_status(run(script), EXITED(status), "%s: status", name);
	if (!ok(strcmp(output, want) == 0, "%s: output", name))
		diag("%s", output);
}

/* As gives(), but the output only contains the words (there is a pid in it). */
static void tells(const char *name, const char *script, int status, const char *part)
{
	is_status(run(script), EXITED(status), "%s: status", name);
	if (!ok(strstr(output, part) != NULL, "%s: says so", name))
		diag("%s", output);
}

static void words(void)
{
	gives("words", "@ say a bc  d", 0, "[a][bc][d]\n");
	gives("quotes", "@ say 'a b' \"c  d\" '' e\\ f \"g'h\" 'i\"j'", 0,
	      "[a b][c  d][][e f][g'h][i\"j]\n");
	gives("operators in quotes", "@ say 'a|b' \"c;d\" e\\&f '<>'", 0, "[a|b][c;d][e&f][<>]\n");
	gives("a comment", "@ say a # b", 0, "[a]\n");
	gives("several commands", "@ say a; @ say b;; @ say c;", 0, "[a]\n[b]\n[c]\n");
	gives("nothing", " ;  ", 0, "");
}

static void statuses(void)
{
	gives("the last status counts", "@ exit 3; @ exit 7", 7, "");
	gives("exit", "exit 9; @ say never", 9, "");
	gives("exit alone", "@ exit 4; exit", 4, "");
	tells("killed", "@ die 11", 128 + 11, "killed by SIGSEGV (11)");
	tells("not there", "/no/such/program", 127, "/no/such/program: No such file");
	tells("not a program", "/tmp", 126, "/tmp: Permission denied");
	tells("a pipe to nothing", "@ say a |", 2, "syntax error");
	tells("a quote without end", "@ say 'a", 2, "syntax error");
	tells("a file without a name", "@ say a >", 2, "syntax error");
	gives("exec", "exec @ say a; @ say never", 0, "[a]\n");
}

static void pipes(void)
{
	gives("a pipe", "@ say a | @ shout", 0, "[A]\n");
	gives("three stages", "@ say a|@ shout|@ shout", 0, "[A]\n");
	gives("the last stage's status counts", "@ exit 5 | @ exit 6", 6, "");
	gives("a reader that leaves", "@ endless | @ first", 0, "");
	gives("files",
	      "@ say a > /tmp/prompt.test; @ say b >> /tmp/prompt.test;"
	      "@ shout < /tmp/prompt.test",
	      0, "[A]\n[B]\n");
	gives("a file made anew", "@ say c > /tmp/prompt.test; @ shout </tmp/prompt.test", 0,
	      "[C]\n");
	tells("no file", "@ shout < /no/such", 1, "/no/such: No such file");
	unlink("/tmp/prompt.test");
}

static void others(void)
{
	tells("the background", "@ exit 3 & wait", 0, "ended with 3");
	tells("killed in the background", "@ die 6 & wait", 0, "killed by SIGABRT (6)");
	gives("cd", "cd /tmp; cd ..; cd /tmp/..; @ say a", 0, "[a]\n");
	tells("cd to nothing", "cd /no/such", 1, "cd: /no/such: No such file");
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };
	char *slash;

	if (argc > 1)
		return command(argc, argv);
	setrlimit(RLIMIT_CORE, &no_core);
	snprintf(self, sizeof(self), "%s", argv[0]);
	snprintf(prompt, sizeof(prompt) - 20, "%s", argv[0]);
	slash = strrchr(prompt, '/');
	strcpy(slash ? slash : prompt, "/../bin/prompt");
	words();
	statuses();
	pipes();
	others();
	return done_testing();
}
