/* SPDX-License-Identifier: ISC */
/*
 * The only way to user memory. A user pointer is an allegation until these have checked it:
 * the range must lie below USER_END, and a fault inside ends as -EFAULT. SMAP is lifted
 * only inside. They may sleep (page faults): no spinlock held, interrupts on.
 */
#pragma once

#include "abi/errno.h"
#include "lib/types.h"

/* True if [addr, addr + len) lies in user space without wrapping. */
static inline bool user_range_ok(u64 addr, u64 len)
{
	return len <= 0x00007ffffffff000UL && addr <= 0x00007ffffffff000UL - len;
}

/*
 * An instruction that touches user memory, with SMAP lifted around it. Should it fault, it goes on at the
 * label `fault`, SMAP in force again (x86/trap.c). Where STAC and CLAC are is listed: they are taken out
 * where there is no SMAP (x86/cpu.c).
 */
#define USER_ACCESS(instruction)                                                                   \
	"1: stac\n"                                                                                \
	"2: " instruction "\n"                                                                     \
	"3: clac\n"                                                                                \
	".pushsection .smap_sites, \"a\"\n.quad 1b, 3b\n.popsection\n"                             \
	".pushsection .extable, \"a\"\n.quad 2b, %l[fault]\n.popsection"
/* Follows each of them: without it GCC before 12.4 may spoil their results (its bugs 110420, 110422). */
#define USER_ACCESS_END() __asm__("")

/* Either side may be the user's; it has been checked. */
static inline int user_copy_words(void *dst, const void *src, size_t words)
{
	__asm__ goto volatile(USER_ACCESS("rep movsq")
			      : "+D"(dst), "+S"(src), "+c"(words)
			      :
			      : "memory"
			      : fault);
	USER_ACCESS_END();
	return 0;
fault:
	return -EFAULT;
}

/* Is @n known to the compiler, and whole words? Then they are copied in place. */
#define USER_IN_PLACE(n) (__builtin_constant_p(n) && (n) % 8 == 0)

/* Copy @n bytes in or out. 0 or -EFAULT; on a fault the first bytes may have been copied. */
int user_read_bytes(void *dst, u64 src, size_t n);
int user_write_bytes(u64 dst, const void *src, size_t n);
int user_zero(u64 dst, size_t n);
static inline int user_read(void *dst, u64 src, size_t n)
{
	if (!USER_IN_PLACE(n))
		return user_read_bytes(dst, src, n);
	return user_range_ok(src, n) ? user_copy_words(dst, (const void *)src, n / 8) : -EFAULT;
}
static inline int user_write(u64 dst, const void *src, size_t n)
{
	if (!USER_IN_PLACE(n))
		return user_write_bytes(dst, src, n);
	return user_range_ok(dst, n) ? user_copy_words((void *)dst, src, n / 8) : -EFAULT;
}

/*
 * Copies a string with its NUL into @dst of @size bytes. Returns its length without NUL,
 * -EFAULT, or -ENAMETOOLONG when no NUL came within @size bytes.
 */
ssize_t user_read_string(char *dst, u64 src, size_t size);

/* One aligned word; cheaper than user_read/user_write. 0 or -EFAULT. */
#define USER_WORD(bits)                                                                            \
	static inline int user_read_u##bits(u##bits *dst, u64 src)                                 \
	{                                                                                          \
		u##bits value = 0;                                                                 \
                                                                                                   \
		if (unlikely(!user_range_ok(src, sizeof(value))))                                  \
			return -EFAULT;                                                            \
		__asm__ goto volatile(USER_ACCESS("mov (%[src]), %[value]")                        \
				      : [value] "=r"(value)                                        \
				      : [src] "r"(src)                                             \
				      : "memory"                                                   \
				      : fault);                                                    \
		USER_ACCESS_END();                                                                 \
		*dst = value;                                                                      \
		return 0;                                                                          \
	fault:                                                                                     \
		return -EFAULT;                                                                    \
	}                                                                                          \
	static inline int user_write_u##bits(u64 dst, u##bits value)                               \
	{                                                                                          \
		if (unlikely(!user_range_ok(dst, sizeof(value))))                                  \
			return -EFAULT;                                                            \
		__asm__ goto volatile(USER_ACCESS("mov %[value], (%[dst])")                        \
				      :                                                            \
				      : [value] "r"(value), [dst] "r"(dst)                         \
				      : "memory"                                                   \
				      : fault);                                                    \
		return 0;                                                                          \
	fault:                                                                                     \
		return -EFAULT;                                                                    \
	}
USER_WORD(32)
USER_WORD(64)

/*
 * Replaces the aligned word at @addr by @new if it is *expected; *expected becomes what it was. One
 * atomic operation. 0 or -EFAULT.
 */
int user_compare_exchange_u32(u64 addr, u32 *expected, u32 new);

/*
 * With interrupts off a word that is not there is -EFAULT at once, and nothing sleeps: so a word may be
 * looked at under a spinlock.
 */
