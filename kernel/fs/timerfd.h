/* SPDX-License-Identifier: ISC */
/* timerfd_create(2): a timer whose expirations are read from a file. */
#pragma once

#include "fs/file.h"

/* The file with one reference, not armed; @realtime: absolute times are since 1970. NULL: out of
 * memory. */
struct file *timerfd_create(bool realtime, u32 flags);
bool file_is_timerfd(const struct file *f);

/* Times in ns; left 0: not armed (or a single shot that is over). */
struct timerfd_setting {
	u64 left, interval;
};
struct timerfd_setting timerfd_get(struct file *f);
/* Arms it for @value (0: disarms), from now on or, @absolute, on its clock. May sleep. */
struct timerfd_setting timerfd_set(struct file *f, u64 value, u64 interval, bool absolute);
