/* SPDX-License-Identifier: ISC */
/* poll(2) of Linux x86-64; the event bits are in kernel/fs/poll.h. */
#pragma once

#include <stdint.h>

struct pollfd {
	int32_t fd;
	int16_t events, revents;
};
_Static_assert(sizeof(struct pollfd) == 8, "the ABI's size");
