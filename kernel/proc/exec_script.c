/* SPDX-License-Identifier: ISC */
/* Scripts: a file that begins with "#!" names the program that runs it (execve(2)). */
#include "abi/errno.h"
#include "lib/string.h"
#include "proc/exec.h"

/* "#! interpreter argument": cut out of the first line. 1 if it is a script, 0 if not. */
static int parse_script(const struct file_head *head, char *line, char **interp, char **arg)
{
	size_t n = MIN(head->size, SCRIPT_LINE_MAX - 1UL);
	char *end;

	if (n < 2 || head->bytes[0] != '#' || head->bytes[1] != '!')
		return 0;
	memcpy(line, head->bytes, n);
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

int script_open_program(const struct path *start, const char *path, struct exec_input *in,
			struct file **out)
{
	char *interp = in->lines[0], *arg = interp;
	int err;

	for (int depth = 0; depth < SCRIPT_DEPTH_MAX; depth++) {
		err = load_open(start, path, out);
		if (err)
			return err;
		err = load_head(*out, &in->head);
		if (!err)
			err = parse_script(&in->head, in->lines[depth], &interp, &arg);
		if (err == 0)
			return 0;
		file_put(*out);
		if (err > 0)
			err = script_args(&in->args, interp, arg, path);
		if (err)
			return err;
		path = interp;
		start = NULL;
	}
	return -ELOOP;
}
