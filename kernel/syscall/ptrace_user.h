/* SPDX-License-Identifier: ISC */
/*
 * ptrace's requests about registers: of the caller's stopped tracee @tid, to and from the user address
 * @data. 0, or -ESRCH (it is none, or runs), -EFAULT, -EIO (not such values, not that place), -EINVAL.
 * They may sleep.
 */
#pragma once

#include "lib/types.h"

/* The first @bytes of the general registers. */
i64 ptrace_user_get_regs(i32 tid, u64 data, u64 bytes);
i64 ptrace_user_set_regs(i32 tid, u64 data, u64 bytes);
/* The word at @addr of struct user. */
i64 ptrace_user_peek(i32 tid, u64 addr, u64 data);
i64 ptrace_user_poke(i32 tid, u64 addr, u64 word);
/* The first @bytes of the FPU's image. Also -ENOMEM. */
i64 ptrace_user_get_fpu(i32 tid, u64 data, size_t bytes);
i64 ptrace_user_set_fpu(i32 tid, u64 data, size_t bytes);
/* The set of registers @type (NT_*), by the struct iovec at @at, which learns how much it was. */
i64 ptrace_user_regset(i32 tid, u64 type, u64 at, bool set);
