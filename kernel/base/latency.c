/* SPDX-License-Identifier: ISC */
/* The longest time that interrupts were off on each CPU: see machine/cpu.h. Its own CPU writes. */
#include "machine/cpu.h"

#ifdef DEBUG
__attribute__((noinline)) void irqs_off_longest(u64 ticks)
{
	struct cpu *c = cpu_this();

	WRITE_ONCE(c->irqs_off_max, ticks);
	WRITE_ONCE(c->irqs_off_where, (u64)__builtin_return_address(0));
}
#endif
