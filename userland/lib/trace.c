/* SPDX-License-Identifier: ISC */
/* The trace for programs; see trace.h. */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL "/proc/trace_control"
#define HEAD "# leash-trace 1 "

bool trace_control(const char *words)
{
	int fd = open(CONTROL, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, words, strlen(words)) == (ssize_t)strlen(words);

	if (!done)
		fprintf(stderr, "%s: %s%s\n", CONTROL, strerror(errno),
			errno == ENOENT ? " (is this Leash?)" : "");
	if (fd >= 0)
		close(fd);
	return done;
}

/* An empty directory of PATH is the current one. */
static bool find_in_path(const char *name, char *buf, size_t size)
{
	const char *dir = getenv("PATH");

	for (dir = dir ? dir : "/bin"; *dir;) {
		int len = strcspn(dir, ":");

		snprintf(buf, size, "%.*s%s%s", len, dir, len ? "/" : "./", name);
		if (access(buf, X_OK) == 0)
			return true;
		dir += len + (dir[len] == ':');
	}
	errno = ENOENT;
	return false;
}

const char *trace_find_program(const char *name, char *buf, size_t size)
{
	const char *path = strchr(name, '/') ? name : buf;

	if (path == name ? access(name, X_OK) == 0 : find_in_path(name, buf, size))
		return path;
	perror(name);
	return NULL;
}

int trace_run(const char *path, char *const argv[], pid_t *pid)
{
	int status = -1;

	fflush(NULL);
	if (!trace_control("off clear") || !trace_control("pid=self on"))
		return -1;
	*pid = vfork(); /* the child makes no other call than exec: nothing of libc is in the story */
	if (*pid == 0) {
		execv(path, argv);
		_exit(127);
	}
	if (*pid > 0)
		while (waitpid(*pid, &status, 0) < 0 && errno == EINTR)
			;
	else
		perror("vfork");
	trace_control("off");
	return status;
}

/* The whole file with a NUL behind it; NULL: errno tells why. */
static char *slurp(const char *path)
{
	size_t len = 0, size = 1 << 16;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = malloc(size);
	ssize_t n = -1;

	while (fd >= 0 && text && (n = read(fd, text + len, size - 1 - len)) > 0) {
		len += n;
		if (len == size - 1)
			text = realloc(text, size *= 2);
	}
	if (fd >= 0)
		close(fd);
	if (!text || n < 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

bool trace_parse(struct trace_event *e, char *line)
{
	int name_at = 0, name_end = 0;

	if (sscanf(line, "%lu %u %d %d %n%*s%n", &e->tsc, &e->cpu, &e->pid, &e->tid, &name_at,
		   &name_end) < 4 ||
	    !name_end)
		return false;
	e->name = line + name_at;
	e->args = line + name_end;
	if (*e->args) {
		line[name_end] = '\0';
		e->args++;
	}
	return true;
}

static void add(struct trace *t, const struct trace_event *e)
{
	if (trace_is(e, "lost")) {
		t->lost += trace_number(e, "count");
		return;
	}
	if (!(t->count & (t->count - 1))) /* a power of two, or none: room for as many more */
		t->events = realloc(t->events, 2 * (t->count + 1) * sizeof(*e));
	if (!t->events)
		exit(1);
	t->events[t->count++] = *e;
}

/* Lines of other CPUs may have come late: each goes before those that are younger. */
static void sort(struct trace *t)
{
	for (size_t i = 1; i < t->count; i++) {
		struct trace_event e = t->events[i];
		size_t at = i;

		for (; at > 0 && t->events[at - 1].tsc > e.tsc; at--)
			t->events[at] = t->events[at - 1];
		t->events[at] = e;
	}
}

bool trace_load(struct trace *t, const char *path)
{
	char *line, *rest;

	*t = (struct trace){ .text = slurp(path) };
	if (!t->text)
		return fprintf(stderr, "%s: %s\n", path, strerror(errno)), false;
	if (sscanf(t->text, HEAD "tsc_hz=%lu cpus=%u", &t->tsc_hz, &t->cpus) != 2)
		return fprintf(stderr, "%s: this is no trace\n", path), false;
	rest = strchr(t->text, '\n');
	for (rest = rest ? rest + 1 : NULL; (line = strsep(&rest, "\n"));) {
		struct trace_event e;

		if (trace_parse(&e, line))
			add(t, &e);
	}
	sort(t);
	return true;
}

void trace_free(struct trace *t)
{
	free(t->events);
	free(t->text);
}

bool trace_is(const struct trace_event *e, const char *name)
{
	return strcmp(e->name, name) == 0;
}

/* Where the value of @key begins; "" if there is none. */
static const char *find(const struct trace_event *e, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = e->args; at && *at && *at != '"'; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, key, len) == 0 && at[len] == '=')
			return at + len + 1;
	}
	return "";
}

long trace_number(const struct trace_event *e, const char *key)
{
	return strtol(find(e, key), NULL, 10);
}

unsigned long trace_hex(const struct trace_event *e, const char *key)
{
	return strtoul(find(e, key), NULL, 16);
}

char *trace_word(const struct trace_event *e, const char *key, char *buf, size_t size)
{
	const char *value = find(e, key);
	size_t n = strcspn(value, " ");

	snprintf(buf, size, "%.*s", (int)n, value);
	return buf;
}

size_t trace_text(const struct trace_event *e, char *buf, size_t size)
{
	const char *at = strchr(e->args, '"');
	size_t n = 0;

	for (at = at ? at + 1 : ""; *at && *at != '"' && n + 1 < size; n++) {
		unsigned hex;

		if (*at != '\\') {
			buf[n] = *at++;
		} else if (sscanf(at, "\\x%2x", &hex) == 1) {
			buf[n] = (char)hex;
			at += 4;
		} else {
			buf[n] = at[1] == 'n' ? '\n' : at[1];
			at += 2;
		}
	}
	buf[n] = '\0';
	return n;
}
