/* SPDX-License-Identifier: ISC */
/* The system as a whole: names, limits, figures, the log, the end. */
#include "abi/errno.h"
#include "abi/personality.h"
#include "abi/resource.h"
#include "base/log.h"
#include "fs/path.h"
#include "fs/tmpfs.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/platform.h"
#include "machine/usercopy.h"
#include "mm/page.h"
#include "proc/process.h"
#include "sched/load.h"
#include "syscall/reboot.h"
#include "syscall/rusage.h"
#include "syscall/syscalls.h"
#include "syscall/uts.h"
#include "tty/tty.h"

#define UTS_FIELD 65

/* Programs ask for a Linux they know: the release is that of the ABI we follow. */
static char uts[6][UTS_FIELD] = { "Linux",        "leash",  "6.1.0-leash",
				  "#1 Leash 0.1", "x86_64", "(none)" };
static struct mutex uts_lock = MUTEX_INIT(uts_lock); /* of the two names that can be set */

i64 sys_uname(u64 buf)
{
	char now[6][UTS_FIELD];

	mutex_lock(&uts_lock);
	memcpy(now, uts, sizeof(now));
	mutex_unlock(&uts_lock);
	return user_write(buf, now, sizeof(now));
}

static i64 set_name(char *field, u64 name, u64 len)
{
	char new[UTS_FIELD] = { 0 };

	if (cred_current()->euid != 0)
		return -EPERM;
	if (len >= UTS_FIELD)
		return -EINVAL;
	if (user_read(new, name, len))
		return -EFAULT;
	mutex_lock(&uts_lock);
	memcpy(field, new, sizeof(new));
	mutex_unlock(&uts_lock);
	return 0;
}

i64 sys_vhangup(void)
{
	if (cred_current()->euid)
		return -EPERM;
	tty_hang_up_own();
	return 0;
}

ssize_t uts_show_name(bool domain, char *buf, size_t size)
{
	ssize_t n;

	mutex_lock(&uts_lock);
	n = snprintf(buf, size, "%s\n", uts[domain ? 5 : 1]);
	mutex_unlock(&uts_lock);
	return n;
}

int uts_store_name(bool domain, const char *text, size_t n)
{
	char name[UTS_FIELD] = { 0 };

	if (n && text[n - 1] == '\n')
		n--;
	if (n >= UTS_FIELD)
		return -EINVAL;
	memcpy(name, text, n);
	mutex_lock(&uts_lock);
	memcpy(uts[domain ? 5 : 1], name, sizeof(name));
	mutex_unlock(&uts_lock);
	return 0;
}

i64 sys_sethostname(u64 name, u64 len)
{
	return set_name(uts[1], name, len);
}

i64 sys_setdomainname(u64 name, u64 len)
{
	return set_name(uts[5], name, len);
}

/* Linux's own programs, at random places or not; ~0 only asks. The former persona. */
i64 sys_personality(u64 persona)
{
	struct task *me = task_current();
	u32 old = me->persona;

	if ((u32)persona == ~0u)
		return old;
	if ((u32)persona & ~ADDR_NO_RANDOMIZE)
		return -EINVAL;
	me->persona = (u32)persona;
	return old;
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
	now.procs = task_count();
	now.mem_unit = 1;
	return user_write(info, &now, sizeof(now));
}

/* -- limits and usage ----------------------------------------------------------------------------- */

i64 sys_getrlimit(u64 resource, u64 rlim)
{
	struct rlimit_abi l;
	int err = limits_change(0, (u32)resource, NULL, &l);

	return err ? err : user_write(rlim, &l, sizeof(l));
}

i64 sys_setrlimit(u64 resource, u64 rlim)
{
	struct rlimit_abi l;

	if (user_read(&l, rlim, sizeof(l)))
		return -EFAULT;
	return limits_change(0, (u32)resource, &l, NULL);
}

i64 sys_prlimit64(u64 pid, u64 resource, u64 new, u64 old)
{
	struct rlimit_abi to, was;
	int err;

	if (new &&user_read(&to, new, sizeof(to)))
		return -EFAULT;
	err = limits_change((i32)pid, (u32)resource, new ? &to : NULL, &was);
	if (err || !old)
		return err;
	return user_write(old, &was, sizeof(was));
}

i64 sys_getrusage(u64 who, u64 usage)
{
	struct process *p = process_current();
	struct cpu_time t;

	switch ((i32)who) {
	case 0: process_times(p, &t); break;
	case 1: thread_times(thread_current(), &t); break;
	case -1: t = process_child_times(); break;
	default: return -EINVAL;
	}
	return rusage_write(usage, &t);
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
		if (cred_current()->euid != 0)
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

void (*reboot_power_off)(void);

i64 sys_reboot(u64 magic, u64 magic2, u64 cmd, u64 arg)
{
	(void)arg;
	if (cred_current()->euid != 0)
		return -EPERM;
	if ((u32)magic != 0xfee1dead || ((u32)magic2 != 0x28121969 && (u32)magic2 != 0x05121996 &&
					 (u32)magic2 != 0x16041998 && (u32)magic2 != 0x20112000))
		return -EINVAL;
	switch ((u32)cmd) {
	case 0: /* CAD_OFF */
	case 0x89abcdef: return 0; /* CAD_ON */
	case 0x01234567: log_notice("reboot: restarting"); machine_reboot();
	case 0xcdef0123: log_notice("reboot: system halted"); machine_halt();
	case 0x4321fedc:
		log_notice("reboot: power down");
		if (reboot_power_off)
			reboot_power_off();
		machine_poweroff();
	default: return -EINVAL;
	}
}
