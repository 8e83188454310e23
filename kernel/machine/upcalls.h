/* SPDX-License-Identifier: ISC */
/*
 * What the machine calls in the kernel: all of it, and kernel/entry.c defines it
 * (pages for page tables come from mm). The machine knows nothing else above base/.
 */
#pragma once

#include "lib/list.h"
#include "machine/trap.h"

struct cpu;

/*
 * A page fault from user mode at @address, f->error says of what kind (FAULT_*). Interrupts are on.
 * May sleep. On return the frame is resumed unless the thread was killed (it then ends in the exit
 * work).
 */
void upcall_page_fault(struct trap_frame *f, u64 address);
/* The same for any other fault or trap from user mode. */
void upcall_user_fault(struct trap_frame *f);

/*
 * A page fault of the kernel on a user address inside a user-copy routine, to @write or to read.
 * Interrupts are on; may sleep. Returns 0 to retry the access, or a negative errno: the copy then
 * fails.
 */
int upcall_copy_fault(u64 address, bool write);

/* The one-shot timer of this CPU has fired, in user mode or in the kernel; @now: clock_ns(). Interrupts
 * are off; must not sleep. */
void upcall_timer(bool in_user, u64 now);

/*
 * The thread is about to return to user mode with work bits set (context.work). Called with
 * interrupts off and a full frame; returns with interrupts off and no bit set. May sleep.
 */
void upcall_exit_work(struct trap_frame *f);

/* The same at the end of a system call where WORK_RESCHED is the only bit: only the frame's parts that
 * the entry filled are there. Other bits may be set on return. */
void upcall_give_way(const struct trap_frame *f);

/*
 * A thread with work bits set enters a system call (tracing). Returns the number to run.
 */
u64 upcall_syscall_enter(struct trap_frame *f);

/*
 * The running thread made a call that there is not; its frame's error is the number. Returns what rax shall
 * be. Interrupts on.
 */
i64 upcall_syscall_unknown(void);

/* Another CPU sent cpu_kick(): the run queue may have changed. Interrupts are off. */
void upcall_kicked(void);

/*
 * Starting a CPU, on the boot CPU: zeroed memory for ever, page aligned (NULL: none); for @cpu, whose
 * id is set, what allocators keep for it, its run queue and idle thread (the thread's address is its
 * stack's top). Then on the new CPU itself, on that stack, with interrupts off: the idle loop.
 */
void *upcall_cpu_memory(size_t bytes);
struct thread *upcall_cpu_prepare(struct cpu *cpu);
noreturn void upcall_cpu_started(void);

/* First code on a new thread's stack: finishes the switch that led here. Interrupts off. */
void upcall_thread_started(void);

/*
 * One zeroed page for a page table, entered into @tables (NULL: the kernel's own, in no list):
 * physical address, 0 when there is none. Any context.
 */
u64 upcall_table_alloc(struct list *tables);
void upcall_table_free(u64 phys);
void upcall_tables_free(struct list *tables); /* all that are in the list */

/* Maps @bytes of device memory or firmware tables at @phys (page aligned) for the kernel, for
 * ever; @cache is an enum mmu_cache. NULL: out of memory. Boot only, interrupts off or on. */
void *upcall_device_map(u64 phys, size_t bytes, int cache);

/* True if @address is in the guard page below a kernel stack (double-fault report). */
bool upcall_is_stack_guard(u64 address);
