/* SPDX-License-Identifier: ISC */
/* The time since some moment, for measuring how long something takes. */
#pragma once

#include <time.h>

static inline long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static inline long now_ms(void)
{
	return now_us() / 1000;
}
