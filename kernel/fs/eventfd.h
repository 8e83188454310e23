/* SPDX-License-Identifier: ISC */
/* eventfd(2): a counter that can be waited for. */
#pragma once

#include "fs/file.h"

/* The file with one reference, counting from @count; @flags: O_NONBLOCK. NULL: out of memory. */
struct file *eventfd_create(u32 count, bool semaphore, u32 flags);
