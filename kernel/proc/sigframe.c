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
static struct fpu_marks marks; /* [i] of a whole image */
static u64 context_flags; /* [i] */

void signal_room_init(void)
{
	initial_fpu = kmalloc(fpu_area_bytes());
	if (!initial_fpu)
		panic("no memory for the FPU's initial state");
	fpu_area_init(initial_fpu);
	marks.software = (struct fpx_software){
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = fpu_image_bytes(),
		.xfeatures = cpu_features.xcr0,
		.xstate_size = cpu_features.xsave_bytes,
	};
	marks.end = FP_XSTATE_MAGIC2;
	context_flags =
		UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (cpu_features.xsave ? UC_FP_XSTATE : 0);
	sigqueue_room_init();
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

/*
 * The general registers have one order in a trap frame and in a signal frame: they go from one to the other
 * by themselves, past the copy that the rest is put together in.
 */
#define SAME_ORDER(reg)                                                                            \
	_Static_assert(offsetof(struct ucontext_abi, reg) ==                                       \
			       GENERAL_AT + offsetof(struct trap_frame, reg),                      \
		       "they are copied as a whole");
#define GENERAL_AT offsetof(struct ucontext_abi, r8)
#define COUNT(reg) +1
#define GENERAL_WORDS (0UL GENERAL_REGISTERS(COUNT))
GENERAL_REGISTERS(SAME_ORDER)

/* Everything but the general registers. */
static void fill_context(struct ucontext_abi *uc, const struct task *t, const struct trap_frame *f)
{
	uc->flags = context_flags;
	uc->link = 0;
	uc->stack = (struct stack_abi){
		.sp = t->altstack.sp,
		.flags = t->altstack.size ? t->altstack.flags : SS_DISABLE,
		.size = t->altstack.size,
	};
	uc->rsp = f->rsp, uc->rip = f->rip, uc->eflags = f->rflags;
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

/* @frame, which lacks the general registers, with those of @f. 0, -EFAULT. */
static inline int write_frame(u64 at, const struct sigframe_abi *frame, const struct trap_frame *f)
{
	const size_t general = (offsetof(struct sigframe_abi, uc) + GENERAL_AT) / 8;
	const size_t behind = general + GENERAL_WORDS;
	const u64 *words = (const u64 *)frame;
	u64 *to = (u64 *)at;

	if (!user_range_ok(at, sizeof(*frame)) || user_copy_words(to, words, general) ||
	    user_copy_words(to + general, f, GENERAL_WORDS))
		return -EFAULT;
	return user_copy_words(to + behind, words + behind, sizeof(*frame) / 8 - behind);
}

/* All of *uc but the general registers. 0, -EFAULT. */
static inline int read_context(struct ucontext_abi *uc, u64 at)
{
	const size_t general = GENERAL_AT / 8, behind = general + GENERAL_WORDS;
	const u64 *from = (const u64 *)at;
	u64 *words = (u64 *)uc;

	if (!user_range_ok(at, sizeof(*uc)) || user_copy_words(words, from, general))
		return -EFAULT;
	return user_copy_words(words + behind, from + behind, sizeof(*uc) / 8 - behind);
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
	f->rcx = f->rip, f->r11 = f->rflags; /* as after a call: SYSRET will do */
}

int signal_set_altstack(struct task *t, const struct stack_abi *st)
{
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

int signal_push_frame(struct task *t, struct trap_frame *f, int sig,
		      const struct sigaction_kernel *action, u64 mask)
{
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
	signal_fill_info(&frame.info, sig, &t->in_hand.info);
	if (fpu_save_user(fp, &marks) || write_frame(at, &frame, f))
		return -EFAULT;
	enter_handler(f, sig, action->handler, at);
	fpu_load_area(initial_fpu);
	if (t->altstack.flags &
	    SS_AUTODISARM) /* the frame remembers it: handlers may swap stacks */
		t->altstack.sp = t->altstack.size = t->altstack.flags = 0;
	return 0;
}

/* -- and back ----------------------------------------------------------------------------------- */

/* An image without the marks is its legacy part alone; the rest becomes initial. */
static __attribute__((noinline)) int load_legacy(u64 at)
{
	u8 area[LEGACY_BYTES + sizeof(marks.header)] __attribute__((aligned(FPU_ALIGN)));

	if (user_read(area, at, LEGACY_BYTES) || !fpu_area_sanitize(area, false))
		return -EFAULT;
	fpu_load_area(area);
	return 0;
}

/* 0, or -EFAULT and the registers are initial. */
static inline int pop_fpu(u64 at)
{
	int r = at ? fpu_load_user(at, &marks) : 0;

	if (unlikely(r > 0))
		r = load_legacy(at);
	if (unlikely(r || !at))
		fpu_load_area(initial_fpu);
	return r;
}

static void restore_registers(struct trap_frame *f, const struct ucontext_abi *uc)
{
	f->rsp = uc->rsp;
	f->rip = uc->rip;
	f->rflags = (uc->eflags & RFLAGS_USER) | RFLAGS_IF | RFLAGS_FIXED;
	f->error = ~0UL; /* not a call to restart */
}

int signal_pop_frame(struct task *t, struct trap_frame *f)
{
	const u64 at = f->rsp;
	struct ucontext_abi uc;

	if (read_context(&uc, at))
		return -EFAULT;
	if (uc.rip >= USER_END || (uc.cs | 3) != USER_CS || (uc.ss | 3) != USER_SS)
		return -EFAULT; /* IRET would fault (CVE-2014-9322) */
	if (pop_fpu(uc.fpstate) ||
	    user_copy_words(f, (const void *)(at + GENERAL_AT), GENERAL_WORDS))
		return -EFAULT;
	restore_registers(f, &uc);
	if (!signal_on_altstack(t, f->rsp)) /* what cannot be is left as it is */
		(void)signal_set_altstack(t, &uc.stack);
	signal_set_mask(t, uc.sigmask);
	return 0;
}
