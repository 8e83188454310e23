/* SPDX-License-Identifier: ISC */
/* The system as a whole: names, limits, figures, the log, the end. */
#include "abi/errno.h"
#include "abi/resource.h"
#include "base/log.h"
#include "fs/path.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/platform.h"
#include "machine/usercopy.h"
#include "mm/page.h"
#include "proc/process.h"
#include "sched/load.h"
#include "syscall/syscalls.h"

#define UTS_FIELD 65

i64 sys_uname(u64 buf)
{
	/* Programs ask for a Linux they know: the release is that of the ABI we follow. */
	static const char uts[6][UTS_FIELD] = { "Linux",        "leash",  "6.1.0-leash",
						"#1 Leash 0.1", "x86_64", "(none)" };

	return user_write(buf, uts, sizeof(uts));
}

#define SYSINFO_LOAD_SHIFT 16 /* binary places of its load averages */

struct sysinfo_abi {
	i64 uptime;
	u64 loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16 procs, pad[3];
	u64 totalhigh, freehigh;
	u32 mem_unit, pad2;
};

i64 sys_sysinfo(u64 info)
{
	struct sysinfo_abi now;

	memset(&now, 0, sizeof(now));
	now.uptime = clock_ns() / NSEC_PER_SEC;
	now.totalram = page_total_count() * PAGE_SIZE;
	now.freeram = page_free_count() * PAGE_SIZE;
	now.sharedram = tmpfs_pages_used() * PAGE_SIZE;
	sched_load_averages(now.loads);
	for (unsigned i = 0; i < 3; i++)
		now.loads[i] <<= SYSINFO_LOAD_SHIFT - LOAD_SHIFT;
	now.procs = process_count();
	now.mem_unit = 1;
	return user_write(info, &now, sizeof(now));
}

/* -- limits: the defaults; changing them comes with the issue on limits ---------------------------- */

static struct rlimit_abi limit_of(u32 resource)
{
	switch (resource) {
	case RLIMIT_STACK: return (struct rlimit_abi){ 8UL << 20, RLIM_INFINITY };
	case RLIMIT_CORE: return (struct rlimit_abi){ 0, 0 };
	case RLIMIT_NOFILE: return (struct rlimit_abi){ FD_LIMIT, FD_LIMIT };
	case RLIMIT_MEMLOCK: return (struct rlimit_abi){ 0, 0 };
	default: return (struct rlimit_abi){ RLIM_INFINITY, RLIM_INFINITY };
	}
}

i64 sys_getrlimit(u64 resource, u64 rlim)
{
	struct rlimit_abi l;

	if ((u32)resource >= RLIMIT_COUNT)
		return -EINVAL;
	l = limit_of((u32)resource);
	return user_write(rlim, &l, sizeof(l));
}

/* Setting what is in force already is fine; anything else is not possible yet. */
static i64 set_limit(u32 resource, u64 rlim)
{
	struct rlimit_abi now = limit_of(resource), new;

	if (user_read(&new, rlim, sizeof(new)))
		return -EFAULT;
	if (new.soft > new.hard)
		return -EINVAL;
	return new.soft == now.soft &&new.hard == now.hard ? 0 : -EPERM;
}

i64 sys_setrlimit(u64 resource, u64 rlim)
{
	return (u32)resource >= RLIMIT_COUNT ? -EINVAL : set_limit((u32)resource, rlim);
}

i64 sys_prlimit64(u64 pid, u64 resource, u64 new, u64 old)
{
	if ((u32)resource >= RLIMIT_COUNT)
		return -EINVAL;
	if ((i32)pid && (i32)pid != process_current()->pid)
		return -ESRCH;
	if (old) {
		i64 r = sys_getrlimit(resource, old);

		if (r)
			return r;
	}
	return new ? set_limit((u32)resource, new) : 0;
}

i64 sys_getrusage(u64 who, u64 usage)
{
	struct process *p = process_current();
	struct rusage_abi r;
	u64 ns;

	switch ((i32)who) {
	case 0:
	case 1: ns = thread_cpu_time(thread_current()); break;
	case -1: ns = p->child_user_ns; break;
	default: return -EINVAL;
	}
	memset(&r, 0, sizeof(r));
	r.user.tv_sec = ns / NSEC_PER_SEC;
	r.user.tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;
	return user_write(usage, &r, sizeof(r));
}

/* -- the log ------------------------------------------------------------------------------------- */

static i64 log_copy_out(u64 buf, u64 len)
{
	char chunk[256];
	u64 pos = 0, done = 0;
	size_t n;

	while (done < len && (n = log_read(&pos, chunk, MIN(sizeof(chunk), len - done)))) {
		if (user_write(buf + done, chunk, n))
			return -EFAULT;
		done += n;
	}
	return done;
}

i64 sys_syslog(u64 type, u64 buf, u64 len)
{
	switch (type) {
	case 3: /* SYSLOG_ACTION_READ_ALL */
		if (!buf || (i32)len < 0)
			return -EINVAL;
		return log_copy_out(buf, len);
	case 6: /* CONSOLE_OFF, CONSOLE_ON, CONSOLE_LEVEL */
	case 7:
	case 8:
		if (process_current()->cred.euid != 0)
			return -EPERM;
		if (type == 8 && (len < 1 || len > 8))
			return -EINVAL;
		log_set_console_level(type == 6 ? LOG_ERROR : type == 7 ? LOG_INFO : (i32)len - 1);
		return 0;
	case 10: return log_size(); /* SYSLOG_ACTION_SIZE_BUFFER */
	default: return -EINVAL;
	}
}

/* -- the end --------------------------------------------------------------------------------------- */

i64 sys_reboot(u64 magic, u64 magic2, u64 cmd, u64 arg)
{
	(void)arg;
	if (process_current()->cred.euid != 0)
		return -EPERM;
	if ((u32)magic != 0xfee1dead || ((u32)magic2 != 0x28121969 && (u32)magic2 != 0x05121996 &&
					 (u32)magic2 != 0x16041998 && (u32)magic2 != 0x20112000))
		return -EINVAL;
	switch ((u32)cmd) {
	case 0: /* CAD_OFF */
	case 0x89abcdef: return 0; /* CAD_ON */
	case 0x01234567: log_notice("reboot: restarting"); machine_reboot();
	case 0xcdef0123: log_notice("reboot: system halted"); machine_halt();
	case 0x4321fedc: log_notice("reboot: power down"); machine_poweroff();
	default: return -EINVAL;
	}
}
