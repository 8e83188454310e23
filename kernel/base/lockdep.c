/* SPDX-License-Identifier: ISC */
/*
 * See lockdep.h. State: the classes and what is known of them, under guard, which is no spinlock:
 * it would be watched itself. Read without it where an old value only means another look.
 */
#ifdef DEBUG
#include "base/lockdep.h"

#include "base/log.h"
#include "base/panic.h"
#include "base/symbols.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/cpu.h"

#define CLASSES 128
#define WORDS (CLASSES / 64)
#define KERNEL_HALF 0xffffffff00000000
#define RFLAGS_IF 0x200

enum { IN_IRQ = 1, IRQS_ON = 2 };

struct class_set {
	u64 bits[WORDS];
};

static const char *names[CLASSES]; /* 0 is none */
static u32 class_count = 1;
static struct class_set after[CLASSES]; /* taken while one of the class was held */
static u32 edge_site[CLASSES][CLASSES]; /* where that was */
static u8 irq_use[CLASSES]; /* IN_IRQ, IRQS_ON */
static u32 irq_site[CLASSES];
static struct lock_stack spins[MAX_CPUS];
static bool guard; /* atomic */

bool lockdep_testing;
u32 lockdep_reports;

static u64 enter(void)
{
	u64 flags = irq_save();

	while (__atomic_exchange_n(&guard, true, __ATOMIC_ACQUIRE))
		cpu_relax();
	return flags;
}

static void leave(u64 flags)
{
	__atomic_store_n(&guard, false, __ATOMIC_RELEASE);
	irq_restore(flags);
}

static bool in_set(const struct class_set *s, u32 class)
{
	return READ_ONCE(s->bits[class / 64]) >> class % 64 & 1;
}

static void change(struct class_set *s, u32 class)
{
	s->bits[class / 64] ^= 1UL << class % 64;
}

/* -- findings --------------------------------------------------------------------------------------- */

static void describe(u32 site, char *buf, size_t size)
{
	symbols_describe(KERNEL_HALF | site, buf, size);
}

static void report(const char *what, u32 a, u32 a_site, u32 b, u32 b_site, u32 other_site)
{
	char first[80], second[80], other[80];

	if (READ_ONCE(lockdep_testing)) {
		__atomic_add_fetch(&lockdep_reports, 1, __ATOMIC_SEQ_CST);
		return;
	}
	describe(a_site, first, sizeof(first));
	describe(b_site, second, sizeof(second));
	describe(other_site, other, sizeof(other));
	panic("lock order: %s (%s), then %s (%s): %s (%s)", names[a], first, names[b], second, what,
	      other);
}

/* -- classes ---------------------------------------------------------------------------------------- */

/* Field or variable of "&expression@file", with what follows. */
static const char *tail(const char *name)
{
	const char *end = strchr(name, '@'), *p = end;

	while (p > name && p[-1] != '>' && p[-1] != '.' && p[-1] != '&')
		p--;
	return p;
}

static bool same_name(const char *a, const char *b)
{
	const char *ta = tail(a), *tb = tail(b);
	size_t n = strchr(ta, '@') - ta + 1;

	if (!strcmp(a, b))
		return true;
	return !strncmp(ta, tb, n) && strncmp(ta, "lock@", n);
}

static u32 find_class(const char *name)
{
	for (u32 i = 1; i < class_count; i++)
		if (names[i] == name)
			return i;
	for (u32 i = 1; i < class_count; i++)
		if (same_name(names[i], name))
			return i;
	ensure(class_count < CLASSES);
	names[class_count] = name;
	return class_count++;
}

static u32 class_of(struct lock_dep *d, const char *name)
{
	u64 flags;

	if (unlikely(!READ_ONCE(d->class))) {
		flags = enter();
		d->class = find_class(d->name ? d->name : name);
		leave(flags);
	}
	return d->class;
}

/* -- order ------------------------------------------------------------------------------------------ */

/* Everything that has been taken inside @class, or inside those. */
static struct class_set all_after(u32 class)
{
	struct class_set seen = after[class], todo = seen;
	u32 w = 0, i;

	while (w < WORDS) {
		if (!todo.bits[w]) {
			w++;
			continue;
		}
		i = w * 64 + __builtin_ctzl(todo.bits[w]);
		change(&todo, i);
		for (u32 k = 0; k < WORDS; k++) {
			todo.bits[k] |= after[i].bits[k] & ~seen.bits[k];
			seen.bits[k] |= after[i].bits[k];
		}
		w = 0;
	}
	return seen;
}

/* Where the first step of the known way from @from to @to was made. */
static u32 site_of_way(u32 from, u32 to)
{
	struct class_set beyond;

	for (u32 i = 1; i < class_count; i++) {
		beyond = all_after(i);
		if (in_set(&after[from], i) && (i == to || in_set(&beyond, to)))
			return edge_site[from][i];
	}
	return 0;
}

/* A class that handlers take and one in or under it that is held with interrupts on. */
static bool irq_conflict(u32 *a, u32 *b)
{
	struct class_set inside;

	for (*a = 1; *a < class_count; ++*a) {
		if (!(irq_use[*a] & IN_IRQ))
			continue;
		inside = all_after(*a);
		for (*b = 1; *b < class_count; ++*b)
			if (irq_use[*b] & IRQS_ON && (*b == *a || in_set(&inside, *b)))
				return true;
	}
	return false;
}

static void check_pair(const struct lock_held *h, u32 class, u32 site)
{
	u64 flags = enter();
	struct class_set inside = all_after(class);
	bool circle = in_set(&inside, h->class), conflict = false;
	u32 other = circle ? site_of_way(class, h->class) : 0, a, b;

	if (!circle && !in_set(&after[h->class], class)) {
		change(&after[h->class], class);
		edge_site[h->class][class] = site;
		conflict = irq_conflict(&a, &b);
		if (conflict)
			change(&after[h->class], class);
	}
	leave(flags);
	if (circle)
		report("the other way round at", h->class, h->site, class, site, other);
	if (conflict)
		report("the first is wanted by interrupts, the second held with them on; so here",
		       a, irq_site[a], b, irq_site[b], site);
}

static void note_irq(u32 class, u32 site, bool irqs_on)
{
	u8 use = cpu_this()->irq_depth ? IN_IRQ : irqs_on ? IRQS_ON : 0;
	bool conflict;
	u32 a, b;
	u64 flags;

	if (likely((READ_ONCE(irq_use[class]) & use) == use))
		return;
	flags = enter();
	irq_use[class] |= use;
	conflict = irq_conflict(&a, &b);
	if (conflict)
		irq_use[class] &= ~use;
	else
		irq_site[class] = site;
	leave(flags);
	if (conflict)
		report("the first is wanted by interrupts, the second held with them on; so here",
		       a, irq_site[a], b, irq_site[b], site);
}

/* -- what is held ----------------------------------------------------------------------------------- */

void lockdep_check(struct lock_stack *s, struct lock_dep *d, const char *name, bool nested)
{
	u32 class, site = (u32)(u64)__builtin_return_address(0);
	struct lock_held *h;

	if (unlikely(log_in_panic()))
		return;
	class = class_of(d, name);
	if (!s) {
		s = &spins[cpu_id()];
		note_irq(class, site, irq_enabled());
	}
	for (u32 i = 0; i < s->count; i++) {
		h = &s->held[i];
		if (h->class == class && !nested)
			report("two of one kind; here", class, h->site, class, site, site);
		else if (h->class != class && unlikely(!in_set(&after[h->class], class)))
			check_pair(h, class, site);
	}
}

void lockdep_acquired(struct lock_stack *s, struct lock_dep *d)
{
	u64 flags = irq_save();

	if (!s)
		s = &spins[cpu_id()];
	ensure(s->count < LOCKDEP_HELD);
	s->held[s->count++] =
		(struct lock_held){ d, d->class, (u32)(u64)__builtin_return_address(0) };
	irq_restore(flags);
}

void lockdep_release(struct lock_stack *s, struct lock_dep *d)
{
	bool irqs_on = irq_enabled(), spin = !s;
	u64 flags = irq_save();
	u32 i;

	if (spin)
		s = &spins[cpu_id()];
	for (i = s->count; i && s->held[i - 1].lock != d; i--)
		;
	if (likely(i)) {
		s->count--;
		memmove(&s->held[i - 1], &s->held[i], (s->count - (i - 1)) * sizeof(s->held[0]));
	}
	irq_restore(flags);
	if (spin && d->class && likely(!log_in_panic()))
		note_irq(d->class, (u32)(u64)__builtin_return_address(0), irqs_on);
}
#endif
