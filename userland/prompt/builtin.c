/* SPDX-License-Identifier: ISC */
/*
 * What the prompt does in its own process: the commands that change it (cd, exit, exec), wait for
 * its children, or speak to the kernel's scheduler.
 */
#include "prompt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHED_FILE "/proc/sys/kernel/sched"

int last_status;

static int builtin_cd(struct command *cmd)
{
	const char *dir = cmd->argc > 1 ? cmd->argv[1] : "/";

	if (chdir(dir) == 0)
		return 0;
	fprintf(stderr, "cd: %s: %s\n", dir, strerror(errno));
	return 1;
}

static int builtin_exit(struct command *cmd)
{
	exit(cmd->argc > 1 ? atoi(cmd->argv[1]) : last_status);
}

static int builtin_exec(struct command *cmd)
{
	return cmd->argc > 1 ? run_exec(cmd->argv + 1) : 0;
}

static int builtin_wait(struct command *cmd)
{
	(void)cmd;
	reap(true);
	return 0;
}

static int builtin_jobs(struct command *cmd)
{
	(void)cmd;
	list_jobs();
	return 0;
}

static int builtin_sched(struct command *cmd)
{
	int fd = open(SCHED_FILE, cmd->argc > 1 ? O_WRONLY : O_RDONLY);
	char text[64];
	ssize_t n;

	if (fd < 0) {
		fprintf(stderr, "sched: %s: %s\n", SCHED_FILE, strerror(errno));
		return 1;
	}
	if (cmd->argc > 1) {
		n = write(fd, cmd->argv[1], strlen(cmd->argv[1]));
		if (n < 0)
			fprintf(stderr, "sched: %s: %s\n", cmd->argv[1], strerror(errno));
	} else {
		n = read(fd, text, sizeof(text));
		if (n > 0)
			printf("%.*s%s", (int)n, text, text[n - 1] == '\n' ? "" : "\n");
	}
	close(fd);
	return n < 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void list_programs(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, visible, by_name);

	printf("In %s:", dir);
	for (int i = 0; i < n; i++) {
		printf(" %s", names[i]->d_name);
		free(names[i]);
	}
	printf("\n");
	if (n >= 0)
		free(names);
}

static int builtin_help(struct command *cmd)
{
	(void)cmd;
	printf("program words...     run it; PROGRAM & leaves it in the background\n"
	       "a | b < in > out     pipes and files; >> appends; ; between commands\n"
	       "cd DIR  exit [N]  exec PROGRAM  wait  jobs  help\n"
	       "sched [rr|coop]      show or set how the kernel takes the CPU back\n"
	       "Names not found here are tried as busybox applets (busybox --list).\n");
	list_programs("/bin");
	return 0;
}

static const struct builtin {
	const char *name;
	int (*run)(struct command *cmd);
} builtins[] = {
	{ "cd", builtin_cd },     { "exit", builtin_exit }, { "exec", builtin_exec },
	{ "wait", builtin_wait }, { "jobs", builtin_jobs }, { "sched", builtin_sched },
	{ "help", builtin_help },
};

bool run_builtin(struct command *cmd, int *status)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		if (strcmp(cmd->argv[0], builtins[i].name) == 0) {
			*status = builtins[i].run(cmd);
			fflush(stdout);
			return true;
		}
	}
	return false;
}
