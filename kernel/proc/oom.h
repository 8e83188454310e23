/* SPDX-License-Identifier: ISC */
/*
 * Out of memory: who has to go. docs/memory.md tells the policy.
 *
 * Lock: oom_lock (mutex), inside all locks but space.lock, process_lock and files' vnode.lock: a
 * page fault comes here with none of those held, and the killer takes space.lock of its victim.
 */
#pragma once

#include "lib/types.h"

struct process;

#define OOM_ADJ_MIN (-1000) /* never */
#define OOM_ADJ_MAX 1000 /* first */

/*
 * A page fault of the running process found no memory. True: there may be some now, try again.
 * False: the process itself must end, a fatal signal is pending. Thread context; sleeps.
 */
bool oom_make_room(void);

/* @p has given its memory back. Any context. */
void oom_process_left(struct process *p);

/* What /proc tells of @p: 0 (never) and up, in thousandths of memory. Under process_lock. */
u64 oom_score(const struct process *p);
/* Sets how @p is judged. 0, -EINVAL, -EACCES (lower without rights). Under process_lock. */
int oom_adjust(struct process *p, i64 adj);
