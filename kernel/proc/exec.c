/* SPDX-License-Identifier: ISC */
/*
 * execve: a new program in an old process (OSTEP 5.3). Everything that can fail is done on a
 * new space first; after the line that says so nothing fails, and the old program is gone.
 */
#include "proc/exec.h"

#include "abi/errno.h"
#include "base/trace.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "proc/posix_timer.h"
#include "proc/signal.h"

#define SCRIPT_LINE_MAX 256
#define SCRIPT_DEPTH_MAX 6 /* five scripts and the program, as Linux */

static void set_name(struct process *p, const char *path)
{
	const char *slash = strrchr(path, '/');

	strlcpy(p->name, slash ? slash + 1 : path, sizeof(p->name));
	strlcpy(p->thread->name, p->name, sizeof(p->thread->name));
}

static void reset_signals(struct process *p)
{
	for (int sig = 1; sig <= NSIG; sig++) {
		if (p->action[sig].handler != SIG_IGN)
			p->action[sig].handler = SIG_DFL;
		p->action[sig].flags = p->action[sig].mask = p->action[sig].restorer = 0;
	}
	p->altstack.sp = p->altstack.size = p->altstack.flags = 0;
}

/* All registers zero but for what the ABI names: nothing of anybody shows through. */
static void reset_registers(struct thread *t, const struct new_image *img)
{
	struct trap_frame *f = thread_frame(t);

	memset(f, 0, sizeof(*f));
	f->rip = img->entry;
	f->rsp = img->sp;
	f->cs = USER_CS;
	f->ss = USER_SS;
	f->rflags = RFLAGS_IF | RFLAGS_FIXED;
	f->vector = TRAP_SYSCALL;
	f->error = ~0UL; /* no system call to restart */
	context_reset_user(&t->ctx);
	context_set_work(&t->ctx, WORK_IRET);
}

static void commit(struct process *p, struct new_image *img, const char *path)
{
	struct space *old = p->space;
	struct vnode *old_exe = p->exe;
	u64 flags;

	/* From here on nothing fails. */
	process_leave_space(p);
	flags = spin_lock_irq(&process_lock); /* /proc may look */
	p->space = img->space;
	limits_to_space(p);
	p->exe = img->vnode;
	p->cred = img->cred;
	spin_unlock_irq(&process_lock, flags);
	context_load_mmu(&p->thread->ctx, &p->space->mmu);
	if (old)
		space_put(old);
	vnode_put(old_exe);
	fd_table_close_on_exec(p->files);
	posix_timers_delete_all();
	set_name(p, path);
	reset_signals(p);
	WRITE_ONCE(p->has_execed, true);
	reset_registers(p->thread, img);
	trace(TRACE_EXEC, p->pid, img->entry);
}

/* A table shared through CLONE_FILES is left to the others, who close nothing on our exec. */
static int own_files(struct process *p)
{
	struct fd_table *copy;

	if (__atomic_load_n(&p->files->refs, __ATOMIC_RELAXED) == 1)
		return 0;
	copy = fd_table_copy(p->files);
	if (!copy)
		return -ENOMEM;
	fd_table_put(p->files);
	p->files = copy;
	return 0;
}

/* "#! interpreter argument": cut out of the first line. 1 if it is a script, 0 if not. */
static int read_script(struct file *f, char *line, char **interp, char **arg)
{
	ssize_t n = file_read_kernel(f, line, SCRIPT_LINE_MAX - 1, 0);
	char *end;

	if (n < 0)
		return n;
	if (n < 2 || line[0] != '#' || line[1] != '!')
		return 0;
	line[n] = 0;
	end = strchr(line, '\n');
	if (!end && n == SCRIPT_LINE_MAX - 1)
		return -ENOEXEC;
	if (end)
		*end = 0;
	for (end = line + strlen(line); end > line + 2 && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = 0;
	*interp = line + 2;
	while (**interp == ' ' || **interp == '\t')
		++*interp;
	if (!**interp)
		return -ENOEXEC;
	*arg = *interp;
	while (**arg && **arg != ' ' && **arg != '\t')
		++*arg;
	while (**arg == ' ' || **arg == '\t')
		*(*arg)++ = 0;
	return 1;
}

/* argv becomes: interpreter, its argument, the script's path, argv[1] … */
static int script_args(struct arg_list *args, const char *interp, const char *arg, const char *path)
{
	int err;

	args_drop_first(args);
	err = args_prepend(args, path);
	if (!err && *arg)
		err = args_prepend(args, arg);
	if (!err)
		err = args_prepend(args, interp);
	return err;
}

/* Opens the program that really runs: the file, or its interpreter. */
static int open_program(struct vnode *start, const char *path, struct arg_list *args, char *line,
			struct file **out)
{
	char *interp = line, *arg = line;
	int err;

	for (int depth = 0; depth < SCRIPT_DEPTH_MAX; depth++) {
		err = load_open(start, path, out);
		if (err)
			return err;
		err = read_script(*out, line, &interp, &arg);
		if (err == 0)
			return 0;
		file_put(*out);
		if (err > 0)
			err = script_args(args, interp, arg, path);
		if (err)
			return err;
		path = interp;
		line += SCRIPT_LINE_MAX; /* @path still points into the last one */
		start = NULL;
	}
	return -ELOOP;
}

/* The ids the program will run with: the set-id bits of its file, unless they are renounced. */
static void choose_ids(const struct process *p, const struct vnode *v, struct credentials *c)
{
	*c = p->cred;
	if ((v->mode & S_ISUID) && !p->no_new_privs)
		c->euid = v->uid;
	if ((v->mode & S_ISGID) && (v->mode & 010) && !p->no_new_privs)
		c->egid = v->gid;
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
}

static int exec_with(struct vnode *start, const char *path, struct arg_list *args)
{
	struct process *p = process_current();
	struct new_image img = { .path = path };
	char *lines = kmalloc(SCRIPT_LINE_MAX * SCRIPT_DEPTH_MAX);
	struct file *f;
	int err;

	if (!lines)
		return -ENOMEM;
	err = open_program(start, path, args, lines, &f);
	if (err)
		goto out;
	if (args->argc == 0) /* as Linux since 5.18: a program always has a name */
		err = args_prepend(args, ""); /* in front: envp's strings are there already */
	choose_ids(p, f->vnode, &img.cred);
	if (!err)
		err = load_image(f, &img);
	if (!err)
		err = stack_build(&img, args);
	if (!err)
		err = own_files(p);
	file_put(f);
	if (!err) {
		commit(p, &img, path);
		goto out;
	}
	if (img.space)
		space_put(img.space);
	vnode_put(img.vnode);
out:
	kfree(lines);
	return err;
}

i64 process_exec(struct vnode *start, const char *path, u64 argv, u64 envp)
{
	struct arg_list *args = kmalloc(sizeof(*args));
	int err;

	if (!args)
		return -ENOMEM;
	args_init(args);
	err = args_add_user(args, argv, &args->argc);
	if (!err)
		err = args_add_user(args, envp, &args->envc);
	if (!err)
		err = exec_with(start, path, args);
	args_free(args);
	kfree(args);
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
	struct arg_list *args = kmalloc(sizeof(*args));
	int err = 0;

	if (!args)
		return -ENOMEM;
	args_init(args);
	for (const char *const *a = s->argv; *a && !err; a++)
		err = args_add_kernel(args, *a, &args->argc);
	for (const char *const *e = s->envp; *e && !err; e++)
		err = args_add_kernel(args, *e, &args->envc);
	if (!err)
		err = exec_with(NULL, s->path, args);
	args_free(args);
	kfree(args);
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

static int open_console(struct process *p)
{
	struct fs_context fs = process_fs_context(p);
	struct file *f;
	int err = path_open(&fs, NULL, "/dev/console", O_RDWR, 0, &f);

	for (int fd = 0; fd < 3 && err >= 0; fd++)
		err = fd_install(p->files, file_get(f), 0, false);
	if (err < 0)
		return err;
	file_put(f);
	return 0;
}

int process_start_init(const char *path, const char *const argv[], const char *const envp[])
{
	struct init_start s = { .path = path, .argv = argv, .envp = envp };
	struct process *p;
	int err;
	u64 flags;

	wait_queue_init(&s.queue);
	p = process_create(&err);
	if (!p)
		return err;
	p->files = fd_table_create();
	p->thread = thread_create("init", init_main, &s, true);
	if (!p->files || !p->thread)
		return -ENOMEM; /* the caller panics: nothing to undo */
	p->root = vnode_get(fs_root());
	p->cwd = vnode_get(fs_root());
	p->umask = 022;
	p->exit_signal = SIGCHLD;
	p->thread->process = p;
	p->thread->tid = p->pid;
	p->thread->interrupted = process_thread_interrupted;
	err = open_console(p);
	if (err)
		return err;
	flags = spin_lock_irq(&process_lock);
	process_list_add(p, NULL);
	process_init_task = p;
	spin_unlock_irq(&process_lock, flags);
	thread_start(p->thread);
	wait_event(&s.queue, READ_ONCE(s.done));
	return s.err;
}
