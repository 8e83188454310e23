/* SPDX-License-Identifier: ISC */
/*
 * membarrier(2): a memory barrier on all CPUs that run the caller's program, or anybody's, so that the
 * other side of a protocol needs none. An interrupt is one: it is taken and left on each of them.
 *
 * A thread that does not run has been switched away from since, which is a barrier, too; so only CPUs
 * that have the space loaded are asked. Locks: none; commands registered for are kept in the process.
 */
#include "abi/errno.h"
#include "machine/smp.h"
#include "proc/process.h"
#include "syscall/syscalls.h"

enum {
	QUERY = 0,
	GLOBAL = 1,
	GLOBAL_EXPEDITED = 2,
	REGISTER_GLOBAL_EXPEDITED = 4,
	PRIVATE_EXPEDITED = 8,
	REGISTER_PRIVATE_EXPEDITED = 16,
	PRIVATE_EXPEDITED_SYNC_CORE = 32,
	REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64,
	GET_REGISTRATIONS = 512,
};
#define ALL_COMMANDS                                                                               \
	(GLOBAL | GLOBAL_EXPEDITED | REGISTER_GLOBAL_EXPEDITED | PRIVATE_EXPEDITED |               \
	 REGISTER_PRIVATE_EXPEDITED | PRIVATE_EXPEDITED_SYNC_CORE |                                \
	 REGISTER_PRIVATE_EXPEDITED_SYNC_CORE | GET_REGISTRATIONS)

/* On each CPU: the interrupt's IRET also drops what was fetched before (sync core). */
static void barrier_here(void *arg)
{
	(void)arg;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static i64 barrier_on(u64 cpus)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	smp_call(cpus, barrier_here, NULL);
	return 0;
}

/* CPUs with the caller's memory loaded. One that loads it from now on writes CR3: a barrier, too. */
static u64 own_cpus(void)
{
	const struct mmu *own = &process_current()->space->mmu;
	u64 mask = 0;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (u32 i = 0; i < cpu_count; i++)
		if (cpus[i] && READ_ONCE(cpus[i]->mmu) == own)
			mask |= 1UL << i;
	return mask;
}

static i64 register_for(u32 commands)
{
	__atomic_fetch_or(&process_current()->membarriers, commands, __ATOMIC_SEQ_CST);
	return 0;
}

static bool registered_for(u32 command)
{
	return READ_ONCE(process_current()->membarriers) & command;
}

i64 sys_membarrier(u64 command, u64 flags, u64 cpu)
{
	(void)cpu; /* for a flag that only restartable sequences have */
	if ((u32)flags)
		return -EINVAL;
	switch ((u32)command) {
	case QUERY: return ALL_COMMANDS;
	case GLOBAL:
	case GLOBAL_EXPEDITED: return barrier_on(~0UL);
	case PRIVATE_EXPEDITED:
		return registered_for(REGISTER_PRIVATE_EXPEDITED) ? barrier_on(own_cpus()) : -EPERM;
	case PRIVATE_EXPEDITED_SYNC_CORE:
		return registered_for(REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) ? barrier_on(own_cpus())
									    : -EPERM;
	case REGISTER_GLOBAL_EXPEDITED:
	case REGISTER_PRIVATE_EXPEDITED:
	case REGISTER_PRIVATE_EXPEDITED_SYNC_CORE: return register_for((u32)command);
	case GET_REGISTRATIONS: return READ_ONCE(process_current()->membarriers);
	default: return -EINVAL;
	}
}
