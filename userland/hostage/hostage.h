/* SPDX-License-Identifier: ISC */
/* The demonstration with a hog that ends, so that both ways can be seen in one boot. */
#pragma once

#include <sys/types.h>

#define TICKS 20
#define TICK_MS 25
#define HOG_FROM 3 /* it begins at this tick */
#define HOG_MS 250

/* What one way was like: when the ticks came, in us from the beginning. */
struct course {
	long tick[TICKS];
	pid_t hog;
};

/* A ticker and a hog under the scheduler as it is; *c (or NULL) says how it went. 0, or 1. */
int once(struct course *c);
/* Under rr and under coop, as a table. 0, or 1 with a line on stderr. */
int both(void);
