/* SPDX-License-Identifier: ISC */
/*
 * The fuzzer's calls that are made by hand for files: descriptors that are kept for later calls,
 * pipes, programs and scripts that lie about themselves.
 */
#pragma once

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>

#include "fuzz_calls.h"

static long call(long nr, const uint64_t *a)
{
	__atomic_fetch_add(&slot->calls, 1, __ATOMIC_RELAXED);
	slot->last[0] = nr;
	for (int i = 0; i < 3; i++)
		slot->last[i + 1] = a[i];
	return raw(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void keep_fd(long fd)
{
	if (fd >= 0)
		pool_fd[below(COUNT(pool_fd))] = fd;
}

static void open_one(void)
{
	uint64_t a[6] = { path(), open_flags(), file_mode() };
	uint64_t at[6] = { any_fd(), path(), open_flags(), file_mode() };

	keep_fd(one_in(3) ? call(SYS_openat, at) : call(SYS_open, a));
}

static void make_pipe(void)
{
	int *ends = arena(8);
	uint64_t a[6] = { (uint64_t)ends, one_in(40) ? few_bits() : O_NONBLOCK };

	if (call(SYS_pipe2, a) == 0) {
		keep_fd(ends[0]);
		keep_fd(ends[1]);
	}
}

/* A pair, a socket, or what somebody has connected to: none of them ever waits. */
static void make_socket(void)
{
	static const int types[] = { 1, 2, 5 };
	int *ends = arena(8);
	uint64_t type = types[below(3)] | (one_in(40) ? few_bits() : 04000);
	uint64_t pair[6] = { 1, type, 0, (uint64_t)ends };
	uint64_t accept[6] = { any_fd(), buffer_address(), words(), 04000 };

	switch (below(3)) {
	case 0: keep_fd(call(SYS_socket, pair)); break;
	case 1: keep_fd(call(SYS_accept4, accept)); break;
	default:
		if (call(SYS_socketpair, pair) == 0) {
			keep_fd(ends[0]);
			keep_fd(ends[1]);
		}
	}
}

static void write_file(const char *name, const void *bytes, size_t len)
{
	long fd = raw(SYS_open, name, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, 0755);

	if (fd < 0)
		return;
	raw(SYS_write, fd, bytes, len);
	raw(SYS_close, fd);
}

/* A program that ends at once, with up to three fields that lie. */
static void make_program(void)
{
	static const uint8_t code[] = { 0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 5 };
	struct {
		Elf64_Ehdr e;
		Elf64_Phdr p;
		uint8_t code[16];
	} f = { 0 };

	memcpy(f.e.e_ident, ELFMAG "\2\1\1", 7);
	f.e.e_type = ET_EXEC;
	f.e.e_machine = EM_X86_64;
	f.e.e_version = 1;
	f.e.e_entry = 0x400000 + offsetof(typeof(f), code);
	f.e.e_phoff = sizeof(f.e);
	f.e.e_ehsize = sizeof(f.e);
	f.e.e_phentsize = sizeof(f.p);
	f.e.e_phnum = 1;
	f.p = (Elf64_Phdr){ .p_type = PT_LOAD,
			    .p_flags = PF_R | PF_X,
			    .p_vaddr = 0x400000,
			    .p_filesz = sizeof(f),
			    .p_memsz = sizeof(f),
			    .p_align = PAGE };
	memcpy(f.code, code, sizeof(code));
	for (int n = below(4); n > 0; n--) {
		uint64_t number = one_in(3) ? bad_address() : any_number();

		memcpy((char *)&f + 16 + below(sizeof(f.e) + sizeof(f.p) - 24), &number,
		       1 << below(4));
	}
	write_file("fz-x", &f, one_in(8) ? below(sizeof(f)) : sizeof(f));
}

static void make_script(void)
{
	char text[300] = "#!";
	int n = one_in(8) ? 2 + below(290) : 2;

	memset(text + 2, one_in(2) ? ' ' : '/', n - 2);
	strcpy(text + n, any_name());
	n = strlen(text);
	strcpy(text + n, one_in(2) ? " a b\n" : "\n");
	write_file("fz-s", text, strlen(text));
}
