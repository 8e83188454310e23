/* SPDX-License-Identifier: ISC */
/* Pending signals: order, the bound of a user, what is lost when memory is out, flushing. */
#include "abi/errno.h"
#include "base/ktest.h"
#include "proc/sigqueue.h"

#define NOBODY 4294900000u /* no process of a running system has this uid */
#define RT 40

static int add(struct pending_signals *p, int sig, i32 code, i32 value)
{
	struct siginfo_kernel info = { .code = code, .value = value };

	return pending_add(p, sig, &info, NOBODY);
}

/* Not inline: GCC would warn of standard[RT], not seeing that such a signal is never there. */
static __attribute__((noinline)) i64 take(struct pending_signals *p, int sig)
{
	struct siginfo_kernel info;

	pending_take(p, sig, &info);
	return info.value;
}

KTEST(sigqueue_order, 20)
{
	struct pending_signals p;

	pending_init(&p);
	for (int i = 1; i <= 3; i++) {
		KEXPECT_EQ(add(&p, RT, SI_QUEUE, i), 0);
		KEXPECT_EQ(add(&p, SIGUSR1, SI_QUEUE, 10 * i), 0);
	}
	KEXPECT_EQ(p.set, SIGNAL_BIT(RT) | SIGNAL_BIT(SIGUSR1));
	KEXPECT_EQ(take(&p, SIGUSR1), 10);
	KEXPECT_EQ(p.set, SIGNAL_BIT(RT));
	for (int i = 1; i <= 3; i++)
		KEXPECT_EQ(take(&p, RT), i);
	KEXPECT_EQ(p.set, 0);
}

KTEST(sigqueue_bound, 100)
{
	struct pending_signals p;

	pending_init(&p);
	for (int i = 0; i < SIGQUEUE_LIMIT; i++)
		KREQUIRE(add(&p, RT + i % 3, SI_QUEUE, i) == 0);
	KEXPECT_EQ(add(&p, RT, SI_QUEUE, 0), -EAGAIN);
	KEXPECT_EQ(add(&p, RT + 9, SI_USER, 7), 0);
	KEXPECT_EQ(take(&p, RT + 9), 0); /* it came without its siginfo */
	KEXPECT(!(p.set & SIGNAL_BIT(RT + 9)));
	pending_flush(&p, SIGNAL_BIT(RT));
	KEXPECT_EQ(p.set, SIGNAL_BIT(RT + 1) | SIGNAL_BIT(RT + 2));
	KEXPECT_EQ(take(&p, RT + 1), 1);
	pending_flush(&p, ~0UL);
	KEXPECT_EQ(p.set, 0);
	KEXPECT_EQ(add(&p, RT, SI_QUEUE, 5), 0);
	KEXPECT_EQ(take(&p, RT), 5);
}

static int times_taken;

static void count(struct sigqueue *q)
{
	(void)q;
	times_taken++;
}

KTEST(sigqueue_of_a_timer, 20)
{
	struct sigqueue own = { .sig = SIGALRM, .info.value = 9, .taken = count };
	struct pending_signals p;

	pending_init(&p);
	list_init(&own.link);
	times_taken = 0;
	pending_add_entry(&p, &own);
	pending_add_entry(&p, &own);
	KEXPECT_EQ(add(&p, SIGALRM, SI_USER, 1), 0); /* pending already: not added */
	KEXPECT_EQ(take(&p, SIGALRM), 9);
	KEXPECT_EQ(times_taken, 1);
	KEXPECT_EQ(p.set, 0);
	pending_add_entry(&p, &own);
	pending_remove_entry(&p, &own);
	KEXPECT_EQ(p.set, 0);
	pending_add_entry(&p, &own);
	pending_flush(&p, SIGNAL_BIT(SIGALRM));
	KEXPECT_EQ(p.set, 0);
	KEXPECT(list_empty(&own.link));
}
