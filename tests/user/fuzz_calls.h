/* SPDX-License-Identifier: ISC */
/*
 * The fuzzer's calls: which there are and what their arguments look like. A call missing from the
 * table is reached on Leash only, by its number with any arguments.
 */
#pragma once

#include <fcntl.h>

#include "fuzz_args.h"

/* What an argument is drawn from. */
enum kind {
	NO, /* the call has no such argument; still anything */
	NUM, /* any number */
	SMALL, /* 0..15, rarely any number */
	FLAGS, /* few bits set */
	FD,
	PATH,
	BUF,
	LEN,
	WORDS, /* numbers and addresses */
	IOV,
	POLLS,
	TIME, /* a short one */
	SIG,
	PID,
	ADDR, /* in the area for mapping games */
	MAPLEN,
	PROT,
	MAPFLAGS,
	OFFSET,
	OPEN, /* open's flags */
	MODE,
	LIMITS,
	STACK,
	STRINGS,
	NOWAIT, /* 0 or 1 ms; rarely any number */
	WNO, /* wait's options, nearly always WNOHANG */
	FCNTL,
	IOCTL,
	ATFLAGS,
	ZERO,
	LOCK, /* struct flock */
	FLOCK, /* flock's operation, nearly always LOCK_NB */
	WAITID, /* waitid's options, nearly always with WNOHANG */
	EVENT, /* struct sigevent */
	NAME, /* struct sockaddr_un */
	MSG, /* struct msghdr */
	MSGFLAGS, /* nearly always MSG_DONTWAIT */
	SOCKOPT,
	FUTEX, /* futex's operation: what waits has a time */
};

#define LEASH_ONLY 1 /* on Linux it could be felt outside */
#define RARE 2 /* ends or stops the process, or writes a line of log */
#define FIRST_NOT 4 /* not in the first process of a family */

struct call {
	uint16_t nr;
	uint8_t flags;
	uint8_t arg[6];
};

/* clang-format off */
static const struct call calls[] = {
	{ SYS_read, 0, { FD, BUF, LEN } }, { SYS_read, 0, { FD, BUF, LEN } },
	{ SYS_write, 0, { FD, BUF, LEN } }, { SYS_write, 0, { FD, BUF, LEN } },
	{ SYS_pread64, 0, { FD, BUF, LEN, OFFSET } }, { SYS_pwrite64, 0, { FD, BUF, LEN, OFFSET } },
	{ SYS_readv, 0, { FD, IOV, SMALL } }, { SYS_writev, 0, { FD, IOV, SMALL } },
	{ SYS_preadv, 0, { FD, IOV, SMALL, OFFSET } }, { SYS_pwritev, 0, { FD, IOV, SMALL, OFFSET } },
	{ SYS_sendfile, 0, { FD, FD, WORDS, LEN } },
	{ SYS_lseek, 0, { FD, OFFSET, SMALL } }, { SYS_close, 0, { FD } },
	{ SYS_dup, 0, { FD } }, { SYS_dup2, 0, { FD, FD } }, { SYS_dup3, 0, { FD, FD, FLAGS } },
	{ SYS_fcntl, 0, { FD, FCNTL, NUM } }, { SYS_fcntl, 0, { FD, FCNTL, WORDS } },
	{ SYS_ioctl, 0, { FD, IOCTL, WORDS } },
	{ SYS_poll, 0, { POLLS, SMALL, NOWAIT } }, { SYS_ppoll, 0, { POLLS, SMALL, TIME, WORDS, SMALL } },
	{ SYS_fsync, 0, { FD } }, { SYS_fdatasync, 0, { FD } },
	{ SYS_truncate, 0, { PATH, OFFSET } }, { SYS_ftruncate, 0, { FD, OFFSET } },
	{ SYS_stat, 0, { PATH, BUF } }, { SYS_lstat, 0, { PATH, BUF } }, { SYS_fstat, 0, { FD, BUF } },
	{ SYS_newfstatat, 0, { FD, PATH, BUF, ATFLAGS } },
	{ SYS_statx, 0, { FD, PATH, ATFLAGS, NUM, BUF } },
	{ SYS_statfs, 0, { PATH, BUF } }, { SYS_fstatfs, 0, { FD, BUF } },
	{ SYS_access, 0, { PATH, SMALL } }, { SYS_faccessat, 0, { FD, PATH, SMALL } },
	{ 439, 0, { FD, PATH, SMALL, ATFLAGS } },
	{ SYS_getcwd, 0, { BUF, LEN } }, { SYS_chdir, RARE, { PATH } }, { SYS_fchdir, RARE, { FD } },
	{ SYS_rename, 0, { PATH, PATH } }, { SYS_renameat, 0, { FD, PATH, FD, PATH } },
	{ 316, 0, { FD, PATH, FD, PATH, SMALL } },
	{ SYS_mkdir, 0, { PATH, MODE } }, { SYS_mkdirat, 0, { FD, PATH, MODE } },
	{ SYS_rmdir, 0, { PATH } }, { SYS_link, 0, { PATH, PATH } },
	{ SYS_linkat, 0, { FD, PATH, FD, PATH, ATFLAGS } },
	{ SYS_unlink, 0, { PATH } }, { SYS_unlinkat, 0, { FD, PATH, ATFLAGS } },
	{ SYS_symlink, 0, { PATH, PATH } }, { SYS_symlinkat, 0, { PATH, FD, PATH } },
	{ SYS_readlink, 0, { PATH, BUF, LEN } }, { SYS_readlinkat, 0, { FD, PATH, BUF, LEN } },
	{ SYS_chmod, 0, { PATH, MODE } }, { SYS_fchmod, 0, { FD, MODE } },
	{ SYS_fchmodat, 0, { FD, PATH, MODE } },
	{ SYS_chown, 0, { PATH, NUM, NUM } }, { SYS_fchown, 0, { FD, NUM, NUM } },
	{ SYS_lchown, 0, { PATH, NUM, NUM } }, { SYS_fchownat, 0, { FD, PATH, NUM, NUM, ATFLAGS } },
	{ SYS_mknod, 0, { PATH, MODE, NUM } }, { SYS_mknodat, 0, { FD, PATH, MODE, NUM } },
	{ SYS_utimensat, 0, { FD, PATH, TIME, ATFLAGS } }, { SYS_umask, RARE, { MODE } },
	{ SYS_getdents64, 0, { FD, BUF, LEN } },
	{ SYS_mmap, 0, { ADDR, MAPLEN, PROT, MAPFLAGS, FD, OFFSET } },
	{ SYS_mmap, 0, { ADDR, MAPLEN, PROT, MAPFLAGS, FD, ZERO } },
	{ SYS_mmap, 0, { ADDR, MAPLEN, PROT, MAPFLAGS, FD, ZERO } },
	{ SYS_munmap, 0, { ADDR, MAPLEN } }, { SYS_munmap, 0, { ADDR, MAPLEN } },
	{ SYS_mprotect, 0, { ADDR, MAPLEN, PROT } }, { SYS_mprotect, 0, { ADDR, MAPLEN, PROT } },
	{ SYS_mremap, 0, { ADDR, MAPLEN, MAPLEN, SMALL, ADDR } },
	{ SYS_mremap, 0, { ADDR, MAPLEN, MAPLEN, SMALL, ADDR } },
	{ SYS_madvise, 0, { ADDR, MAPLEN, SMALL } }, { SYS_brk, 0, { ADDR } },
	{ SYS_munmap, RARE, { NUM, NUM } }, { SYS_mprotect, RARE, { NUM, NUM, PROT } },
	{ SYS_mmap, RARE, { NUM, NUM, PROT, MAPFLAGS, FD, NUM } },
	{ SYS_mremap, RARE, { NUM, NUM, NUM, SMALL, NUM } }, { SYS_madvise, RARE, { NUM, NUM, SMALL } },
	{ SYS_brk, RARE, { NUM } },
	{ SYS_rt_sigprocmask, 0, { SMALL, WORDS, BUF, SMALL } },
	{ SYS_rt_sigpending, 0, { BUF, LEN } }, { SYS_sigaltstack, 0, { STACK, BUF } },
	{ SYS_rt_sigsuspend, RARE, { WORDS, SMALL } }, { SYS_rt_sigaction, RARE, { SIG, WORDS, BUF, SMALL } },
	{ SYS_kill, RARE, { PID, SIG } }, { SYS_tkill, RARE, { PID, SIG } },
	{ SYS_tgkill, RARE, { PID, PID, SIG } },
	{ SYS_wait4, 0, { PID, BUF, WNO, BUF } },
	{ SYS_nanosleep, 0, { TIME, BUF } }, { SYS_clock_nanosleep, 0, { SMALL, SMALL, TIME, BUF } },
	{ SYS_sched_yield, 0, { NO } }, { SYS_getpid, 0, { NO } }, { SYS_gettid, 0, { NO } },
	{ SYS_getppid, 0, { NO } }, { SYS_uname, 0, { BUF } }, { SYS_sysinfo, 0, { BUF } },
	{ SYS_times, 0, { BUF } }, { SYS_time, 0, { BUF } }, { SYS_gettimeofday, 0, { BUF, BUF } },
	{ SYS_clock_gettime, 0, { SMALL, BUF } }, { SYS_clock_getres, 0, { SMALL, BUF } },
	{ SYS_getrlimit, 0, { SMALL, BUF } }, { SYS_getrusage, 0, { SMALL, BUF } },
	{ SYS_setrlimit, RARE, { SMALL, LIMITS } }, { SYS_prlimit64, RARE, { ZERO, SMALL, LIMITS, BUF } },
	{ SYS_getrandom, 0, { BUF, LEN, SMALL } },
	{ SYS_getuid, 0, { NO } }, { SYS_getgroups, 0, { SMALL, BUF } },
	{ SYS_setuid, 0, { NUM } }, { SYS_setgid, 0, { NUM } }, { SYS_setgroups, 0, { SMALL, WORDS } },
	{ SYS_getpgid, 0, { PID } }, { SYS_getsid, 0, { PID } }, { SYS_getpgrp, 0, { NO } },
	{ SYS_setpgid, LEASH_ONLY | RARE, { PID, PID } }, { SYS_setsid, LEASH_ONLY | RARE, { NO } },
	{ SYS_getpriority, 0, { SMALL, ZERO } }, { SYS_setpriority, LEASH_ONLY, { SMALL, PID, SMALL } },
	{ SYS_prctl, 0, { SMALL, WORDS, NUM, NUM, NUM } }, { SYS_arch_prctl, RARE, { FLAGS, NUM } },
	{ SYS_sched_getaffinity, 0, { ZERO, LEN, BUF } }, { SYS_sched_setaffinity, 0, { ZERO, LEN, WORDS } },
	{ SYS_set_tid_address, 0, { BUF } }, { SYS_set_robust_list, 0, { WORDS, SMALL } },
	{ SYS_futex, 0, { WORDS, FUTEX, SMALL, TIME, WORDS, SMALL } },
	{ SYS_futex, 0, { WORDS, FUTEX, SMALL, TIME, ADDR, NUM } },
	{ 449 /* futex_waitv */, 0, { WORDS, SMALL, ZERO, TIME, SMALL } },
	{ SYS_get_robust_list, 0, { PID, BUF, BUF } },
	{ SYS_membarrier, 0, { FLAGS, SMALL, SMALL } },
	{ SYS_syslog, LEASH_ONLY, { SMALL, BUF, LEN } }, { SYS_chroot, LEASH_ONLY, { PATH } },
	{ SYS_reboot, LEASH_ONLY | RARE, { NUM, NUM, NUM, NUM } }, { SYS_sync, LEASH_ONLY, { NO } },
	{ SYS_pipe, 0, { BUF } }, { SYS_creat, 0, { PATH, MODE } },
	{ SYS_msync, 0, { ADDR, MAPLEN, SMALL } }, { SYS_mincore, 0, { ADDR, MAPLEN, BUF } },
	{ SYS_mlock, 0, { ADDR, MAPLEN } }, { SYS_munlock, 0, { ADDR, MAPLEN } },
	{ SYS_mlock2, 0, { ADDR, MAPLEN, SMALL } }, { SYS_munlockall, 0, { NO } },
	{ SYS_mlockall, RARE, { SMALL } },
	{ SYS_flock, 0, { FD, FLOCK } }, { SYS_fcntl, 0, { FD, FCNTL, LOCK } },
	{ SYS_fcntl, 0, { FD, FCNTL, LOCK } }, { SYS_getitimer, 0, { SMALL, BUF } },
	{ SYS_setitimer, 0, { SMALL, TIME, BUF } }, { SYS_alarm, RARE, { SMALL } },
	{ SYS_timer_create, 0, { SMALL, EVENT, BUF } }, { SYS_timer_delete, 0, { SMALL } },
	{ SYS_timer_settime, 0, { SMALL, SMALL, TIME, BUF } }, { SYS_timer_gettime, 0, { SMALL, BUF } },
	{ SYS_timer_getoverrun, 0, { SMALL } },
	{ SYS_setreuid, 0, { NUM, NUM } }, { SYS_setregid, 0, { NUM, NUM } },
	{ SYS_setresuid, 0, { NUM, NUM, NUM } }, { SYS_getresuid, 0, { BUF, BUF, BUF } },
	{ SYS_setresgid, 0, { NUM, NUM, NUM } }, { SYS_getresgid, 0, { BUF, BUF, BUF } },
	{ SYS_setfsuid, 0, { NUM } }, { SYS_setfsgid, 0, { NUM } },
	{ SYS_capget, 0, { WORDS, BUF } }, { SYS_capset, 0, { WORDS, WORDS } },
	{ SYS_rt_sigtimedwait, 0, { WORDS, BUF, TIME, SMALL } },
	{ SYS_rt_sigqueueinfo, RARE, { PID, SIG, WORDS } },
	{ SYS_rt_tgsigqueueinfo, RARE, { PID, PID, SIG, WORDS } },
	{ SYS_waitid, 0, { SMALL, PID, BUF, WAITID, BUF } }, { SYS_restart_syscall, 0, { NO } },
	{ SYS_readahead, 0, { FD, OFFSET, LEN } }, { SYS_fadvise64, 0, { FD, OFFSET, LEN, SMALL } },
	{ SYS_getxattr, 0, { PATH, PATH, BUF, LEN } }, { SYS_setxattr, 0, { PATH, PATH, BUF, LEN, SMALL } },
	{ SYS_fgetxattr, 0, { FD, PATH, BUF, LEN } }, { SYS_listxattr, 0, { PATH, BUF, LEN } },
	{ SYS_removexattr, 0, { PATH, PATH } }, { SYS_syncfs, LEASH_ONLY, { FD } },
	{ SYS_bind, 0, { FD, NAME, SMALL } }, { SYS_bind, 0, { FD, NAME, LEN } },
	{ SYS_connect, 0, { FD, NAME, LEN } }, { SYS_connect, 0, { FD, NAME, SMALL } },
	{ SYS_listen, 0, { FD, SMALL } },
	{ SYS_getsockname, 0, { FD, BUF, WORDS } }, { SYS_getpeername, 0, { FD, BUF, WORDS } },
	{ SYS_sendto, 0, { FD, BUF, LEN, MSGFLAGS, NAME, LEN } },
	{ SYS_recvfrom, 0, { FD, BUF, LEN, MSGFLAGS, BUF, WORDS } },
	{ SYS_sendmsg, 0, { FD, MSG, MSGFLAGS } }, { SYS_sendmsg, 0, { FD, MSG, MSGFLAGS } },
	{ SYS_recvmsg, 0, { FD, MSG, MSGFLAGS } }, { SYS_recvmsg, 0, { FD, MSG, MSGFLAGS } },
	{ SYS_sendmmsg, 0, { FD, MSG, SMALL, MSGFLAGS } },
	{ SYS_recvmmsg, 0, { FD, MSG, SMALL, MSGFLAGS, TIME } },
	{ SYS_shutdown, 0, { FD, SMALL } }, { SYS_setsockopt, 0, { FD, ZERO, SOCKOPT, WORDS, LEN } },
	{ SYS_setsockopt, 0, { FD, SOCKOPT, SOCKOPT, WORDS, SMALL } },
	{ SYS_getsockopt, 0, { FD, SOCKOPT, SOCKOPT, BUF, WORDS } },
	{ SYS_signalfd4, 0, { FD, WORDS, SMALL, FLAGS } }, { SYS_signalfd, 0, { FD, WORDS, SMALL } },
	{ 434, 0, { PID, SMALL } }, { 424, RARE, { FD, SIG, WORDS, SMALL } },
	{ 437, 0, { FD, PATH, WORDS, LEN } }, { 440, 0, { FD, IOV, SMALL, SMALL, SMALL } },
	{ 441, 0, { FD, BUF, SMALL, TIME, WORDS, SMALL } },
	{ SYS_utime, 0, { PATH, WORDS } }, { SYS_utimes, 0, { PATH, TIME } },
	{ SYS_futimesat, 0, { FD, PATH, TIME } }, { SYS_getdents, 0, { FD, BUF, LEN } },
	{ SYS_clock_settime, 0, { SMALL, TIME } }, { SYS_settimeofday, 0, { TIME, WORDS } },
	{ SYS_adjtimex, 0, { WORDS } }, { SYS_clock_adjtime, 0, { SMALL, WORDS } },
	{ SYS_set_mempolicy, 0, { SMALL, WORDS, SMALL } }, { SYS_mbind, 0, { ADDR, MAPLEN, SMALL, WORDS, SMALL, SMALL } },
	{ SYS_get_mempolicy, 0, { BUF, BUF, SMALL, ADDR, SMALL } },
	{ SYS_unshare, LEASH_ONLY, { FLAGS } }, { SYS_setns, 0, { FD, SMALL } },
	{ SYS_shmget, LEASH_ONLY, { SMALL, LEN, FLAGS } },
	{ SYS_shmat, 0, { SMALL, ADDR, FLAGS } },
	{ SYS_shmctl, LEASH_ONLY, { NUM, SMALL, BUF } }, { SYS_shmdt, 0, { ADDR } },
	{ SYS_mount, 0, { PATH, PATH, PATH, FLAGS, PATH } }, { SYS_umount2, 0, { PATH, SMALL } },
	{ SYS_fallocate, 0, { FD, SMALL, OFFSET, OFFSET } },
	{ SYS_memfd_create, 0, { PATH, FLAGS } }, { SYS_close_range, RARE, { FD, FD, SMALL } },
	{ SYS_copy_file_range, 0, { FD, WORDS, FD, WORDS, LEN, ZERO } },
	{ SYS_preadv2, 0, { FD, IOV, SMALL, OFFSET, NO, FLAGS } },
	{ SYS_pwritev2, 0, { FD, IOV, SMALL, OFFSET, NO, FLAGS } },
	{ SYS_execve, RARE, { PATH, STRINGS, STRINGS } }, { SYS_exit, RARE | FIRST_NOT, { NUM } },
	{ SYS_exit_group, RARE | FIRST_NOT, { NUM } },
};
/* clang-format on */

static inline uint64_t few_bits(void)
{
	uint64_t bits = 0;

	for (int n = below(4); n > 0; n--)
		bits |= 1UL << below(one_in(8) ? 64 : 16);
	return bits;
}

static inline uint64_t file_offset(void)
{
	switch (below(8)) {
	case 0: return any_number();
	case 1: return below(20) * PAGE;
	default: return below(3 * PAGE);
	}
}

static inline uint64_t map_flags(void)
{
	uint64_t flags = one_in(3) ? MAP_SHARED : MAP_PRIVATE;

	if (one_in(3))
		flags |= MAP_FIXED;
	if (!one_in(3))
		flags |= MAP_ANONYMOUS;
	return one_in(8) ? flags | few_bits() : flags;
}

/* Nothing that may block where there is no need: a blocked family costs time, and is killed. */
static inline uint64_t open_flags(void)
{
	static const int more[] = { 0100,    0200,     01000,     02000,  0200000,
				    0400000, 02000000, 010000000, 0100000 };
	uint64_t flags = below(4);

	for (int n = below(4); n > 0; n--)
		flags |= more[below(COUNT(more))];
	flags |= one_in(50) ? few_bits() : 0;
	return one_in(100) ? flags : flags | 04000;
}

static inline uint64_t file_mode(void)
{
	static const int types[] = {
		0, 0, 0, 0010000, 0100000, 0020000, 0060000, 0140000, 0040000
	};
	uint64_t bits = one_in(4) ? below(010000) : 0700 | below(0100);

	return one_in(20) ? any_number() : types[below(COUNT(types))] | bits;
}

/* No F_SETOWN and what else could make the kernel send a signal to a stranger. */
static inline uint64_t fcntl_command(void)
{
	static const int safe[] = { 0, 1, 2, 3, 4, 5, 6, 1030, 1031, 1032, 9999, -1 };

	return on_leash && one_in(4) ? below(50) : (uint64_t)safe[below(COUNT(safe))];
}

static inline uint64_t ioctl_command(void)
{
	static const int safe[] = { 0x5401, 0x5402, 0x5413, 0x541b, 0x5421,
				    0x5450, 0x5451, 0x540f, 0,      -1 };

	return on_leash && one_in(3) ? 0x5400 + below(0x70) : (uint64_t)safe[below(COUNT(safe))];
}

static inline uint64_t argument_number(enum kind kind)
{
	switch (kind) {
	case SMALL: return one_in(8) ? any_number() : below(16);
	case FLAGS: return few_bits();
	case PROT: return one_in(20) ? any_number() : below(8);
	case MAPFLAGS: return map_flags();
	case OFFSET: return file_offset();
	case OPEN: return open_flags();
	case MODE: return file_mode();
	case NOWAIT: return one_in(500) ? any_number() : below(2);
	case WNO: return one_in(60) ? below(16) : 1;
	case FCNTL: return fcntl_command();
	case IOCTL: return ioctl_command();
	case ATFLAGS: return one_in(2) ? 0 : one_in(2) ? 1UL << (8 + below(6)) : few_bits();
	case ZERO: return 0;
	case FLOCK: return below(16) | (one_in(100) ? 0 : 4);
	case MSGFLAGS:
		return (one_in(8)   ? few_bits()
			: one_in(4) ? 1UL << below(16)
				    : 0) |
		       (one_in(200) ? 0 : 0x4040);
	case FUTEX: return below(16) | (one_in(2) ? 128 : 0) | (one_in(8) ? 256 : 0);
	case SOCKOPT: return one_in(8) ? any_number() : below(one_in(2) ? 2 : 45);
	case WAITID: return below(8) << 1 | (one_in(100) ? 0 : 1) | (one_in(8) ? few_bits() : 0);
	default: return any_number();
	}
}

static inline uint64_t file_lock(void)
{
	struct flock *l = arena(sizeof(*l));

	l->l_type = one_in(20) ? any_number() : below(3);
	l->l_whence = one_in(20) ? any_number() : below(3);
	l->l_start = file_offset();
	l->l_len = file_offset();
	return usually(l);
}

static inline uint64_t timer_event(void)
{
	int *e = arena(64); /* value, signal, what to do, whom to tell */

	e[2] = signal_number();
	e[3] = one_in(10) ? any_number() : below(2);
	return one_in(3) ? 0 : usually(e);
}

/* A path of the fuzzer's own, an abstract name, or bytes that are none. */
static inline uint64_t socket_name(void)
{
	char *a = arena(128);

	a[0] = one_in(20) ? below(50) : 1;
	a[1] = 0;
	a[2] = one_in(3) ? 0 : 'f';
	a[3] = 's';
	a[4] = '0' + below(8);
	a[5] = one_in(8) ? 'x' : 0;
	return usually(a);
}

/* Control messages of any kind, which may lie about their length. */
static inline uint64_t control_messages(uint64_t *len)
{
	uint64_t *c = arena(128);
	int *fds = (int *)(c + 2);

	*len = one_in(8) ? any_number() : 16 + 8 * below(6);
	c[0] = one_in(8) ? any_number() : 16 + 4 * below(6);
	c[1] = (one_in(10) ? below(8) : 1) | (uint64_t)(1 + below(one_in(8) ? 8 : 2)) << 32;
	for (int i = 0; i < 6; i++)
		fds[i] = any_fd();
	return usually(c);
}

static inline uint64_t message(void)
{
	uint64_t *m = arena(256);

	for (int i = 0; i < 4; i++, m += 8) {
		m[0] = one_in(3) ? socket_name() : 0;
		m[1] = one_in(8) ? any_number() : below(112);
		m[2] = iov_array();
		m[3] = one_in(8) ? any_number() : below(4);
		m[4] = one_in(3) ? 0 : control_messages(&m[5]);
		m[6] = m[7] = 0;
	}
	return usually(m - 32);
}

static inline uint64_t argument(enum kind kind)
{
	switch (kind) {
	case FD: return any_fd();
	case PATH: return path();
	case BUF: return buffer_address();
	case LEN: return buffer_length();
	case WORDS: return words();
	case IOV: return iov_array();
	case POLLS: return poll_array();
	case TIME: return short_time();
	case SIG: return signal_number();
	case PID: return own_pid();
	case ADDR: return one_in(40) ? bad_address() : games_address();
	case MAPLEN: return map_length();
	case LIMITS: return limit_pair();
	case STACK: return alt_stack();
	case STRINGS: return string_array();
	case LOCK: return file_lock();
	case EVENT: return timer_event();
	case NAME: return socket_name();
	case MSG: return message();
	default: return argument_number(kind);
	}
}
