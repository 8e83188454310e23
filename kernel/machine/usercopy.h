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
 * Instructions that touch user memory, with SMAP lifted around them. One that faults goes on at the label
 * `fault`, SMAP in force again (x86/trap.c). Where STAC and CLAC are (8 and 9) is listed: they are taken out
 * where there is no SMAP (x86/cpu.c).
 */
#define USER_OPEN "8: stac\n"
#define USER_CLOSE                                                                                 \
	"9: clac\n"                                                                                \
	".pushsection .smap_sites, \"a\"\n.quad 8b, 9b\n.popsection\n"
#define USER_MAY_FAULT(label, instruction)                                                         \
	".pushsection .extable, \"a\"\n.quad " #label "f, %l[fault]\n.popsection\n" #label         \
	": " instruction "\n"
#define USER_ACCESS(instruction) USER_OPEN USER_MAY_FAULT(1, instruction) USER_CLOSE
#define USER_ACCESS_TWO(first, second)                                                             \
	USER_OPEN USER_MAY_FAULT(1, first) USER_MAY_FAULT(2, second) USER_CLOSE
#define USER_ACCESS_FOUR(first, second, third, fourth)                                             \
	USER_OPEN USER_MAY_FAULT(1, first) USER_MAY_FAULT(2, second) USER_MAY_FAULT(3, third)      \
		USER_MAY_FAULT(4, fourth) USER_CLOSE
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

/*
 * Three pieces, to one place in the order given, and from it to each of them. One side may be the user's; it
 * has been checked.
 */
/* clang-format off */
#define USER_PIECE(label, pointer, piece)                                                          \
	"mov %[" piece "], " pointer "\n\tmov %k[" piece "_words], %%ecx\n"                        \
	USER_MAY_FAULT(label, "rep movsq")
/* The body of both: @to and @from go on by themselves, but @pointer, one of them, is set for each piece. */
#define USER_COPY_PIECES(pointer, to, from)                                                        \
	__asm__ goto volatile(USER_OPEN                                                            \
			      USER_MAY_FAULT(1, "rep movsq")                                       \
			      USER_PIECE(2, pointer, "b")                                          \
			      USER_PIECE(3, pointer, "c")                                          \
			      USER_CLOSE                                                           \
			      : "+&D"(to), "+&S"(from), "+&c"(a_words)                             \
			      : [b] "r"(b), [b_words] "ri"(b_words),                               \
				[c] "r"(c), [c_words] "ri"(c_words)                                \
			      : "memory"                                                           \
			      : fault);                                                            \
	USER_ACCESS_END()
/* clang-format on */

static inline int user_gather_words(void *dst, const void *a, size_t a_words, const void *b,
				    size_t b_words, const void *c, size_t c_words)
{
	USER_COPY_PIECES("%%rsi", dst, a);
	return 0;
fault:
	return -EFAULT;
}

static inline int user_scatter_words(void *a, size_t a_words, void *b, size_t b_words, void *c,
				     size_t c_words, const void *src)
{
	USER_COPY_PIECES("%%rdi", a, src);
	return 0;
fault:
	return -EFAULT;
}

/* A few words go through registers: to begin a repeated instruction takes longer. */
typedef u64 __attribute__((may_alias)) user_word;
static inline int user_load_two(user_word *dst, u64 src)
{
	u64 first = 0, second = 0;

	__asm__ goto volatile(USER_ACCESS_TWO("mov (%[src]), %[first]", "mov 8(%[src]), %[second]")
			      : [first] "=&r"(first), [second] "=r"(second)
			      : [src] "r"(src)
			      : "memory"
			      : fault);
	USER_ACCESS_END();
	dst[0] = first;
	dst[1] = second;
	return 0;
fault:
	return -EFAULT;
}

static inline int user_store_two(u64 dst, const user_word *src)
{
	__asm__ goto volatile(USER_ACCESS_TWO("mov %[first], (%[dst])", "mov %[second], 8(%[dst])")
			      :
			      : [first] "r"(src[0]), [second] "r"(src[1]), [dst] "r"(dst)
			      : "memory"
			      : fault);
	return 0;
fault:
	return -EFAULT;
}

static inline int user_load_four(user_word *dst, u64 src)
{
	u64 first = 0, second = 0, third = 0, fourth = 0;

	__asm__ goto volatile(USER_ACCESS_FOUR("mov (%[src]), %[first]", "mov 8(%[src]), %[second]",
					       "mov 16(%[src]), %[third]",
					       "mov 24(%[src]), %[fourth]")
			      : [first] "=&r"(first), [second] "=&r"(second), [third] "=&r"(third),
				[fourth] "=r"(fourth)
			      : [src] "r"(src)
			      : "memory"
			      : fault);
	USER_ACCESS_END();
	dst[0] = first;
	dst[1] = second;
	dst[2] = third;
	dst[3] = fourth;
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
	if (unlikely(!user_range_ok(src, n)))
		return -EFAULT;
	return n == 16   ? user_load_two(dst, src)
	       : n == 32 ? user_load_four(dst, src)
			 : user_copy_words(dst, (const void *)src, n / 8);
}
static inline int user_write(u64 dst, const void *src, size_t n)
{
	if (!USER_IN_PLACE(n))
		return user_write_bytes(dst, src, n);
	if (unlikely(!user_range_ok(dst, n)))
		return -EFAULT;
	return n == 16 ? user_store_two(dst, src) : user_copy_words((void *)dst, src, n / 8);
}

/*
 * The same, of a range that the caller has checked; either side of the copy may be the user's. What they
 * call loses few registers, and tells by the carry flag that it has faulted.
 */
void copy_user_bytes(void);
static inline int copy_user_raw(void *dst, const void *src, size_t n)
{
	__asm__ goto volatile("call %P[copy]\n\tjc %l[fault]"
			      : "+D"(dst), "+S"(src)
			      : "d"(n), [copy] "i"(copy_user_bytes)
			      : "rcx", "memory", "cc"
			      : fault);
	USER_ACCESS_END();
	return 0;
fault:
	return -EFAULT;
}

void zero_user_bytes(void);
static inline int zero_user_raw(u64 dst, size_t n)
{
	__asm__ goto volatile("call %P[zero]\n\tjc %l[fault]"
			      : "+D"(dst)
			      : "d"(n), [zero] "i"(zero_user_bytes)
			      : "rax", "rcx", "memory", "cc"
			      : fault);
	USER_ACCESS_END();
	return 0;
fault:
	return -EFAULT;
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
