/* SPDX-License-Identifier: ISC */
/* Processes and threads: made, given a program, ended, waited for. */
#include "bench.h"

#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <unistd.h>

#include "tiny_elf.h"

#define TINY "/btiny"

static char *no_environment[] = { NULL };

static void wait_for(long pid)
{
	int status = -1;

	call4(SYS_wait4, pid, (long)&status, 0, 0);
	must(status == 0, "a child's end");
}

static void run_child(char **argv)
{
	long pid = call0(SYS_fork);

	if (pid == 0) {
		if (argv)
			call3(SYS_execve, (long)argv[0], (long)argv, (long)no_environment);
		call1(SYS_exit_group, argv ? 127 : 0);
	}
	wait_for(pid);
}

static void spawn_child(char **argv)
{
	pid_t pid;

	must(posix_spawn(&pid, argv[0], NULL, NULL, argv, no_environment) == 0, "posix_spawn");
	wait_for(pid);
}

static void *nothing(void *unused)
{
	return unused;
}

static bool run_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

void bench_processes(char *self)
{
	char *run_tiny[] = { TINY, NULL }, *run_self[] = { self, "--exit", NULL };
	int fd = open(TINY, O_CREAT | O_WRONLY | O_TRUNC, 0755);

	must(fd >= 0 && write(fd, tiny_elf, sizeof(tiny_elf)) == (ssize_t)sizeof(tiny_elf), TINY);
	close(fd);
	ROW("fork_exit_wait", 20, 20, run_child(NULL));
	ROW("fork_exec_tiny_wait", 20, 20, run_child(run_tiny));
	ROW("vfork_exec_tiny_wait", 20, 20, spawn_child(run_tiny));
	ROW("fork_exec_musl_wait", 20, 20, run_child(run_self));
	if (!wanted("thread_create_join"))
		return;
	if (run_thread())
		ROW("thread_create_join", 30, 20, run_thread());
	else
		skip("thread_create_join", "pthread_create");
}
