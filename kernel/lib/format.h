/* SPDX-License-Identifier: ISC */
/*
 * printf into a buffer: %d %i %u %x %X %o %c %s %p %%, flags '-' '0' '#' '+' ' ',
 * width and precision (also '*'), lengths hh h l ll z j t. No floating point. Pure; any context.
 */
#pragma once

#include <stdarg.h>

#include "lib/types.h"

/* As the C library's: the length the whole text would have; always terminates if @size > 0. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) printf_like(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) printf_like(3, 4);
