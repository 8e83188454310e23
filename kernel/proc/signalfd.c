/* SPDX-License-Identifier: ISC */
/*
 * signalfd(2): a read takes signals of the reader's own, as sigtimedwait does. Which ones is a mask,
 * changed whole. Locks: those of taking signals; mask is atomic.
 */
#include "abi/signalfd.h"
#include "base/counter.h"
#include "fs/anon.h"
#include "fs/poll.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/signal.h"
#include "proc/watch.h"

COUNTER(live_signalfds, "signalfds");

struct signalfd {
	u64 mask; /* [a] */
};

static u64 mask_of(const struct file *f)
{
	const struct signalfd *d = f->private;

	return READ_ONCE(d->mask);
}

/* Sent by the kernel: what it tells depends on the signal. */
static void fill_kernel(struct signalfd_siginfo *out, const struct siginfo_kernel *info)
{
	switch (out->signo) {
	case SIGCHLD:
		out->pid = info->pid;
		out->uid = info->uid;
		out->status = info->status;
		break;
	case SIGILL:
	case SIGFPE:
	case SIGSEGV:
	case SIGBUS:
	case SIGTRAP: out->addr = info->address; break;
	}
}

static void fill(struct signalfd_siginfo *out, int sig, const struct siginfo_kernel *info)
{
	memset(out, 0, sizeof(*out));
	out->signo = sig;
	out->error = info->error;
	out->code = info->code;
	if (info->code == SI_TIMER) {
		out->tid = info->timer_id;
		out->overrun = info->overrun;
		out->ptr = info->timer_value;
		out->number = (i32)info->timer_value;
	} else if (info->code > 0) {
		fill_kernel(out, info);
	} else {
		out->pid = info->pid;
		out->uid = info->uid;
		out->ptr = info->code == SI_QUEUE ? info->value : 0;
		out->number = (i32)out->ptr;
	}
}

/* A signal of @mask, waiting for one if @wait. 0, -EAGAIN, -EINTR. */
static int take_one(u64 mask, bool wait, struct signalfd_siginfo *out)
{
	const struct task *t = task_current();
	struct siginfo_kernel info;
	int sig, r;

	while (!(sig = signal_take(mask, &info))) {
		if (!wait)
			return -EAGAIN;
		r = wait_event_interruptible(watch_signal_queue(t->process->pid),
					     signal_pending_set(t) & mask);
		if (r)
			return r;
	}
	fill(out, sig, &info);
	return 0;
}

static ssize_t signalfd_read(struct file *f, struct io *io, u64 *pos)
{
	bool wait = !(f->flags & O_NONBLOCK);
	struct signalfd_siginfo out;
	size_t start = io->left;
	int r = 0;

	(void)pos;
	if (io->left < sizeof(out))
		return -EINVAL;
	while (!r && io->left >= sizeof(out)) {
		r = take_one(mask_of(f), wait, &out);
		if (!r)
			r = io_put(io, &out, sizeof(out));
		wait = false;
	}
	return start != io->left ? (ssize_t)(start - io->left) : r;
}

static u32 signalfd_poll(struct file *f, struct poll_table *pt)
{
	const struct task *t = task_current();

	poll_wait(pt, watch_signal_queue(t->process->pid));
	return signal_pending_set(t) & mask_of(f) ? POLLIN : 0;
}

static void signalfd_release(struct file *f)
{
	kfree(f->private);
	counter_add(&live_signalfds, -1);
}

static const struct file_ops signalfd_ops = {
	.read = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.flags = FILE_NO_POS_LOCK,
};

struct file *signalfd_create(u64 mask, u32 flags)
{
	struct signalfd *d = kzalloc(sizeof(*d));
	struct file *f = d ? anon_file(&signalfd_ops, d, flags) : NULL;

	if (!f) {
		kfree(d);
		return NULL;
	}
	d->mask = mask;
	counter_add(&live_signalfds, 1);
	return f;
}

int signalfd_set_mask(struct file *f, u64 mask)
{
	struct signalfd *d = f->private;

	if (f->ops != &signalfd_ops)
		return -EINVAL;
	WRITE_ONCE(d->mask, mask);
	wait_wake_all(watch_signal_queue(process_current()->pid));
	return 0;
}
