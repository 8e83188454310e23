/* SPDX-License-Identifier: ISC */
/* Sums and products of numbers that come from outside, checked. Pure; any context. */
#pragma once

#include "lib/types.h"

/* True if a + b does not fit; *sum is then the wrapped sum. */
static inline bool add_overflows(u64 a, u64 b, u64 *sum)
{
	return __builtin_add_overflow(a, b, sum);
}

/* True if a * b does not fit; *product is then the wrapped product. */
static inline bool mul_overflows(u64 a, u64 b, u64 *product)
{
	return __builtin_mul_overflow(a, b, product);
}

/* True if [addr, addr + len) does not wrap and ends at or below @limit; len may be 0. */
static inline bool range_ok(u64 addr, u64 len, u64 limit)
{
	return len <= limit && addr <= limit - len;
}
