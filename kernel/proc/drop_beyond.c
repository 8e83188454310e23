/* SPDX-License-Identifier: ISC */
/*
 * A file has become shorter: what processes have mapped beyond its end goes, so that touching it is
 * SIGBUS and not somebody's old bytes. There is no list of who maps a file; all are looked through,
 * again and again until one round finds nothing: a fork may have copied a page behind our back.
 * Locks: process_lock for a step from one process to the next; the space's own for its maps.
 */
#include "proc/process.h"

/* The memory of the process with the lowest pid >= *pid, counted, which moves behind; NULL: no more. */
static struct space *next_space(i32 *pid)
{
	struct space *found = NULL;
	const struct process *p, *best = NULL;
	u64 flags = spin_lock_irq(&process_lock);

	list_for_each (p, &process_list, all) {
		if (p->pid >= *pid && p->space && (!best || p->pid < best->pid))
			best = p;
	}
	if (best) {
		*pid = best->pid + 1;
		found = best->space;
		space_get(found);
	}
	spin_unlock_irq(&process_lock, flags);
	return found;
}

static bool drop_everywhere(const struct backing *b, u64 from)
{
	struct space *s;
	bool any = false;
	i32 pid = 1;

	while ((s = next_space(&pid))) {
		any |= space_drop_beyond(s, b, from);
		space_put(s);
	}
	return any;
}

void process_drop_beyond(const struct backing *b, u64 from)
{
	while (drop_everywhere(b, from))
		;
}
