/* SPDX-License-Identifier: ISC */
/*
 * What one CPU asks of another: to look at its queue, or to run a function.
 *
 * Each CPU has one call of its own that it fills, and a word `incoming` with a bit for each
 * CPU whose call it shall serve:
 *
 *	caller					CPU asked
 *	fill the call, waiting = mask		interrupt (or in its own wait):
 *	incoming[asked] |= own bit		take = exchange incoming[own], 0
 *	    it was 0: send the interrupt	for each bit: run that CPU's call,
 *	waiting == 0?				    then waiting &= ~own bit
 *
 * If the word was not 0, an interrupt is already on its way whose handler has not exchanged
 * yet, and takes the new bit too. A call is its CPU's own again when waiting is 0; the kernel
 * is not preempted and handlers do not call, so none is filled twice. Nobody waits for
 * somebody who waits: a waiting CPU serves. No locks.
 */
#include "x86/smp.h"

#include "base/lockup.h"
#include "base/panic.h"
#include "x86/apic.h"

struct call {
	u64 waiting; /* atomic: CPUs that have not run it */
	void (*fn)(void *arg);
	void *arg;
} __attribute__((aligned(64)));

struct incoming {
	u64 callers; /* atomic */
} __attribute__((aligned(64)));

static struct call calls[MAX_CPUS]; /* [o] filled by its CPU while waiting is 0 */
static struct incoming incoming[MAX_CPUS];

void cpu_kick(u32 cpu)
{
	if (cpu != cpu_id())
		apic_send_ipi(cpus[cpu]->apic_id, VECTOR_KICK);
}

/* Runs what other CPUs want of this one. Interrupts off. */
static void serve(void)
{
	u32 me = cpu_id();
	u64 callers;

	if (!READ_ONCE(incoming[me].callers))
		return;
	callers = __atomic_exchange_n(&incoming[me].callers, 0, __ATOMIC_SEQ_CST);
	for (; callers; callers &= callers - 1) {
		struct call *c = &calls[__builtin_ctzl(callers)];

		c->fn(c->arg);
		__atomic_and_fetch(&c->waiting, ~(1UL << me), __ATOMIC_SEQ_CST);
	}
}

void ipi_call_interrupt(void)
{
	serve();
}

static void ask(u64 mask)
{
	u64 own = 1UL << cpu_id();

	for (; mask; mask &= mask - 1) {
		u32 cpu = (u32)__builtin_ctzl(mask);

		if (!__atomic_fetch_or(&incoming[cpu].callers, own, __ATOMIC_SEQ_CST))
			apic_send_ipi(cpus[cpu]->apic_id, VECTOR_CALL);
	}
}

void smp_call(u64 mask, void (*fn)(void *arg), void *arg)
{
	u64 flags = irq_save(), own = 1UL << cpu_id();
	struct call *c = &calls[cpu_id()];
	struct patience p = { 0 };

	assert(cpu_this()->lock_depth == 0 && cpu_this()->irq_depth == 0);
	assert(!READ_ONCE(c->waiting));
	mask &= cpu_online_mask();
	c->fn = fn;
	c->arg = arg;
	__atomic_store_n(&c->waiting, mask & ~own, __ATOMIC_RELEASE);
	ask(mask & ~own);
	if (mask & own)
		fn(arg);
	while (__atomic_load_n(&c->waiting, __ATOMIC_ACQUIRE)) {
		serve();
		cpu_relax();
		if (unlikely(patience_ends(&p)))
			lockup_report("CPUs %lx do not serve calls", READ_ONCE(c->waiting));
	}
	irq_restore(flags);
}
