/* SPDX-License-Identifier: ISC */
/*
 * Making and ending threads. A thread, its kernel stack and (for user threads) its FPU area
 * come and go together.
 */
#include "sched/thread.h"

#include "base/counter.h"
#include "base/trace.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/kmap.h"
#include "mm/slab.h"
#include "sched/queue.h"

COUNTER(threads, "threads");

/* The thread that boots the kernel and then becomes the boot CPU's idle thread. */
struct boot_thread {
	u8 stack[KSTACK_BYTES];
	struct thread thread;
};
struct boot_thread boot_stack __attribute__((aligned(4096)));
_Static_assert(offsetof(struct boot_thread, thread) == KSTACK_BYTES, "kernel_entry counts on it");

static struct slab_cache *fpu_cache;

#define THREAD_BYTES ALIGN_UP(sizeof(struct thread), 64)

void thread_init_boot(void)
{
	struct thread *t = &boot_stack.thread;

	t->affinity = 1;
	t->kernel = true;
	fair_set_weight(t);
	t->plain = false; /* nobody shares with it */
	list_init(&t->run_link);
	strlcpy(t->name, "idle/0", sizeof(t->name));
	fpu_cache = slab_create("fpu", fpu_area_bytes(), 64);
}

struct thread *thread_create_idle(u32 cpu)
{
	u8 *stack = kstack_alloc();
	struct thread *t;

	if (!stack)
		return NULL;
	t = (struct thread *)(stack + KSTACK_BYTES - THREAD_BYTES);
	memset(t, 0, sizeof(*t));
	t->stack = stack;
	t->cpu = cpu;
	t->affinity = 1UL << cpu;
	t->kernel = true;
	fair_set_weight(t);
	t->plain = false;
	list_init(&t->run_link);
	snprintf(t->name, sizeof(t->name), "idle/%u", cpu);
	return t;
}

struct thread *thread_create(const char *name, void (*fn)(void *), void *arg, bool user)
{
	u8 *stack = kstack_alloc();
	struct thread *t;

	if (!stack)
		return NULL;
	t = (struct thread *)(stack + KSTACK_BYTES - THREAD_BYTES);
	memset((u8 *)t - sizeof(struct trap_frame), 0, sizeof(struct trap_frame) + sizeof(*t));
	if (user) {
		t->ctx.fpu = slab_alloc(fpu_cache);
		if (!t->ctx.fpu) {
			kstack_free(stack);
			return NULL;
		}
		fpu_area_init(t->ctx.fpu);
		t->ctx.user_thread = true;
		t->ctx.lean = cpu_features.lean_switch;
		t->ctx.work = trace_inherited();
	}
	t->stack = stack;
	t->kernel = !user;
	t->seen_in_kernel = !user;
	t->affinity = ~0UL;
	t->state = THREAD_BLOCKED;
	fair_set_weight(t);
	list_init(&t->run_link);
	strlcpy(t->name, name, sizeof(t->name));
	if (fn)
		context_init(&t->ctx, fn, arg);
	else
		context_init_user(&t->ctx);
	counter_add(&threads, 1);
	return t;
}

void thread_free(struct thread *t)
{
	if (t->ctx.fpu)
		slab_free(fpu_cache, t->ctx.fpu);
	kfree(t->ctx.breakpoints);
	counter_add(&threads, -1);
	kstack_free(t->stack);
}

void thread_discard(struct thread *t)
{
	assert(t->state == THREAD_BLOCKED && !t->on_queue);
	thread_free(t);
}

void thread_start_on(struct thread *t, u32 cpu)
{
	assert(cpu < cpu_count);
	t->cpu = cpu;
	t->affinity = 1UL << cpu;
	thread_wake(t);
}

struct kthread_start {
	void (*fn)(void *);
	void *arg;
};

/* A kernel thread has no frame to return to: when its function ends, it ends. */
static void kthread_main(void *arg)
{
	struct kthread_start start = *(struct kthread_start *)arg;

	kfree(arg);
	start.fn(start.arg);
	thread_exit();
}

static struct thread *kthread_create(const char *name, void (*fn)(void *), void *arg)
{
	struct kthread_start *start = kmalloc(sizeof(*start));
	struct thread *t;

	if (!start)
		return NULL;
	*start = (struct kthread_start){ fn, arg };
	t = thread_create(name, kthread_main, start, false);
	if (!t)
		kfree(start);
	return t;
}

struct thread *kthread_start(const char *name, void (*fn)(void *), void *arg)
{
	struct thread *t = kthread_create(name, fn, arg);

	if (t)
		thread_start(t);
	return t;
}

struct thread *kthread_start_on(u32 cpu, const char *name, void (*fn)(void *), void *arg)
{
	struct thread *t = kthread_create(name, fn, arg);

	if (t)
		thread_start_on(t, cpu);
	return t;
}

void thread_exit(void)
{
	irq_disable();
	WRITE_ONCE(thread_current()->state, THREAD_DEAD);
	schedule_irq_off();
	panic("a dead thread ran on");
}
