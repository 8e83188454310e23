/* SPDX-License-Identifier: ISC */
/*
 * The page that the kernel shares with the vDSO (userland/vdso/): what turns a TSC value into time.
 * Written at boot, and where the wall clock is set; read-only for programs. It lies directly before
 * the vDSO's image.
 */
#pragma once

#include <stdint.h>

#define VDSO_CLOCKS 8
#define VDSO_CLOCK_MASK 0xf3u /* the clocks answered: all but the two of CPU time */

struct vdso_data {
	uint64_t mult; /* clock n shows ((tsc * mult) >> 32) + clock_ns[n], in nanoseconds */
	uint64_t clock_ns[VDSO_CLOCKS];
};
