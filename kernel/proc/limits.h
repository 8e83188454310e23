/* SPDX-License-Identifier: ISC */
/*
 * Resource limits (getrlimit(2)): a soft one that counts and a hard one up to which its owner may
 * raise it. Inherited by fork, kept by exec.
 *
 * Lock: process_lock for changes; a reader may see one of the two numbers changed before the other.
 * What holds to them: NOFILE fdtable.c; NPROC process.c; STACK, AS and DATA vm/limit.c, by copies
 * in the space; FSIZE tmpfs, through fs_size_limit; CPU a timer. CORE is 0: there are no dumps.
 * The others are kept and told.
 */
#pragma once

#include "abi/resource.h"
#include "lib/types.h"

struct process;

#define FD_HARD_LIMIT 4096 /* the first process's */
#define FD_LIMIT_MAX 65536 /* as Linux's fs.nr_open */

/* Those of the first process. */
void limits_init(struct rlimit_abi *limits, u64 processes);

/*
 * Tells the limit in *old (NULL: not) and sets *new (NULL: not) for @pid (0: the caller).
 * 0, -EINVAL, -ESRCH, -EPERM (another's process, or a hard limit raised without rights).
 */
int limits_change(i32 pid, u32 resource, const struct rlimit_abi *new, struct rlimit_abi *old);

/* The soft limit of the running process; of a kernel thread: no limit. */
u64 limits_now(u32 resource);

/* Before the next process of @p's user: would it be one too many? Under process_lock. */
bool limits_forbid_process(const struct process *p);

/* Gives @p's memory limits to its space: after exec, and when they change. */
void limits_to_space(struct process *p);

/* Counts @p's CPU time from now on; its end. Thread context. */
void limits_start(struct process *p);
void limits_end(struct process *p);

/* fs_size_limit: SIGXFSZ for a write or truncation that begins at or goes behind the limit. */
u64 limits_file_size(u64 pos);
