/* SPDX-License-Identifier: ISC */
/* fcntl's commands on locks, answered in sys_lock.c. */
#pragma once

#include "fs/file.h"

bool fcntl_is_lock(u32 cmd);
/*
 * @cmd is one of them, @arg the address of a struct flock; @fd is what @f was called by. 0 or a negative
 * errno. May sleep.
 */
i64 fcntl_lock(u64 fd, struct file *f, u32 cmd, u64 arg);
