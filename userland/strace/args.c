/* SPDX-License-Identifier: ISC */
/*
 * Arguments in words. What an argument is follows from its name in syscall.tbl and, where that says
 * too little, from the call's.
 */
#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "strace.h"

#include "calls.inc"

struct word {
	unsigned long value;
	const char *name;
};
#define W(x)                                                                                       \
	{                                                                                          \
		x, #x                                                                              \
	}
#define END                                                                                        \
	{                                                                                          \
		0, NULL                                                                            \
	}

static const struct word open_flags[] = { W(O_WRONLY),
					  W(O_RDWR),
					  W(O_CREAT),
					  W(O_EXCL),
					  W(O_NOCTTY),
					  W(O_TRUNC),
					  W(O_APPEND),
					  W(O_NONBLOCK),
					  W(O_DIRECTORY),
					  W(O_NOFOLLOW),
					  W(O_CLOEXEC),
					  W(O_PATH),
					  { 0100000, "O_LARGEFILE" },
					  END };
static const struct word prots[] = { W(PROT_READ), W(PROT_WRITE), W(PROT_EXEC), END };
static const struct word map_flags[] = { W(MAP_SHARED),    W(MAP_PRIVATE),
					 W(MAP_FIXED),     W(MAP_ANONYMOUS),
					 W(MAP_DENYWRITE), W(MAP_NORESERVE),
					 W(MAP_STACK),     END };
static const struct word wait_options[] = { W(WNOHANG), W(WUNTRACED), W(WCONTINUED), END };
static const struct word clone_flags[] = { W(CLONE_VM),
					   W(CLONE_FS),
					   W(CLONE_FILES),
					   W(CLONE_SIGHAND),
					   W(CLONE_VFORK),
					   W(CLONE_THREAD),
					   W(CLONE_SYSVSEM),
					   W(CLONE_SETTLS),
					   W(CLONE_PARENT_SETTID),
					   W(CLONE_CHILD_CLEARTID),
					   W(CLONE_CHILD_SETTID),
					   END };
static const struct word modes[] = { W(R_OK), W(W_OK), W(X_OK), END };
static const struct word whences[] = { W(SEEK_SET), W(SEEK_CUR), W(SEEK_END), END };
static const struct word masks[] = { W(SIG_BLOCK), W(SIG_UNBLOCK), W(SIG_SETMASK), END };
static const struct word clocks[] = { W(CLOCK_REALTIME),           W(CLOCK_MONOTONIC),
				      W(CLOCK_PROCESS_CPUTIME_ID), W(CLOCK_THREAD_CPUTIME_ID),
				      W(CLOCK_BOOTTIME),           END };
static const struct word fcntls[] = { W(F_DUPFD), W(F_GETFD),  W(F_SETFD),
				      W(F_GETFL), W(F_SETFL),  W(F_GETLK),
				      W(F_SETLK), W(F_SETLKW), { 1030, "F_DUPFD_CLOEXEC" },
				      END };
static const struct word ioctls[] = { W(TCGETS),     W(TCSETS),    W(TCSETSW),   W(TCSETSF),
				      W(TIOCGWINSZ), W(TIOCGPGRP), W(TIOCSPGRP), W(TIOCSCTTY),
				      W(FIONREAD),   W(FIONBIO),   END };
static const struct word futexes[] = { { 0, "FUTEX_WAIT" },
				       { 1, "FUTEX_WAKE" },
				       { 3, "FUTEX_REQUEUE" },
				       { 4, "FUTEX_CMP_REQUEUE" },
				       { 9, "FUTEX_WAIT_BITSET" },
				       { 10, "FUTEX_WAKE_BITSET" },
				       END };
#define FUTEX_PRIVATE_FLAG 128
static const struct word arch_codes[] = { { 0x1001, "ARCH_SET_GS" },
					  { 0x1002, "ARCH_SET_FS" },
					  { 0x1003, "ARCH_GET_FS" },
					  { 0x1004, "ARCH_GET_GS" },
					  END };
static const struct word signals[] = { W(SIGHUP),  W(SIGINT),   W(SIGQUIT), W(SIGILL),  W(SIGTRAP),
				       W(SIGABRT), W(SIGBUS),   W(SIGFPE),  W(SIGKILL), W(SIGUSR1),
				       W(SIGSEGV), W(SIGUSR2),  W(SIGPIPE), W(SIGALRM), W(SIGTERM),
				       W(SIGCHLD), W(SIGCONT),  W(SIGSTOP), W(SIGTSTP), W(SIGTTIN),
				       W(SIGTTOU), W(SIGWINCH), W(SIGSYS),  END };

static const char *find(const struct word *words, unsigned long value)
{
	for (; words->name; words++)
		if (words->value == value)
			return words->name;
	return NULL;
}

const char *signal_word(int sig)
{
	static char number[24];
	const char *name = find(signals, (unsigned long)sig);

	if (!name)
		snprintf(number, sizeof(number), sig >= 32 ? "SIGRT_%d" : "%d",
			 sig >= 32 ? sig - 32 : sig);
	return name ? name : number;
}

static void print_word(FILE *out, const struct word *words, unsigned long value)
{
	const char *name = find(words, value);

	if (name)
		fputs(name, out);
	else
		fprintf(out, "%#lx", value);
}

/* "A|B|0x40"; @zero is what none of them is called. */
static void print_flags(FILE *out, const struct word *words, unsigned long value, const char *zero)
{
	const char *between = "";

	for (; words->name; words++) {
		if (!words->value || (value & words->value) != words->value)
			continue;
		fprintf(out, "%s%s", between, words->name);
		value &= ~words->value;
		between = "|";
	}
	if (value)
		fprintf(out, "%s%#lx", between, value);
	else if (!*between)
		fputs(zero, out);
}

static void print_text(FILE *out, const struct text *t, bool cut)
{
	fputc('"', out);
	for (size_t i = 0; i < t->n; i++) {
		unsigned char c = (unsigned char)t->bytes[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (isprint(c))
			fputc(c, out);
		else
			fprintf(out, "\\%o", c);
	}
	fputs(cut ? "\"..." : "\"", out);
}

static void print_open_flags(FILE *out, unsigned long v)
{
	if ((v & O_ACCMODE) == O_RDONLY) {
		fputs("O_RDONLY", out);
		if (v)
			fputc('|', out);
		else
			return;
	}
	print_flags(out, open_flags, v, "0");
}

static void print_dirfd(FILE *out, unsigned long v)
{
	if ((int)v == AT_FDCWD)
		fputs("AT_FDCWD", out);
	else
		fprintf(out, "%d", (int)v);
}

static void print_signal(FILE *out, unsigned long v)
{
	fputs(signal_word((int)v), out);
}

static void print_int(FILE *out, unsigned long v)
{
	fprintf(out, "%d", (int)v);
}

static void print_long(FILE *out, unsigned long v)
{
	fprintf(out, "%ld", (long)v);
}

static void print_octal(FILE *out, unsigned long v)
{
	fprintf(out, "%#lo", v);
}

static void print_mmap_flags(FILE *out, unsigned long v)
{
	print_flags(out, map_flags, v, "0");
}

static void print_clone_flags(FILE *out, unsigned long v)
{
	print_flags(out, clone_flags, v & ~0xffUL, "0");
	if (v & 0xff)
		fprintf(out, "|%s", signal_word((int)(v & 0xff)));
}

static void print_futex_op(FILE *out, unsigned long v)
{
	print_word(out, futexes, v & 0x7f);
	if (v & FUTEX_PRIVATE_FLAG)
		fputs("|FUTEX_PRIVATE_FLAG", out);
}

/* A number that nothing is known of: small ones in decimal, addresses in hexadecimal. */
static void print_unknown(FILE *out, unsigned long v)
{
	if (!v)
		fputc('0', out);
	else if (v < 4096)
		fprintf(out, "%lu", v);
	else
		fprintf(out, "%#lx", v);
}

static const struct kind {
	const char *call, *arg; /* NULL: of any call */
	void (*print)(FILE *out, unsigned long v);
	const struct word *words; /* one of them, or (flags) several */
	bool flags;
} kinds[] = {
	{ "open", "flags", print_open_flags, NULL, false },
	{ "openat", "flags", print_open_flags, NULL, false },
	{ "pipe2", "flags", print_open_flags, NULL, false },
	{ "dup3", "flags", print_open_flags, NULL, false },
	{ "mmap", "flags", print_mmap_flags, NULL, false },
	{ "clone", "flags", print_clone_flags, NULL, false },
	{ "futex", "op", print_futex_op, NULL, false },
	{ "access", "mode", NULL, modes, true },
	{ "faccessat", "mode", NULL, modes, true },
	{ "fcntl", "cmd", NULL, fcntls, false },
	{ "ioctl", "cmd", NULL, ioctls, false },
	{ "wait4", "options", NULL, wait_options, true },
	{ "wait4", "status", print_unknown, NULL, false },
	{ "arch_prctl", "code", NULL, arch_codes, false },
	{ NULL, "prot", NULL, prots, true },
	{ NULL, "whence", NULL, whences, false },
	{ NULL, "how", NULL, masks, false },
	{ NULL, "clock", NULL, clocks, false },
	{ NULL, "mode", print_octal, NULL, false },
	{ NULL, "mask", print_octal, NULL, false },
	{ NULL, "dirfd", print_dirfd, NULL, false },
	{ NULL, "fromfd", print_dirfd, NULL, false },
	{ NULL, "tofd", print_dirfd, NULL, false },
	{ NULL, "fd", print_int, NULL, false },
	{ NULL, "pid", print_int, NULL, false },
	{ NULL, "tid", print_int, NULL, false },
	{ NULL, "tgid", print_int, NULL, false },
	{ NULL, "pgid", print_int, NULL, false },
	{ NULL, "status", print_int, NULL, false },
	{ NULL, "sig", print_signal, NULL, false },
	{ NULL, "signo", print_signal, NULL, false },
	{ NULL, "timeout", print_long, NULL, false },
	{ NULL, "offset", print_long, NULL, false },
	{ NULL, "count", print_long, NULL, false },
	{ NULL, "len", print_long, NULL, false },
	{ NULL, "size", print_long, NULL, false },
};

static const struct kind *kind_of(const char *call, const char *arg)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if ((!kinds[i].call || strcmp(kinds[i].call, call) == 0) &&
		    strcmp(kinds[i].arg, arg) == 0)
			return &kinds[i];
	return NULL;
}

/* A string as long as there is room, or a buffer of which the kernel copied the beginning. */
static bool is_cut(const struct pending *p, int i)
{
	size_t n = p->text[i].n;

	return n == TEXT_BYTES || (n == BUFFER_BYTES && i + 1 < MAX_ARGS && p->arg[i + 1] > n);
}

static void print_argument(FILE *out, const struct pending *p, const char *call, const char *arg,
			   int i)
{
	const struct kind *k = kind_of(call, arg);
	unsigned long v = p->arg[i];

	if (p->text[i].known)
		print_text(out, &p->text[i], is_cut(p, i));
	else if (k && k->print)
		k->print(out, v);
	else if (k && k->flags)
		print_flags(out, k->words, v,
			    k->words == prots   ? "PROT_NONE"
			    : k->words == modes ? "F_OK"
						: "0");
	else if (k)
		print_word(out, k->words, v);
	else
		print_unknown(out, v);
}

void print_arguments(FILE *out, const struct pending *p)
{
	const struct call *c = p->nr < call_count && calls[p->nr].name ? &calls[p->nr] : NULL;
	const char *names = c ? c->args : "a,b,c,d,e,f";

	if (c)
		fprintf(out, "%s(", c->name);
	else
		fprintf(out, "syscall_%u(", p->nr);
	for (int i = 0; *names && i < MAX_ARGS; i++) {
		char arg[24];
		size_t n = strcspn(names, ",");

		snprintf(arg, sizeof(arg), "%.*s", (int)n, names);
		print_argument(out, p, c ? c->name : "", arg, i);
		names += n;
		if (*names) {
			names++;
			fputs(", ", out);
		}
	}
	fputs(")", out);
}

void print_result(FILE *out, const struct pending *p, long result)
{
	const char *name = p->nr < call_count && calls[p->nr].name ? calls[p->nr].name : "";

	if (result < 0 && result > -4096) {
		unsigned e = (unsigned)-result;

		if (e < error_count && error_names[e])
			fprintf(out, " = -1 %s (%s)\n", error_names[e], strerror((int)e));
		else
			fprintf(out, " = -1 (error %u)\n", e);
	} else if (strcmp(name, "mmap") == 0 || strcmp(name, "brk") == 0 ||
		   strcmp(name, "mremap") == 0) {
		fprintf(out, " = %#lx\n", (unsigned long)result);
	} else {
		fprintf(out, " = %ld\n", result);
	}
}
