/* SPDX-License-Identifier: ISC */
/*
 * Kernel mappings outside the direct map: kernel stacks with a guard page beneath, and devices.
 * Locks: kmap_lock inside (sleeps never).
 */
#pragma once

#include "machine/mmu.h"

#define KSTACK_BYTES (4 * PAGE_SIZE)

/* A mapped kernel stack of KSTACK_BYTES, its lowest address; below it an unmapped page.
 * NULL when out of memory. The first page's contents may be old; they never reach users. */
void *kstack_alloc(void);
/* No spinlock held, not in an interrupt handler (all CPUs may have to forget mappings). */
void kstack_free(void *stack);
/* True if @va is in the guard page of a stack (for the double-fault report). */
bool kstack_is_guard(u64 va);

/* Maps @bytes of device memory at @phys; never unmapped. NULL: out of memory. */
void *device_map(u64 phys, size_t bytes, enum mmu_cache cache);

void kmap_init(void);
