/* SPDX-License-Identifier: ISC */
/*
 * ptrace's registers, copied in and out: they go through a buffer here, for a program's memory is
 * never touched under the locks that hold the tracee. What may be written is proc/ptrace_regs.c's.
 */
#include "abi/errno.h"
#include "abi/ucontext.h"
#include "abi/uio.h"
#include "lib/string.h"
#include "machine/breakpoints.h"
#include "machine/usercopy.h"
#include "mm/slab.h"
#include "proc/ptrace.h"
#include "syscall/ptrace_user.h"

/* A part of the general registers, or all of them. */
struct part {
	u64 from, bytes;
	u8 in[sizeof(struct user_regs_abi)];
};

static int read_regs(struct task *t, void *arg)
{
	ptrace_get_regs(t, arg);
	return 0;
}

static int write_part(struct task *t, void *arg)
{
	const struct part *p = arg;
	struct user_regs_abi r;

	ptrace_get_regs(t, &r);
	memcpy((u8 *)&r + p->from, p->in, p->bytes);
	return ptrace_set_regs(t, &r);
}

i64 ptrace_user_get_regs(i32 tid, u64 data, u64 bytes)
{
	struct user_regs_abi r;
	i64 err = ptrace_with_stopped(tid, read_regs, &r);

	return err ? err : user_write(data, &r, bytes);
}

i64 ptrace_user_set_regs(i32 tid, u64 data, u64 bytes)
{
	struct part p = { .bytes = bytes };
	i64 err = ptrace_with_stopped(tid, NULL, NULL);

	if (err)
		return err;
	return user_read(p.in, data, bytes) ? -EFAULT : ptrace_with_stopped(tid, write_part, &p);
}

/* -- struct user ------------------------------------------------------------------------------------ */

/* A word of it. */
struct user_word {
	u64 addr, value;
};

static bool is_debug_register(u64 addr)
{
	return addr >= USER_DEBUG_OFFSET && addr < USER_AREA_BYTES;
}

static u32 debug_register(u64 addr)
{
	return (u32)(addr - USER_DEBUG_OFFSET) / sizeof(u64);
}

static int read_word(struct task *t, void *arg)
{
	struct user_word *w = arg;
	u64 regs[sizeof(struct user_regs_abi) / sizeof(u64)];

	if (is_debug_register(w->addr)) {
		w->value = breakpoints_peek(&t->thread->ctx, debug_register(w->addr));
	} else if (w->addr < sizeof(regs)) {
		ptrace_get_regs(t, (struct user_regs_abi *)regs);
		w->value = regs[w->addr / sizeof(u64)];
	}
	return 0;
}

/* What is neither registers nor debug registers reads as zero. */
i64 ptrace_user_peek(i32 tid, u64 addr, u64 data)
{
	struct user_word w = { .addr = addr };
	i64 err = ptrace_with_stopped(tid, read_word, &w);

	if (err)
		return err;
	if ((addr & 7) || addr >= USER_AREA_BYTES)
		return -EIO;
	return user_write(data, &w.value, sizeof(w.value));
}

/* That they are all zero, as debuggers write them first, needs no room. */
static int write_debug_register(struct context *c, u32 n, u64 value)
{
	struct breakpoints *room;

	if (value && !c->breakpoints) {
		room = kzalloc(sizeof(*room));
		if (!room)
			return -ENOMEM;
		breakpoints_give(c, room);
	}
	return breakpoints_poke(c, n, value);
}

static int write_word(struct task *t, void *arg)
{
	const struct user_word *w = arg;
	struct part p = { .from = w->addr, .bytes = sizeof(w->value) };

	if ((w->addr & 7) ||
	    (w->addr >= sizeof(struct user_regs_abi) && !is_debug_register(w->addr)))
		return -EIO;
	if (is_debug_register(w->addr))
		return write_debug_register(&t->thread->ctx, debug_register(w->addr), w->value);
	memcpy(p.in, &w->value, sizeof(w->value));
	return write_part(t, &p);
}

i64 ptrace_user_poke(i32 tid, u64 addr, u64 word)
{
	struct user_word w = { addr, word };

	return ptrace_with_stopped(tid, write_word, &w);
}

/* -- the FPU, and sets ------------------------------------------------------------------------------- */

struct fpu_copy {
	void *image; /* of fpu_area_bytes() */
	size_t bytes;
};

static int read_fpu(struct task *t, void *arg)
{
	const struct fpu_copy *c = arg;

	ptrace_get_fpu(t, c->image, cpu_features.xsave ? fpu_area_bytes() : c->bytes);
	return 0;
}

static int write_fpu(struct task *t, void *arg)
{
	const struct fpu_copy *c = arg;

	return ptrace_set_fpu(t, c->image, c->bytes);
}

/* @bytes of the image of @whole ones; *@bytes becomes what was copied. */
i64 ptrace_user_get_fpu(i32 tid, u64 data, size_t bytes)
{
	struct fpu_copy c = { kzalloc(fpu_area_bytes()), bytes };
	i64 err = c.image ? ptrace_with_stopped(tid, read_fpu, &c) : -ENOMEM;

	if (!err) {
		fpu_area_complete(c.image);
		err = user_write(data, c.image, bytes);
	}
	kfree(c.image);
	return err;
}

i64 ptrace_user_set_fpu(i32 tid, u64 data, size_t bytes)
{
	struct fpu_copy c = { kzalloc(fpu_area_bytes()), bytes };
	i64 err = c.image ? ptrace_with_stopped(tid, NULL, NULL) : -ENOMEM;

	if (!err)
		err = user_read(c.image, data, bytes) ? -EFAULT
						      : ptrace_with_stopped(tid, write_fpu, &c);
	kfree(c.image);
	return err;
}

static size_t regset_bytes(u64 type)
{
	switch (type) {
	case NT_PRSTATUS: return sizeof(struct user_regs_abi);
	case NT_PRFPREG: return USER_FPREGS_BYTES;
	case NT_X86_XSTATE: return cpu_features.xsave ? cpu_features.xsave_bytes : 0;
	default: return 0;
	}
}

/* The whole of an FPU set is written or nothing; the errors are Linux's. */
static i64 set_regset(i32 tid, u64 type, const struct iovec *v)
{
	if (type == NT_PRSTATUS)
		return ptrace_user_set_regs(tid, v->iov_base, v->iov_len);
	if (v->iov_len != regset_bytes(type))
		return type == NT_PRFPREG ? -EINVAL : -EFAULT;
	return ptrace_user_set_fpu(tid, v->iov_base, v->iov_len);
}

i64 ptrace_user_regset(i32 tid, u64 type, u64 at, bool set)
{
	size_t bytes = regset_bytes(type);
	struct iovec v;
	i64 err = ptrace_with_stopped(tid, NULL, NULL);

	if (err)
		return err;
	if (user_read(&v, at, sizeof(v)))
		return -EFAULT;
	if (!bytes || v.iov_len % sizeof(u64))
		return -EINVAL;
	v.iov_len = MIN(v.iov_len, bytes);
	if (set)
		err = set_regset(tid, type, &v);
	else
		err = type == NT_PRSTATUS ? ptrace_user_get_regs(tid, v.iov_base, v.iov_len)
					  : ptrace_user_get_fpu(tid, v.iov_base, v.iov_len);
	return err ? err : user_write_u64(at + offsetof(struct iovec, iov_len), v.iov_len);
}
