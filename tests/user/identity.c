/* SPDX-License-Identifier: ISC */
/*
 * Who and where one is: ids, names, limits, and the calls that tell them.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static void ids(void)
{
	long pid = raw(SYS_getpid);

	ok(pid > 0, "a pid");
	is_long(raw(SYS_gettid), pid, "the first thread's id is the pid");
	is_long(raw(SYS_set_tid_address, 0), pid, "set_tid_address returns it");
	ok(raw(SYS_getppid) > 0 && raw(SYS_getppid) != pid, "a parent");
	is_long(raw(SYS_getuid), raw(SYS_geteuid), "one user id");
	is_long(raw(SYS_getgid), raw(SYS_getegid), "one group id");
	is_long(raw(SYS_getpgid, 0), raw(SYS_getpgrp), "one process group");
	is_long(raw(SYS_getpgid, 0x7ffffff), -ESRCH, "no such process's group");
}

static void names(void)
{
	struct utsname name;
	char path[256] = { 0 };
	long n;

	memset(&name, 'x', sizeof(name));
	is_long(raw(SYS_uname, &name), 0, "uname");
	ok(strcmp(name.sysname, "Linux") == 0, "the system whose calls these are");
	ok(strcmp(name.machine, "x86_64") == 0, "the machine");
	ok(memchr(name.release, 0, 65) && memchr(name.version, 0, 65) &&
		   memchr(name.nodename, 0, 65),
	   "every field ends");
	n = raw(SYS_readlink, "/proc/self/exe", path, sizeof(path) - 1);
	ok(n > 0 && strstr(path, "identity"), "/proc/self/exe");
}

static void limits(void)
{
	struct rlimit limit;
	struct sysinfo info;

	is_long(raw(SYS_prlimit64, 0, RLIMIT_STACK, 0, &limit), 0, "prlimit64");
	is_long(limit.rlim_cur, 8 << 20, "a stack of 8 MiB");
	is_long(raw(SYS_getrlimit, RLIMIT_STACK, &limit), 0, "getrlimit");
	is_long(limit.rlim_cur, 8 << 20, "says the same");
	is_long(raw(SYS_prlimit64, 0, 99, 0, &limit), -EINVAL, "no such limit");
	is_long(raw(SYS_sysinfo, &info), 0, "sysinfo");
	ok(info.totalram > 0 && info.freeram <= info.totalram && info.mem_unit > 0,
	   "tells the memory");
	ok(info.procs > 0, "and the processes");
}

static void thread_pointer(void)
{
	unsigned long fs = 0, again = 0;

	is_long(raw(SYS_arch_prctl, 0x1003, &fs), 0, "arch_prctl tells the FS base");
	is_long(raw(SYS_arch_prctl, 0x1002, fs), 0, "and sets it");
	is_long(raw(SYS_arch_prctl, 0x1002, 0xffffffff80000000), -EPERM, "not into the kernel");
	is_long(raw(SYS_arch_prctl, 0x1002, 0x800000000000), -EPERM, "not to what is no address");
	is_long(raw(SYS_arch_prctl, 0x1001, 0xffff800000000000), -EPERM, "nor the GS base");
	is_long(raw(SYS_arch_prctl, 0x1003, &again), 0, "it is still");
	ok(fs == again && fs != 0, "what it was");
	is_long(raw(SYS_arch_prctl, 0x9999, 0), -EINVAL, "no such code");
}

int main(void)
{
	ids();
	names();
	limits();
	thread_pointer();
	return done_testing();
}
