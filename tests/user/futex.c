/* SPDX-License-Identifier: ISC */
/*
 * Futexes where nobody waits: what waking finds, and what it refuses.
 */
#include <errno.h>

#include "sys.h"
#include "tap.h"

int main(void)
{
	static unsigned word[2] = { 5, 5 };
	char *odd = (char *)word + 1;

	is_long(raw(SYS_futex, word, 1 | 128, 1, 0, 0, 0), 0, "nobody to wake");
	is_long(raw(SYS_futex, word, 10 | 128, 1, 0, 0, ~0u), 0, "of any kind");
	is_long(raw(SYS_futex, word, 10 | 128, 1, 0, 0, 0), -EINVAL, "of no kind");
	is_long(raw(SYS_futex, odd, 1 | 128, 1, 0, 0, 0), -EINVAL, "misaligned");
	is_long(raw(SYS_futex, 0xffffffff80000000, 1 | 128, 1, 0, 0, 0), -EFAULT, "the kernel's");
	is_long(raw(SYS_futex, word, 77, 1, 0, 0, 0), -ENOSYS, "no such operation");
	return done_testing();
}
