/* SPDX-License-Identifier: ISC */
/*
 * From a pipeline to processes and back to a status. Every child is reaped by wait4(-1): those of
 * the pipeline in the foreground, background jobs, and (as pid 1) orphans that are nobody's.
 */
#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUSYBOX "/bin/busybox"
#define MAX_JOBS 64

/* A process the prompt started and has not reaped. pid 0: a free slot. */
static struct job {
	pid_t pid;
	bool background;
	char name[32];
} jobs[MAX_JOBS];

static struct job *job_of(pid_t pid)
{
	for (int i = 0; i < MAX_JOBS; i++)
		if (jobs[i].pid == pid)
			return &jobs[i];
	return NULL;
}

static const char *signal_name(int sig)
{
	static const char *const names[] = {
		[SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",   [SIGQUIT] = "SIGQUIT",
		[SIGILL] = "SIGILL",   [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",
		[SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",   [SIGKILL] = "SIGKILL",
		[SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
		[SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM", [SIGTERM] = "SIGTERM",
		[SIGSYS] = "SIGSYS",
	};

	if (sig < (int)(sizeof(names) / sizeof(names[0])) && names[sig])
		return names[sig];
	return "signal";
}

/* Tell what a user wants to know about an end, and forget the job. */
static int job_ended(struct job *job, pid_t pid, int status)
{
	const char *name = job ? job->name : "orphan";

	if (WIFSIGNALED(status) && (!job || job->background || WTERMSIG(status) != SIGPIPE))
		fprintf(stderr, "%s[%d] killed by %s (%d)\n", name, pid,
			signal_name(WTERMSIG(status)), WTERMSIG(status));
	else if (job && job->background)
		fprintf(stderr, "%s[%d] ended with %d\n", name, pid, WEXITSTATUS(status));
	if (job)
		job->pid = 0;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void reap(bool all)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, all ? 0 : WNOHANG)) > 0)
		job_ended(job_of(pid), pid, status);
}

void list_jobs(void)
{
	for (int i = 0; i < MAX_JOBS; i++)
		if (jobs[i].pid)
			printf("%s[%d]\n", jobs[i].name, jobs[i].pid);
}

/* Try the name in every directory of PATH. Returns only where none could be executed. */
static void exec_in_path(char **argv)
{
	const char *dir = getenv("PATH");
	char path[512];
	int error = ENOENT;

	while (dir && *dir) {
		int len = strcspn(dir, ":");

		snprintf(path, sizeof(path), "%.*s/%s", len, dir, argv[0]);
		execv(path, argv);
		if (errno != ENOENT && errno != ENOTDIR)
			error = errno;
		dir += len + (dir[len] == ':');
	}
	errno = error;
}

int run_exec(char **argv)
{
	if (strchr(argv[0], '/'))
		execv(argv[0], argv);
	else
		exec_in_path(argv);
	if (errno == ENOENT && !strchr(argv[0], '/')) {
		execv(BUSYBOX, argv);
		if (errno == ENOENT) {
			fprintf(stderr, "%s: not found\n", argv[0]);
			return 127;
		}
	}
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}

static void move_fd(int from, int to)
{
	if (from == to)
		return;
	dup2(from, to);
	close(from);
}

static bool open_as(const char *path, int flags, int target)
{
	int fd = open(path, flags, 0644);

	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	move_fd(fd, target);
	return true;
}

static bool redirect(const struct command *cmd)
{
	int how = O_WRONLY | O_CREAT | (cmd->append ? O_APPEND : O_TRUNC);

	if (cmd->in && !open_as(cmd->in, O_RDONLY, STDIN_FILENO))
		return false;
	return !cmd->out || open_as(cmd->out, how, STDOUT_FILENO);
}

static void child(struct command *cmd, int in, int out)
{
	int status;

	signal(SIGINT, SIG_DFL);
	move_fd(in, STDIN_FILENO);
	move_fd(out, STDOUT_FILENO);
	if (!redirect(cmd))
		_exit(1);
	if (run_builtin(cmd, &status))
		_exit(status);
	_exit(run_exec(cmd->argv));
}

/* Start one stage that reads `in` and writes `out`; both are the caller's. Returns 0 or -1. */
static pid_t start(struct command *cmd, int in, int out, int spare, bool background)
{
	struct job *job = job_of(0);
	pid_t pid = job ? fork() : -1;

	if (pid == 0) {
		if (spare >= 0)
			close(spare);
		child(cmd, in, out);
	}
	if (pid < 0) {
		fprintf(stderr, "prompt: cannot start %s: %s\n", cmd->argv[0],
			job ? strerror(errno) : "too many jobs");
		return -1;
	}
	*job = (struct job){ .pid = pid, .background = background };
	snprintf(job->name, sizeof(job->name), "%s", cmd->argv[0]);
	return pid;
}

static void close_unless_std(int fd)
{
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Start all stages, each reading what the one before writes. Returns the last one's pid. */
static pid_t start_all(struct pipeline *p)
{
	int in = STDIN_FILENO;
	pid_t pid = -1;

	if (p->background) {
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (in < 0)
			in = STDIN_FILENO;
	}
	for (int i = 0; i < p->stages; i++) {
		int ends[2] = { -1, STDOUT_FILENO };

		if (i + 1 < p->stages && pipe(ends) < 0) {
			fprintf(stderr, "prompt: pipe: %s\n", strerror(errno));
			close_unless_std(in);
			return -1;
		}
		pid = start(&p->stage[i], in, ends[1], ends[0], p->background);
		close_unless_std(in);
		close_unless_std(ends[1]);
		in = ends[0];
	}
	return pid;
}

static bool foreground_left(void)
{
	for (int i = 0; i < MAX_JOBS; i++)
		if (jobs[i].pid && !jobs[i].background)
			return true;
	return false;
}

int run_pipeline(struct pipeline *p)
{
	struct command *first = &p->stage[0];
	int status, result = 1;
	pid_t last, pid;

	if (p->stages == 1 && !p->background && !first->in && !first->out &&
	    run_builtin(first, &status))
		return status;
	fflush(stdout);
	last = start_all(p);
	if (p->background)
		return last < 0;
	while (foreground_left() && (pid = waitpid(-1, &status, 0)) > 0) {
		int ended = job_ended(job_of(pid), pid, status);

		if (pid == last)
			result = ended;
	}
	return result;
}
