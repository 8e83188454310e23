/* SPDX-License-Identifier: ISC */
/*
 * execve: a new program in an old process (OSTEP 5.3). Everything that can fail is done on a
 * new space first; after the line that says so nothing fails, and the old program is gone.
 */
#include "proc/exec.h"

#include "abi/errno.h"
#include "abi/personality.h"
#include "fs/mount.h"
#include "base/trace.h"
#include "lib/string.h"
#include "machine/breakpoints.h"
#include "mm/slab.h"
#include "proc/posix_timer.h"
#include "proc/ptrace.h"
#include "proc/signal.h"

static void set_name(struct task *t, const char *path)
{
	const char *slash = strrchr(path, '/');

	task_set_name(t, slash ? slash + 1 : path);
	memcpy(t->thread->name, t->name, sizeof(t->thread->name));
}

/* What the new program has for itself though the old one shared it; NULL: it did not. */
struct own_things {
	struct fd_table *files;
	struct sigaction_table *actions;
};

/* Has another process the same table of actions? Its threads have a reference each. */
static bool actions_are_shared(struct process *p)
{
	u64 flags = spin_lock_irq(&p->sig_lock);
	bool shared = __atomic_load_n(&p->actions->refs, __ATOMIC_RELAXED) != p->live;

	spin_unlock_irq(&p->sig_lock, flags);
	return shared;
}

/*
 * Makes what a program has for itself, where it is shared now: by CLONE_FILES (the others' files
 * stay open on our exec) or CLONE_SIGHAND. The thread is the only one. 0, -ENOMEM.
 */
static int own_things_make(const struct task *t, struct own_things *own)
{
	*own = (struct own_things){ NULL, NULL };
	if (__atomic_load_n(&t->files->refs, __ATOMIC_RELAXED) != 1) {
		own->files = fd_table_copy(t->files);
		if (!own->files)
			return -ENOMEM;
	}
	if (actions_are_shared(t->process)) {
		own->actions = sigaction_copy(t->process->actions);
		if (!own->actions)
			return -ENOMEM;
	}
	return 0;
}

static void own_things_drop(struct own_things *own)
{
	if (own->files)
		fd_table_put(own->files);
	sigaction_put(own->actions);
}

/* Puts them in place; *own becomes what is to be dropped. Under process_lock. */
static void own_things_take(struct task *t, struct own_things *own)
{
	struct own_things old = { NULL, NULL };

	if (own->files) {
		old.files = t->files;
		t->files = own->files;
	}
	if (own->actions) {
		old.actions = t->process->actions;
		t->process->actions = own->actions;
	}
	*own = old;
}

/* All registers zero but for what the ABI names: nothing of anybody shows through. */
static void reset_registers(struct thread *t, const struct new_image *img)
{
	struct trap_frame *f = thread_frame(t);
	u64 call = f->error;

	memset(f, 0, sizeof(*f));
	f->rip = img->entry;
	f->rsp = img->sp;
	f->cs = USER_CS;
	f->ss = USER_SS;
	f->rflags = RFLAGS_IF | RFLAGS_FIXED;
	f->vector = TRAP_SYSCALL;
	f->error = call; /* for a tracer; with rax 0 there is nothing to restart */
	context_reset_user(&t->ctx);
	kfree(breakpoints_drop(&t->ctx));
	context_set_work(&t->ctx, WORK_IRET);
	trace(TRACE_REGS_CLEARED, 0, img->entry, img->sp);
}

/* Are the ids of a new program more than the user's own? */
static bool raises(const struct credentials *c)
{
	return c->euid != c->uid || c->egid != c->gid;
}

/* Who came to trace it after the ids were chosen may not keep what has more rights now. Under
 * process_lock. */
static void shed_tracer(struct task *t, const struct new_image *img)
{
	if (unlikely(task_is_traced(t)) && !t->trace.privileged && raises(&img->cred))
		ptrace_release(t, 0);
}

/* The new program runs: its tracer is told, by an event or as ever by SIGTRAP. */
static void report_exec(struct task *t, i32 old_tid)
{
	if (likely(!task_is_traced(t)) || ptrace_event(PTRACE_EVENT_EXEC, (u64)old_tid))
		return;
	if (!t->trace.seized)
		signal_send_self(SIGTRAP);
}

/* From here on nothing fails. The thread is the only one. */
static void commit(struct task *t, struct new_image *img, struct own_things *own, const char *path)
{
	struct process *p = t->process;
	struct space *old = p->space;
	struct path old_exe = p->exe;
	u64 flags;

	if (old)
		task_leave_space(t);
	WRITE_ONCE(t->pi_ended, false); /* it lives on */
	p->membarriers = 0;
	p->unsupported_logged = false;
	flags = spin_lock_irq(&process_lock); /* /proc may look */
	own_things_take(t, own);
	p->space = img->space;
	limits_to_space(p);
	p->exe = img->exe;
	p->has_execed = true;
	shed_tracer(t, img);
	p->secret = img->secret;
	t->cred = img->cred;
	spin_unlock_irq(&process_lock, flags);
	context_load_mmu(&t->thread->ctx, &p->space->mmu);
	if (old)
		space_put(old);
	exe_put(&old_exe);
	own_things_drop(own);
	fd_table_close_on_exec(t->files);
	posix_timers_delete_all();
	set_name(t, path);
	sigaction_reset(p->actions);
	signal_drop_altstack(t);
	t->persona = img->persona;
	reset_registers(t->thread, img);
	trace_text(TRACE_EXEC, 0, path, strlen(path));
}

/*
 * The ids the program will run with: the set-id bits of its file, unless they are renounced. Who gains
 * ids by them loses the persona that the caller chose: where such a program lies is not his to say.
 */
static void choose_ids(const struct task *t, const struct file *f, struct new_image *img)
{
	struct credentials *c = &img->cred;
	bool honoured = !t->no_new_privs && !(mount_flags(f->mount) & MS_NOSUID) &&
			(!task_is_traced(t) || t->trace.privileged);
	struct vnode *v = f->vnode;
	struct vnode_owner o = { 0 };

	*c = t->cred;
	img->persona = t->persona;
	if ((READ_ONCE(v->mode) & (S_ISUID | S_ISGID)) && honoured)
		o = vnode_owner(v); /* it may be changing hands: bits and ids of one time */
	if (o.mode & S_ISUID) {
		c->euid = o.uid;
		img->persona = PER_LINUX;
	}
	if ((o.mode & S_ISGID) && (o.mode & 010)) {
		c->egid = o.gid;
		img->persona = PER_LINUX;
	}
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
}

/*
 * Everything that may fail: at the worst for want of memory, when the other threads are gone already. What
 * *img and *own hold after an error is the caller's to drop.
 */
static int prepare(struct task *t, struct file *f, struct arg_list *args, struct new_image *img,
		   struct own_things *own)
{
	int err = 0;

	if (args->argc == 0) /* as Linux since 5.18: a program always has a name */
		err = args_prepend(args, ""); /* in front: envp's strings are there already */
	choose_ids(t, f, img);
	img->secret = raises(&img->cred); /* to read it one must be able to read its file */
	if (!err)
		err = load_image(f, img);
	if (!err)
		err = stack_build(img, args);
	if (!err)
		err = process_end_others();
	/* Now nobody of this process can begin to share them. */
	return err ? err : own_things_make(t, own);
}

static int exec_with(const struct path *start, const char *path, struct exec_input *in)
{
	struct task *t = task_current();
	struct new_image img = { .path = path, .head = &in->head };
	struct own_things own = { NULL, NULL };
	struct file *f;
	i32 tid = t->tid;
	int err = script_open_program(start, path, in, &f);

	if (err)
		return err;
	err = prepare(t, f, &in->args, &img, &own);
	file_put(f);
	if (!err) {
		commit(t, &img, &own, path);
		report_exec(t, tid);
		return 0;
	}
	own_things_drop(&own);
	if (img.space)
		space_put(img.space);
	exe_put(&img.exe);
	return err;
}

i64 process_exec(const struct path *start, const char *path, u64 argv, u64 envp)
{
	struct exec_input *in = kmalloc(sizeof(*in));
	int err;

	if (!in)
		return -ENOMEM;
	args_init(&in->args);
	err = args_add_user(&in->args, argv, &in->args.argc);
	if (!err)
		err = args_add_user(&in->args, envp, &in->args.envc);
	if (!err)
		err = exec_with(start, path, in);
	args_free(&in->args);
	kfree(in);
	return err;
}

/* -- the first process ---------------------------------------------------------------------- */

struct init_start {
	const char *path;
	const char *const *argv, *const *envp;
	int err;
	bool done;
	struct wait_queue queue;
};

static int exec_kernel(const struct init_start *s)
{
	struct exec_input *in = kmalloc(sizeof(*in));
	int err = 0;

	if (!in)
		return -ENOMEM;
	args_init(&in->args);
	for (const char *const *a = s->argv; *a && !err; a++)
		err = args_add_kernel(&in->args, *a, &in->args.argc);
	for (const char *const *e = s->envp; *e && !err; e++)
		err = args_add_kernel(&in->args, *e, &in->args.envc);
	if (!err)
		err = exec_with(NULL, s->path, in);
	args_free(&in->args);
	kfree(in);
	return err;
}

/*
 * Runs as pid 1's thread; returning goes to user mode with the frame exec has filled. Where exec
 * failed there is nowhere to go: the thread stays, and whoever wanted it says what is wrong.
 */
static void init_main(void *arg)
{
	struct init_start *s = arg;
	struct wait_queue nowhere = WAIT_QUEUE_INIT(nowhere);
	int err = exec_kernel(s);

	s->err = err;
	WRITE_ONCE(s->done, true);
	wait_wake_all(&s->queue);
	if (err)
		wait_event(&nowhere, false);
}

static int open_console(struct task *t)
{
	struct fs_context fs = {
		.cred = &t->cred, .root = t->fs->root, .cwd = t->fs->cwd, .umask = t->fs->umask
	};
	struct file *f;
	int err = path_open(&fs, NULL, "/dev/console", O_RDWR, 0, &f);

	for (int fd = 0; fd < 3 && err >= 0; fd++)
		err = fd_install(t->files, file_get(f), 0, false);
	if (err < 0)
		return err;
	file_put(f);
	return 0;
}

/* 0 or -ENOMEM; the caller panics then: nothing to undo. */
static int make_init(struct process *p, struct init_start *s)
{
	struct task *t = p->leader;

	t->files = fd_table_create();
	t->fs = fs_state_create(fs_root(), 022);
	t->thread = thread_create("init", init_main, s, true);
	p->actions = sigaction_create();
	if (!t->files || !t->fs || !t->thread || !p->actions)
		return -ENOMEM;
	p->exit_signal = SIGCHLD;
	t->thread->process = p;
	t->thread->task = t;
	t->thread->tid = t->tid;
	t->thread->pid = p->pid;
	t->thread->interrupted = process_thread_interrupted;
	return open_console(t);
}

int process_start_init(const char *path, const char *const argv[], const char *const envp[])
{
	struct init_start s = { .path = path, .argv = argv, .envp = envp };
	struct process *p;
	int err;
	u64 flags;

	wait_queue_init(&s.queue);
	p = process_create(0, &err);
	if (p)
		err = make_init(p, &s);
	if (!p || err)
		return err;
	flags = spin_lock_irq(&process_lock);
	process_list_add(p, NULL);
	process_init_task = p;
	thread_start(p->leader->thread);
	spin_unlock_irq(&process_lock, flags);
	wait_event(&s.queue, READ_ONCE(s.done));
	return s.err;
}
