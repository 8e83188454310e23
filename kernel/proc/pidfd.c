/* SPDX-License-Identifier: ISC */
/*
 * pidfds: a descriptor that means one process, whatever becomes of its number. It knows the number
 * and when that process began, and looks it up under process_lock each time.
 */
#include "base/counter.h"
#include "fs/anon.h"
#include "fs/poll.h"
#include "mm/slab.h"
#include "proc/proc_files.h"
#include "proc/signal.h"
#include "proc/watch.h"

COUNTER(live_pidfds, "pidfds");

struct pidfd {
	i32 pid; /* [i] */
	u64 born; /* [i] process.start_ns */
};

/* Its process, NULL: it has gone altogether. Under process_lock. */
static struct process *find(const struct pidfd *d)
{
	struct process *p = process_find(d->pid);

	return p && p->start_ns == d->born ? p : NULL;
}

static u32 pidfd_poll(struct file *f, struct poll_table *pt)
{
	const struct pidfd *d = f->private;
	const struct process *p;
	bool ended;
	u64 flags;

	poll_wait(pt, watch_end_queue(d->pid));
	flags = spin_lock_irq(&process_lock);
	p = find(d);
	ended = !p || p->state == PROCESS_ZOMBIE;
	spin_unlock_irq(&process_lock, flags);
	return ended ? POLLIN | POLLRDNORM : 0;
}

static void pidfd_release(struct file *f)
{
	kfree(f->private);
	counter_add(&live_pidfds, -1);
}

static const struct file_ops pidfd_ops = {
	.poll = pidfd_poll,
	.release = pidfd_release,
	.flags = FILE_NO_POS_LOCK,
};

/* When the process @pid began. -ESRCH, -EINVAL: it is a thread's number. */
static int born_of(i32 pid, u64 *born)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct process *p = process_find(pid);
	int r = p ? 0 : task_find(pid) ? -EINVAL : -ESRCH;

	if (p)
		*born = p->start_ns;
	spin_unlock_irq(&process_lock, flags);
	return r;
}

int pidfd_create(i32 pid, u32 flags, struct file **out)
{
	struct pidfd *d;
	u64 born = 0;
	int r = born_of(pid, &born);

	if (r)
		return r;
	d = kmalloc(sizeof(*d));
	*out = d ? anon_file(&pidfd_ops, d, flags) : NULL;
	if (!*out) {
		kfree(d);
		return -ENOMEM;
	}
	*d = (struct pidfd){ pid, born };
	counter_add(&live_pidfds, 1);
	return 0;
}

i32 pidfd_pid(const struct file *f)
{
	const struct pidfd *d = f->private;

	return f->ops == &pidfd_ops ? d->pid : -EBADF;
}

/* Whom @f means to one who sends signals: /proc/<pid>, opened, does as well. */
static bool find_target(const struct file *f, struct pidfd *of)
{
	if (f->ops != &pidfd_ops)
		return proc_directory_of(f, &of->pid, &of->born);
	*of = *(const struct pidfd *)f->private;
	return true;
}

i32 pidfd_receiver(const struct file *f)
{
	struct pidfd of;

	return find_target(f, &of) ? of.pid : -EBADF;
}

int pidfd_send(const struct file *f, int sig, const struct siginfo_kernel *info)
{
	struct pidfd of;

	return find_target(f, &of) ? signal_send_to_process(of.pid, of.born, sig, info) : -EBADF;
}
