/* SPDX-License-Identifier: ISC */
/*
 * What the x86 files share: special instructions, MSRs, descriptor structures, and the part
 * of a CPU's area that generic code does not see. Included by kernel/x86/ alone.
 */
#pragma once

#include "machine/context.h"
#include "machine/cpu.h"
#include "machine/mmu.h"

/* MSRs, SDM vol. 4. */
#define MSR_APIC_BASE 0x1b
#define MSR_PAT 0x277
#define MSR_MCG_CAP 0x179
#define MSR_MC0_STATUS 0x401
#define MSR_MC0_ADDR 0x402
#define MC_BANK_STRIDE 4
#define MC_STATUS_VALID (1UL << 63)
#define MC_STATUS_ADDR_VALID (1UL << 58)
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_CSTAR 0xc0000083
#define MSR_FMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_SYSENTER_CS 0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176

#define EFER_SCE (1u << 0)
#define EFER_NXE (1u << 11)

#define CR0_PE (1u << 0)
#define CR0_MP (1u << 1)
#define CR0_ET (1u << 4)
#define CR0_NE (1u << 5)
#define CR0_WP (1u << 16)
#define CR0_AM (1u << 18)
#define CR0_PG (1u << 31)
#define CR4_PAE (1u << 5)
#define CR4_MCE (1u << 6)
#define CR4_PGE (1u << 7)
#define CR4_OSFXSR (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP (1u << 11)
#define CR4_FSGSBASE (1u << 16)
#define CR4_PCIDE (1u << 17)
#define CR4_OSXSAVE (1u << 18)
#define CR4_SMEP (1u << 20)
#define CR4_SMAP (1u << 21)

static inline u64 msr_read(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

static inline void msr_write(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

struct cpuid {
	u32 eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

#define DEFINE_REGISTER(name)                                                                      \
	static inline u64 name##_read(void)                                                        \
	{                                                                                          \
		u64 v;                                                                             \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(v));                                 \
		return v;                                                                          \
	}                                                                                          \
	static inline void name##_write(u64 v)                                                     \
	{                                                                                          \
		__asm__ volatile("mov %0, %%" #name ::"r"(v) : "memory");                          \
	}
DEFINE_REGISTER(cr0)
DEFINE_REGISTER(cr2)
DEFINE_REGISTER(cr3)
DEFINE_REGISTER(cr4)
DEFINE_REGISTER(dr0)
DEFINE_REGISTER(dr1)
DEFINE_REGISTER(dr2)
DEFINE_REGISTER(dr3)
DEFINE_REGISTER(dr6)
DEFINE_REGISTER(dr7)

static inline void invlpg(u64 va)
{
	__asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

/* 64-bit task state segment, SDM vol. 3, 8.7. */
struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7]; /* IST n is ist[n - 1] */
	u64 reserved2;
	u16 reserved3, iomap_base;
} __attribute__((packed));

enum { IST_NMI = 1, IST_DOUBLE_FAULT, IST_MACHINE_CHECK, IST_DEBUG, IST_COUNT = 4 };
#define IST_STACK_BYTES 8192

#define GDT_TSS 0x40
#define GDT_CPU_NUMBER 0x78 /* its limit is the CPU's number (lsl, for the vDSO) */
#define GDT_ENTRIES 16

/* Everything the hardware wants of one CPU. The generic part comes first: GS points at it. */
struct x86_cpu {
	struct cpu cpu;
	u64 gdt[GDT_ENTRIES] __attribute__((aligned(16)));
	struct tss tss __attribute__((aligned(128))); /* within one page, SDM 8.2.1 */
	u8 *ist_stack[IST_COUNT];
};

static inline struct x86_cpu *x86_this(void)
{
	return (struct x86_cpu *)cpu_this();
}

extern struct x86_cpu boot_cpu;

void gdt_load(struct x86_cpu *c);
/* The kernel's code and data segments alone, for a GDT of four entries. */
void gdt_fill_flat(u64 gdt[4]);
void idt_init(void);
void idt_load(void);
void syscall_msrs_load(void);
void features_init(void);
void control_registers_load(void);
void fpu_init(void);
void fpu_init_cpu(void);
/* Tables, registers and MSRs of the calling CPU, whose area is @c. Interrupts off. */
void cpu_load(struct x86_cpu *c);
/* Loads the kernel's page tables and the memory types on a starting CPU. */
void mmu_init_cpu(void);

extern u64 kernel_root; /* physical address of the kernel's own page table; set once at boot */
#define CR3_NO_FLUSH (1UL << 63)

/* What CR3 is loaded with for @m, no entry under its PCID kept. */
static inline u64 mmu_fresh_root(const struct mmu *m)
{
	return m->root | m->asid;
}

/* @cpu, whose entries for @m cannot be trusted, is about to load it: with what. */
static inline u64 mmu_enter(struct mmu *m, u32 cpu)
{
	u64 bit = 1UL << cpu;

	__atomic_or_fetch(&m->loaded, bit, __ATOMIC_SEQ_CST);
	__atomic_or_fetch(&m->trusted, bit, __ATOMIC_SEQ_CST);
	return mmu_fresh_root(m);
}

/*
 * Loads @next (NULL: the kernel's own), which is not loaded on this CPU; the order stands in
 * tlb.c. Interrupts off. Inline: every switch of processes does it.
 */
static inline void mmu_switch(struct cpu *cpu, struct mmu *next)
{
	u64 cr3 = kernel_root;

	if (likely(next))
		cr3 = likely(READ_ONCE(next->trusted) >> cpu->id & 1) ? next->trusted_root
								      : mmu_enter(next, cpu->id);
	cr3_write(cr3);
	WRITE_ONCE(cpu->mmu, next); /* only now are the old ones left: see mmu_leave_all() */
}

/* traps.asm */
extern u64 trap_stubs[256]; /* entry addresses, vector order */
void syscall_entry(void);
void syscall_entry32(void);
extern const char user_iret[]; /* the IRET that returns to user mode */
/* Load vector registers from user memory: a #GP there is the program's fault. */
extern const char user_xrstor[], user_fxrstor[];
void trap_thread_start(void);
void trap_thread_start_user(void);
/* The boot thread: KSTACK_BYTES of stack, then its struct thread (sched/thread.c). */
extern u8 boot_stack[];

/* switch.asm */
void switch_stacks(struct context *prev, struct context *next);
