/* SPDX-License-Identifier: ISC */
/*
 * Registers of a stopped tracee. What a tracer writes is checked here once, so that no IRET, no load
 * of a selector, base or FPU image can fault in the kernel: after any change the thread leaves by IRET,
 * which takes every rip (one that is not canonical faults as the program's own).
 */
#include "abi/errno.h"
#include "lib/string.h"
#include "proc/ptrace.h"

void ptrace_get_regs(struct task *t, struct user_regs_abi *r)
{
	const struct trap_frame *f = thread_frame(t->thread);
	const struct context *c = &t->thread->ctx;

#define GET(reg) r->reg = f->reg;
	GENERAL_REGISTERS(GET)
	r->orig_rax = f->vector == TRAP_SYSCALL ? f->error : ~0UL;
	r->rip = f->rip;
	r->cs = f->cs;
	r->eflags = f->rflags;
	r->rsp = f->rsp;
	r->ss = f->ss;
	r->fs_base = c->fs_base;
	r->gs_base = c->gs_base;
	r->ds = c->ds, r->es = c->es, r->fs = c->fs, r->gs = c->gs;
}

static bool acceptable(const struct user_regs_abi *r)
{
	return (r->cs == USER_CS || r->cs == USER_CS32) && r->ss == USER_SS &&
	       r->fs_base < USER_END && r->gs_base < USER_END && context_selector_ok(r->ds) &&
	       context_selector_ok(r->es) && context_selector_ok(r->fs) &&
	       context_selector_ok(r->gs);
}

/* A number: the frame is that of a call, which may be made once more; -1: it is not. */
static void set_call(struct trap_frame *f, u64 number)
{
	if ((i64)number >= 0) {
		f->vector = TRAP_SYSCALL;
		f->error = number;
	} else if (f->vector == TRAP_SYSCALL) {
		f->error = ~0UL;
	}
}

int ptrace_set_regs(struct task *t, const struct user_regs_abi *r)
{
	struct trap_frame *f = thread_frame(t->thread);
	struct context *c = &t->thread->ctx;

	if (!acceptable(r))
		return -EIO;
#define SET(reg) f->reg = r->reg;
	GENERAL_REGISTERS(SET)
	set_call(f, r->orig_rax);
	f->rip = r->rip;
	f->cs = r->cs;
	f->rflags = (r->eflags & RFLAGS_USER) | RFLAGS_IF | RFLAGS_FIXED;
	f->rsp = r->rsp;
	f->ss = r->ss;
	c->fs_base = r->fs_base;
	c->gs_base = r->gs_base;
	c->ds = r->ds, c->es = r->es, c->fs = r->fs, c->gs = r->gs;
	context_set_work(c, WORK_SIGNAL); /* not by SYSRET */
	return 0;
}

void ptrace_get_fpu(struct task *t, void *image, size_t bytes)
{
	memcpy(image, t->thread->ctx.fpu, bytes);
}

int ptrace_set_fpu(struct task *t, void *image, size_t bytes)
{
	u8 *area = t->thread->ctx.fpu;
	bool whole = bytes > USER_FPREGS_BYTES;

	if (!fpu_area_sanitize(image, whole))
		return -EINVAL;
	memcpy(area, image, bytes);
	if (!whole) /* the legacy part is not initial any more; the others stay as they are */
		*(u64 *)(area + USER_FPREGS_BYTES) |= *(u64 *)((u8 *)image + USER_FPREGS_BYTES);
	return 0;
}
