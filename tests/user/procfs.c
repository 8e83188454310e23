/* SPDX-License-Identifier: ISC */
/*
 * /proc/<pid>: the forms that ps, top and the libraries parse, directories that come and go with their
 * processes, and what is said of a process that has gone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define TEXT_MAX (1 << 20)
#define MANY_PAGES 3000
static char text[TEXT_MAX], other[TEXT_MAX];

/* The whole file in reads of @step bytes, terminated; its length or -errno. */
static long slurp(const char *path, char *buf, size_t step)
{
	long fd = raw(SYS_open, path, O_RDONLY), n, len = 0;

	if (fd < 0)
		return fd;
	while (len + step < TEXT_MAX && (n = raw(SYS_read, fd, buf + len, step)) > 0)
		len += n;
	raw(SYS_close, fd);
	buf[len] = '\0';
	return n < 0 ? n : len;
}

static char *path_of(pid_t pid, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return path;
}

static int words(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += s[0] > ' ' && (s[1] <= ' ');
	return n;
}

/* The number behind "@name:" in text, in @base; -1: no such line. */
static long status_value(const char *name, int base)
{
	char line[32];
	char *at;

	snprintf(line, sizeof(line), "\n%s:\t", name);
	at = strstr(text, line);
	return at ? (long)strtoul(at + strlen(line), NULL, base) : -1;
}

static void the_forms(void)
{
	int pid, ppid, pgid, sid;
	char state, name[64];
	unsigned long pages[7];

	slurp("/proc/self/stat", text, 4096);
	is_long(words(text), 52, "stat has 52 fields");
	is_long(sscanf(text, "%d (%63[^)]) %c %d %d %d", &pid, name, &state, &ppid, &pgid, &sid), 6,
		"the first of them");
	ok(pid == getpid() && ppid == getppid() && pgid == getpgrp() && sid == getsid(0),
	   "are ours");
	ok(strcmp(name, "procfs") == 0 && state == 'R', "the name, and that it runs");
	slurp("/proc/self/statm", text, 4096);
	is_long(sscanf(text, "%lu %lu %lu %lu %lu %lu %lu", pages, pages + 1, pages + 2, pages + 3,
		       pages + 4, pages + 5, pages + 6),
		7, "statm has seven numbers");
	ok(pages[1] > 0 && pages[1] <= pages[0], "what is resident is a part of all");
}

static void status_lines(void)
{
	static const char *const names[] = { "Umask",  "State",  "Tgid",   "Pid",    "PPid",
					     "Uid",    "Gid",    "FDSize", "Groups", "VmSize",
					     "VmRSS",  "VmData", "VmStk",  "VmExe",  "Threads",
					     "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "CapEff" };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR2, SIG_IGN);
	kill(getpid(), SIGUSR1);
	slurp("/proc/self/status", text, 100);
	ok(strncmp(text, "Name:\tprocfs\n", 13) == 0, "status begins with the name");
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		ok(status_value(names[i], 10) >= 0, "%s is there", names[i]);
	is_long(status_value("Pid", 10), getpid(), "Pid");
	is_long(status_value("PPid", 10), getppid(), "PPid");
	is_long(status_value("Uid", 10), getuid(), "Uid");
	is_long(status_value("Threads", 10), 1, "Threads");
	ok(status_value("SigBlk", 16) & 1L << (SIGUSR1 - 1), "a blocked signal");
	ok(status_value("ShdPnd", 16) & 1L << (SIGUSR1 - 1), "that waits");
	ok(status_value("SigIgn", 16) & 1L << (SIGUSR2 - 1), "an ignored one");
	signal(SIGUSR1, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* -- arguments --------------------------------------------------------------------------------- */

static const char args[] = "procfs\0strings\0\0two words";
static const char environment[] = "A=1\0EMPTY=\0LAST=x";

/* In the program that was started so. */
static int strings_seen(void)
{
	int wrong = slurp("/proc/self/cmdline", text, 4096) != sizeof(args);

	wrong |= memcmp(text, args, sizeof(args)) != 0;
	wrong |= (slurp("/proc/self/environ", text, 3) != sizeof(environment)) << 1;
	wrong |= (memcmp(text, environment, sizeof(environment)) != 0) << 1;
	return wrong;
}

static int exec_strings(void *arg)
{
	char *argv[] = { "procfs", "strings", "", "two words", NULL };
	char *envp[] = { "A=1", "EMPTY=", "LAST=x", NULL };

	(void)arg;
	execve("/proc/self/exe", argv, envp);
	return 99;
}

static int exec_alone(void *arg)
{
	char *argv[] = { "alone", NULL }, *envp[] = { NULL };

	(void)arg;
	execve("/proc/self/exe", argv, envp);
	return 99;
}

static int alone_seen(void)
{
	return slurp("/proc/self/cmdline", text, 4096) != 6 || strcmp(text, "alone") != 0 ||
	       slurp("/proc/self/environ", text, 4096) != 0;
}

/* A debugger finds by it where a program that may lie anywhere was loaded. */
static void auxiliary_vector(void)
{
	const unsigned long *pair = (const unsigned long *)text;
	long n = slurp("/proc/self/auxv", text, 5);
	int wrong = 0;

	ok(n > 0 && n % 16 == 0 && pair[n / 8 - 2] == AT_NULL, "auxv ends with its last pair");
	for (; n > 0 && pair[0] != AT_NULL; pair += 2)
		wrong += getauxval(pair[0]) != pair[1];
	is_long(wrong, 0, "and is what the program was given");
}

static void strings(void)
{
	int fd;

	is_status(in_child(exec_strings, NULL), EXITED(0), "cmdline and environ are what exec got");
	is_status(in_child(exec_alone, NULL), EXITED(0), "also without an environment");
	slurp("/proc/self/comm", text, 4096);
	ok(strcmp(text, "procfs\n") == 0, "comm");
	fd = open("/proc/self/comm", O_WRONLY);
	is_long(raw(SYS_write, fd, "a name that is too long", 23), 23, "can be written");
	close(fd);
	slurp("/proc/self/comm", text, 4096);
	ok(strcmp(text, "a name that is \n") == 0, "fifteen characters of it");
}

/* -- links ------------------------------------------------------------------------------------- */

static bool leads_to(const char *link, const char *want)
{
	char path[512] = { 0 };
	long n = raw(SYS_readlink, link, path, sizeof(path) - 1);

	if (n > 0 && strcmp(path, want) == 0)
		return true;
	diag("%s: %ld, %s", link, n, path);
	return false;
}

static void links(void)
{
	char want[64], elf[4] = { 0 };
	int fd = open("/proc/self/exe", O_RDONLY);

	ok(read(fd, elf, 4) == 4 && memcmp(elf, "\177ELF", 4) == 0, "exe opens the program");
	close(fd);
	snprintf(want, sizeof(want), "%d", getpid());
	ok(leads_to("/proc/self", want), "self");
	snprintf(want, sizeof(want), "%d/task/%d", getpid(), getpid());
	ok(leads_to("/proc/thread-self", want), "thread-self");
	ok(leads_to("/proc/mounts", "self/mounts"), "mounts");
	ok(chdir("/tmp") == 0 && leads_to("/proc/self/cwd", "/tmp"), "cwd");
	ok(leads_to("/proc/self/root", "/"), "root");
	ok(chdir("/proc") == 0 && access("self/task/../stat", R_OK) == 0, "a path through it");
	snprintf(want, sizeof(want), "/proc/%d/fd", getpid());
	ok(chdir("self/fd") == 0 && getcwd(text, TEXT_MAX) && !strcmp(text, want), "to be in");
	ok(chdir("/") == 0, "and out of it");
}

static void descriptors(void)
{
	char path[64], want[64];
	struct stat st;
	int fd = open("/dev/null", O_RDONLY), ends[2], again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ok(leads_to(path, "/dev/null"), "a descriptor leads to its file");
	ok(lstat(path, &st) == 0 && (st.st_mode & 07777) == 0500, "open for reading: lr-x");
	close(fd);
	is_long(raw(SYS_readlink, path, want, sizeof(want)), -ENOENT, "none after close");
	is_long(raw(SYS_open, "/proc/self/fd/007", O_RDONLY), -ENOENT, "one name for a number");
	is_long(pipe(ends), 0, "a pipe");
	fstat(ends[0], &st);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	snprintf(want, sizeof(want), "pipe:[%lu]", (unsigned long)st.st_ino);
	ok(leads_to(path, want), "has a number");
	again = open(path, O_RDONLY);
	ok(again >= 0 && write(ends[1], "x", 1) == 1 && read(again, want, 1) == 1 && want[0] == 'x',
	   "and can be opened again");
	close(again);
	close(ends[0]);
	is_long(raw(SYS_write, ends[1], "x", 1), -EPIPE, "that reader has gone too");
	close(ends[1]);
}

static void nameless_file(void)
{
	char path[64], byte = 0;
	int fd = open("/tmp/procfs-test", O_RDWR | O_CREAT | O_TRUNC, 0600), again;

	unlink("/tmp/procfs-test");
	ok(write(fd, "y", 1) == 1, "a file without a name");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY);
	ok(read(again, &byte, 1) == 1 && byte == 'y', "is still found by its descriptor");
	memset(text, 0, 512);
	ok(readlink(path, text, 500) > 0 && strstr(text, " (deleted)"), "which says so");
	close(again);
	close(fd);
}

/* -- who is there ------------------------------------------------------------------------------ */

static bool listed(const char *dir, long number)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	while (d && (e = readdir(d)))
		found |= e->d_name[0] >= '0' && e->d_name[0] <= '9' && atol(e->d_name) == number;
	if (d)
		closedir(d);
	return found;
}

static int wait_for_end(void *arg)
{
	(void)arg;
	return pause();
}

static void after_the_end(void)
{
	pid_t pid = start_child(wait_for_end, NULL);
	long dir, stat, cmdline, maps, fds, gone;
	siginfo_t info;

	ok(listed("/proc", getpid()) && listed("/proc", pid), "processes are listed");
	dir = raw(SYS_open, path_of(pid, ""), O_RDONLY | O_DIRECTORY);
	stat = raw(SYS_open, path_of(pid, "stat"), O_RDONLY);
	cmdline = raw(SYS_open, path_of(pid, "cmdline"), O_RDONLY);
	maps = raw(SYS_open, path_of(pid, "maps"), O_RDONLY);
	fds = raw(SYS_open, path_of(pid, "fd"), O_RDONLY | O_DIRECTORY);
	ok(dir >= 0 && stat >= 0 && cmdline >= 0 && maps >= 0 && fds >= 0, "files of a process");
	kill(pid, SIGKILL);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	slurp(path_of(pid, "stat"), text, 4096);
	ok(strstr(text, ") Z "), "a zombie");
	is_long(words(strstr(text, ") Z ")), 51, "has its 52 fields");
	is_long(slurp(path_of(pid, "cmdline"), text, 4096), 0, "no arguments");
	slurp(path_of(pid, "statm"), text, 4096);
	ok(strcmp(text, "0 0 0 0 0 0 0\n") == 0, "no memory");
	is_long(raw(SYS_readlink, path_of(pid, "exe"), text, 100), -ENOENT, "no program");
	waitpid(pid, NULL, 0);
	is_long(raw(SYS_pread64, stat, text, 100, 0), -ESRCH, "reading stat after the end");
	is_long(raw(SYS_read, cmdline, text, 100), -ESRCH, "cmdline");
	is_long(raw(SYS_read, maps, text, 100), -ESRCH, "maps");
	gone = raw(SYS_openat, dir, "stat", O_RDONLY);
	ok(gone == -ENOENT || gone == -ESRCH, "its directory has no names");
	is_long(raw(SYS_getdents64, dir, text, 4096), -ENOENT, "and cannot be listed");
	is_long(raw(SYS_openat, fds, "0", O_RDONLY), -ENOENT, "nor its descriptors");
	is_long(raw(SYS_access, path_of(pid, ""), 0), -ENOENT, "it is gone");
	ok(!listed("/proc", pid), "also from the list");
	for (long fd = dir; fd <= fds; fd++)
		raw(SYS_close, fd);
}

static void names(void)
{
	is_long(raw(SYS_access, "/proc/0", 0), -ENOENT, "there is no process 0");
	is_long(raw(SYS_access, "/proc/01", 0), -ENOENT, "01 is no number");
	is_long(raw(SYS_access, "/proc/99999999999", 0), -ENOENT, "nor what is no pid");
	is_long(raw(SYS_access, "/proc/self/nothing", 0), -ENOENT, "no such file");
	is_long(raw(SYS_access, "/proc/self/stat/x", 0), -ENOTDIR, "a file is no directory");
	ok(listed("/proc/self/task", getpid()), "its thread");
	ok(listed("/proc/self/fd", 1), "its descriptors");
}

static int look_as_nobody(void *arg)
{
	pid_t parent = getppid();
	int wrong = 0;

	(void)arg;
	if (setgid(65534) || setuid(65534))
		return 99;
	wrong |= raw(SYS_open, path_of(parent, "environ"), O_RDONLY) != -EACCES;
	wrong |= (raw(SYS_open, path_of(parent, "maps"), O_RDONLY) != -EACCES) << 1;
	wrong |= (raw(SYS_readlink, path_of(parent, "exe"), text, 100) != -EACCES) << 2;
	wrong |= (raw(SYS_open, path_of(parent, "fd"), O_RDONLY) != -EACCES) << 3;
	wrong |= (raw(SYS_open, path_of(parent, "cwd/"), O_RDONLY) != -EACCES) << 4;
	wrong |= (slurp(path_of(parent, "stat"), text, 4096) <= 0) << 5;
	wrong |= (slurp(path_of(parent, "cmdline"), text, 4096) <= 0) << 6;
	return wrong;
}

/* -- maps -------------------------------------------------------------------------------------- */

/* The permissions of the map that holds @address. */
static const char *permissions_at(const void *address, const char *ending)
{
	static char perms[5];
	unsigned long start, end;

	slurp("/proc/self/maps", text, 4096);
	for (char *line = text; line && *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "%lx-%lx %4s", &start, &end, perms) != 3)
			return "bad";
		if ((unsigned long)address >= start && (unsigned long)address < end) {
			*strchr(line, '\n') = '\0';
			return strstr(line, ending) ? perms : line;
		}
	}
	return "none";
}

static void maps(void)
{
	char local;
	char *many = mmap(NULL, MANY_PAGES * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long whole, lines = 0;
	int fd;

	ok(strcmp(permissions_at((void *)maps, "procfs"), "r-xp") == 0, "the program's text");
	ok(strcmp(permissions_at(text, ""), "rw-p") == 0, "its data");
	ok(strncmp(permissions_at(&local, "[stack]"), "rw", 2) == 0, "its stack");
	for (int i = 0; i < MANY_PAGES; i += 2)
		mprotect(many + i * 4096, 4096, PROT_NONE);
	whole = slurp("/proc/self/maps", text, 65536);
	for (char *at = text; *at; at++)
		lines += *at == '\n';
	ok(lines >= MANY_PAGES, "thousands of maps");
	is_long(slurp("/proc/self/maps", other, 333), whole, "are the same in small pieces");
	ok(memcmp(text, other, whole) == 0, "byte by byte");
	fd = open("/proc/self/maps", O_RDONLY);
	ok(pread(fd, other, 100, whole - 150) == 100 && !memcmp(other, text + whole - 150, 100),
	   "the end first");
	ok(pread(fd, other, 100, 50) == 100 && !memcmp(other, text + 50, 100),
	   "then the beginning");
	is_long(pread(fd, other, 100, whole), 0, "nothing behind the end");
	close(fd);
	munmap(many, MANY_PAGES * 4096);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "strings") == 0)
		return strings_seen();
	if (strcmp(argv[0], "alone") == 0)
		return alone_seen();
	signal(SIGPIPE, SIG_IGN);
	the_forms();
	status_lines();
	strings();
	auxiliary_vector();
	links();
	descriptors();
	nameless_file();
	after_the_end();
	names();
	if (getuid() == 0)
		is_status(in_child(look_as_nobody, NULL), EXITED(0), "what others may not see");
	else
		skip("only root can become another", "what others may not see");
	maps();
	return done_testing();
}
