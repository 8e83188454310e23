/* SPDX-License-Identifier: ISC */
/*
 * stat, statm and status of a process. What they show is copied under process_lock first; the
 * maps are counted afterwards, under the lock of the space alone.
 */
#include "lib/string.h"
#include "machine/clock.h"
#include "proc/proc_files.h"
#include "proc/ptrace.h"
#include "proc/signal.h"

#define USER_HZ 100
#define KIB_PER_PAGE (PAGE_SIZE / 1024)
#define ALL_CAPABILITIES 0x1ffffffffffUL

void (*proc_session_terminal)(i32 sid, u64 *rdev, i32 *foreground);

struct snapshot {
	i32 tracer, tgid, tid, ppid, pgid, sid, foreground, exit_signal, exit_status;
	u32 threads;
	u64 tty;
	char state, name[16];
	u32 umask, cpu, fd_size;
	struct sched_params sched;
	u8 priority; /* it runs with */
	struct credentials cred;
	struct cpu_time time, children;
	u64 start_ns, switches[2], affinity;
	u64 sig_shared, sig_private, sig_blocked, sig_ignored, sig_caught;
	struct space *space; /* counted; NULL: none any more */
};

/* Sizes of maps in pages. */
struct sizes {
	u64 total, resident, text, data, stack, shared_map, tables;
	u64 text_start, text_end, data_start, data_end;
};

/* R runs or could, D cannot be interrupted, T stopped, Z has ended. Under process_lock. */
static char state_of(const struct task *t)
{
	if (!t->thread)
		return 'Z';
	if (t->trace.stop)
		return t->trace.stop->signo ? 't' : 'T';
	if (t->in_stop)
		return 'T';
	if (READ_ONCE(t->in_vfork))
		return 'D';
	return thread_is_away(t->thread) ? 'S' : 'R'; /* who is about to sleep runs yet */
}

static void copy_signals(struct snapshot *s, const struct task *t)
{
	s->sig_shared = t->process->pending.set;
	s->sig_private = t->pending.set;
	s->sig_blocked = t->sig_blocked;
	for (int sig = 1; t->process->actions && sig <= NSIG; sig++) {
		u64 handler = sigaction_handler(t->process->actions, sig);

		if (handler == SIG_IGN)
			s->sig_ignored |= 1UL << (sig - 1);
		else if (handler != SIG_DFL)
			s->sig_caught |= 1UL << (sig - 1);
	}
}

/* What only a living one has: its thread may be gone otherwise. */
static void copy_living(struct snapshot *s, struct task *t)
{
	s->cpu = t->thread->cpu;
	memcpy(s->switches, t->thread->switches, sizeof(s->switches));
	s->affinity = t->thread->affinity;
	s->sched = t->thread->sched;
	s->priority = thread_priority(t->thread);
	s->fd_size = t->files ? t->files->size : 0;
	s->umask = t->fs ? t->fs->umask : 0;
	s->space = t->process->space;
	if (s->space)
		space_get(s->space);
}

/* What threads have in common. */
static void copy_process(struct snapshot *s, struct process *p)
{
	s->tgid = p->pid;
	s->ppid = p->parent ? p->parent->pid : 0;
	s->pgid = p->pgid;
	s->sid = p->sid;
	s->foreground = -1;
	if (proc_session_terminal)
		proc_session_terminal(p->sid, &s->tty, &s->foreground);
	s->exit_signal = p->exit_signal;
	s->exit_status = p->exit_status;
	s->threads = p->live;
	process_times(p, &s->time);
	s->children = p->child_time;
}

/* 0 or -ESRCH. */
static int snapshot_take(const struct proc_entry *e, struct snapshot *s)
{
	u64 flags = spin_lock_irq(&process_lock);
	struct task *t = proc_entry_find(e);

	memset(s, 0, sizeof(*s));
	if (t) {
		copy_process(s, t->process);
		s->tid = t->tid;
		s->tracer = task_is_traced(t) ? t->trace.tracer->process->pid : 0;
		s->state = state_of(t);
		memcpy(s->name, t->name, sizeof(s->name));
		s->cred = t->cred;
		s->start_ns = t->start_ns;
		copy_signals(s, t);
		if (t->thread)
			copy_living(s, t);
		if (e->is_thread) {
			s->time = (struct cpu_time){ 0 };
			task_add_times(t, &s->time);
		}
	}
	spin_unlock_irq(&process_lock, flags);
	return t ? 0 : -ESRCH;
}

static int add_map(const struct vma *v, void *arg)
{
	struct sizes *z = arg;
	u64 pages = (v->end - v->start) >> PAGE_SHIFT;

	if (v->prot & MMU_EXEC) {
		z->text += pages;
		z->text_start = z->text_start ? z->text_start : v->start;
		z->text_end = z->text_end ? z->text_end : v->end;
	} else if (v->flags & VMA_STACK) {
		z->stack += pages;
	} else if ((v->prot & MMU_WRITE) && !(v->flags & VMA_SHARED)) {
		z->data += pages;
		if (!z->data_start && !(v->flags & VMA_HEAP)) {
			z->data_start = v->start;
			z->data_end = v->end;
		}
	}
	if (v->backing)
		z->shared_map += pages;
	return 0;
}

static void sizes_count(struct space *s, struct sizes *z)
{
	memset(z, 0, sizeof(*z));
	if (!s)
		return;
	(void)space_for_each(s, add_map, z);
	z->total = s->mapped >> PAGE_SHIFT;
	z->resident = s->pages;
}

static u64 ticks(u64 ns)
{
	return ns / (NSEC_PER_SEC / USER_HZ);
}

/* -- stat -------------------------------------------------------------------------------------- */

/* As Linux shows it: 0 to 39 of nice values, below that the real-time ones. */
static int shown_priority(const struct snapshot *s)
{
	return s->priority ? -1 - s->priority : 20 + s->sched.nice;
}

/* Fields 1 to 22. */
static void print_times(struct procfs_text *t, const struct snapshot *s)
{
	procfs_print(t, "%d (%s) %c %d %d %d %lu %d 0 %lu %lu 0 0 ", s->tid, s->name, s->state,
		     s->ppid, s->pgid, s->sid, s->tty, s->foreground, s->time.faults,
		     s->children.faults);
	procfs_print(t, "%lu %lu %lu %lu %d %d %u 0 %lu ", ticks(s->time.user),
		     ticks(s->time.system), ticks(s->children.user), ticks(s->children.system),
		     shown_priority(s), s->sched.nice, s->threads, ticks(s->start_ns));
}

/* Fields 23 to 52. Addresses are told to those who may look only. */
static void print_memory(struct procfs_text *t, const struct snapshot *s, bool addresses)
{
	static const struct sizes no_sizes;
	const struct space *m = addresses ? s->space : NULL;
	struct sizes z;

	sizes_count(s->space, &z);
	procfs_print(t, "%lu %lu %lu ", z.total * PAGE_SIZE, z.resident, ~0UL);
	if (!m)
		z = no_sizes;
	procfs_print(t, "%lu %lu %lu 0 0 %lu %lu %lu %lu 0 0 0 %d %u %u %u 0 0 0 ", z.text_start,
		     z.text_end, m ? m->args_start : 0, s->sig_private, s->sig_blocked,
		     s->sig_ignored, s->sig_caught, s->exit_signal, s->cpu, s->sched.priority,
		     s->sched.policy);
	procfs_print(t, "%lu %lu %lu %lu %lu %lu %lu %d\n", z.data_start, z.data_end,
		     m ? m->brk_start : 0, m ? m->args_start : 0, m ? m->env_start : 0,
		     m ? m->env_start : 0, m ? m->args_end : 0, addresses ? s->exit_status : 0);
}

static bool may_inspect(const struct proc_entry *e)
{
	u64 flags = spin_lock_irq(&process_lock);
	const struct task *t = proc_entry_find(e);
	bool may = t && task_may_inspect(t);

	spin_unlock_irq(&process_lock, flags);
	return may;
}

ssize_t proc_show_stat(const struct proc_entry *e, char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	struct snapshot s;
	int r = snapshot_take(e, &s);

	if (r)
		return r;
	print_times(&t, &s);
	print_memory(&t, &s, may_inspect(e));
	if (s.space)
		space_put(s.space);
	return t.at;
}

ssize_t proc_show_statm(const struct proc_entry *e, char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	struct snapshot s;
	struct sizes z;
	int r = snapshot_take(e, &s);

	if (r)
		return r;
	sizes_count(s.space, &z);
	if (s.space)
		space_put(s.space);
	procfs_print(&t, "%lu %lu %lu %lu 0 %lu 0\n", z.total, z.resident,
		     MIN(z.shared_map, z.resident), z.text, z.data + z.stack);
	return t.at;
}

/* -- status ------------------------------------------------------------------------------------ */

static const char *state_name(char state)
{
	switch (state) {
	case 'R': return "running";
	case 'S': return "sleeping";
	case 'D': return "disk sleep";
	case 'T': return "stopped";
	case 't': return "tracing stop";
	default: return "zombie";
	}
}

static void print_identity(struct procfs_text *t, const struct snapshot *s)
{
	const struct credentials *c = &s->cred;

	procfs_print(t, "Name:\t%s\nUmask:\t%04o\nState:\t%c (%s)\n", s->name, s->umask, s->state,
		     state_name(s->state));
	procfs_print(t, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n", s->tgid,
		     s->tid, s->ppid, s->tracer);
	procfs_print(t, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid,
		     c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
	procfs_print(t, "FDSize:\t%u\nGroups:\t", s->fd_size);
	for (u32 i = 0; i < c->group_count; i++)
		procfs_print(t, "%u ", c->groups[i]);
	procfs_print(t, "\n");
}

static void print_size(struct procfs_text *t, const char *name, u64 pages)
{
	procfs_print(t, "%s:\t%8lu kB\n", name, pages * KIB_PER_PAGE);
}

/* A zombie has no such lines. */
static void print_sizes(struct procfs_text *t, struct space *space)
{
	struct sizes z;

	sizes_count(space, &z);
	print_size(t, "VmSize", z.total);
	print_size(t, "VmLck", 0);
	print_size(t, "VmPin", 0);
	print_size(t, "VmRSS", z.resident);
	print_size(t, "VmData", z.data);
	print_size(t, "VmStk", z.stack);
	print_size(t, "VmExe", z.text);
	print_size(t, "VmSwap", 0);
}

static void print_signals(struct procfs_text *t, const struct snapshot *s)
{
	u64 capabilities = s->cred.euid ? 0 : ALL_CAPABILITIES;

	procfs_print(t, "Threads:\t%u\nSigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n",
		     MAX(s->threads, 1u), s->sig_private, s->sig_shared, s->sig_blocked);
	procfs_print(t, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", s->sig_ignored, s->sig_caught);
	procfs_print(t, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\n", 0UL, capabilities,
		     capabilities);
	procfs_print(t, "CapBnd:\t%016lx\nCapAmb:\t%016lx\nNoNewPrivs:\t0\nSeccomp:\t0\n",
		     ALL_CAPABILITIES, 0UL);
}

ssize_t proc_show_status(const struct proc_entry *e, char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };
	u64 running = cpu_count >= 64 ? ~0UL : (1UL << cpu_count) - 1;
	struct snapshot s;
	int r = snapshot_take(e, &s);

	if (r)
		return r;
	print_identity(&t, &s);
	if (s.space) {
		print_sizes(&t, s.space);
		space_put(s.space);
	}
	print_signals(&t, &s);
	procfs_print(&t, "Cpus_allowed:\t%lx\nCpus_allowed_list:\t0", s.affinity & running);
	if (cpu_count > 1)
		procfs_print(&t, "-%u", cpu_count - 1);
	procfs_print(&t, "\nvoluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
		     s.switches[0], s.switches[1]);
	return t.at;
}
