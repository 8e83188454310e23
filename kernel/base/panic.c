/* SPDX-License-Identifier: ISC */
/*
 * The report at the end. It trusts nothing: locks are ignored, and a panic inside the panic is
 * cut down to one line, a third one to a halt.
 * Invariant: interrupts stay off from panic() on. State: panic_depth (atomic), panic_cpu.
 */
#include "base/panic.h"

#include "base/backtrace.h"
#include "base/lockup.h"
#include "base/log.h"
#include "base/trace.h"
#include "lib/format.h"
#include "machine/cpu.h"
#include "machine/platform.h"
#include "machine/smp.h"
#include "machine/trap.h"

#define TRACE_SHOWN 16
#define DEBUG_EXIT_CODE 0x7f /* QEMU then ends with 255; 0x10 and up are init's status */

void (*panic_describe_current)(char *buf, size_t size);

static enum panic_action panic_action = PANIC_HALT;
static u32 panic_depth; /* atomic */
static u32 panic_cpu; /* who came first */

void panic_set_action(enum panic_action a)
{
	panic_action = a;
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
	struct backtrace_place p = backtrace_here();
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	enter(why);
	print_head(why);
	backtrace_step(&p);
	log_raw_printf("rip 0x%lx rsp 0x%lx rbp 0x%lx\n", p.rip, p.rsp, p.rbp);
	log_raw_printf("Backtrace:\n");
	backtrace_print(p);
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
	backtrace_print(backtrace_of_trap(f));
	print_tail();
}
