/* SPDX-License-Identifier: ISC */
/* Open files that no name leads to: eventfd, timerfd, epoll. Each has a vnode, for fstat. */
#pragma once

#include "fs/file.h"

/*
 * An open file for reading and writing with @ops and @private; @flags: O_NONBLOCK or 0. One
 * reference; NULL: out of memory (then @private is the caller's still).
 */
struct file *anon_file(const struct file_ops *ops, void *private, u32 flags);
