/* SPDX-License-Identifier: ISC */
/*
 * What is traced of a system call. Strings and the first bytes of buffers are copied here, since
 * a tracer that looked later would find something else.
 * State: context.traced_call, the thread's own, so that every exit has its entry.
 */
#include "trace_call.h"

#include "abi/errno.h"
#include "abi/syscall_numbers.h"
#include "base/trace.h"
#include "machine/usercopy.h"
#include "sched/thread.h"
#include "trace_file.h"

#define STRING_BYTES (2 * TRACE_TEXT_BYTES) /* longer ones are cut */

static const struct {
	u8 strings; /* a bit an argument */
	u8 in, out; /* argument + 1 that is a buffer the call reads or fills; 0: none */
} texts[SYSCALL_COUNT] = {
#include "syscall/texts.inc"
};

static const char *const names[SYSCALL_COUNT] = {
#include "syscall/names.inc"
};

const char *syscall_name(u64 number)
{
	return number < SYSCALL_COUNT ? names[number] : NULL;
}

static u64 argument(const struct trap_frame *f, unsigned i)
{
	const u64 args[] = { f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9 };

	return args[i];
}

/* aux: argument, bytes in this record, bytes before it. */
static void record_bytes(unsigned arg, const char *bytes, size_t n)
{
	for (size_t at = 0; at == 0 || at < n; at += TRACE_TEXT_BYTES) {
		u32 here = (u32)MIN(n - at, (size_t)TRACE_TEXT_BYTES);

		trace_text(TRACE_TEXT, arg | here << 8 | (u32)at << 16, bytes + at, here);
	}
}

static void record_string(unsigned arg, u64 address)
{
	char text[STRING_BYTES];
	ssize_t n = user_read_string(text, address, sizeof(text));

	if (n == -EFAULT)
		return;
	record_bytes(arg, text, n < 0 ? sizeof(text) : (size_t)n);
}

static void record_buffer(unsigned arg, u64 address, u64 n)
{
	char bytes[TRACE_TEXT_BYTES];

	n = MIN(n, sizeof(bytes));
	if (user_range_ok(address, n) && !user_read(bytes, address, n))
		record_bytes(arg, bytes, n);
}

void trace_call_enter(const struct trap_frame *f)
{
	struct thread *t = thread_current();
	u32 nr = (u32)f->error;

	if (!READ_ONCE(trace_events)) { /* tracing ended while this thread was being made */
		context_clear_work(&t->ctx, WORK_TRACE);
		return;
	}
	t->ctx.traced_call = nr + 1;
	trace(TRACE_SYSCALL_ENTER, nr, f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9);
	if (nr >= SYSCALL_COUNT || !trace_wants(TRACE_TEXT))
		return;
	for (unsigned i = 0; i < TRACE_ARGS; i++)
		if (texts[nr].strings >> i & 1)
			record_string(i, argument(f, i));
	if (texts[nr].in)
		record_buffer(texts[nr].in - 1U, argument(f, texts[nr].in - 1U),
			      argument(f, texts[nr].in));
}

void trace_call_exit(const struct trap_frame *f)
{
	struct thread *t = thread_current();
	u32 nr = t->ctx.traced_call - 1;

	if (!t->ctx.traced_call)
		return;
	t->ctx.traced_call = 0;
	if (nr < SYSCALL_COUNT && texts[nr].out && (i64)f->rax > 0 && trace_wants(TRACE_TEXT)) {
		irq_enable();
		record_buffer(texts[nr].out - 1U, argument(f, texts[nr].out - 1U), f->rax);
		irq_disable();
	}
	trace(TRACE_SYSCALL_EXIT, nr, f->rax);
	trace_tell_readers();
}
