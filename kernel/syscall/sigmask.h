/* SPDX-License-Identifier: ISC */
/* The mask that ppoll, pselect and epoll_pwait have for the time of the call. */
#pragma once

#include "lib/types.h"

/*
 * signal_mask_begin() with the mask at @set, which has @size bytes; NULL: with the one there is.
 * 0, and signal_mask_end() follows; -EFAULT, -EINVAL.
 */
int sigmask_begin(u64 set, u64 size);
