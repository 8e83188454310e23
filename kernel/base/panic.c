/* SPDX-License-Identifier: ISC */
/*
 * The report at the end. It trusts nothing: locks are ignored, each frame of the backtrace
 * is checked before it is read, and a panic inside the panic is cut down to one line, a
 * third one to a halt.
 * Invariant: interrupts stay off from panic() on. State: panic_depth (atomic), panic_cpu.
 */
#include "base/panic.h"

#include "base/lockup.h"
#include "base/log.h"
#include "base/symbols.h"
#include "base/trace.h"
#include "lib/format.h"
#include "machine/cpu.h"
#include "machine/mmu.h"
#include "machine/platform.h"
#include "machine/smp.h"
#include "machine/trap.h"

#define BACKTRACE_DEPTH 32
#define TRACE_SHOWN 16
#define DEBUG_EXIT_CODE 0x7f /* QEMU then ends with 255; 0x10 and up are init's status */
#define KSTACK_AREA (1UL << 44) /* KSTACK_BASE up to DEVICE_BASE */

extern const char kernel_start[], kernel_end[], text_start[], text_end[]; /* kernel.ld */

void (*panic_describe_current)(char *buf, size_t size);

static enum panic_action panic_action = PANIC_HALT;
static u32 panic_depth; /* atomic */
static u32 panic_cpu; /* who came first */

void panic_set_action(enum panic_action a)
{
	panic_action = a;
}

static bool is_kernel_text(u64 address)
{
	return address >= (u64)text_start && address < (u64)text_end;
}

/* A stack is in the kernel image (IST, boot), a kernel stack, or the loader's (direct map). */
static bool is_stack_word(u64 address)
{
	if (address & 7)
		return false;
	if (!(address >= (u64)kernel_start && address < (u64)kernel_end) &&
	    !(address >= KSTACK_BASE && address < KSTACK_BASE + KSTACK_AREA) &&
	    !(address >= DIRECT_MAP_BASE && address < KSTACK_BASE))
		return false;
	return mmu_lookup(address) != 0;
}

u32 backtrace_collect(u64 rip, u64 rbp, u64 *addresses, u32 max)
{
	u32 n = 0;

	if (rip)
		addresses[n++] = rip;
	while (n < max && is_stack_word(rbp) && is_stack_word(rbp + 8)) {
		const u64 *frame = (const u64 *)rbp;

		if (!is_kernel_text(frame[1]))
			break;
		addresses[n++] = frame[1];
		if (frame[0] == rbp)
			break;
		rbp = frame[0];
	}
	return n;
}

void backtrace_print_list(const u64 *addresses, u32 count, bool interrupted)
{
	char where[128];

	for (u32 i = 0; i < count; i++) {
		/* A call lies before the address it returns to. */
		symbols_describe(addresses[i] - !(interrupted && i == 0), where, sizeof(where));
		log_raw_printf("  0x%lx %s\n", addresses[i], where);
	}
}

void backtrace_print(u64 rip, u64 rbp)
{
	u64 addresses[BACKTRACE_DEPTH];

	u32 n = backtrace_collect(rip, rbp, addresses, BACKTRACE_DEPTH);

	backtrace_print_list(addresses, n, rip != 0);
}

static noreturn void finish(void)
{
	switch (panic_action) {
	case PANIC_REBOOT: machine_reboot();
	case PANIC_DEBUG: machine_debug_exit(DEBUG_EXIT_CODE);
	case PANIC_HALT: break;
	}
	machine_halt();
}

/* True for the first panic; a nested one ends here, as does another CPU's. */
static void enter(const char *why)
{
	u32 depth = __atomic_fetch_add(&panic_depth, 1, __ATOMIC_SEQ_CST);

	irq_disable();
	log_enter_panic();
	if (depth == 0) {
		panic_cpu = cpu_id();
		smp_stop_others();
		return;
	}
	if (panic_cpu != cpu_id() || depth > 1)
		machine_halt();
	log_raw_printf("\npanic inside the panic: %s\n", why);
	finish();
}

static void print_head(const char *why)
{
	char who[64] = "no thread";

	log_raw_printf("\n*** Kernel panic: %s\n", why);
	if (panic_describe_current)
		panic_describe_current(who, sizeof(who));
	log_raw_printf("CPU %u, running %s\n", cpu_id(), who);
}

static noreturn void print_tail(void)
{
	lockup_print_others(true);
	log_raw_printf("Last events%s:\n", trace_events ? "" : " (tracing is off)");
	trace_print_last(TRACE_SHOWN);
	log_raw_printf("Next step: `make debug` stops at the kernel's first line; "
		       "`break panic` there shows the way here.\n");
	finish();
}

noreturn void panic(const char *fmt, ...)
{
	u64 rbp = (u64)__builtin_frame_address(0);
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	enter(why);
	print_head(why);
	log_raw_printf("rip 0x%lx rsp 0x%lx rbp 0x%lx\n", (u64)__builtin_return_address(0),
		       rbp + 16, *(const u64 *)rbp);
	log_raw_printf("Backtrace:\n");
	backtrace_print(0, rbp);
	print_tail();
}

noreturn void panic_frame(const struct trap_frame *f, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	enter(why);
	print_head(why);
	trap_frame_print(f, log_raw_printf);
	log_raw_printf("Backtrace:\n");
	backtrace_print(f->rip, f->rbp);
	print_tail();
}
