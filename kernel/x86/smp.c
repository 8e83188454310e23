/* SPDX-License-Identifier: ISC */
/*
 * Starting the other processors: INIT to all, then one after the other STARTUP until it answers
 * (SDM vol. 3, 8.4.4). One at a time: they come in the order of the MADT, numbers are dense,
 * and only two CPUs ever spin. Each then compares its time stamp counter and goes to sleep.
 *
 * The first instructions lie in a page below 1 MiB, memory that the page allocator never has.
 * That page is executable in one page table alone, the trampoline's, where it is read-only; only
 * starting CPUs load that table, for a dozen instructions, and it is emptied afterwards. The
 * code stays where it is: what wakes too late halts there.
 *
 * Runs on the boot CPU, once. A processor's area is its own once it is let in; ap_state (atomic)
 * is what the two tell each other.
 */
#include "x86/smp.h"

#include "base/log.h"
#include "base/mutants.h"
#include "base/trace.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/upcalls.h"
#include "x86/acpi.h"
#include "x86/apic.h"
#include "x86/clock.h"

#define LOW_END 0xa0000UL /* a STARTUP vector names a page; those from here on are reserved */
#define LOW_PAGES 5 /* code, and a page table of four levels */
#define INIT_WAIT_US 10000
#define STARTUP_AGAIN (10 * NSEC_PER_MSEC)
#define STARTUP_TIMEOUT (5 * NSEC_PER_SEC) /* an emulator's processors may share one of ours */
#define EFER_LME (1u << 8)
#define TABLE (PTE_PRESENT | PTE_WRITE)

enum ap_state { AP_WAITING, AP_READY, AP_RELEASED };

static u64 low_pages[LOW_PAGES]; /* physical; [0] is the code */
u32 smp_wanted = 1;
static u32 ap_state; /* atomic: of the one that starts now */

/* -- the first page ------------------------------------------------------------------------- */

static bool find_low_pages(const struct boot_info *info)
{
	unsigned n = 0;

	for (u32 i = 0; i < info->range_count; i++) {
		const struct boot_range *r = &info->ranges[i];
		u64 end = MIN(r->base + r->pages * PAGE_SIZE, LOW_END);

		if (r->type != MEM_USABLE)
			continue;
		for (u64 at = MAX(r->base, PAGE_SIZE); at < end && n < LOW_PAGES; at += PAGE_SIZE)
			low_pages[n++] = at;
	}
	return n == LOW_PAGES;
}

static struct smp_parameters *parameters(void)
{
	return phys_to_virt(low_pages[0] + (u64)(smp_trampoline_parameters - smp_trampoline_start));
}

/* The kernel's half, and the code page at its own address: read, execute. */
static void build_tables(void)
{
	u64 code = low_pages[0];
	pte_t *root = phys_to_virt(low_pages[1]);
	const pte_t *kernel = phys_to_virt(kernel_root);

	for (unsigned i = 1; i < LOW_PAGES; i++)
		memset(phys_to_virt(low_pages[i]), 0, PAGE_SIZE);
	memcpy(root + 256, kernel + 256, PAGE_SIZE / 2);
	root[0] = low_pages[2] | TABLE;
	*(pte_t *)phys_to_virt(low_pages[2]) = low_pages[3] | TABLE;
	*(pte_t *)phys_to_virt(low_pages[3]) = low_pages[4] | TABLE;
	((pte_t *)phys_to_virt(low_pages[4]))[code >> PAGE_SHIFT] = code | PTE_PRESENT;
}

static void ap_main(struct x86_cpu *c);

static void build_trampoline(void)
{
	u64 code = low_pages[0];
	struct smp_parameters *p = parameters();

	memcpy(phys_to_virt(code), smp_trampoline_start,
	       (size_t)(smp_trampoline_end - smp_trampoline_start));
	build_tables();
	p->cr3 = (u32)low_pages[1];
	p->efer = EFER_LME | (cpu_features.nx ? EFER_NXE : 0);
	gdt_fill_flat(p->gdt);
	p->gdt_limit = sizeof(p->gdt) - 1;
	p->gdt_base = (u32)((u64)p->gdt - DIRECT_MAP_BASE);
	p->long_offset = (u32)(code + (u64)(smp_trampoline_long - smp_trampoline_start));
	p->long_selector = KERNEL_CS;
	p->entry = (u64)ap_main;
}

/* From now on the page is data again. */
static void forget_trampoline(void)
{
	for (unsigned i = 1; i < LOW_PAGES; i++)
		memset(phys_to_virt(low_pages[i]), 0, PAGE_SIZE);
}

/* -- a processor's own side ------------------------------------------------------------------ */

static void wait_for_state(enum ap_state s)
{
	while (__atomic_load_n(&ap_state, __ATOMIC_ACQUIRE) != s)
		cpu_relax();
}

/* In long mode, on its idle thread's stack, interrupts off. */
static void ap_main(struct x86_cpu *c)
{
	mmu_init_cpu();
	cpu_load(c);
	mtrr_load();
	apic_init_cpu();
	c->cpu.apic_id = apic_id();
	clock_init_cpu();
	__atomic_store_n(&ap_state, AP_READY, __ATOMIC_RELEASE);
	tsc_sync_target();
	wait_for_state(AP_RELEASED);
	upcall_cpu_started();
}

/* -- the boot CPU's -------------------------------------------------------------------------- */

/* What CPU @id wants before it can run; NULL: out of memory. */
static struct x86_cpu *area_create(u32 id)
{
	struct x86_cpu *c = upcall_cpu_memory(sizeof(*c));
	u8 *stacks = upcall_cpu_memory(IST_COUNT * IST_STACK_BYTES);

	_Static_assert(sizeof(struct x86_cpu) <= PAGE_SIZE, "the TSS stays within one page");
	if (!c || !stacks)
		return NULL; /* at boot: not worth giving back */
	c->cpu.self = &c->cpu;
	c->cpu.id = id;
	c->cpu.current = upcall_cpu_prepare(&c->cpu);
	if (!c->cpu.current)
		return NULL;
	for (unsigned i = 0; i < IST_COUNT; i++)
		c->ist_stack[i] = stacks + i * IST_STACK_BYTES;
	return c;
}

/* STARTUP, again and again, until one has taken the claim. False: none did. */
static bool let_in(u32 apic)
{
	u32 *claim = &parameters()->claim;
	u64 begin = clock_ns(), again = begin;

	__atomic_store_n(claim, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(claim, __ATOMIC_ACQUIRE)) {
		u64 now = clock_ns();

		if (now - begin > STARTUP_TIMEOUT)
			return !__atomic_exchange_n(claim, 0, __ATOMIC_ACQ_REL);
		if (now >= again && !(MUTANT(apstart) && apic & 1)) {
			apic_send_startup(apic, (u8)(low_pages[0] >> PAGE_SHIFT));
			again = now + STARTUP_AGAIN;
		}
		cpu_relax();
	}
	return true;
}

static bool wait_until_ready(void)
{
	u64 begin = clock_ns();

	while (__atomic_load_n(&ap_state, __ATOMIC_ACQUIRE) != AP_READY) {
		if (clock_ns() - begin > STARTUP_TIMEOUT)
			return false;
		cpu_relax();
	}
	return true;
}

static void publish(struct x86_cpu *c)
{
	trace_milestone(TRACE_CPU_START, c->cpu.id, 0, 0, 0);
	cpus[c->cpu.id] = &c->cpu;
	__atomic_store_n(&cpu_count, c->cpu.id + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&ap_state, AP_RELEASED, __ATOMIC_RELEASE);
}

/* *@next is the area of the next one; taken (NULL) when a processor has been let in with it. */
static bool start_one(u32 apic, struct x86_cpu **next)
{
	struct x86_cpu *c = *next;

	parameters()->cpu = (u64)c;
	parameters()->stack = (u64)c->cpu.current;
	__atomic_store_n(&ap_state, AP_WAITING, __ATOMIC_RELEASE);
	if (!let_in(apic))
		return false;
	*next = NULL;
	if (!wait_until_ready())
		return false;
	tsc_sync_source();
	publish(c);
	return true;
}

static void start_all(u32 limit)
{
	struct x86_cpu *next = NULL;
	u32 own = cpu_this()->apic_id;

	for (u32 i = 0; i < acpi.cpu_count && cpu_count < limit; i++) {
		u32 apic = acpi.cpus[i].apic_id;

		if (apic == own || !apic_can_reach(apic))
			continue;
		if (!next)
			next = area_create(cpu_count);
		if (!next) {
			log_error("smp: no memory for CPU %u", cpu_count);
			return;
		}
		if (!start_one(apic, &next))
			log_error("smp: the processor with APIC id %u does not start, left out",
				  apic);
	}
}

/* All at once: the wait is the longest part (SDM vol. 3, 8.4.4.1). */
static void reset_all(void)
{
	u32 own = cpu_this()->apic_id;

	for (u32 i = 0; i < acpi.cpu_count; i++) {
		if (acpi.cpus[i].apic_id == own)
			continue;
		if (apic_can_reach(acpi.cpus[i].apic_id))
			apic_send_init(acpi.cpus[i].apic_id);
		else
			log_error("smp: APIC id %u cannot be reached without x2APIC, left out",
				  acpi.cpus[i].apic_id);
	}
	clock_delay_us(INIT_WAIT_US);
}

void smp_init(const struct boot_info *info, u32 limit)
{
	u64 begin = clock_ns();

	limit = limit ? MIN(limit, (u32)MAX_CPUS) : MAX_CPUS;
	smp_wanted = MIN(limit, acpi.cpu_count);
	cpu_this()->apic_id = apic_id();
	if (acpi.cpu_count <= 1 || limit == 1)
		return;
	if (!find_low_pages(info)) {
		log_error("smp: no memory below 640 KiB to start processors in");
		return;
	}
	build_trampoline();
	mtrr_save();
	reset_all();
	start_all(limit);
	forget_trampoline();
	topology_init();
	log_info("smp: %u of %u CPUs run, started in %lu ms", cpu_count, acpi.cpu_count,
		 (clock_ns() - begin) / NSEC_PER_MSEC);
}
