/* SPDX-License-Identifier: ISC */
/* Parses the command line: one table of words, each with its function. */
#include "options.h"

#include "base/log.h"
#include "base/mutants.h"
#include "base/panic.h"
#include "base/trace.h"
#include "lib/cmdline.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/cpu.h"
#include "sched/sched.h"

struct options options = {
	.init = "/sbin/init",
	.serial = true,
	.screen = true,
	.serial_rows = 24,
	.serial_columns = 80,
	.envp = { "HOME=/", "PATH=/bin:/sbin:/usr/bin:/usr/sbin", "TERM=linux" },
};
#define ENV_TERM 2
#define DEFAULT_ENV 3

/* Each takes the text behind "=" ("" without) and returns false if it means nothing. */

static bool set_init(const char *v)
{
	options.init = v;
	return *v;
}

static bool set_selftest(const char *v)
{
	options.selftest = true;
	options.selftest_pattern = *v ? v : NULL;
	return true;
}

static bool set_sched(const char *v)
{
	if (strcmp(v, "rr") == 0)
		sched_set_mode(SCHED_ROUND_ROBIN);
	else if (strcmp(v, "coop") == 0)
		sched_set_mode(SCHED_COOPERATIVE);
	else
		return false;
	return true;
}

/* "10", "10ms", "500us" or "1s". */
static bool set_quantum(const char *v)
{
	static const struct {
		const char *suffix;
		u64 ns;
	} units[] = { { "us", NSEC_PER_USEC }, { "ms", NSEC_PER_MSEC }, { "s", NSEC_PER_SEC } };
	u64 unit = NSEC_PER_MSEC, n;
	char digits[16];
	size_t len = strlen(v);

	if (len >= sizeof(digits))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(units); i++) {
		size_t k = strlen(units[i].suffix);

		if (len > k && strcmp(v + len - k, units[i].suffix) == 0) {
			unit = units[i].ns;
			len -= k;
			break;
		}
	}
	strlcpy(digits, v, len + 1);
	if (parse_u64(digits, &n) || n == 0 || n > 10000000)
		return false;
	sched_set_quantum(n * unit);
	return true;
}

static bool set_cpus(const char *v)
{
	u64 n;

	if (parse_u64(v, &n) || n == 0 || n > MAX_CPUS)
		return false;
	options.cpus = (u32)n;
	return true;
}

static bool set_console(const char *v)
{
	options.serial = strcmp(v, "screen") != 0;
	options.screen = strcmp(v, "serial") != 0;
	return strcmp(v, "serial") == 0 || strcmp(v, "screen") == 0 || strcmp(v, "both") == 0;
}

/* "24x80": rows and columns of the terminal on the serial line. */
static bool set_serial(const char *v)
{
	const char *x = strchr(v, 'x');
	char rows[8];
	u64 r, c;

	if (!x || (size_t)(x - v) >= sizeof(rows))
		return false;
	strlcpy(rows, v, x - v + 1);
	if (parse_u64(rows, &r) || parse_u64(x + 1, &c) || !r || !c || r > 999 || c > 999)
		return false;
	options.serial_rows = (u16)r;
	options.serial_columns = (u16)c;
	return true;
}

static bool set_quiet(const char *v)
{
	log_set_console_level(LOG_WARNING);
	return !*v;
}

static bool set_panic(const char *v)
{
	if (strcmp(v, "reboot") == 0)
		panic_set_action(PANIC_REBOOT);
	else if (strcmp(v, "halt") == 0)
		panic_set_action(PANIC_HALT);
	else if (strcmp(v, "debug") == 0)
		panic_set_action(PANIC_DEBUG);
	else
		return false;
	return true;
}

static bool set_onexit(const char *v)
{
	static const char *const names[] = { "poweroff", "reboot", "halt", "debug" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(v, names[i]) == 0) {
			options.on_exit = (enum on_exit)i;
			return true;
		}
	}
	return false;
}

static bool set_trace(const char *v)
{
	trace_set(TRACE_ALL, true);
	return !*v;
}

#ifdef MUTANTS
static bool set_break(const char *v)
{
	mutants_set(v);
	return *v;
}
#endif

static const struct {
	const char *name;
	bool (*set)(const char *value);
} words[] = {
	{ "init", set_init },       { "selftest", set_selftest }, { "sched", set_sched },
	{ "quantum", set_quantum }, { "console", set_console },   { "quiet", set_quiet },
	{ "panic", set_panic },     { "onexit", set_onexit },     { "trace", set_trace },
	{ "serial", set_serial },   { "cpus", set_cpus },
#ifdef MUTANTS
	{ "break", set_break },
#endif
};

/* A NAME=VALUE that the kernel does not know is the first process's. */
static void add_unknown(const char *word)
{
	static unsigned count = DEFAULT_ENV;

	if (!strchr(word, '=')) {
		log_warning("command line: unknown word \"%s\"", word);
		return;
	}
	log_info("command line: \"%s\" goes to the first process's environment", word);
	if (count < OPTIONS_MAX_ENV)
		options.envp[count++] = word;
	else
		log_warning("command line: too many variables, \"%s\" is dropped", word);
}

static void parse_word(const char *word)
{
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		const char *value = cmdline_value(word, words[i].name);

		if (!value)
			continue;
		if (!words[i].set(value))
			log_warning("command line: \"%s\" means nothing", word);
		return;
	}
	add_unknown(word);
}

void options_no_screen(void)
{
	options.envp[ENV_TERM] = "TERM=vt102";
}

void options_parse(char *cmdline)
{
	unsigned argc = 1;
	char *word;

	strlcpy(options.text, cmdline, sizeof(options.text));
	while ((word = cmdline_next(&cmdline)) && strcmp(word, "--") != 0)
		parse_word(word);
	while (word && (word = cmdline_next(&cmdline)) && argc <= OPTIONS_MAX_ARGS)
		options.argv[argc++] = word;
	options.argv[0] = options.init;
}
