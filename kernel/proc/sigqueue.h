/* SPDX-License-Identifier: ISC */
/*
 * Signals that were sent and not yet taken: a bit and one siginfo for each standard signal, a
 * queue for the real-time ones (32 … 64) and for those of POSIX timers, which bring their entry.
 *
 * Invariant: a bit of `set` is on while `has_info`, the queue, or nothing (the siginfo was lost
 * for want of memory) stands behind it. Lock: the process's sig_lock guards all of it.
 */
#pragma once

#include "abi/signal.h"
#include "lib/list.h"

#define SIGNAL_BIT(sig) (1UL << ((sig)-1))
#define SIGNAL_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define SIGRTMIN 32

struct siginfo_kernel { /* as programs see it: the rest of theirs is zero */
	i32 signo, error, code, pad; /* signo: where a program is shown it */
	union {
		struct {
			i32 pid;
			u32 uid;
			union {
				i32 status;
				u64 value;
			};
		};
		struct {
			i32 timer_id, overrun;
			u64 timer_value;
		};
		u64 address;
		u8 bytes[32];
	};
};

struct sigqueue {
	struct list link;
	int sig;
	u32 uid; /* who pays for it */
	struct siginfo_kernel info;
	/* For the entries of timers: called when it is taken (may complete info); they are not freed. */
	void (*taken)(struct sigqueue *q);
};

struct pending_signals {
	u64 set; /* bit n - 1: signal n */
	u64 has_info; /* of them, those with a siginfo in standard[] */
	u64 queued; /* of them, those with entries in the queue */
	struct list queue; /* oldest first */
	struct siginfo_kernel standard[SIGRTMIN];
};

void sigqueue_room_init(void);
void pending_init(struct pending_signals *p);
/* Puts a standard signal there at any rate, with this siginfo. */
static inline void pending_force(struct pending_signals *p, int sig,
				 const struct siginfo_kernel *info)
{
	p->standard[sig] = *info;
	p->has_info |= SIGNAL_BIT(sig);
	p->set |= SIGNAL_BIT(sig);
}
/* pending_add() of a real-time signal. */
int pending_add_queued(struct pending_signals *p, int sig, const struct siginfo_kernel *info,
		       u32 uid);
/*
 * Adds @sig; a standard signal that is pending already is not added again. -EAGAIN: a real-time
 * signal for whose siginfo user @uid has no room left (SIGQUEUE_LIMIT); nothing was added, but
 * what kill() sends comes without its siginfo then.
 */
static inline int pending_add(struct pending_signals *p, int sig, const struct siginfo_kernel *info,
			      u32 uid)
{
	if (unlikely(sig >= SIGRTMIN))
		return pending_add_queued(p, sig, info, uid);
	if (likely(!(p->set & SIGNAL_BIT(sig))))
		pending_force(p, sig, info);
	return 0;
}
/* Adds a timer's own entry, if it is not queued yet. */
void pending_add_entry(struct pending_signals *p, struct sigqueue *q);
/* pending_take() of a signal without a siginfo in standard[]. */
void pending_take_queued(struct pending_signals *p, int sig, struct siginfo_kernel *info);
/* Takes the oldest @sig, which is in the set. */
static inline void pending_take(struct pending_signals *p, int sig, struct siginfo_kernel *info)
{
	u64 bit = SIGNAL_BIT(sig);

	if (unlikely(!(p->has_info & bit))) {
		pending_take_queued(p, sig, info);
		return;
	}
	*info = p->standard[sig];
	p->has_info &= ~bit;
	p->set &= ~bit | p->queued;
}
/* Takes one entry out again (its timer is deleted). */
void pending_remove_entry(struct pending_signals *p, struct sigqueue *q);
/* Drops all signals of @mask. */
void pending_flush(struct pending_signals *p, u64 mask);

/* Real-time signals and POSIX timers that one user may have waiting, as RLIMIT_SIGPENDING. */
#define SIGQUEUE_LIMIT 1024
/* Counts one more for @uid; false: it has all that it may have. sigqueue_credit() takes it back. */
bool sigqueue_charge(u32 uid);
void sigqueue_credit(u32 uid);
