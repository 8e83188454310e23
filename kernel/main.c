/* SPDX-License-Identifier: ISC */
/*
 * The boot order, one line a step, each with what it needs (Figure 6.2, "OS at boot").
 *
 * The loader jumps to x86/entry.asm, which calls kernel_main() on the boot thread's stack with
 * interrupts off. The boot thread becomes the idle thread; a kernel thread goes on in
 * boot_thread() where sleeping is allowed.
 */
#include "abi/errno.h"
#include "base/ktest.h"
#include "base/log.h"
#include "base/mutants.h"
#include "base/panic.h"
#include "base/symbols.h"
#include "base/trace.h"
#include "boot_info.h"
#include "drivers/console.h"
#include "drivers/outport.h"
#include "info.h"
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/platform.h"
#include "machine/smp.h"
#include "mm/kmap.h"
#include "mm/page.h"
#include "mm/slab.h"
#include "options.h"
#include "proc/proc_files.h"
#include "proc/signal.h"
#include "proc/vdso.h"
#include "sched/sched.h"
#include "sched/watch.h"
#include "syscall/reboot.h"
#include "trace_file.h"
#include "tty/tty.h"
#include "vm/space.h"

#define EXIT_CODE_OK 0x10 /* isa-debug-exit makes 33 of it */
#define EXIT_CODE_MAX 0x7e

static struct boot_info boot; /* a copy: the loader's is in memory that is given back */
static u64 start_tsc;

void kernel_main(const struct boot_info *info);
static void boot_thread(void *unused);

static void check_contract(const struct boot_info *info)
{
	if (info->magic != BOOT_MAGIC || info->version != BOOT_VERSION ||
	    info->size != sizeof(*info))
		panic("the loader is not of this kernel: magic %lx, version %u, size %u",
		      info->magic, info->version, info->size);
}

static void start_consoles(void)
{
	console_set_serial_size(options.serial_rows, options.serial_columns);
	if (!console_init(&boot, options.serial, options.screen))
		options_no_screen();
}

void kernel_main(const struct boot_info *info)
{
	start_tsc = tsc_read();
	trace_boot("the kernel's first instructions");
	mutants_early(info->cmdline); /* test builds only; needs nothing */
	machine_init_early(); /* the CPU: trap table, segments, features */
	console_init_early(); /* serial line; needs nothing */
	check_contract(info);
	boot = *info;
	options_parse(boot.cmdline); /* needs the log */
	page_init(&boot); /* physical memory; needs the loader's map */
	slab_init(); /* needs page_init */
	mmu_init(&boot); /* our own page tables; needs pages */
	kmap_init(); /* kernel stacks, devices; needs mmu_init */
	if (trace_events && trace_rings_make()) /* needs page_init */
		log_warning("trace: no memory for the rings");
	symbols_init(phys_to_virt(boot.symbols_base), boot.symbols_bytes);
	sched_init(); /* run queue, idle thread; needs slab_init */
	platform_init(&boot); /* interrupts, clock; needs kmap_init */
	log_info("Leash: %s, %lu MiB, TSC %lu MHz", cpu_features.brand,
		 page_total_count() * PAGE_SIZE >> 20, clock_tsc_hz() / 1000000);
	tty_init(); /* the console terminal; needs slab_init */
	start_consoles(); /* needs irq, clock, tty */
	smp_init(&boot, options.cpus); /* the other CPUs; needs the clock, sched_init */
	irq_enable(); /* needs every handler that may be called */
	console_start(); /* needs sched_init */
	ensure(watch_patrol(0)); /* looks after locked CPUs; needs smp_init */
	ensure(kthread_start("boot", boot_thread, NULL));
	sched_idle();
}

/* -- where sleeping is allowed ------------------------------------------------------------------ */

static void initrd_free(void)
{
	for (u64 p = 0; p < boot.initrd_bytes; p += PAGE_SIZE)
		page_put(phys_to_page(boot.initrd_base + p));
}

static noreturn void selftest(void)
{
	struct thread_move move;
	unsigned failed;

	ensure(thread_set_affinity(thread_current(), 1, &move) == 0);
	sched_point(); /* wherever it began, from here on it is on the first: tests name the others */
	failed = ktest_run(options.selftest_pattern);

	console_flush();
	machine_debug_exit_try(failed ? EXIT_CODE_OK + 1 : EXIT_CODE_OK);
	log_notice("selftest: %s; the machine can be switched off",
		   failed ? "FAILED, see the lines \"not ok\" above" : "all passed");
	console_flush();
	machine_halt();
}

/* Wait status to exit status, as a shell shows it. */
static u8 exit_code_of(int status)
{
	u32 code = status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;

	return MIN(EXIT_CODE_OK + code, (u32)EXIT_CODE_MAX);
}

/* Called in the dying first process. */
static void first_process_ended(int status)
{
	log_notice("the first process has ended with status %u",
		   exit_code_of(status) - EXIT_CODE_OK);
	console_flush();
	switch (options.on_exit) {
	case ON_EXIT_REBOOT: machine_reboot();
	case ON_EXIT_HALT: machine_halt();
	case ON_EXIT_DEBUG: machine_debug_exit(exit_code_of(status));
	default: machine_poweroff();
	}
}

/* With onexit=debug an orderly end can be told from a reset. */
static void before_power_off(void)
{
	console_flush();
	if (options.on_exit == ON_EXIT_DEBUG)
		machine_debug_exit(EXIT_CODE_OK);
}

static void signal_group(i32 pgid, int sig)
{
	struct siginfo_kernel info = { .code = SI_KERNEL };
	struct process *p;
	u64 flags = spin_lock_irq(&process_lock);

	list_for_each (p, &process_list, all)
		if (p->pgid == pgid)
			signal_send(p, sig, &info);
	spin_unlock_irq(&process_lock, flags);
}

/* Why exec fails, for the errors a wrong init= or a wrong image gives. */
static const char *reason_of(int err)
{
	switch (err) {
	case -ENOENT: return "there is no such file";
	case -EACCES: return "it is not an executable file";
	case -ENOEXEC: return "it is not a program for this machine";
	case -ENOMEM: return "there is not enough memory";
	default: return "it cannot be started";
	}
}

static void boot_thread(void *unused)
{
	int err;

	(void)unused;
	space_init_caches(); /* needs slab_init */
	file_init_caches();
	process_room_init();
	vdso_init(); /* needs the clock */
	tty_signal_group = signal_group;
	process_init_ended = first_process_ended;
	reboot_power_off = before_power_off;
	process_session_ended = tty_session_ended;
	proc_session_terminal = tty_of_session;
	fs_init(phys_to_virt(boot.initrd_base), boot.initrd_bytes); /* needs the caches */
	devpts_init(); /* /dev/pts; needs fs_init */
	initrd_free(); /* its files have been copied */
	info_init(); /* /proc; needs fs_init */
	outport_init(); /* a second serial port; needs fs_init */
	if (options.selftest)
		selftest();
	log_info("boot: %lu thousand cycles from the kernel's first instruction to %s",
		 (tsc_read() - start_tsc) / 1000, options.init);
	err = process_start_init(options.init, options.argv, options.envp);
	if (err) {
		log_error("cannot run %s: %s (error %d)", options.init, reason_of(err), -err);
		panic("no first process; is it on the image? init=PATH names another");
	}
}
