/* SPDX-License-Identifier: ISC */
/*
 * Interrupts from vector to handler. Each routed line has one vector and a chain of handlers.
 *
 * Locks: irq_lock (interrupts off; taken before ioapic_lock) serialises registration. Dispatch
 * takes no lock: a line is filled before its vector is unmasked, chains only grow at their end
 * with a release store, and nothing is ever unregistered. Counters belong to their CPU.
 */
#include "abi/errno.h"
#include "base/log.h"
#include "base/spinlock.h"
#include "base/trace.h"
#include "machine/irq.h"
#include "machine/trap.h"
#include "machine/upcalls.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/irq.h"
#include "x86/smp.h"

#define MAX_LINES (VECTOR_DEVICE_END - VECTOR_DEVICE)
#define MAX_HANDLERS 48
#define UNCLAIMED_LIMIT 10000 /* in a row: then the line is masked, or it would hold the CPU */
#define SHARED_EDGE_ROUNDS 16

struct irq_action {
	irq_handler handler;
	void *arg;
	const char *name;
	struct irq_action *next; /* release store */
};

struct irq_line {
	u32 gsi;
	u32 flags; /* IOAPIC_* */
	u32 unclaimed; /* in a row; only the CPU that the line is routed to writes it */
	struct irq_action *first;
};

enum irq_slot {
	SLOT_TIMER,
	SLOT_SPURIOUS,
	SLOT_UNEXPECTED,
	SLOT_ERROR,
	SLOT_NMI,
	SLOT_KICK,
	SLOT_CALL,
	SLOT_SHOOTDOWN,
	SLOT_LINES
};
#define SLOT_COUNT (SLOT_LINES + MAX_LINES)

static struct irq_line lines[MAX_LINES]; /* vector VECTOR_DEVICE + index */
static u32 line_count; /* [irq_lock] */
static struct irq_action actions[MAX_HANDLERS];
static u32 action_count; /* [irq_lock] */
static struct spinlock irq_lock = SPINLOCK_INIT;

static u64 counts[MAX_CPUS][SLOT_COUNT]; /* [owner CPU] */
static u64 unexpected_seen[4]; /* a bit a vector, atomic: logged already */

static void count(enum irq_slot slot)
{
	counts[cpu_id()][slot]++;
}

/* True the first time it is asked for @vector. */
static bool first_sight(u32 vector)
{
	u64 bit = 1UL << (vector % 64);

	return !(__atomic_fetch_or(&unexpected_seen[vector / 64], bit, __ATOMIC_RELAXED) & bit);
}

static bool run_chain(const struct irq_line *l)
{
	bool claimed = false;

	for (struct irq_action *a = __atomic_load_n(&l->first, __ATOMIC_ACQUIRE); a;
	     a = __atomic_load_n(&a->next, __ATOMIC_ACQUIRE))
		claimed |= a->handler(a->arg);
	return claimed;
}

/*
 * An edge that one of several devices holds high hides the others' edges: on such a line all
 * are asked again until none has anything left.
 */
static bool run_line(const struct irq_line *l)
{
	bool shared_edge = !(l->flags & IOAPIC_LEVEL) && l->first && l->first->next;
	bool claimed = run_chain(l);

	if (claimed && shared_edge) {
		for (u32 i = 0; i < SHARED_EDGE_ROUNDS && run_chain(l); i++)
			;
	}
	return claimed;
}

static void device_interrupt(u32 vector)
{
	struct irq_line *l = &lines[vector - VECTOR_DEVICE];

	count(SLOT_LINES + vector - VECTOR_DEVICE);
	if (run_line(l)) {
		l->unclaimed = 0;
	} else {
		count(SLOT_SPURIOUS);
		if (first_sight(vector))
			log_warning("irq: nobody claims line %u (%s)", l->gsi, l->first->name);
		if (++l->unclaimed == UNCLAIMED_LIMIT) {
			log_error("irq: line %u (%s) does not stop, masked", l->gsi,
				  l->first->name);
			ioapic_mask(l->gsi);
		}
	}
	apic_eoi(); /* after the handlers: a level line would come again at once */
}

static void error_interrupt(void)
{
	u32 errors = apic_take_errors();

	count(SLOT_ERROR);
	apic_eoi();
	if (first_sight(VECTOR_ERROR))
		log_error("apic: error status %#x", errors);
}

/* The spurious vector and the 8259s' own have no bit in service: they get no EOI. */
static void stray_interrupt(u32 vector)
{
	bool spurious = vector == VECTOR_SPURIOUS || vector < VECTOR_DEVICE;

	count(spurious ? SLOT_SPURIOUS : SLOT_UNEXPECTED);
	if (vector < VECTOR_DEVICE)
		pic_spurious(vector);
	else if (vector != VECTOR_SPURIOUS && apic_in_service(vector))
		apic_eoi();
	if (first_sight(vector))
		log_warning("irq: %s interrupt %#x", spurious ? "spurious" : "unexpected", vector);
}

void irq_note_shootdown(void)
{
	count(SLOT_SHOOTDOWN);
}

void irq_count_nmi(void)
{
	count(SLOT_NMI);
}

void irq_dispatch(struct trap_frame *f)
{
	struct cpu *c = cpu_this();
	u32 vector = (u32)f->vector;

	irqs_off_begin();
	c->irq_depth++;
	c->irq_count++;
	trace(TRACE_IRQ_ENTER, vector, trap_from_user(f), f->rip, (u64)f);
	if (likely(vector == VECTOR_TIMER)) {
		count(SLOT_TIMER);
		apic_eoi(); /* before: what it arms may fire at once */
		clock_interrupt(trap_from_user(f));
	} else if (vector - VECTOR_DEVICE < MAX_LINES && lines[vector - VECTOR_DEVICE].first) {
		device_interrupt(vector);
	} else if (vector == VECTOR_KICK) {
		count(SLOT_KICK);
		apic_eoi();
		upcall_kicked();
	} else if (vector == VECTOR_CALL) {
		count(SLOT_CALL);
		apic_eoi();
		ipi_call_interrupt();
	} else if (vector == VECTOR_NMI_REPORT) {
		apic_eoi();
		nmi_report();
	} else if (vector == VECTOR_ERROR) {
		error_interrupt();
	} else {
		stray_interrupt(vector);
	}
	trace(TRACE_IRQ_EXIT, vector);
	c->irq_depth--;
	irqs_off_end();
}

static struct irq_line *find_line(u32 gsi)
{
	for (u32 i = 0; i < line_count; i++) {
		if (lines[i].gsi == gsi)
			return &lines[i];
	}
	return NULL;
}

/* A new line whose only handler is @a. The handler is in place before the line is unmasked. */
static int open_line(u32 gsi, u32 flags, struct irq_action *a)
{
	struct irq_line *l = &lines[line_count];
	int err;

	if (line_count == MAX_LINES)
		return -ENOSPC;
	*l = (struct irq_line){ .gsi = gsi, .flags = flags, .first = a };
	err = ioapic_route(gsi, VECTOR_DEVICE + line_count, apic_id(), flags);
	if (err)
		l->first = NULL;
	else
		line_count++;
	return err;
}

static void append_action(struct irq_line *l, struct irq_action *a)
{
	struct irq_action **at = &l->first;

	while (*at)
		at = &(*at)->next;
	__atomic_store_n(at, a, __ATOMIC_RELEASE);
}

static int register_locked(const struct acpi_isa_route *route, const struct irq_action *wanted)
{
	u32 flags = (ACPI_POLARITY(route->flags) == ACPI_ACTIVE_LOW ? IOAPIC_LOW : 0) |
		    (ACPI_TRIGGER(route->flags) == ACPI_LEVEL ? IOAPIC_LEVEL : 0);
	struct irq_line *l = find_line(route->gsi);
	int err = 0;

	if (action_count == MAX_HANDLERS)
		return -ENOSPC;
	actions[action_count] = *wanted;
	if (l)
		append_action(l, &actions[action_count]);
	else
		err = open_line(route->gsi, flags, &actions[action_count]);
	if (!err)
		action_count++;
	return err;
}

int irq_register_isa(unsigned line, irq_handler handler, void *arg, const char *name)
{
	struct irq_action wanted = { handler, arg, name, NULL };
	u64 flags;
	int err;

	if (line >= ARRAY_SIZE(acpi.isa))
		return -ENODEV;
	flags = spin_lock_irq(&irq_lock);
	err = register_locked(&acpi.isa[line], &wanted);
	spin_unlock_irq(&irq_lock, flags);
	if (err)
		log_warning("irq: no route for %s at ISA line %u (%d)", name, line, err);
	return err;
}

bool irq_stat_get(unsigned index, struct irq_stat *out)
{
	static const struct irq_stat fixed[SLOT_LINES] = {
		[SLOT_TIMER] = { "LOC", "Local timer interrupts", 0 },
		[SLOT_SPURIOUS] = { "SPU", "Spurious interrupts", 0 },
		[SLOT_UNEXPECTED] = { "UNX", "Unexpected interrupts", 0 },
		[SLOT_ERROR] = { "ERR", "APIC errors", 0 },
		[SLOT_NMI] = { "NMI", "Non-maskable interrupts", 0 },
		[SLOT_KICK] = { "RES", "Rescheduling interrupts", 0 },
		[SLOT_CALL] = { "CAL", "Function call interrupts", 0 },
		[SLOT_SHOOTDOWN] = { "TLB", "TLB shootdowns", 0 },
	};
	const struct irq_action *a;

	if (index >= SLOT_COUNT)
		return false;
	if (index < SLOT_LINES) {
		*out = fixed[index];
		return true;
	}
	a = __atomic_load_n(&lines[index - SLOT_LINES].first, __ATOMIC_ACQUIRE);
	*out = (struct irq_stat){ NULL, a ? a->name : NULL, lines[index - SLOT_LINES].gsi };
	return true;
}

u64 irq_stat_count(unsigned index, u32 cpu)
{
	return READ_ONCE(counts[cpu][index]);
}
