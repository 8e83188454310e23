/* SPDX-License-Identifier: ISC */
/*
 * The trap table (OSTEP 6.2: "set up trap table"): one for all CPUs, all gates close interrupts.
 * Written once at boot, before the CPUs load it.
 */
#include "x86/x86.h"

#include "base/trace.h"
#include "x86/apic.h"

struct gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "SDM vol. 3, figure 6-8");

#define GATE_INTERRUPT 0x8e
#define GATE_USER 0x60 /* DPL 3: `int n` may reach it */

static struct gate idt[256] __attribute__((aligned(16)));

static u8 stack_of(unsigned vector)
{
	switch (vector) {
	case TRAP_NMI: return IST_NMI;
	case TRAP_DOUBLE_FAULT: return IST_DOUBLE_FAULT;
	case TRAP_MACHINE_CHECK: return IST_MACHINE_CHECK;
	case TRAP_DEBUG: return IST_DEBUG;
	default: return 0;
	}
}

void idt_init(void)
{
	for (unsigned v = 0; v < 256; v++) {
		u64 entry = trap_stubs[v];
		bool user = v == TRAP_BREAKPOINT || v == TRAP_OVERFLOW;

		idt[v] = (struct gate){
			.offset_low = (u16)entry,
			.offset_middle = (u16)(entry >> 16),
			.offset_high = (u32)(entry >> 32),
			.selector = KERNEL_CS,
			.ist = stack_of(v),
			.type = GATE_INTERRUPT | (user ? GATE_USER : 0),
		};
	}
	trace_milestone(TRACE_TRAP_TABLE, ARRAY_SIZE(idt), (u64)idt, VECTOR_TIMER,
			trap_stubs[VECTOR_TIMER]);
}

void idt_load(void)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) p = { sizeof(idt) - 1, (u64)idt };

	__asm__ volatile("lidt %0" ::"m"(p));
}
