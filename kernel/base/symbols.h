/* SPDX-License-Identifier: ISC */
/*
 * Names, lines and frames of kernel addresses, from \leash\kernel.sym that the loader brought
 * (written by mksymbols.py). Read-only after symbols_init(); any context, no locks.
 */
#pragma once

#include "lib/types.h"

/* @data: direct-map address; a damaged file is refused with one log line. */
void symbols_init(const void *data, size_t size);

/* A function's frame on the stack, as it is before an instruction. The return address ends it. */
struct symbol_frame {
	u32 offset; /* of the instruction, from KERNEL_BASE */
	u16 bytes; /* from rsp, or from rbp, up to the frame's end; 0: not known */
	u8 by_rbp;
	u8 rbp_at; /* bytes from the end down to the caller's rbp; 0: still in its register */
};

/* NULL: not known. */
const struct symbol_frame *symbols_find_frame(u64 address);

/* Writes "function+0x12 (file.c:34)" or the bare number; always terminates. */
void symbols_describe(u64 address, char *buf, size_t size);
