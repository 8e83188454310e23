/* SPDX-License-Identifier: ISC */
/*
 * FS and GS bases that a program asks for: what is no address of the user half is an error of the
 * call, never a fault of the kernel that loads it. Checklist line 30.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003

static const struct {
	const char *name;
	unsigned long base;
} bases[] = {
	{ "the last user page's end", 0x7ffffffff000 },
	{ "the first non-canonical", 0x800000000000 },
	{ "the last non-canonical", 0xffff7fffffffffff },
	{ "the first of the kernel", 0xffff800000000000 },
	{ "the kernel's image", 0xffffffff80000000 },
	{ "-1", ~0UL },
};

static int sets(void *arg)
{
	return raw(SYS_arch_prctl, ARCH_SET_FS, *(unsigned long *)arg) != -EPERM ||
	       raw(SYS_arch_prctl, ARCH_SET_GS, *(unsigned long *)arg) != -EPERM;
}

/* A thread's base, by both calls. */
static int clones(void *arg)
{
	static char stack[8192];
	struct {
		unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, size, tls;
	} args = { .flags = CLONE_SETTLS | CLONE_VM,
		   .exit_signal = SIGCHLD,
		   .stack = (unsigned long)stack,
		   .size = sizeof(stack),
		   .tls = *(unsigned long *)arg };
	long one = raw(SYS_clone, CLONE_SETTLS | SIGCHLD, 0, 0, 0, args.tls), two;

	if (one == 0)
		raw(SYS_exit_group, 1);
	two = raw(SYS_clone3, &args, sizeof(args));
	return one != -EPERM || (two != -EPERM && two != -ENOSYS);
}

static int keeps(void *arg)
{
	unsigned long before, after;

	(void)arg;
	raw(SYS_arch_prctl, ARCH_GET_FS, &before);
	raw(SYS_arch_prctl, ARCH_SET_FS, 1UL << 47);
	raw(SYS_arch_prctl, ARCH_GET_FS, &after);
	return before != after || !before;
}

int main(void)
{
	for (unsigned i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		is_long(in_child(sets, (void *)&bases[i].base), 0, "arch_prctl: %s", bases[i].name);
		is_long(in_child(clones, (void *)&bases[i].base), 0, "CLONE_SETTLS: %s",
			bases[i].name);
	}
	is_long(in_child(keeps, NULL), 0, "a base that is refused changes nothing");
	ok(raw(SYS_set_thread_area, 0) < 0, "set_thread_area of nothing");
	ok(raw(SYS_arch_prctl, ARCH_GET_FS, 0xffff800000000000) == -EFAULT,
	   "a base into the kernel");
	ok(raw(SYS_arch_prctl, 0x7777, 0) == -EINVAL, "no such operation");
	return done_testing();
}
