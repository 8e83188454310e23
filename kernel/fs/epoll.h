/* SPDX-License-Identifier: ISC */
/* epoll(7): a set of files that is asked which of them are ready. */
#pragma once

#include "abi/epoll.h"
#include "fs/file.h"

/* The file with one reference; NULL: out of memory. */
struct file *epoll_create(void);
bool file_is_epoll(const struct file *f);

/* epoll_ctl on descriptor @fd of @target, by EPOLL_CTL_*. 0, -EEXIST, -ENOENT, -EPERM (it cannot be
 * waited for), -ELOOP (sets within each other), -EINVAL, -ENOMEM, -ENOSPC. May sleep. */
int epoll_control(struct file *epoll, u32 op, struct file *target, int fd,
		  const struct epoll_event *event);
/* Waits until @deadline (clock_ns; 0 not at all, ~0 for ever) and writes at most @max events to
 * user memory at @events. How many; -EINTR, -EFAULT. */
i64 epoll_collect(struct file *epoll, u64 events, u32 max, u64 deadline);

/* For file_put: the last reference to @f is gone, no set watches it any more. */
void epoll_forget(struct file *f);
