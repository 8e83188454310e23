/* SPDX-License-Identifier: ISC */
/*
 * Signal frames, to the user's stack and back (ABI page, section 2). Coming back nothing is
 * trusted: selectors are compared, flags masked, addresses and the FPU image checked.
 */
#include "proc/signal.h"

#include "abi/errno.h"
#include "abi/ucontext.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "mm/slab.h"

#define RED_ZONE 128
#define MIN_ALTSTACK 2048
#define FPU_ALIGN 64
#define LEGACY_BYTES 512

static void *initial_fpu; /* an area as every program and every handler begins */

/* What software says of an image, and XSAVE's header before XSAVE; they lie side by side. */
static struct {
	struct fpx_software software;
	u64 header[8];
} image_middle; /* [i] */
_Static_assert(FPX_SOFTWARE_OFFSET + sizeof(struct fpx_software) == LEGACY_BYTES,
	       "the header follows");

void signal_room_init(void)
{
	initial_fpu = kmalloc(fpu_area_bytes());
	if (!initial_fpu)
		panic("no memory for the FPU's initial state");
	fpu_area_init(initial_fpu);
	image_middle.software = (struct fpx_software){
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = cpu_features.xsave_bytes + 4,
		.xfeatures = cpu_features.xcr0,
		.xstate_size = cpu_features.xsave_bytes,
	};
	sigqueue_room_init();
}

/* Into the running thread's registers; its own area is written when it is switched away. */
static void load_fpu(void *area)
{
	struct context from = { .fpu = area };

	fpu_load_current(&from);
}

static u64 stack_top(const struct task *t, const struct trap_frame *f, u64 flags)
{
	if ((flags & SA_ONSTACK) && t->altstack.size && !signal_on_altstack(t, f->rsp))
		return t->altstack.sp + t->altstack.size;
	return f->rsp - RED_ZONE;
}

/* Would a frame at @at leave the alternate stack that it belongs on, for what lies below it? */
static bool leaves_altstack(const struct task *t, const struct trap_frame *f, u64 flags, u64 at)
{
	return t->altstack.size && ((flags & SA_ONSTACK) || signal_on_altstack(t, f->rsp)) &&
	       !signal_in_altstack(t, at);
}

/* Bytes of the FPU image on the stack: with XSAVE a second magic follows it. */
static size_t fpu_image_bytes(void)
{
	return cpu_features.xsave ? cpu_features.xsave_bytes + 4 : LEGACY_BYTES;
}

static int push_fpu(u64 at)
{
	if (!cpu_features.xsave)
		return fpu_save_user(at);
	if (user_write(at + FPX_SOFTWARE_OFFSET, &image_middle, sizeof(image_middle)) ||
	    fpu_save_user(at))
		return -EFAULT;
	return user_write_u32(at + cpu_features.xsave_bytes, FP_XSTATE_MAGIC2);
}

static void fill_context(struct ucontext_abi *uc, const struct task *t, const struct trap_frame *f)
{
	uc->flags =
		UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (cpu_features.xsave ? UC_FP_XSTATE : 0);
	uc->link = 0;
	uc->stack = (struct stack_abi){
		.sp = t->altstack.sp,
		.flags = t->altstack.size ? t->altstack.flags : SS_DISABLE,
		.size = t->altstack.size,
	};
	uc->r8 = f->r8, uc->r9 = f->r9, uc->r10 = f->r10, uc->r11 = f->r11;
	uc->r12 = f->r12, uc->r13 = f->r13, uc->r14 = f->r14, uc->r15 = f->r15;
	uc->rdi = f->rdi, uc->rsi = f->rsi, uc->rbp = f->rbp, uc->rbx = f->rbx;
	uc->rdx = f->rdx, uc->rax = f->rax, uc->rcx = f->rcx, uc->rsp = f->rsp;
	uc->rip = f->rip, uc->eflags = f->rflags;
	uc->cs = f->cs, uc->ss = f->ss, uc->fs = uc->gs = 0;
	memset(uc->reserved, 0, sizeof(uc->reserved));
	uc->err = t->fault.error, uc->trapno = t->fault.vector, uc->cr2 = t->fault.address;
}

void signal_fill_info(struct siginfo_abi *si, int sig, const struct siginfo_kernel *info)
{
	si->signo = sig;
	si->error = info->error;
	si->code = info->code;
	si->pad = 0;
	memcpy(si->bytes, info->bytes, sizeof(info->bytes));
	memset(si->bytes + sizeof(info->bytes), 0, sizeof(si->bytes) - sizeof(info->bytes));
}

static void enter_handler(struct trap_frame *f, int sig, u64 handler, u64 frame)
{
	f->rdi = sig;
	f->rsi = frame + offsetof(struct sigframe_abi, info);
	f->rdx = frame + offsetof(struct sigframe_abi, uc);
	f->rax = 0;
	f->rip = handler;
	f->rsp = frame;
	f->cs = USER_CS;
	f->ss = USER_SS;
	f->rflags &= ~(u64)(RFLAGS_DF | RFLAGS_TF | RFLAGS_RF);
}

int signal_set_altstack(const struct stack_abi *st)
{
	struct task *t = task_current();
	u32 mode = st->flags & ~SS_AUTODISARM;

	if (mode > SS_DISABLE) /* 0, SS_ONSTACK, SS_DISABLE: one of them */
		return -EINVAL;
	if (mode != SS_DISABLE && st->size < MIN_ALTSTACK)
		return -ENOMEM;
	t->altstack.sp = mode == SS_DISABLE ? 0 : st->sp;
	t->altstack.size = mode == SS_DISABLE ? 0 : st->size;
	t->altstack.flags = st->flags;
	return 0;
}

int signal_push_frame(struct trap_frame *f, int sig, const struct sigaction_kernel *action,
		      const struct siginfo_kernel *info, u64 mask)
{
	struct task *t = task_current();
	struct sigframe_abi frame;
	u64 fp, at;

	if (!(action->flags & SA_RESTORER) || action->handler >= USER_END)
		return -EFAULT;
	fp = ALIGN_DOWN(stack_top(t, f, action->flags) - fpu_image_bytes(), FPU_ALIGN);
	at = ALIGN_DOWN(fp - sizeof(frame), 16) - 8;
	if (leaves_altstack(t, f, action->flags, at))
		return -EFAULT;
	frame.restorer = action->restorer;
	fill_context(&frame.uc, t, f);
	frame.uc.fpstate = fp;
	frame.uc.sigmask = frame.uc.oldmask = mask;
	signal_fill_info(&frame.info, sig, info);
	if (push_fpu(fp) || user_write(at, &frame, sizeof(frame)))
		return -EFAULT;
	enter_handler(f, sig, action->handler, at);
	load_fpu(initial_fpu);
	if (t->altstack.flags &
	    SS_AUTODISARM) /* the frame remembers it: handlers may swap stacks */
		t->altstack.sp = t->altstack.size = t->altstack.flags = 0;
	return 0;
}

/* -- and back ----------------------------------------------------------------------------------- */

/* Is there all of the image at @at, or the legacy part alone (0)? -EFAULT. */
static int image_is_whole(u64 at)
{
	struct fpx_software sw;
	u32 magic2;

	if (user_read(&sw, at + FPX_SOFTWARE_OFFSET, sizeof(sw)))
		return -EFAULT;
	if (sw.magic1 != FP_XSTATE_MAGIC1 || sw.xstate_size != cpu_features.xsave_bytes)
		return 0;
	if (user_read_u32(&magic2, at + sw.xstate_size))
		return -EFAULT;
	return magic2 == FP_XSTATE_MAGIC2;
}

/* Without the rest, which becomes initial. */
static int load_legacy(u64 at)
{
	u8 area[LEGACY_BYTES + sizeof(image_middle.header)] __attribute__((aligned(FPU_ALIGN)));

	if (user_read(area, at, LEGACY_BYTES) || !fpu_area_sanitize(area, false))
		return -EFAULT;
	load_fpu(area);
	return 0;
}

static int pop_fpu(u64 at)
{
	int whole;

	if (!at) {
		load_fpu(initial_fpu);
		return 0;
	}
	whole = cpu_features.xsave ? image_is_whole(at) : 1;
	if (whole < 0)
		return whole;
	return whole ? fpu_load_user(at) : load_legacy(at);
}

static void restore_registers(struct trap_frame *f, const struct ucontext_abi *uc)
{
	f->r8 = uc->r8, f->r9 = uc->r9, f->r10 = uc->r10, f->r11 = uc->r11;
	f->r12 = uc->r12, f->r13 = uc->r13, f->r14 = uc->r14, f->r15 = uc->r15;
	f->rdi = uc->rdi, f->rsi = uc->rsi, f->rbp = uc->rbp, f->rbx = uc->rbx;
	f->rdx = uc->rdx, f->rax = uc->rax, f->rcx = uc->rcx, f->rsp = uc->rsp;
	f->rip = uc->rip;
	f->rflags = (uc->eflags & RFLAGS_USER) | RFLAGS_IF | RFLAGS_FIXED;
	f->error = ~0UL; /* not a call to restart */
}

int signal_pop_frame(struct trap_frame *f)
{
	struct task *t = task_current();
	struct ucontext_abi uc;

	if (user_read(&uc, f->rsp, sizeof(uc)))
		return -EFAULT;
	if (uc.rip >= USER_END || (uc.cs | 3) != USER_CS || (uc.ss | 3) != USER_SS)
		return -EFAULT; /* IRET would fault (CVE-2014-9322) */
	if (pop_fpu(uc.fpstate))
		return -EFAULT;
	restore_registers(f, &uc);
	if (!signal_on_altstack(t, f->rsp)) /* what cannot be is left as it is */
		(void)signal_set_altstack(&uc.stack);
	signal_set_mask(uc.sigmask);
	context_set_work(&t->thread->ctx, WORK_IRET);
	return 0;
}
