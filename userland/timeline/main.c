/* SPDX-License-Identifier: ISC */
/*
 * Runs a command under the kernel's trace and shows what happened as the book does: operating
 * system, hardware, program, side by side (OSTEP chapter 6).
 */
#include <limits.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timeline.h"
#include "words.h"

#define NO_PROGRAM 127 /* the status, as a shell's */

static const char usage[] =
	"usage: timeline [options] COMMAND [words...]    run it, show what happened\n"
	"       timeline [options] --from FILE PID       the same of a saved trace\n"
	"  -f 6.1|6.2|6.3   what the book's figure shows\n"
	"  -v               every page fault, every setting of the timer\n"
	"  -t               a column of microseconds\n"
	"  --table FILE     the table there, not on the standard output\n"
	"  --json FILE      Trace Event Format, for ui.perfetto.dev\n"
	"  --svg FILE       the table as a picture\n"
	"  --lanes FILE     a picture with a lane for each thread\n"
	"  --save FILE      the trace as the kernel told it\n"
	"A file - is the standard output, instead of the table.\n";

struct options {
	enum figure figure;
	bool verbose, stamps, table; /* table: on the standard output */
	const char *from, *save;
	const char *json, *svg, *lanes, *table_file;
};

static const struct {
	const char *name;
	size_t offset;
} files[] = {
	{ "--json", offsetof(struct options, json) },
	{ "--svg", offsetof(struct options, svg) },
	{ "--lanes", offsetof(struct options, lanes) },
	{ "--save", offsetof(struct options, save) },
	{ "--from", offsetof(struct options, from) },
	{ "--table", offsetof(struct options, table_file) },
};

static bool set_figure(struct options *o, const char *name)
{
	o->figure = strcmp(name, "6.1") == 0   ? FIGURE_6_1
		    : strcmp(name, "6.2") == 0 ? FIGURE_6_2
		    : strcmp(name, "6.3") == 0 ? FIGURE_6_3
					       : FIGURE_NONE;
	return o->figure != FIGURE_NONE;
}

static bool set_file(struct options *o, const char *option, const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (strcmp(option, files[i].name) == 0 && path) {
			*(const char **)((char *)o + files[i].offset) = path;
			if (strcmp(path, "-") == 0 || strcmp(option, "--table") == 0)
				o->table = false;
			return true;
		}
	}
	return false;
}

/* The index of the first word that is no option; -1: one is wrong. */
static int parse(int argc, char **argv, struct options *o)
{
	int i = 1;

	o->table = true;
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			o->verbose = true;
		} else if (strcmp(argv[i], "-t") == 0) {
			o->stamps = true;
		} else if (strcmp(argv[i], "-f") == 0 && i + 1 < argc) {
			if (!set_figure(o, argv[++i]))
				return -1;
		} else if (set_file(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
			i++;
		} else {
			return -1;
		}
	}
	return i < argc ? i : -1;
}

/* NULL for @path: nothing is wanted. False, with a line on stderr: it could not be written. */
static bool to_file(const char *path, const struct story *s,
		    void (*print)(FILE *out, const struct story *s))
{
	FILE *out;
	bool done;

	if (!path)
		return true;
	out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
	if (out)
		print(out, s);
	done = out && !ferror(out) && fflush(out) == 0;
	if (!done)
		perror(path);
	if (out && out != stdout)
		fclose(out);
	return done;
}

/* As the kernel tells it, before anything is made of it. */
static bool save(const char *path)
{
	char buf[4096];
	FILE *in = fopen("/proc/trace", "r"), *out = fopen(path, "w");
	size_t n;

	while (in && out && (n = fread(buf, 1, sizeof(buf), in)) > 0)
		fwrite(buf, 1, n, out);
	if (!in || !out || ferror(in) || ferror(out) || fclose(out))
		return perror(path), false;
	fclose(in);
	return true;
}

static bool show(const struct options *o, const struct story *s)
{
	bool done = to_file(o->table ? "-" : NULL, s, table_print);

	done &= to_file(o->table_file, s, table_print);
	done &= to_file(o->json, s, json_print);
	done &= to_file(o->svg, s, svg_print);
	return done & to_file(o->lanes, s, lanes_print);
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int first = parse(argc, argv, &o), status = 0;
	struct trace trace;
	struct story story;
	char buf[512];
	const char *path;
	long from = 0;
	bool done;
	pid_t pid;

	if (help_wanted(argc, argv))
		return help(usage);
	if (first < 0 || (o.from && !word_is_number(argv[first], 1, INT_MAX, &from)))
		return misused(usage);
	pid = (pid_t)from;
	if (!o.from) {
		path = trace_find_program(argv[first], buf, sizeof(buf));
		if (!path)
			return NO_PROGRAM;
		status = trace_run(path, argv + first, &pid);
	}
	if (status < 0 || (o.save && !save(o.save)) ||
	    !trace_load(&trace, o.from ? o.from : "/proc/trace"))
		return 1;
	story_tell(&story, &trace, pid, o.figure, o.verbose);
	story.stamps = o.stamps;
	done = show(&o, &story);
	story_free(&story);
	trace_free(&trace);
	if (!done)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
