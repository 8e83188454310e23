/* SPDX-License-Identifier: ISC */
/*
 * See lockup.h. State: reporter (atomic) is the CPU that reports, plus one; last_report is its own.
 */
#include "base/lockup.h"

#include "base/backtrace.h"
#include "base/log.h"
#include "base/panic.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/smp.h"

#define LIMIT (10 * NSEC_PER_SEC)
#define EMULATOR_SLACK 3 /* its CPUs share ours with others */
#define LOOK_AT_CLOCK 0x4000u /* spins between two looks */
#define REPORT_PAUSE (60 * NSEC_PER_SEC)

u64 lockup_test_limit; /* not 0: the limit, and reports never panic */
u32 lockup_reports; /* atomic */
char lockup_last[80]; /* of whoever is the reporter */
static u32 reporter; /* atomic; 0: nobody */
static u64 last_report; /* of whoever is the reporter */

u64 lockup_limit(void)
{
	if (unlikely(lockup_test_limit))
		return lockup_test_limit;
	return LIMIT * (cpu_features.hypervisor ? EMULATOR_SLACK : 1);
}

bool patience_ends(struct patience *p)
{
	u64 now;

	if (likely(++p->spins % LOOK_AT_CLOCK))
		return false;
	now = clock_ns();
	if (!p->begin)
		p->begin = now;
	if (now - p->begin < lockup_limit())
		return false;
	p->begin = now;
	return true;
}

static void print_snapshot(u32 cpu, const struct cpu_snapshot *s)
{
	if (!s) {
		log_raw_printf("CPU %u does not answer\n", cpu);
		return;
	}
	log_raw_printf("CPU %u, running %s%s%s\n", cpu, s->who,
		       s->user ? ", in user mode" : ", in the kernel",
		       s->irqs_on ? "" : ", interrupts off");
	backtrace_print_list(s->addresses, s->depth, false);
}

void lockup_print_others(bool stopped)
{
	for (u32 i = 0; i < cpu_count; i++)
		if (i != cpu_id())
			print_snapshot(i, stopped ? smp_stopped(i) : smp_look_at(i));
}

static void report(const char *what)
{
	struct backtrace_place p = backtrace_here();

	log_raw_printf("\nlock-up: CPU %u: %s\n", cpu_id(), what);
	backtrace_step(&p); /* begin with who found it */
	backtrace_print(p);
	lockup_print_others(false);
	strlcpy(lockup_last, what, sizeof(lockup_last));
	__atomic_add_fetch(&lockup_reports, 1, __ATOMIC_SEQ_CST);
#ifdef DEBUG
	if (!lockup_test_limit)
		panic("lock-up: %s", what);
#endif
}

void lockup_report(const char *fmt, ...)
{
	char what[160];
	u32 nobody = 0, me = cpu_id() + 1;
	va_list ap;

	if (log_in_panic())
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (!__atomic_compare_exchange_n(&reporter, &nobody, me, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED)) {
		if (nobody == me)
			panic("lock-up inside the report of one: %s", what);
		return;
	}
	if (!last_report || lockup_test_limit || clock_ns() - last_report > REPORT_PAUSE) {
		report(what);
		last_report = clock_ns();
	}
	__atomic_store_n(&reporter, 0, __ATOMIC_RELEASE);
}
