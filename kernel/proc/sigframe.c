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
	const struct stack_abi *st = &t->frame.uc.stack;

	if ((flags & SA_ONSTACK) && st->size && !signal_on_altstack(t, f->rsp))
		return st->sp + st->size;
	return f->rsp - RED_ZONE;
}

/* Would a frame at @at leave the alternate stack that it belongs on, for what lies below it? */
static bool leaves_altstack(const struct task *t, const struct trap_frame *f, u64 flags, u64 at)
{
	return t->frame.uc.stack.size && ((flags & SA_ONSTACK) || signal_on_altstack(t, f->rsp)) &&
	       !signal_in_altstack(t, at);
}

/*
 * The general registers have one order in a trap frame and in a signal frame: they go from one to the other
 * by themselves. The rest comes from the task, where most of it stands ready.
 */
#define SAME_ORDER(reg)                                                                            \
	_Static_assert(offsetof(struct ucontext_abi, reg) ==                                       \
			       GENERAL_AT + offsetof(struct trap_frame, reg),                      \
		       "they are copied as a whole");
#define GENERAL_AT offsetof(struct ucontext_abi, r8)
#define COUNT(reg) +1
#define GENERAL_WORDS (0UL GENERAL_REGISTERS(COUNT))
GENERAL_REGISTERS(SAME_ORDER)

void signal_frame_init(struct task *t)
{
	t->frame.uc.flags = context_flags;
	signal_drop_altstack(t);
}

/* What is not known before a handler begins. */
static inline void fill_frame(struct task_frame *frame, const struct trap_frame *f, int sig,
			      u64 restorer, u64 fpstate, u64 mask)
{
	struct ucontext_abi *uc = &frame->uc;

	frame->restorer = restorer;
	uc->rsp = f->rsp, uc->rip = f->rip, uc->eflags = f->rflags;
	uc->cs = f->cs, uc->ss = f->ss;
	uc->fpstate = fpstate;
	uc->sigmask = uc->oldmask = mask;
	frame->info.signo = sig;
}

void signal_fill_info(struct siginfo_abi *si, int sig, const struct siginfo_kernel *info)
{
	memcpy(si, info, sizeof(*info));
	memset((u8 *)si + sizeof(*info), 0, sizeof(*si) - sizeof(*info));
	si->signo = sig;
}

/* @frame with the general registers of @f. 0, -EFAULT. */
static inline int write_frame(u64 at, const struct task_frame *frame, const struct trap_frame *f)
{
	const size_t general = (offsetof(struct task_frame, uc) + GENERAL_AT) / 8;
	const size_t behind = general + GENERAL_WORDS;
	const u64 *words = (const u64 *)frame;

	if (!user_range_ok(at, sizeof(*frame)))
		return -EFAULT;
	return user_gather_words((void *)at, words, general, f, GENERAL_WORDS, words + behind,
				 sizeof(*frame) / 8 - behind);
}

/* Its general registers into @f, all else into *uc. 0, -EFAULT. */
static inline int read_context(struct ucontext_abi *uc, struct trap_frame *f, u64 at)
{
	const size_t general = GENERAL_AT / 8, behind = general + GENERAL_WORDS;
	u64 *words = (u64 *)uc;

	if (!user_range_ok(at, sizeof(*uc)))
		return -EFAULT;
	return user_scatter_words(words, general, f, GENERAL_WORDS, words + behind,
				  sizeof(*uc) / 8 - behind, (const void *)at);
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
	struct stack_abi *own = &t->frame.uc.stack;
	u32 mode = st->flags & ~SS_AUTODISARM;

	if (mode > SS_DISABLE) /* 0, SS_ONSTACK, SS_DISABLE: one of them */
		return -EINVAL;
	if (mode != SS_DISABLE && st->size < MIN_ALTSTACK)
		return -ENOMEM;
	own->sp = mode == SS_DISABLE ? 0 : st->sp;
	own->size = mode == SS_DISABLE ? 0 : st->size;
	own->flags = st->flags;
	return 0;
}

int signal_push_frame(struct task *t, struct trap_frame *f, int sig,
		      const struct sigaction_kernel *action, u64 mask)
{
	u64 fp, at;

	if (!(action->flags & SA_RESTORER) || action->handler >= USER_END)
		return -EFAULT;
	fp = ALIGN_DOWN(stack_top(t, f, action->flags) - fpu_image_bytes(), FPU_ALIGN);
	at = ALIGN_DOWN(fp - sizeof(t->frame), 16) - 8;
	if (leaves_altstack(t, f, action->flags, at))
		return -EFAULT;
	fill_frame(&t->frame, f, sig, action->restorer, fp, mask);
	if (fpu_save_user(fp, &marks) || write_frame(at, &t->frame, f))
		return -EFAULT;
	enter_handler(f, sig, action->handler, at);
	fpu_load_area(initial_fpu);
	if (t->frame.uc.stack.flags & SS_AUTODISARM)
		signal_drop_altstack(t); /* the frame remembers it: handlers may swap stacks */
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

/* All but the general ones. */
static void restore_registers(struct trap_frame *f, const struct ucontext_abi *uc)
{
	f->vector = TRAP_SYSCALL;
	f->cs = USER_CS;
	f->ss = USER_SS;
	f->rsp = uc->rsp;
	f->rip = uc->rip;
	f->rflags = (uc->eflags & RFLAGS_USER) | RFLAGS_IF | RFLAGS_FIXED;
	f->error = ~0UL; /* not a call to restart */
}

/* To @st, unless the program returns to where it runs on its own. What cannot be is left as it is. */
static inline void restore_altstack(struct task *t, const struct stack_abi *st, u64 sp)
{
	if (likely(st->flags == SS_DISABLE && t->frame.uc.stack.flags == SS_DISABLE))
		return; /* it has none */
	if (!signal_on_altstack(t, sp))
		(void)signal_set_altstack(t, st);
}

int signal_pop_frame(struct task *t, struct trap_frame *f)
{
	struct ucontext_abi uc;

	if (read_context(&uc, f, f->rsp))
		return -EFAULT;
	if (uc.rip >= USER_END || (uc.cs | 3) != USER_CS || (uc.ss | 3) != USER_SS)
		return -EFAULT; /* IRET would fault (CVE-2014-9322) */
	if (pop_fpu(uc.fpstate))
		return -EFAULT;
	restore_registers(f, &uc);
	restore_altstack(t, &uc.stack, f->rsp);
	signal_set_mask(t, uc.sigmask);
	return 0;
}
