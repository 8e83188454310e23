/* SPDX-License-Identifier: ISC */
/*
 * Where traps go: interrupts to irq.c, a program's faults up, the kernel's own to the user-copy
 * fixups or to panic. Called by traps.asm with interrupts off.
 */
#include "x86/x86.h"

#include "abi/errno.h"
#include "base/log.h"
#include "base/panic.h"
#include "machine/upcalls.h"
#include "x86/breakpoints.h"
#include "x86/irq.h"
#include "x86/smp.h"

static const char *const trap_names[] = {
	[TRAP_DIVIDE] = "divide error",
	[TRAP_DEBUG] = "debug trap",
	[TRAP_NMI] = "non-maskable interrupt",
	[TRAP_BREAKPOINT] = "breakpoint",
	[TRAP_OVERFLOW] = "overflow",
	[TRAP_BOUND] = "bound range exceeded",
	[TRAP_OPCODE] = "invalid opcode",
	[TRAP_NO_FPU] = "device not available",
	[TRAP_DOUBLE_FAULT] = "double fault",
	[9] = "coprocessor overrun",
	[TRAP_TSS] = "invalid TSS",
	[TRAP_SEGMENT] = "segment not present",
	[TRAP_STACK] = "stack fault",
	[TRAP_PROTECTION] = "general protection fault",
	[TRAP_PAGE_FAULT] = "page fault",
	[TRAP_X87] = "x87 floating-point error",
	[TRAP_ALIGNMENT] = "alignment check",
	[TRAP_MACHINE_CHECK] = "machine check",
	[TRAP_SIMD] = "SIMD floating-point error",
	[20] = "virtualization exception",
	[21] = "control protection fault",
};

const char *trap_name(u64 vector)
{
	if (vector < ARRAY_SIZE(trap_names) && trap_names[vector])
		return trap_names[vector];
	return vector < TRAP_FIRST_IRQ ? "reserved exception" : "interrupt";
}

void trap_frame_print(const struct trap_frame *f, void (*print)(const char *fmt, ...))
{
	print("rip %016lx  cs %04lx  rflags %08lx  rsp %016lx  ss %04lx\n", f->rip, f->cs,
	      f->rflags, f->rsp, f->ss);
	print("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	print("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
	print("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
	print("r13 %016lx  r14 %016lx  r15 %016lx\n", f->r13, f->r14, f->r15);
	print("vector %lu (%s)  error %lx  cr2 %016lx  cr3 %016lx  cr4 %lx\n", f->vector,
	      trap_name(f->vector), f->error, cr2_read(), cr3_read(), cr4_read());
}

struct fixup {
	u64 instruction, landing;
};
extern const struct fixup extable_start[], extable_end[];

/* Where the routine that faulted at @rip goes on with an error; 0: it may not fault. */
static u64 fixup_of(u64 rip)
{
	for (const struct fixup *x = extable_start; x < extable_end; x++)
		if (x->instruction == rip)
			return x->landing;
	return 0;
}

/* The routine that faulted goes on with an error, and with SMAP in force. False: it may not fault. */
static bool land(struct trap_frame *f)
{
	u64 landing = fixup_of(f->rip);

	if (!landing)
		return false;
	f->rip = landing;
	f->rflags &= ~(u64)RFLAGS_AC;
	return true;
}

/* Only user copies lift SMAP. Where there is none, the list tells. */
static inline bool in_user_copy(const struct trap_frame *f)
{
	return likely(f->rflags & RFLAGS_AC) || fixup_of(f->rip);
}

/*
 * A user copy met a page that is not there or not allowed. Its addresses have been checked, so a
 * fault anywhere else than in the user half is the kernel's own.
 */
static bool copy_fault(struct trap_frame *f, u64 address)
{
	if (address >= USER_END || !in_user_copy(f))
		return false;
	if (f->rflags & RFLAGS_IF) {
		irq_enable();
		bool retry = upcall_copy_fault(address, f->error & FAULT_WRITE) == 0;

		irq_disable();
		if (retry)
			return true;
	}
	return land(f);
}

/*
 * IRET refused the user's frame (a non-canonical rip, at the worst). Its general registers are
 * in @f, whose top overlaps the frame that was being left: rebuild that one in place.
 */
static noreturn void bad_user_iret(const struct trap_frame *f)
{
	struct trap_frame regs = *f;
	struct trap_frame *user = context_frame((struct context *)thread_current());
	struct trap_frame hardware = *user;

	regs.rip = hardware.rip;
	regs.cs = USER_CS;
	regs.rflags = (hardware.rflags & RFLAGS_USER) | RFLAGS_IF | RFLAGS_FIXED;
	regs.rsp = hardware.rsp;
	regs.ss = USER_SS;
	*user = regs;
	irq_enable();
	upcall_user_fault(user);
	irq_disable();
	trap_return_to_user(user);
}

/* Whether XRSTOR refused an image that a program made: it is told by the copy's landing. */
static bool bad_image(struct trap_frame *f)
{
	return f->vector == TRAP_PROTECTION &&
	       (f->rip == (u64)user_xrstor || f->rip == (u64)user_fxrstor) && land(f);
}

static __attribute__((noinline)) void kernel_fault(struct trap_frame *f)
{
	bool is_page_fault = f->vector == TRAP_PAGE_FAULT;
	u64 address = cr2_read(), how = f->error;

	if (f->rip == (u64)user_iret)
		bad_user_iret(f);
	if ((is_page_fault && copy_fault(f, address)) || bad_image(f))
		return;
	if (is_page_fault)
		panic_frame(f, "the kernel %s %016lx, which is %s",
			    how & FAULT_EXEC    ? "jumped to"
			    : how & FAULT_WRITE ? "wrote to"
						: "read",
			    address, how & FAULT_PRESENT ? "not allowed" : "not mapped");
	panic_frame(f, "%s in the kernel", trap_name(f->vector));
}

static __attribute__((noinline)) void user_other_fault(struct trap_frame *f)
{
	if (f->vector == TRAP_DEBUG)
		breakpoints_trapped((struct context *)thread_current(), f);
	cpu_this()->fault_count++;
	irq_enable();
	upcall_user_fault(f);
	irq_disable();
}

/*
 * QEMU's TCG reads the stack of a program's IRET or far return as the supervisor: SMAP forbids
 * that for ever, however often the page is brought in. The program is refused as if by #GP.
 */
static inline bool is_supervisor_read(const struct trap_frame *f)
{
	return unlikely((f->error & 5) == 1);
}

static __attribute__((noinline)) void user_page_fault(struct trap_frame *f)
{
	u64 address = cr2_read();

	if (is_supervisor_read(f)) {
		f->vector = TRAP_PROTECTION;
		user_other_fault(f);
		return;
	}
	cpu_this()->fault_count++;
	irq_enable();
	upcall_page_fault(f, address);
	irq_disable();
}

void trap_dispatch(struct trap_frame *f);
void trap_dispatch(struct trap_frame *f)
{
	if (f->vector >= TRAP_FIRST_IRQ)
		irq_dispatch(f);
	else if (!trap_from_user(f))
		kernel_fault(f);
	else if (likely(f->vector == TRAP_PAGE_FAULT))
		user_page_fault(f);
	else
		user_other_fault(f);
}

static void kernel_debug_trap(struct trap_frame *f)
{
	/* A program set TF or a breakpoint and arranged for it to fire here (CVE-2018-8897). */
	f->rflags &= ~(u64)RFLAGS_TF;
	breakpoints_ignore();
}

static noreturn void machine_check(const struct trap_frame *f)
{
	u32 banks = msr_read(MSR_MCG_CAP) & 0xff;

	for (u32 i = 0; i < banks; i++) {
		u64 status = msr_read(MSR_MC0_STATUS + i * MC_BANK_STRIDE);

		if (status & MC_STATUS_VALID)
			log_raw_printf("machine check bank %u: status %016lx address %016lx\n", i,
				       status,
				       status & MC_STATUS_ADDR_VALID
					       ? msr_read(MSR_MC0_ADDR + i * MC_BANK_STRIDE)
					       : 0);
	}
	panic_frame(f, "machine check: the processor or memory reports an error in hardware");
}

void trap_on_own_stack(struct trap_frame *f);
void trap_on_own_stack(struct trap_frame *f)
{
	switch (f->vector) {
	case TRAP_NMI: nmi_handle(f); return;
	case TRAP_DEBUG: kernel_debug_trap(f); return;
	case TRAP_MACHINE_CHECK: machine_check(f);
	default:
		panic_frame(f, "%s, cr2 %016lx%s", trap_name(f->vector), cr2_read(),
			    upcall_is_stack_guard(cr2_read()) ? ": a kernel stack overflowed" : "");
	}
}
