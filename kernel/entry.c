/* SPDX-License-Identifier: ISC */
/*
 * Limited direct execution on one page: every way a program gives the CPU back, and how it gets
 * it again. traps.asm calls these (machine/upcalls.h); this is all the kernel that it knows.
 *
 *	system call	syscall_entry -> syscall_table[rax]	-> exit work? -> SYSRET
 *	fault		trap_entry -> upcall_page_fault()	-> exit work? -> IRET
 *	timer		trap_entry -> upcall_timer()		-> exit work? -> IRET
 *
 * Exit work is what must be done before the program goes on: give the CPU to somebody else,
 * take a signal, die. OSTEP 6.2 (restricted operations) and 6.3 (switching between processes).
 */
#include "abi/errno.h"
#include "base/log.h"
#include "base/trace.h"
#include "machine/breakpoints.h"
#include "machine/upcalls.h"
#include "mm/kmap.h"
#include "mm/page.h"
#include "mm/slab.h"
#include "proc/oom.h"
#include "proc/ptrace.h"
#include "proc/signal.h"
#include "syscall/syscalls.h"
#include "trace_call.h"

#define FAULT_TRIES 1000 /* until a fault that finds no memory counts as hopeless */

/* -- faults ------------------------------------------------------------------------------------ */

struct verdict {
	int signal;
	i32 code;
	u64 address;
};

static i32 debug_code(void)
{
	u32 status = thread_current()->ctx.debug_status;

	if (status & DR6_STEP)
		return TRAP_TRACE;
	return status & DR6_HIT ? TRAP_HWBKPT : TRAP_BRKPT;
}

/* The ABI page's table "fault: signal, code, address". */
static struct verdict judge(const struct trap_frame *f)
{
	switch (f->vector) {
	case TRAP_DIVIDE: return (struct verdict){ SIGFPE, FPE_INTDIV, f->rip };
	case TRAP_DEBUG: return (struct verdict){ SIGTRAP, debug_code(), f->rip };
	case TRAP_BREAKPOINT: return (struct verdict){ SIGTRAP, SI_KERNEL, 0 };
	case TRAP_OPCODE: return (struct verdict){ SIGILL, ILL_ILLOPN, f->rip };
	case TRAP_X87:
	case TRAP_SIMD: return (struct verdict){ SIGFPE, FPE_FLTDIV, f->rip };
	case TRAP_ALIGNMENT: return (struct verdict){ SIGBUS, BUS_ADRALN, 0 };
	case TRAP_SEGMENT:
	case TRAP_STACK: return (struct verdict){ SIGBUS, SI_KERNEL, 0 };
	default: return (struct verdict){ SIGSEGV, SI_KERNEL, 0 };
	}
}

static struct verdict judge_page_fault(int err, u64 address)
{
	switch (err) {
	case -EACCES: return (struct verdict){ SIGSEGV, SEGV_ACCERR, address };
	case -ENXIO:
	case -EIO: return (struct verdict){ SIGBUS, BUS_ADRERR, address };
	case -ENOMEM: return (struct verdict){ SIGKILL, SI_KERNEL, address };
	default: return (struct verdict){ SIGSEGV, SEGV_MAPERR, address };
	}
}

/* @address: of a page fault, else 0. @mapped: there is something, but not for this access. */
static void remember(struct task *t, const struct trap_frame *f, u64 address, bool mapped)
{
	t->frame.uc.trapno = f->vector;
	t->frame.uc.err = f->error;
	t->frame.uc.cr2 = address;
	t->fault.mapped = mapped;
	t->fault.note = NULL;
}

/* Counted as Linux does: what was resolved, copies' faults too. */
static inline void resolved(void)
{
	thread_current()->faults++;
}

/* A fault found no memory: somebody may be killed for it. 0, or an error of space_fault(). */
static __attribute__((noinline)) int resolve_by_force(struct space *s, u64 address, u32 access)
{
	int err = -ENOMEM;

	for (int i = 1; err == -ENOMEM && i < FAULT_TRIES && oom_make_room(); i++)
		err = space_fault(s, address, access);
	if (!err)
		resolved();
	return err;
}

/* A signal comes of it. @address and @mapped: as remember(). */
static inline void punish(const struct trap_frame *f, struct verdict v, u64 address, bool mapped)
{
	trace(TRACE_FAULT_EXIT, (u32)f->vector, (u64)v.signal);
	remember(task_current(), f, address, mapped);
	signal_force(v.signal, v.code, v.address);
}

static inline u32 access_of(u64 how)
{
	return how & FAULT_WRITE ? ACCESS_WRITE : how & FAULT_EXEC ? ACCESS_EXEC : ACCESS_READ;
}

/* Apart, so that a fault that is resolved at once is soon done. @err: why it was not. */
static __attribute__((noinline)) void unresolved(const struct trap_frame *f, u64 address, int err)
{
	const struct process *p = process_current();

	if (err == -ENOMEM)
		err = resolve_by_force(p->space, address, access_of(f->error));
	if (!err || p->oom_killed) /* on with the instruction, or to its end */
		trace(TRACE_FAULT_EXIT, (u32)f->vector, err);
	else
		punish(f, judge_page_fault(err, address), address, err != -EFAULT);
}

void upcall_page_fault(struct trap_frame *f, u64 address)
{
	int err;

	trace(TRACE_FAULT, (u32)f->vector, address, f->error, f->rip);
	err = space_fault(process_current()->space, address, access_of(f->error));
	if (unlikely(err)) {
		unresolved(f, address, err);
		return;
	}
	resolved();
	trace(TRACE_FAULT_EXIT, (u32)f->vector, err); /* and on with the instruction */
}

void upcall_user_fault(struct trap_frame *f)
{
	trace(TRACE_FAULT, (u32)f->vector, f->rip, f->error, f->rip);
	if (f->vector != TRAP_DEBUG || !ptrace_step_is_stray(f))
		punish(f, judge(f), 0, false);
}

int upcall_copy_fault(u64 address, bool write)
{
	u32 access = write ? ACCESS_WRITE : ACCESS_READ;
	struct process *p = process_current();
	int err;

	if (!p || !p->space)
		return -EFAULT;
	assert(cpu_this()->lock_depth == 0);
	err = space_fault(p->space, address, access);
	if (unlikely(err == -ENOMEM))
		return resolve_by_force(p->space, address, access);
	if (likely(!err))
		resolved();
	return err;
}

/* -- the timer, and the way back ----------------------------------------------------------------- */

void upcall_timer(bool in_user, u64 now)
{
	sched_timer_interrupt(in_user, now);
}

void upcall_kicked(void)
{
	sched_kicked();
}

void *upcall_cpu_memory(size_t bytes)
{
	unsigned order = 0;
	struct page *p;

	while (PAGE_SIZE << order < bytes)
		order++;
	p = page_alloc(order, ALLOC_ZERO);
	return p ? page_to_virt(p) : NULL;
}

struct thread *upcall_cpu_prepare(struct cpu *cpu)
{
	page_prepare_cpu(cpu);
	return slab_prepare_cpu(cpu) ? sched_prepare_cpu(cpu->id) : NULL;
}

void upcall_cpu_started(void)
{
	sched_start_cpu();
}

/* A system call of a thread that is looked at ends, or it comes from elsewhere. Interrupts off. */
static void call_exit(struct trap_frame *f, u32 work)
{
	if (work & WORK_TRACE)
		trace_call_exit(f);
	if ((work & WORK_PTRACE) && f->vector == TRAP_SYSCALL) {
		irq_enable();
		ptrace_call_exit(f);
		irq_disable();
	}
}

void upcall_give_way(const struct trap_frame *f)
{
	schedule_irq_off();
	trace(TRACE_RETURN_TO_USER, 0, f->rip, f->rsp, (u64)f);
}

void upcall_exit_work(struct trap_frame *f)
{
	struct context *c = &thread_current()->ctx;
	u32 work;

	if (unlikely(READ_ONCE(c->work) & WORK_STAYS))
		call_exit(f, READ_ONCE(c->work));
	while ((work = READ_ONCE(c->work) & ~WORK_STAYS)) {
		irq_enable();
		if (work & WORK_RESCHED)
			schedule(); /* clears the bit */
		if (work & (WORK_SIGNAL | WORK_IRET))
			context_clear_work(c, work & (WORK_SIGNAL | WORK_IRET));
		if (work & WORK_SIGNAL)
			signal_deliver(f);
		irq_disable();
	}
	if (unlikely(READ_ONCE(c->work) & WORK_STAYS))
		c->calls = 0;
	trace(TRACE_RETURN_TO_USER, 0, f->rip, f->rsp, (u64)f);
}

void upcall_thread_started(void)
{
	sched_finish_switch();
}

/* -- system calls beside the table ---------------------------------------------------------------- */

u64 upcall_syscall_enter(struct trap_frame *f)
{
	u32 work = READ_ONCE(thread_current()->ctx.work);
	u64 number = f->error;

	f->rax = -ENOSYS; /* what is seen before there is a result */
	f->rcx = f->rip;
	f->r11 = f->rflags;
	if (work & WORK_PTRACE)
		number = ptrace_call_enter(f);
	if (work & WORK_TRACE)
		trace_call_enter(f);
	return number;
}

static __attribute__((noinline)) void report_unsupported(struct process *p)
{
	u64 number = (u32)thread_frame(thread_current())->error;
	const char *name = syscall_name(number);

	p->unsupported_logged = true;
	log_info("unsupported system call %lu (%s) from %s[%d]", number,
		 name ? name : "no such number", task_current()->name, p->pid);
}

i64 upcall_syscall_unknown(void)
{
	struct process *p = process_current();

	if (unlikely(!p->unsupported_logged))
		report_unsupported(p);
	return -ENOSYS;
}

/* -- what page tables and devices need of mm -------------------------------------------------------- */

u64 upcall_table_alloc(struct list *tables)
{
	struct page *p = page_alloc(0, ALLOC_ZERO);

	if (!p)
		return 0;
	if (tables)
		list_push_back(tables, &p->link);
	else
		list_init(&p->link);
	return page_to_phys(p);
}

void upcall_table_free(u64 phys)
{
	struct page *p = phys_to_page(phys);

	list_remove(&p->link);
	page_put(p);
}

void upcall_tables_free(struct list *tables)
{
	struct page_pile pile = { 0 };
	struct page *p, *next;

	list_for_each_safe (p, next, tables, link)
		page_pile_add(&pile, p);
	page_pile_drop(&pile);
}

void *upcall_device_map(u64 phys, size_t bytes, int cache)
{
	return device_map(phys, bytes, cache);
}

bool upcall_is_stack_guard(u64 address)
{
	return kstack_is_guard(address);
}
