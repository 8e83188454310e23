/* SPDX-License-Identifier: ISC */
/* Tables of signal actions (sigaction.h). */
#include "proc/sigaction.h"

#include "lib/string.h"
#include "mm/slab.h"

static struct slab_cache *cache;

void sigaction_room_init(void)
{
	cache = slab_create("sigactions", sizeof(struct sigaction_table), 0);
}

struct sigaction_table *sigaction_create(void)
{
	struct sigaction_table *t = slab_alloc_zero(cache);

	if (t)
		t->refs = 1;
	return t;
}

struct sigaction_table *sigaction_copy(struct sigaction_table *t)
{
	struct sigaction_table *copy = slab_alloc(cache);
	u64 flags;

	if (!copy)
		return NULL;
	copy->lock = (struct spinlock)SPINLOCK_INIT;
	copy->refs = 1;
	flags = spin_lock_irq(&t->lock);
	copy->changed = t->changed;
	memcpy(copy->action, t->action, sizeof(copy->action));
	spin_unlock_irq(&t->lock, flags);
	return copy;
}

void sigaction_put(struct sigaction_table *t)
{
	if (t && __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) == 0)
		slab_free(cache, t);
}

void sigaction_change(struct sigaction_table *t, int sig, const struct sigaction_kernel *new,
		      struct sigaction_kernel *old)
{
	u64 flags = spin_lock_irq(&t->lock);

	*old = t->action[sig];
	if (new)
		sigaction_set(t, sig, new);
	spin_unlock_irq(&t->lock, flags);
}

void sigaction_use(struct sigaction_table *t, int sig, struct sigaction_kernel *copy)
{
	u64 flags = spin_lock_irq(&t->lock);

	*copy = t->action[sig];
	if (copy->handler > SIG_IGN && (copy->flags & SA_RESETHAND))
		t->action[sig].handler = SIG_DFL;
	spin_unlock_irq(&t->lock, flags);
}

void sigaction_default(struct sigaction_table *t, int sig)
{
	u64 flags = spin_lock_irq(&t->lock);

	t->action[sig].handler = SIG_DFL;
	spin_unlock_irq(&t->lock, flags);
}

void sigaction_reset(struct sigaction_table *t)
{
	u64 flags = spin_lock_irq(&t->lock);

	for (u64 left = t->changed; left; left &= left - 1) {
		int sig = __builtin_ctzl(left) + 1;

		if (t->action[sig].handler != SIG_IGN) {
			t->action[sig].handler = SIG_DFL;
			t->changed &= ~SIGNAL_BIT(sig);
		}
		t->action[sig].flags = t->action[sig].mask = t->action[sig].restorer = 0;
	}
	spin_unlock_irq(&t->lock, flags);
}
