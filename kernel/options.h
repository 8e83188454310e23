/* SPDX-License-Identifier: ISC */
/* The kernel's command line, parsed once at boot (docs/boot.md lists the words). */
#pragma once

#include "boot_info.h"
#include "lib/types.h"

#define OPTIONS_MAX_ARGS 32
#define OPTIONS_MAX_ENV 32

enum on_exit { ON_EXIT_POWEROFF, ON_EXIT_REBOOT, ON_EXIT_HALT, ON_EXIT_DEBUG };

struct options {
	char text[BOOT_CMDLINE_MAX]; /* all of it, as the loader gave it */
	const char *init; /* path of the first process */
	const char *argv[OPTIONS_MAX_ARGS + 2]; /* argv[0] = init, then the words after "--" */
	const char *envp[OPTIONS_MAX_ENV + 1];
	u32 cpus; /* use at most so many; 0: all */
	bool selftest;
	const char *selftest_pattern; /* NULL: all */
	bool serial, screen; /* consoles */
	u16 serial_rows, serial_columns; /* of the terminal on the line */
	enum on_exit on_exit;
};

extern struct options options;

/* Parses @cmdline (changed in place and kept), sets what has setters; reports unknown words. */
void options_parse(char *cmdline);
/* The console is a serial line alone: programs are told so. */
void options_no_screen(void);
