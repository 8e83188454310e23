/* SPDX-License-Identifier: ISC */
/*
 * /proc/trace and /proc/trace_control (docs/trace.md). Linux has neither: there every line is
 * skipped, under the same name.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define CONTROL "/proc/trace_control"
#define MAX_CPU 64

static bool there;
static char text[4 << 20];

static void check(bool cond, const char *name)
{
	if (there)
		ok(cond, "%s", name);
	else
		skip("there is no /proc/trace", "%s", name);
}

/* 0, or the error that the control file gives. */
static int control_bytes(const char *words, size_t n)
{
	long fd = raw(SYS_open, CONTROL, O_WRONLY), r;

	if (fd < 0)
		return (int)fd;
	r = raw(SYS_write, fd, words, n);
	raw(SYS_close, fd);
	return r == (long)n ? 0 : (int)r;
}

static int control(const char *words)
{
	return control_bytes(words, strlen(words));
}

static size_t slurp(const char *path)
{
	long fd = raw(SYS_open, path, O_RDONLY), n;
	size_t len = 0;

	while (fd >= 0 && len < sizeof(text) - 1 &&
	       (n = raw(SYS_read, fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	if (fd >= 0)
		raw(SYS_close, fd);
	text[len] = '\0';
	if (len == sizeof(text) - 1) /* who reads while others write may never come to the end */
		strrchr(text, '\n')[1] = '\0';
	return len;
}

/* What is after the boot's lines: they are always there. */
static int count(const char *needle)
{
	int n = 0;

	for (const char *at = text; (at = strstr(at, needle)); at++)
		n++;
	return n;
}

static unsigned long read_number(const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoul(at + strlen(key), NULL, 10) : 0;
}

static void refusals(void)
{
	static const char *const bad[] = { "on off",  "pid=",       "pid=0",
					   "pid=-1",  "pid=999999", "pid=1x",
					   "events=", "events=,",   "events=syscall_enter,nothing",
					   "onn",     "o",          "all=1",
					   "=",       "\x01\xff",   "clear on garbage" };
	char many[512] = "", big[3000];
	char before[4096];
	int refused = 0;

	slurp(CONTROL);
	strncpy(before, text, sizeof(before) - 1);
	before[sizeof(before) - 1] = '\0';
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused += control(bad[i]) < 0;
	check(refused == sizeof(bad) / sizeof(*bad), "words that mean nothing are refused");
	for (int i = 0; i < 17; i++)
		strcat(many, "pid=self ");
	check(control(many) == -E2BIG, "too many processes at once");
	memset(big, ' ', sizeof(big));
	check(control_bytes(big, sizeof(big)) == -EINVAL, "a write without end");
	check(control_bytes("on\0on", 5) == -EINVAL, "a zero among the words");
	check(raw(SYS_write, raw(SYS_open, CONTROL, O_WRONLY), (void *)1, 5) == -EFAULT,
	      "words that are not there");
	check(control("") == 0 && control(" \n\t ") == 0, "no word at all means nothing");
	slurp(CONTROL);
	check(strcmp(before, text) == 0 && !strncmp(text, "off", 3), "and nothing has changed");
}

static int as_nobody(void *arg)
{
	(void)arg;
	if (raw(SYS_setgid, 1000) || raw(SYS_setuid, 1000))
		return 1;
	if (raw(SYS_open, CONTROL, O_WRONLY) != -EACCES)
		return 2;
	if (raw(SYS_open, CONTROL, O_RDONLY) != -EACCES)
		return 3;
	return raw(SYS_open, "/proc/trace", O_RDONLY) == -EACCES ? 0 : 4;
}

static void permissions(void)
{
	check(in_child(as_nobody, NULL) == 0, "for root alone");
	check(raw(SYS_open, "/proc/trace", O_WRONLY) >= 0 &&
		      raw(SYS_write, raw(SYS_open, "/proc/trace", O_WRONLY), "x", 1) < 0,
	      "the trace is not written");
}

static void calls(void)
{
	char line[200];
	int fd;

	control("clear pid=self on");
	raw(SYS_getppid);
	raw(SYS_open, "/no/such \"file\"\n", O_RDONLY, 7);
	raw(SYS_open, (void *)16, O_RDONLY);
	raw(999, 1, 2, 3, 4, 5, 6);
	fd = raw(SYS_open, "/dev/null", O_WRONLY);
	raw(SYS_write, fd, "some bytes", 10);
	raw(SYS_close, fd);
	control("off");
	raw(SYS_getpgrp);
	slurp("/proc/trace");
	snprintf(line, sizeof(line), " %d %d syscall_exit nr=110 call=getppid result=%d\n",
		 getpid(), getpid(), getppid());
	check(strstr(text, line), "a call and its result");
	check(strstr(text, "open a0=") &&
		      strstr(text, "text arg=0 at=0 \"/no/such \\\"file\\\"\\n\""),
	      "a path as it was");
	check(strstr(text, "nr=2 call=open result=-2\n"), "and the error");
	check(strstr(text, "nr=2 call=open result=-14\n"), "a path that is not there");
	check(strstr(text, "nr=999 call=none a0=1 a1=2 a2=3 a3=4 a4=5 a5=6"),
	      "an unknown call with all its arguments");
	check(strstr(text, "text arg=1 at=0 \"some bytes\"\n"), "what is written");
	check(!strstr(text, "call=getpgrp"), "nothing after the end");
	check(strstr(text, " return_to_user rip="), "the way back");
	check(strstr(text, " trap_table vectors=256 "), "the boot is there, too");
	check(strncmp(text, "# leash-trace 1 tsc_hz=", 23) == 0, "the first line says what it is");
}

static int call_and_end(void *arg)
{
	(void)arg;
	raw(SYS_getpgrp);
	return raw(SYS_getuid);
}

static int wait_then_call(void *arg)
{
	char c;

	raw(SYS_read, *(int *)arg, &c, 1);
	raw(SYS_getsid, 0);
	return 0;
}

static void whose(void)
{
	int p[2];
	pid_t stranger;
	char want[64];

	if (pipe(p))
		return;
	stranger = start_child(wait_then_call, &p[0]);
	control("clear on");
	in_child(call_and_end, NULL);
	control("off");
	slurp("/proc/trace");
	check(count("call=getpgrp") == 0, "nobody is traced who was not named");
	control("clear pid=self on");
	in_child(call_and_end, NULL);
	control("off");
	slurp("/proc/trace");
	check(count("call=getpgrp") == 2, "children are");
	check(count(" fork child=") == 1 && count(" exit status=0") == 1 && count(" freed") == 1 &&
		      count(" removed pid=") == 1 && count(" memory copied=1") == 1,
	      "their life from fork to the end");
	control("clear all on");
	raw(SYS_write, p[1], "x", 1);
	status_of(stranger);
	control("off");
	slurp("/proc/trace");
	snprintf(want, sizeof(want), " %d %d syscall_enter nr=124 ", stranger, stranger);
	check(strstr(text, want), "everybody is where that is wanted");
}

static void which(void)
{
	control("clear events=syscall_exit,exit pid=self on");
	in_child(call_and_end, NULL);
	control("off events=all");
	slurp("/proc/trace");
	check(count("syscall_exit nr=102 ") == 1 && count(" exit status=0") == 1,
	      "the events that were named");
	check(count("syscall_enter") == 0 && count("return_to_user") == 0, "no others");
}

/* All lines of the text are whole, and the stamps of each CPU ascend. */
static bool sound(unsigned long *events, unsigned long *lost)
{
	static unsigned long last[MAX_CPU];
	char *next;

	memset(last, 0, sizeof(last));
	*events = *lost = 0;
	for (char *at = text; *at; at = next) {
		unsigned long tsc, n;
		unsigned cpu;
		char name[32];

		next = strchr(at, '\n');
		if (!next++)
			return false;
		if (*at == '#')
			continue;
		if (sscanf(at, "%lu %u %*d %*d %31s", &tsc, &cpu, name) != 3 || cpu >= MAX_CPU ||
		    tsc < last[cpu])
			return false;
		last[cpu] = tsc;
		if (strcmp(name, "lost") == 0 &&
		    sscanf(strstr(at, "lost"), "lost count=%lu", &n) == 1)
			*lost += n;
		else
			++*events;
	}
	return true;
}

static void lost(void)
{
	unsigned long written = 0, events, gone, boot;
	bool whole;

	control("clear");
	slurp("/proc/trace");
	sound(&boot, &gone);
	control("pid=self on");
	for (int i = 0; i < 20000; i++)
		raw(SYS_getppid);
	control("off");
	slurp(CONTROL);
	for (const char *at = text; (at = strstr(at, " written ")); at++)
		written += strtoul(at + 9, NULL, 10);
	slurp("/proc/trace");
	whole = sound(&events, &gone);
	check(whole, "every line is whole after the ring came round");
	check(gone > 0 && read_number("lost count="), "what was overwritten is told");
	check(events - boot + gone == written, "read and lost are all that was written");
	control("clear");
	slurp("/proc/trace");
	sound(&events, &gone);
	check(events == boot && gone == 0, "cleared, nothing is left and nothing lost");
}

static int storm(void *arg)
{
	(void)arg;
	for (int i = 0; i < 15000; i++) {
		raw(SYS_getppid);
		if (i % 100 == 0)
			sched_yield();
	}
	return 0;
}

static void reading_meanwhile(void)
{
	unsigned long events, gone;
	bool whole = true;
	int status = 0;
	pid_t child;

	control("clear pid=self on");
	child = start_child(storm, NULL);
	while (raw(SYS_wait4, child, &status, WNOHANG, 0) == 0) {
		slurp("/proc/trace");
		whole = whole && sound(&events, &gone);
	}
	control("off clear");
	check(whole, "a reader beside the writer sees whole lines");
}

static void readers(void)
{
	long a = raw(SYS_open, "/proc/trace", O_RDONLY), b = raw(SYS_open, "/proc/trace", O_RDONLY);
	char one[64], two[64] = "";

	raw(SYS_read, a, one, sizeof(one));
	for (unsigned i = 0; i < sizeof(two); i++)
		raw(SYS_read, b, two + i, 1);
	check(memcmp(one, two, sizeof(one)) == 0, "two readers read the same, however slowly");
	check(raw(SYS_lseek, a, 0, SEEK_SET) == -ESPIPE &&
		      raw(SYS_pread64, a, one, 1, 0) == -ESPIPE,
	      "there is no way back");
	check(raw(SYS_read, a, (void *)1, 64) == -EFAULT, "no memory to read into");
	raw(SYS_close, a);
	raw(SYS_close, b);
}

static void leaks(void)
{
	static const struct timespec moment = { 0, 10000000 };
	char before[8192];

	slurp("/proc/leash/objects");
	strncpy(before, text, sizeof(before) - 1);
	before[sizeof(before) - 1] = '\0';
	for (int i = 0; i < 50; i++) {
		long fd;

		control("clear pid=self on");
		fd = raw(SYS_open, "/proc/trace", O_RDONLY);
		raw(SYS_read, fd, text, 1000);
		in_child(call_and_end, NULL);
		raw(SYS_close, fd);
		control("off");
	}
	/* Another CPU may still be giving back the last child's stack. */
	for (int i = 0; i < 300; i++) {
		slurp("/proc/leash/objects");
		if (strcmp(before, text) == 0)
			break;
		raw(SYS_nanosleep, &moment, NULL);
	}
	check(strcmp(before, text) == 0, "nothing is left behind");
}

static int spin(void *arg)
{
	(void)arg;
	for (;;)
		;
	return 0;
}

/* A shell that works, starts others and sleeps now and then, by taskset on the last CPU alone. */
static int told_where(void *arg)
{
	char mask[32];

	snprintf(mask, sizeof(mask), "%lx", 1UL << *(int *)arg);
	control("clear events=syscall_exit,switch,return_to_user pid=self on");
	execl("/usr/bin/taskset", "taskset", mask, "/bin/sh", "-c",
	      "for i in 1 2 3 4 5; do n=0; while [ $n -lt 500 ]; do n=$((n+1)); done;"
	      "/bin/true | /bin/true; sleep 0.01; done",
	      NULL);
	return 127;
}

/*
 * Programs on another CPU than @cpu after sched_setaffinity has returned to the first one; *on counts
 * what is on it.
 */
static int strays(int cpu, int *on)
{
	const char *at = strstr(text, "call=sched_setaffinity result=0");
	int n = 0, where, pid;

	*on = 0;
	if (at)
		at = strstr(at, " return_to_user ");
	while (at && (at = strchr(at, '\n')) && *++at) {
		if (*at == '#' || sscanf(at, "%*u %d %d", &where, &pid) != 2 || !pid)
			continue;
		*on += where == cpu;
		n += where != cpu;
	}
	return n;
}

static void bound(void)
{
	int last = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1, on, off, status;
	pid_t busy[MAX_CPU];

	for (int i = 0; i <= last; i++)
		busy[i] = there ? start_child(spin, NULL) : 0;
	status = there ? in_child(told_where, &last) : 0;
	control("off events=all");
	slurp("/proc/trace");
	for (int i = 0; i <= last && there; i++) {
		kill(busy[i], SIGKILL);
		waitpid(busy[i], NULL, 0);
	}
	off = strays(last, &on);
	check(status == 0 && on > 100, "a shell under taskset is traced");
	check(off == 0, "neither it nor what it starts ran anywhere else");
}

int main(void)
{
	there = access(CONTROL, F_OK) == 0;
	refusals();
	permissions();
	calls();
	whose();
	which();
	lost();
	reading_meanwhile();
	readers();
	leaks();
	bound();
	return done_testing();
}
