/* SPDX-License-Identifier: ISC */
/*
 * The stack grows on demand up to its limit of 8 MiB and not further; what it grows over is zero,
 * and it is not executable. Checklist line 18.
 */
#include <signal.h>
#include <string.h>
#include <alloca.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define MIB (1L << 20)

/* One KiB a call, touched in order from the top. */
static long descend(long bytes)
{
	volatile char frame[1024];

	memset((char *)frame, 1, sizeof(frame));
	return bytes > 1024 ? descend(bytes - 1024) + frame[0] : 0;
}

static int use(void *mib)
{
	return descend((long)mib * MIB) < 0;
}

/* The far end of a large array first: one fault far below the stack pointer's page. */
static int far_end_first(void *mib)
{
	volatile char *array = alloca((long)mib * MIB);

	array[0] = 1;
	return array[0] != 1;
}

static int fresh_is_zero(void *arg)
{
	char *array = alloca(MIB);

	(void)arg;
	for (long i = 0; i < MIB - 65536; i++)
		if (array[i])
			return 1;
	return 0;
}

/* The kernel writes there first: it must grow the stack as a program's own write does. */
static int kernel_first(void *arg)
{
	char *array = alloca(MIB);
	int p[2];

	(void)arg;
	if (pipe(p) < 0 || write(p[1], "hello", 5) != 5)
		return 1;
	return raw(SYS_read, p[0], array, 5) == 5 && memcmp(array, "hello", 5) == 0 ? 0 : 2;
}

/* Each child grows a stack of its own over the copy it has. */
static int grow_after_fork(void *arg)
{
	if (use(arg))
		return 1;
	return in_child(use, (void *)6) == EXITED(0) ? 0 : 2;
}

int main(void)
{
	is_status(in_child(use, (void *)1), EXITED(0), "1 MiB of stack");
	is_status(in_child(use, (void *)6), EXITED(0), "6 MiB of stack");
	is_status(in_child(use, (void *)9), KILLED(SIGSEGV), "9 MiB of stack: SIGSEGV");
	is_status(in_child(use, (void *)1000), KILLED(SIGSEGV), "endless recursion: SIGSEGV");
	is_status(in_child(far_end_first, (void *)6), EXITED(0), "6 MiB, the far end first");
	is_status(in_child(far_end_first, (void *)9), KILLED(SIGSEGV), "9 MiB, the far end first");
	is_status(in_child(fresh_is_zero, NULL), EXITED(0), "what it grows over is zero");
	is_status(in_child(kernel_first, NULL), EXITED(0), "it grows when the kernel writes there");
	is_status(in_child(grow_after_fork, (void *)3), EXITED(0), "and after a fork");
	return done_testing();
}
