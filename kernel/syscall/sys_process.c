/* SPDX-License-Identifier: ISC */
/* Processes: exec, exit, wait, and who is who. */
#include "abi/errno.h"
#include "abi/resource.h"
#include "abi/ucontext.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "mm/slab.h"
#include "proc/process.h"
#include "proc/watch.h"
#include "syscall/fd_ref.h"
#include "syscall/at.h"
#include "syscall/rusage.h"
#include "syscall/syscalls.h"

i64 sys_execve(u64 path, u64 argv, u64 envp)
{
	char *name = kmalloc(PATH_MAX);
	i64 r;

	if (!name)
		return -ENOMEM;
	r = user_read_string(name, path, PATH_MAX);
	if (r >= 0)
		r = process_exec(NULL, name, argv, envp);
	kfree(name);
	return r;
}

#define AT_EXEC_FLAGS (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)

/* The file of a descriptor has a path of its own: /proc/self/fd. */
static i64 exec_descriptor(u64 fd, u64 argv, u64 envp)
{
	char path[32];

	if (fd_get_flags(task_current()->files, (int)fd) < 0)
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", (int)fd);
	return process_exec(NULL, path, argv, envp);
}

static i64 refuse_link(u64 dirfd, u64 path)
{
	struct vnode *v;
	bool link;
	int err = at_vnode(dirfd, path, AT_SYMLINK_NOFOLLOW, &v);

	if (err)
		return err;
	link = (v->mode & S_IFMT) == S_IFLNK;
	vnode_put(v);
	return link ? -ELOOP : 0;
}

i64 sys_execveat(u64 dirfd, u64 path, u64 argv, u64 envp, u64 flags)
{
	struct at *a;
	i64 r = at_is_empty(path, (u32)flags);

	if ((u32)flags & ~AT_EXEC_FLAGS)
		return -EINVAL;
	if (r)
		return r < 0 ? r : exec_descriptor(dirfd, argv, envp);
	r = flags & AT_SYMLINK_NOFOLLOW ? refuse_link(dirfd, path) : 0;
	if (r)
		return r;
	a = kmalloc(sizeof(*a));
	if (!a)
		return -ENOMEM;
	r = at_begin(a, dirfd, path);
	if (!r) {
		r = process_exec(a->start, a->path.text, argv, envp);
		at_end(a);
	}
	kfree(a);
	return r;
}

i64 sys_exit(u64 status)
{
	task_exit((status & 0xff) << 8);
}

i64 sys_exit_group(u64 status)
{
	process_exit((status & 0xff) << 8);
}

static struct timeval timeval_of(u64 ns)
{
	return (struct timeval){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

int rusage_write(u64 at, const struct cpu_time *t)
{
	struct rusage_abi r;

	memset(&r, 0, sizeof(r));
	r.user = timeval_of(t->user);
	r.system = timeval_of(t->system);
	r.minflt = (i64)t->faults; /* none waits for a disk */
	r.nvcsw = t->switches[0];
	r.nivcsw = t->switches[1];
	return user_write(at, &r, sizeof(r)) ? -EFAULT : 0;
}

/* wait4's pid as waitid's pair. */
static int wait_which(i32 pid, i32 *id)
{
	*id = pid > 0 ? pid : pid < -1 ? -pid : process_current()->pgid;
	return pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
}

i64 sys_wait4(u64 pid, u64 status, u64 options, u64 rusage)
{
	struct wait_result r;
	i32 id;
	i64 n;

	if ((u32)options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE))
		return -EINVAL;
	if ((i32)pid == INT32_MIN)
		return -ESRCH;
	n = wait_which((i32)pid, &id);
	n = process_wait(n, id, (u32)options | WEXITED, &r);
	if (n <= 0)
		return n;
	if (status && user_write_u32(status, r.status))
		return -EFAULT;
	if (rusage && rusage_write(rusage, &r.time))
		return -EFAULT;
	return n;
}

/* The siginfo of SIGCHLD for a wait status. */
static void describe_child(struct siginfo_abi *si, const struct wait_result *r)
{
	si->signo = SIGCHLD;
	si->pid = r->pid;
	si->uid = r->uid;
	si->status = r->status >> 8 & 0xff;
	if (r->trapped) {
		si->code = CLD_TRAPPED;
		si->status = r->status >> 8;
	} else if (r->status == STATUS_CONTINUED) {
		si->code = CLD_CONTINUED;
		si->status = SIGCONT;
	} else if ((r->status & 0xff) == 0x7f) {
		si->code = CLD_STOPPED;
	} else if (r->status & 0x7f) {
		si->code = CLD_KILLED;
		si->status = r->status & 0x7f;
	} else {
		si->code = CLD_EXITED;
	}
}

/* The process of pidfd *@id: becomes its number; one that never waits: with WNOHANG. */
static int pidfd_target(i32 *id, u32 *options)
{
	struct fd_ref r = fd_borrow((u32)*id);
	i32 pid = r.file ? pidfd_pid(r.file) : -EBADF;

	if (pid > 0 && (r.file->flags & O_NONBLOCK))
		*options |= WNOHANG;
	fd_return(r);
	*id = pid;
	return MIN(pid, 0);
}

/* 0, or why there is nothing like it to wait for. */
static int check_wait_target(int which, i32 *id, u32 *options)
{
	switch (which) {
	case P_ALL: return 0;
	case P_PID: return *id > 0 ? 0 : -EINVAL;
	case P_PGID:
		if (*id == 0)
			*id = process_current()->pgid;
		return *id > 0 ? 0 : -EINVAL;
	case P_PIDFD: return *id < 0 ? -EINVAL : pidfd_target(id, options);
	default: return -EINVAL;
	}
}

i64 sys_waitid(u64 which, u64 target, u64 info, u64 options, u64 rusage)
{
	const u32 what = WEXITED | WSTOPPED | WCONTINUED;
	struct siginfo_abi si = { 0 };
	struct wait_result r;
	i32 id = (i32)target;
	u32 how = (u32)options;
	i64 n;

	if (((u32)options & ~(what | WNOHANG | WNOWAIT | WNOTHREAD | WALL | WCLONE)) ||
	    !((u32)options & what))
		return -EINVAL;
	n = check_wait_target((i32)which, &id, &how);
	if (n == 0)
		n = process_wait((i32)which == P_PIDFD ? P_PID : (i32)which, id, how, &r);
	if (n == 0 && (how & ~(u32)options)) /* a pidfd that never waits */
		return -EAGAIN;
	if (n > 0) {
		if (rusage && rusage_write(rusage, &r.time))
			return -EFAULT;
		describe_child(&si, &r);
		n = 0;
	}
	/* As Linux: what is no part of the answer stays untouched. */
	if (info && (user_write(info, &si, offsetof(struct siginfo_abi, pad)) ||
		     user_write(info + offsetof(struct siginfo_abi, pid), &si.pid, 12)))
		return -EFAULT;
	return n;
}

i64 sys_getpid(void)
{
	return process_current()->pid;
}

i64 sys_gettid(void)
{
	return thread_current()->tid;
}

i64 sys_getppid(void)
{
	return READ_ONCE(process_current()->parent_pid);
}

i64 sys_set_tid_address(u64 addr)
{
	task_current()->clear_child_tid = addr;
	return thread_current()->tid;
}

i64 sys_arch_prctl(u64 code, u64 addr)
{
	struct context *c = &thread_current()->ctx;

	switch (code) {
	case 0x1001: /* ARCH_SET_GS */
	case 0x1002: /* ARCH_SET_FS */
		if (addr >= USER_END)
			return -EPERM;
		if (code == 0x1001)
			context_set_gs_base(c, addr);
		else
			context_set_fs_base(c, addr);
		return 0;
	case 0x1003: return user_write_u64(addr, context_get_fs_base(c));
	case 0x1004: return user_write_u64(addr, context_get_gs_base(c));
	default: return -EINVAL;
	}
}

enum {
	PR_GET_DUMPABLE = 3,
	PR_SET_DUMPABLE = 4,
	PR_GET_KEEPCAPS = 7,
	PR_CAPBSET_READ = 23,
	PR_SET_TIMERSLACK = 29,
	PR_GET_TIMERSLACK = 30,
	PR_SET_CHILD_SUBREAPER = 36,
	PR_GET_CHILD_SUBREAPER = 37,
	PR_SET_NO_NEW_PRIVS = 38,
	PR_GET_NO_NEW_PRIVS = 39,
};

#define TIMER_SLACK 50000 /* ns, as Linux; the timers are finer */
#define CAP_LAST 40

/* Options on rights, and those of which nothing but the answer depends. */
static i64 prctl_rights(struct task *t, u64 option, u64 a2, u64 others)
{
	switch ((u32)option) {
	case PR_GET_DUMPABLE: return !t->process->secret;
	case PR_SET_DUMPABLE:
		if (a2 > 1)
			return -EINVAL;
		t->process->secret = !a2;
		return 0;
	case PR_GET_KEEPCAPS: return 0;
	case PR_CAPBSET_READ: return a2 > CAP_LAST ? -EINVAL : 1;
	case PR_GET_TIMERSLACK: return TIMER_SLACK;
	case PR_SET_TIMERSLACK: return 0;
	case PR_GET_NO_NEW_PRIVS: return a2 || others ? -EINVAL : t->no_new_privs;
	case PR_SET_NO_NEW_PRIVS:
		if (a2 != 1 || others)
			return -EINVAL;
		t->no_new_privs = true;
		return 0;
	default: return -EINVAL;
	}
}

i64 sys_prctl(u64 option, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct task *t = task_current();
	struct process *p = t->process;
	char name[16];
	ssize_t n;

	(void)a3, (void)a4, (void)a5;
	switch (option) {
	case 1: /* PR_SET_PDEATHSIG */
		if (a2 > NSIG)
			return -EINVAL;
		p->parent_death_signal = a2;
		return 0;
	case 2: /* PR_GET_PDEATHSIG */ return user_write_u32(a2, p->parent_death_signal);
	case PR_SET_CHILD_SUBREAPER: process_set_reaps(p, a2); return 0;
	case PR_GET_CHILD_SUBREAPER: return user_write_u32(a2, p->reaps);
	case 15: /* PR_SET_NAME */
		n = user_read_string(name, a2, sizeof(name));
		if (n == -EFAULT)
			return -EFAULT;
		name[15] = 0;
		task_set_name(t, name);
		return 0;
	case 16: /* PR_GET_NAME */
		memset(name, 0, sizeof(name));
		strlcpy(name, t->name, sizeof(name));
		return user_write(a2, name, sizeof(name));
	default: return prctl_rights(t, option, a2, a3 | a4 | a5);
	}
}
