/* SPDX-License-Identifier: ISC */
/* The checked side of user memory: ranges first, then the instructions of usercopy.asm. */
#include "machine/usercopy.h"

#include "base/mutants.h"

ssize_t copy_user_string_raw(char *dst, const char *src, size_t max);
int compare_exchange_user_u32_raw(u64 dst, u32 *expected, u32 new);

static inline bool allowed(u64 addr, u64 len)
{
	return user_range_ok(addr, len) || MUTANT(copycheck);
}

int user_read_bytes(void *dst, u64 src, size_t n)
{
	return allowed(src, n) ? copy_user_raw(dst, (const void *)src, n) : -EFAULT;
}

int user_write_bytes(u64 dst, const void *src, size_t n)
{
	return allowed(dst, n) ? copy_user_raw((void *)dst, src, n) : -EFAULT;
}

int user_zero(u64 dst, size_t n)
{
	return allowed(dst, n) ? zero_user_raw(dst, n) : -EFAULT;
}

ssize_t user_read_string(char *dst, u64 src, size_t size)
{
	/* Up to the end of user space, so that a string may end just below it. */
	size_t max = size;
	ssize_t n;

	if (!allowed(src, 1))
		return -EFAULT;
	if (!MUTANT(copycheck) && !user_range_ok(src, size))
		max = 0x00007ffffffff000UL - src;
	n = copy_user_string_raw(dst, (const char *)src, max);
	if (n == (ssize_t)max)
		return max == size ? -ENAMETOOLONG : -EFAULT;
	return n;
}

int user_compare_exchange_u32(u64 addr, u32 *expected, u32 new)
{
	return allowed(addr, 4) ? compare_exchange_user_u32_raw(addr, expected, new) : -EFAULT;
}
