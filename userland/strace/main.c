/* SPDX-License-Identifier: ISC */
/*
 * Follows a command's system calls. The kernel puts them into its trace; they are read while the
 * command runs, so the ring need not hold all of them. What was lost is said.
 *
 *   strace [-f] [-o FILE] [-e CALL,CALL...] COMMAND [words...]
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "strace.h"
#include "words.h"

#define MAX_THREADS 128
#define NO_PROGRAM 127 /* the status, as a shell's */
#define LOOK_MS 100 /* how late a line may come: the kernel tells only of a ring that fills */
#define EVENTS "events=syscall_enter,syscall_exit,text,fork,exit,killed,signal"

static const char usage[] = "usage: strace [-f] [-o FILE] [-e CALL,CALL...] COMMAND [words...]\n"
			    "  -f        its children, too\n"
			    "  -o FILE   there, not on the standard error\n"
			    "  -e CALLS  only these\n";

static struct pending threads[MAX_THREADS];
static pid_t family[MAX_THREADS]; /* whose calls are shown */
static int family_count;
static bool follow;
static const char *only; /* names of calls, NULL: all */
static bool started; /* the command itself has begun: what led there is not its own */
static FILE *out;

static bool is_family(pid_t pid)
{
	for (int i = 0; i < family_count; i++)
		if (family[i] == pid)
			return true;
	return false;
}

static void adopt(pid_t pid)
{
	if (family_count < MAX_THREADS && !is_family(pid))
		family[family_count++] = pid;
}

/* The record of @tid, a free one if there is none yet; NULL: too many at once. */
static struct pending *record_of(const struct trace_event *e)
{
	struct pending *unused = NULL;

	for (int i = 0; i < MAX_THREADS; i++) {
		if (threads[i].tid == e->tid)
			return &threads[i];
		if (!threads[i].begun && !unused)
			unused = &threads[i];
	}
	if (unused) {
		unused->tid = e->tid;
		unused->pid = e->pid;
	}
	return unused;
}

static bool is_wanted(const struct pending *p)
{
	const char *name = p->nr < call_count ? calls[p->nr].name : NULL;
	size_t n = name ? strlen(name) : 0;

	for (const char *at = only; at && name; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, n) == 0 && (at[n] == ',' || !at[n]))
			return true;
	}
	return !only;
}

static void print_who(int pid)
{
	if (family_count > 1)
		fprintf(out, "[pid %d] ", pid);
}

static void on_enter(struct pending *p, const struct trace_event *e)
{
	static const char *const keys[] = { "a0", "a1", "a2", "a3", "a4", "a5" };

	p->begun = true;
	p->nr = trace_number(e, "nr");
	for (int i = 0; i < MAX_ARGS; i++) {
		p->arg[i] = trace_hex(e, keys[i]);
		p->text[i].known = false;
		p->text[i].n = 0;
	}
}

static void on_text(struct pending *p, const struct trace_event *e)
{
	unsigned arg = trace_number(e, "arg"), at = trace_number(e, "at");

	if (arg >= MAX_ARGS || at > TEXT_BYTES)
		return;
	p->text[arg].known = true;
	p->text[arg].n = at + trace_text(e, p->text[arg].bytes + at, TEXT_BYTES + 1 - at);
}

static void finish(struct pending *p, const long *result)
{
	if (p->begun && !started)
		started = p->nr < call_count && strcmp(calls[p->nr].name, "execve") == 0;
	if (p->begun && started && is_wanted(p)) {
		print_who(p->pid);
		print_arguments(out, p);
		if (result)
			print_result(out, p, *result);
		else
			fputs(" = ?\n", out);
	}
	p->begun = false;
	p->tid = 0;
}

static void on_end(struct pending *p, const struct trace_event *e)
{
	long status = trace_number(e, "status");

	finish(p, NULL);
	print_who(e->pid);
	if (status & 0x7f)
		fprintf(out, "+++ killed by %s +++\n", signal_word(status & 0x7f));
	else
		fprintf(out, "+++ exited with %ld +++\n", status >> 8 & 0xff);
}

static void on_event(const struct trace_event *e)
{
	struct pending *p;
	long result;

	if (trace_is(e, "signal") && is_family(trace_number(e, "pid"))) {
		print_who(trace_number(e, "pid"));
		fprintf(out, "--- %s ---\n", signal_word(trace_number(e, "sig")));
	}
	if (trace_is(e, "lost"))
		fprintf(out, "... %ld events were lost ...\n", trace_number(e, "count"));
	if (!is_family(e->pid) || !(p = record_of(e)))
		return;
	if (trace_is(e, "syscall_enter")) {
		on_enter(p, e);
	} else if (trace_is(e, "text")) {
		on_text(p, e);
	} else if (trace_is(e, "syscall_exit")) {
		result = trace_number(e, "result");
		finish(p, &result);
	} else if (trace_is(e, "fork") && follow) {
		adopt(trace_number(e, "child"));
	} else if (trace_is(e, "exit")) {
		on_end(p, e);
	}
}

/* All lines that are there; what is left of one waits for the next time. */
static void drain(int fd)
{
	static char buf[65536];
	static size_t have;
	ssize_t n;

	while ((n = read(fd, buf + have, sizeof(buf) - 1 - have)) > 0) {
		char *line = buf, *end;

		have += n;
		buf[have] = '\0';
		while ((end = strchr(line, '\n'))) {
			struct trace_event e;

			*end = '\0';
			if (trace_parse(&e, line))
				on_event(&e);
			line = end + 1;
		}
		have -= line - buf;
		memmove(buf, line, have);
	}
	fflush(out);
}

/* The command, waiting until it is traced. */
static pid_t start(const char *path, char *const argv[], int go)
{
	pid_t pid = fork();
	char byte;

	if (pid == 0) {
		if (read(go, &byte, 1) == 1)
			execv(path, argv);
		fprintf(stderr, "strace: %s: %s\n", argv[0], strerror(errno));
		_exit(NO_PROGRAM);
	}
	return pid;
}

static int follow_to_end(int fd, pid_t pid)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		poll(&p, 1, LOOK_MS);
		drain(fd);
	}
	trace_control("off events=all");
	drain(fd);
	return status;
}

static int run(char *const argv[])
{
	char words[128], buf[512];
	const char *path = trace_find_program(argv[0], buf, sizeof(buf));
	int go[2], fd, status;
	pid_t pid;

	if (!path)
		return NO_PROGRAM;
	if (pipe2(go, O_CLOEXEC) || (pid = start(path, argv, go[0])) < 0)
		return perror("strace"), 1;
	snprintf(words, sizeof(words), EVENTS " pid=%d on", pid);
	adopt(pid);
	if (!trace_control("off clear") || !trace_control(words) ||
	    (fd = open("/proc/trace", O_RDONLY | O_CLOEXEC)) < 0) {
		kill(pid, SIGKILL);
		return 1;
	}
	signal(SIGINT, SIG_IGN); /* the command's; we end with it */
	if (write(go[1], "", 1) != 1)
		return 1;
	status = follow_to_end(fd, pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int option;

	out = stderr;
	if (help_wanted(argc, argv))
		return help(usage);
	while ((option = getopt(argc, argv, "+fo:e:")) != -1) {
		switch (option) {
		case 'f': follow = true; break;
		case 'e': only = optarg; break;
		case 'o':
			out = fopen(optarg, "we");
			if (!out)
				return perror(optarg), 1;
			break;
		default: return misused(usage);
		}
	}
	if (optind >= argc)
		return misused(usage);
	return run(argv + optind);
}
