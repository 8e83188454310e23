/* SPDX-License-Identifier: ISC */
/*
 * What the parts of exec hand each other: strings collected from the old program (args.c),
 * the image mapped into a new space (load.c), the initial stack written there (stack.c).
 */
#pragma once

#include "lib/elf.h"
#include "proc/process.h"

#define ARG_PAGES 512 /* 2 MiB of strings and pointers at most: a quarter of the stack, as Linux */
#define ARG_STRING_MAX (128 * 1024)

/* argv's then envp's strings, each with its NUL, gathered in kernel pages. */
struct arg_list {
	u8 *page[ARG_PAGES];
	size_t bytes;
	u32 argc, envc;
};

void args_init(struct arg_list *a);
void args_free(struct arg_list *a);
/* Appends the strings of a user array that ends with NULL (0: empty). -EFAULT, -E2BIG, -ENOMEM. */
int args_add_user(struct arg_list *a, u64 array, u32 *count);
int args_add_kernel(struct arg_list *a, const char *s, u32 *count);
/* Puts a kernel string in front of all (for "#!"). */
int args_prepend(struct arg_list *a, const char *s);
/* Drops the first string (argv[0]). */
void args_drop_first(struct arg_list *a);
/* Calls fn with each run of bytes in order. */
int args_for_each_run(const struct arg_list *a, int (*fn)(const u8 *bytes, size_t n, void *arg),
		      void *arg);

/* The beginning of a program's file, read once: "#!" and a line, or the ELF and program headers. */
struct file_head {
	size_t size; /* bytes that there are */
	u8 bytes[1024];
};

#define SCRIPT_LINE_MAX 256
#define SCRIPT_DEPTH_MAX 6 /* five scripts and the program, as Linux */

/* What an exec reads, too large for a stack. */
struct exec_input {
	struct arg_list args;
	struct file_head head; /* of the file opened last */
	char lines[SCRIPT_DEPTH_MAX][SCRIPT_LINE_MAX]; /* of the scripts */
};

/* A program made ready in a space that nobody runs yet. */
struct new_image {
	struct space *space; /* counted */
	struct path exe; /* counted: the program, for /proc/self/exe */
	struct file_head *head; /* of the program's file, then of its interpreter's */
	struct elf_image elf;
	u64 bias; /* what is added to the file's addresses (ET_DYN) */
	u64 interp_base; /* 0: no interpreter */
	u64 entry; /* the first instruction: the interpreter's or the program's */
	u64 sp; /* initial stack pointer */
	u64 vdso; /* where its image begins, 0: none */
	bool secret; /* others of the same ids may not look into it */
	struct credentials cred; /* the process's from then on (set-id bits) */
	u32 persona; /* likewise */
	const char *path; /* as exec was called, for AT_EXECFN */
};

/*
 * Opens the program that really runs, whose head is in->head then: the file, or its interpreter, which
 * in->args are made for. load_open()'s errors, -ELOOP, -ENOEXEC, -E2BIG.
 */
int script_open_program(const struct path *start, const char *path, struct exec_input *in,
			struct file **out);
/* Opens what @path names if it may be executed. -EACCES, and path_open's errors. */
int load_open(const struct path *start, const char *path, struct file **out);
/* 0 or the error of reading. */
int load_head(struct file *f, struct file_head *head);
/* Fills @img from @f, whose head is img->head: space, elf, bias, entry. -ENOEXEC, -ENOMEM, -EIO … */
int load_image(struct file *f, struct new_image *img);
/* Writes the initial stack of the ABI page, section 0, and sets img->sp. */
int stack_build(struct new_image *img, const struct arg_list *args);
