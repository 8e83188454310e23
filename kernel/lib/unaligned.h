/* SPDX-License-Identifier: ISC */
/* Words wherever they lie in memory. Pure; any context. */
#pragma once

#include "lib/types.h"

struct unaligned_word {
	u64 value;
} __attribute__((packed, may_alias));

struct unaligned_half {
	u32 value;
} __attribute__((packed, may_alias));

static inline u64 load8(const void *p)
{
	return ((const struct unaligned_word *)p)->value;
}

static inline void store8(void *p, u64 value)
{
	((struct unaligned_word *)p)->value = value;
}

static inline u32 load4(const void *p)
{
	return ((const struct unaligned_half *)p)->value;
}

static inline void store4(void *p, u32 value)
{
	((struct unaligned_half *)p)->value = value;
}
