/* SPDX-License-Identifier: ISC */
/* Waits until each CPU that looks has ended that look (peek.h). No locks. */
#include "base/peek.h"

#include "base/mutants.h"

/* A CPU that is counted only after the fence finds nothing of what is gone. */
void peek_await(void)
{
	u32 count;

	assert(cpu_this()->lock_depth == 0 && cpu_this()->irq_depth == 0);
	if (MUTANT(peek))
		return;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	count = READ_ONCE(cpu_count);
	for (u32 i = 0; i < count; i++) {
		const u32 *peeks = &cpus[i]->peeks;
		u32 seen = __atomic_load_n(peeks, __ATOMIC_ACQUIRE);

		while ((seen & 1) && __atomic_load_n(peeks, __ATOMIC_ACQUIRE) == seen)
			cpu_relax();
	}
}
