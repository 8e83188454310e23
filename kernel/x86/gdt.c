/* SPDX-License-Identifier: ISC */
/*
 * Segments, as few as long mode allows, with Linux's selectors; one GDT and TSS a CPU.
 * Runs on the CPU itself with interrupts off (SDM vol. 3, 3.4.5 and 8.2.3).
 */
#include "x86/x86.h"

#define SEGMENT_CODE64 0x00af9b000000ffffULL
#define SEGMENT_CODE32 0x00cf9b000000ffffULL
#define SEGMENT_DATA 0x00cf93000000ffffULL
#define SEGMENT_USER (3ULL << 45)

struct table_pointer {
	u16 limit;
	u64 base;
} __attribute__((packed));

static void fill_tss(struct x86_cpu *c)
{
	c->tss.rsp[0] = (u64)c->cpu.current;
	c->tss.iomap_base = sizeof(struct tss); /* beyond the limit: no port is allowed */
	for (unsigned i = 0; i < IST_COUNT; i++) {
		u64 *top = (u64 *)(c->ist_stack[i] + IST_STACK_BYTES) - 2;

		*top = (u64)&c->cpu; /* the entry code finds it above the frame */
		c->tss.ist[i] = (u64)top;
	}
}

void gdt_fill_flat(u64 gdt[4])
{
	gdt[KERNEL_CS / 8] = SEGMENT_CODE64;
	gdt[KERNEL_SS / 8] = SEGMENT_DATA;
}

static void fill_gdt(struct x86_cpu *c)
{
	u64 base = (u64)&c->tss;

	gdt_fill_flat(c->gdt);
	c->gdt[USER_CS32 / 8] = SEGMENT_CODE32 | SEGMENT_USER;
	c->gdt[USER_SS / 8] = SEGMENT_DATA | SEGMENT_USER;
	c->gdt[USER_CS / 8] = SEGMENT_CODE64 | SEGMENT_USER;
	c->gdt[GDT_TSS / 8] = (sizeof(struct tss) - 1) | (base & 0xffffff) << 16 | 0x89ULL << 40 |
			      (base >> 24 & 0xff) << 56;
	c->gdt[GDT_TSS / 8 + 1] = base >> 32;
	c->gdt[GDT_CPU_NUMBER / 8] = 0x0040f10000000000ULL | SEGMENT_USER | c->cpu.id;
}

void gdt_load(struct x86_cpu *c)
{
	struct table_pointer p = { sizeof(c->gdt) - 1, (u64)c->gdt };

	fill_tss(c);
	fill_gdt(c);
	__asm__ volatile("lgdt %0\n\t"
			 "push %1\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "push %%rax\n\t"
			 "lretq\n"
			 "1:\n\t"
			 "mov %2, %%ss\n\t"
			 "mov %3, %%ds\n\t"
			 "mov %3, %%es\n\t"
			 "mov %3, %%fs\n\t"
			 "mov %3, %%gs\n\t"
			 "lldt %w3\n\t"
			 "ltr %w4"
			 :
			 : "m"(p), "i"(KERNEL_CS), "r"(KERNEL_SS), "r"(0), "r"(GDT_TSS)
			 : "rax", "memory");
	msr_write(MSR_FS_BASE, 0);
	msr_write(MSR_KERNEL_GS_BASE, 0);
	msr_write(MSR_GS_BASE, (u64)&c->cpu);
}
