/* SPDX-License-Identifier: ISC */
/*
 * Saving and loading the vector registers, for the switch: no call, no branch that is not needed.
 * All bits of the mask mean all components that XCR0 enables (SDM vol. 1, 13.7).
 *
 * XSAVEOPT may leave out what the last XRSTOR from this very area loaded and nobody changed;
 * an area that the kernel wrote into is only ever loaded next, so that holds (SDM vol. 1, 13.9).
 * @lean: the caller knows cpu_features.lean_switch to be true.
 */
#pragma once

#include "base/mutants.h"
#include "machine/cpu.h"

static inline void fpu_save(void *area, bool lean)
{
	if (lean || cpu_features.xsaveopt)
		__asm__ volatile("xsaveopt64 (%0)" ::"r"(area), "a"(~0), "d"(~0) : "memory");
	else if (cpu_features.xsave)
		__asm__ volatile("xsave64 (%0)" ::"r"(area), "a"(~0), "d"(~0) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" ::"r"(area) : "memory");
}

static inline void fpu_load(const void *area, bool lean)
{
	if (MUTANT(fpu))
		return;
	if (lean || cpu_features.xsave)
		__asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"(~0), "d"(~0) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
}
