/* SPDX-License-Identifier: ISC */
/*
 * The page that the kernel shares with the vDSO (userland/vdso/): what turns a TSC value into time.
 * Written once at boot, read-only for programs; it lies directly before the vDSO's image.
 */
#pragma once

#include <stdint.h>

struct vdso_data {
	uint64_t tsc_base; /* ns since boot = ((tsc - tsc_base) * mult) >> 32 */
	uint64_t mult;
	uint64_t epoch_ns; /* CLOCK_REALTIME at boot */
};
