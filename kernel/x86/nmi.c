/* SPDX-License-Identifier: ISC */
/*
 * Non-maskable interrupts: from outside (a button, trouble on the board), and from another
 * CPU that wants to know what this one does, or to stop it, whether or not it listens.
 *
 * wishes[] is atomic: the asking CPU sets a word and sends the NMI, the asked one takes it.
 * A snapshot belongs to the asked CPU until it has stored `taken` (release); a new one is asked
 * for only after the last was read. The handler takes no locks: what was interrupted may
 * hold any.
 */
#include "x86/smp.h"

#include "base/backtrace.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/symbols.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/trap.h"
#include "x86/apic.h"
#include "x86/irq.h"

#define ANSWER_US 1000000 /* an emulator's CPU may wait for one of ours */
#define ANSWER_STEP_US 100

enum wish { WISH_NONE, WISH_SNAPSHOT, WISH_STOP };

static u32 wishes[MAX_CPUS]; /* atomic, enum wish */
static struct cpu_snapshot snapshots[MAX_CPUS];
static u64 nmi_rip[MAX_CPUS]; /* [owner CPU] where the first one from outside hit */

/* -- the CPU that is hit -------------------------------------------------------------------- */

static void take_snapshot(const struct trap_frame *f)
{
	struct cpu_snapshot *s = &snapshots[cpu_id()];

	s->user = trap_from_user(f);
	s->irqs_on = f->rflags & RFLAGS_IF;
	s->depth =
		s->user ? 0 : backtrace_collect(backtrace_of_trap(f), s->addresses, SNAPSHOT_DEPTH);
	strlcpy(s->who, "no thread", sizeof(s->who));
	if (panic_describe_current)
		panic_describe_current(s->who, sizeof(s->who));
	__atomic_store_n(&s->taken, true, __ATOMIC_RELEASE);
}

static noreturn void stop_here(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Has the first one reported by an interrupt that follows at once. */
static void note_outside(const struct trap_frame *f)
{
	u64 *rip = &nmi_rip[cpu_id()];

	if (!*rip) {
		*rip = f->rip;
		apic_send_self(VECTOR_NMI_REPORT);
	}
}

void nmi_handle(const struct trap_frame *f)
{
	u32 wish = __atomic_exchange_n(&wishes[cpu_id()], WISH_NONE, __ATOMIC_ACQ_REL);

	irq_count_nmi();
	if (wish == WISH_NONE) {
		note_outside(f);
		return;
	}
	take_snapshot(f);
	if (wish == WISH_STOP)
		stop_here();
}

void nmi_report(void)
{
	char where[96];

	symbols_describe(nmi_rip[cpu_id()], where, sizeof(where));
	log_warning(
		"NMI on CPU %u at %s: a button, or trouble on the board; later ones are counted "
		"in /proc/interrupts",
		cpu_id(), where);
}

/* -- the CPU that asks ------------------------------------------------------------------------ */

static void ask(u32 cpu, enum wish w)
{
	__atomic_store_n(&snapshots[cpu].taken, false, __ATOMIC_RELAXED);
	__atomic_store_n(&wishes[cpu], w, __ATOMIC_RELEASE);
	apic_send_nmi(cpus[cpu]->apic_id);
}

static const struct cpu_snapshot *answer(u32 cpu)
{
	for (u32 i = 0; i < ANSWER_US / ANSWER_STEP_US; i++) {
		if (__atomic_load_n(&snapshots[cpu].taken, __ATOMIC_ACQUIRE))
			return &snapshots[cpu];
		clock_delay_us(ANSWER_STEP_US);
	}
	return NULL;
}

void smp_stop_others(void)
{
	for (u32 i = 0; i < cpu_count; i++)
		if (i != cpu_id())
			ask(i, WISH_STOP);
}

const struct cpu_snapshot *smp_stopped(u32 cpu)
{
	return answer(cpu);
}

const struct cpu_snapshot *smp_look_at(u32 cpu)
{
	ask(cpu, WISH_SNAPSHOT);
	return answer(cpu);
}
