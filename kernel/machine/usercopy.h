/* SPDX-License-Identifier: ISC */
/*
 * The only way to user memory. A user pointer is an allegation until these have checked it:
 * the range must lie below USER_END, and a fault inside ends as -EFAULT. SMAP is lifted
 * only inside. They may sleep (page faults): no spinlock held, interrupts on.
 */
#pragma once

#include "lib/types.h"

/* Copy @n bytes in or out. 0 or -EFAULT; on a fault the first bytes may have been copied. */
int user_read(void *dst, u64 src, size_t n);
int user_write(u64 dst, const void *src, size_t n);
int user_zero(u64 dst, size_t n);

/*
 * Copies a string with its NUL into @dst of @size bytes. Returns its length without NUL,
 * -EFAULT, or -ENAMETOOLONG when no NUL came within @size bytes.
 */
ssize_t user_read_string(char *dst, u64 src, size_t size);

/* One aligned word; cheaper than user_read/user_write. 0 or -EFAULT. */
int user_read_u32(u32 *dst, u64 src);
int user_write_u32(u64 dst, u32 value);
int user_read_u64(u64 *dst, u64 src);
int user_write_u64(u64 dst, u64 value);

/*
 * Replaces the aligned word at @addr by @new if it is *expected; *expected becomes what it was. One
 * atomic operation. 0 or -EFAULT.
 */
int user_compare_exchange_u32(u64 addr, u32 *expected, u32 new);

/*
 * With interrupts off a word that is not there is -EFAULT at once, and nothing sleeps: so a word may be
 * looked at under a spinlock.
 */

/* True if [addr, addr + len) lies in user space without wrapping. */
static inline bool user_range_ok(u64 addr, u64 len)
{
	return len <= 0x00007ffffffff000UL && addr <= 0x00007ffffffff000UL - len;
}
