/* SPDX-License-Identifier: ISC */
/* What sending (signal_send.c) and taking (signal.c) know in common. */
#pragma once

#include "proc/signal.h"

#define BIT(sig) SIGNAL_BIT(sig)
#define IGNORED_BY_DEFAULT (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH))

static inline bool signal_ignored(const struct process *p, int sig)
{
	u64 handler = sigaction_handler(p->actions, sig);

	return handler == SIG_IGN || (handler == SIG_DFL && (IGNORED_BY_DEFAULT & BIT(sig)));
}

/* pid 1 dies of nothing that it has not asked for (but its own faults). */
static inline bool signal_spared(const struct process *p, int sig)
{
	return p == process_init_task && sigaction_handler(p->actions, sig) == SIG_DFL;
}
