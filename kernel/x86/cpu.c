/* SPDX-License-Identifier: ISC */
/*
 * The processor: what it can do, and the control registers that turn it on.
 *
 * machine_init_early() runs once on the boot CPU, with interrupts off, before anything that
 * asks for cpu_this(). The features are read-only afterwards.
 */
#include "x86/x86.h"

#include "base/log.h"
#include "base/mutants.h"
#include "base/trace.h"
#include "lib/string.h"
#include "x86/breakpoints.h"

#define CPUID_MCE (1u << 7) /* leaf 1, EDX */

struct x86_cpu boot_cpu;
struct cpu *cpus[MAX_CPUS];
u32 cpu_count;
struct cpu_features cpu_features;
extern const u64 smap_sites_start[], smap_sites_end[]; /* where a STAC or CLAC is */

static void read_vendor_and_brand(struct cpu_features *f)
{
	struct cpuid id = cpuid(0, 0);

	memcpy(f->vendor, &id.ebx, 4);
	memcpy(f->vendor + 4, &id.edx, 4);
	memcpy(f->vendor + 8, &id.ecx, 4);
	if (cpuid(0x80000000, 0).eax < 0x80000004)
		return;
	for (u32 i = 0; i < 3; i++) {
		id = cpuid(0x80000002 + i, 0);
		memcpy(f->brand + 16 * i, &id, 16);
	}
}

static void read_xsave(struct cpu_features *f)
{
	struct cpuid id = cpuid(0xd, 1);

	f->xsaveopt = id.eax & 1;
	f->xsavec = id.eax & 2;
	id = cpuid(0xd, 0);
	/* x87, SSE, AVX, AVX-512 in three parts; not the keys or the tile state. */
	f->xcr0 = ((u64)id.edx << 32 | id.eax) & 0xe7;
	if ((f->xcr0 & 0xe0) != 0xe0)
		f->xcr0 &= 7; /* AVX-512 comes whole or not at all (SDM vol. 1, 13.3) */
}

void features_init(void)
{
	struct cpu_features *f = &cpu_features;
	u32 leaves = cpuid(0, 0).eax, extended = cpuid(0x80000000, 0).eax;
	struct cpuid one = cpuid(1, 0), seven = {}, ext = {};

	if (leaves >= 7)
		seven = cpuid(7, 0);
	if (extended >= 0x80000001)
		ext = cpuid(0x80000001, 0);
	read_vendor_and_brand(f);
	f->hwcap = one.edx;
	f->pge = one.edx & (1u << 13);
	f->pcid = one.ecx & (1u << 17);
	f->x2apic = one.ecx & (1u << 21);
	f->tsc_deadline = one.ecx & (1u << 24);
	f->xsave = one.ecx & (1u << 26);
	f->rdrand = one.ecx & (1u << 30);
	f->hypervisor = one.ecx & (1u << 31);
	f->fsgsbase = seven.ebx & (1u << 0);
	f->smep = seven.ebx & (1u << 7);
	f->invpcid = seven.ebx & (1u << 10);
	f->rdseed = seven.ebx & (1u << 18);
	f->smap = seven.ebx & (1u << 20);
	f->umip = seven.ecx & (1u << 2);
	f->nx = ext.edx & (1u << 20);
	f->gib_pages = ext.edx & (1u << 26);
	if (extended >= 0x80000007)
		f->invariant_tsc = cpuid(0x80000007, 0).edx & (1u << 8);
	if (f->xsave && leaves >= 0xd)
		read_xsave(f);
	else
		f->xsave = false;
	f->lean_switch = f->xsaveopt && f->fsgsbase;
}

/*
 * STAC and CLAC are illegal where there is no SMAP: they become NOPs of the same length. The only time that
 * the kernel's code is written to: with WP off, by the boot CPU alone. control_registers_load() sets it.
 */
static void smap_take_out(void)
{
	static const u8 nop[] = { 0x0f, 0x1f, 0x00 };

	cr0_write(cr0_read() & ~(u64)CR0_WP);
	for (const u64 *site = smap_sites_start; site < smap_sites_end; site++)
		memcpy((void *)*site, nop, sizeof(nop));
}

void control_registers_load(void)
{
	const struct cpu_features *f = &cpu_features;
	/* Whole values: nothing that firmware chose stays (PCE, TSD, VME …). */
	u64 cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG;
	u64 cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	if (MUTANT(wp))
		cr0 &= ~(u64)CR0_WP;
	cr0_write(cr0);
	if (f->hwcap & CPUID_MCE)
		cr4 |= CR4_MCE; /* without it a machine check shuts the processor down */
	if (f->pge)
		cr4 |= CR4_PGE;
	if (f->umip && !MUTANT(umip))
		cr4 |= CR4_UMIP;
	if (f->fsgsbase)
		cr4 |= CR4_FSGSBASE;
	if (f->pcid && !(cr3_read() & 0xfff))
		cr4 |= CR4_PCIDE; /* CR3[11:0] must be 0 then, SDM vol. 3, 4.10.1 */
	if (f->smep && !MUTANT(smep))
		cr4 |= CR4_SMEP;
	if (f->smap && !MUTANT(smap))
		cr4 |= CR4_SMAP;
	if (f->xsave)
		cr4 |= CR4_OSXSAVE;
	cr4_write(cr4);
	msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SCE | (f->nx ? EFER_NXE : 0));
}

void syscall_msrs_load(void)
{
	/* FMASK: IF, DF, TF, AC, NT and IOPL never come in from a program. */
	u64 mask = RFLAGS_IF | RFLAGS_DF | RFLAGS_TF | RFLAGS_AC | RFLAGS_NT | RFLAGS_IOPL;

	if (MUTANT(fmask))
		mask = RFLAGS_IF;
	/* SYSRET takes CS from the upper half + 16 and SS from it + 8, with RPL 3 in it. */
	msr_write(MSR_STAR, (u64)(USER_CS - 16) << 48 | (u64)KERNEL_CS << 32);
	msr_write(MSR_LSTAR, (u64)syscall_entry);
	msr_write(MSR_CSTAR, (u64)syscall_entry32);
	msr_write(MSR_FMASK, mask);
	/* SYSENTER with CS 0 is a general protection fault (SDM vol. 2, SYSENTER). */
	msr_write(MSR_SYSENTER_CS, 0);
	msr_write(MSR_SYSENTER_ESP, 0);
	msr_write(MSR_SYSENTER_EIP, 0);
}

void cpu_load(struct x86_cpu *c)
{
	gdt_load(c);
	idt_load();
	control_registers_load();
	syscall_msrs_load();
	fpu_init_cpu();
	breakpoints_init_cpu();
}

static u8 boot_ist_stacks[IST_COUNT][IST_STACK_BYTES] __attribute__((aligned(16)));

void machine_init_early(void)
{
	struct x86_cpu *c = &boot_cpu;

	c->cpu.self = &c->cpu;
	c->cpu.current = (struct thread *)(boot_stack + 4 * PAGE_SIZE);
	for (unsigned i = 0; i < IST_COUNT; i++)
		c->ist_stack[i] = boot_ist_stacks[i];
	cpus[0] = &c->cpu;
	cpu_count = 1;
	features_init();
	if (!cpu_features.smap)
		smap_take_out();
	idt_init();
	cpu_load(c);
	trace_milestone(TRACE_SYSCALL_HANDLER, 0, (u64)syscall_entry, 0, 0);
	fpu_init();
}
