/* SPDX-License-Identifier: ISC */
/*
 * Names and lines of kernel addresses, from \leash\kernel.sym that the loader brought
 * (written by mksymbols.py). Read-only after symbols_init(); any context, no locks.
 */
#pragma once

#include "lib/types.h"

/* @data: direct-map address; a damaged file is refused with one log line. */
void symbols_init(const void *data, size_t size);

/* Writes "function+0x12 (file.c:34)" or the bare number; always terminates. */
void symbols_describe(u64 address, char *buf, size_t size);
