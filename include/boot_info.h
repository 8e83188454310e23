/* SPDX-License-Identifier: ISC */
/*
 * The contract between the UEFI loader (boot/) and the kernel.
 *
 * The loader fills one struct boot_info, builds the first page tables, leaves
 * boot services and jumps to the ELF entry point in long mode with
 *
 *	rdi = the direct-map address of struct boot_info
 *	rsp = the top of a 16 KiB loader stack, reached through the direct map
 *	IF = 0, DF = 0, CR0.WP = 1, EFER.NXE = 1, CR4.PAE = 1, 4-level paging
 *
 * Page tables (CR3, also in .page_table):
 *	[0, 4 GiB)        identity, only what the jump needs (one page, RX);
 *	                  the kernel drops PML4[0] at once
 *	DIRECT_MAP_BASE   all of the memory map that is not MEM_MMIO or
 *	                  MEM_RESERVED, in 2 MiB or 1 GiB pages, RW + NX, except that
 *	                  the alias of the kernel's text and rodata is read-only
 *	KERNEL_BASE       the kernel's segments at their p_vaddr with their own
 *	                  permissions, 4 KiB pages; never writable and executable
 * The PML4 slots of the upper half that are empty stay the kernel's to fill.
 *
 * Invariants: the map is sorted by base, page aligned, without overlaps, and
 * entries that touch and have the same type are merged. Every pointer below is
 * a physical address. Everything named here lies in MEM_LOADER (tables, this
 * struct, command line), MEM_KERNEL or MEM_INITRD ranges.
 */
#pragma once

#include <stdint.h>

#define BOOT_MAGIC 0x00687361654cULL /* "Leash", little endian */
#define BOOT_VERSION 1

#define DIRECT_MAP_BASE 0xffff800000000000ULL
#define KERNEL_BASE 0xffffffff80000000ULL

#define BOOT_MAX_RANGES 256
#define BOOT_CMDLINE_MAX 1024

enum mem_type {
	MEM_USABLE = 1, /* free now: conventional and boot-services memory */
	MEM_LOADER, /* loader's tables, this struct: usable once the kernel has left them */
	MEM_KERNEL, /* the loaded kernel image, bss included */
	MEM_INITRD,
	MEM_ACPI, /* tables: readable, reclaimable */
	MEM_NVS, /* ACPI non-volatile storage: never touched */
	MEM_RUNTIME, /* UEFI runtime code and data */
	MEM_RESERVED,
	MEM_MMIO,
	MEM_FRAMEBUFFER, /* a framebuffer that lies in RAM (ramfb) */
};

struct boot_range {
	uint64_t base; /* bytes, page aligned */
	uint64_t pages; /* 4 KiB pages */
	uint32_t type; /* enum mem_type */
	uint32_t pad;
};

struct boot_framebuffer {
	uint64_t base; /* 0: there is none */
	uint64_t size; /* bytes */
	uint32_t width, height; /* pixels */
	uint32_t pitch; /* bytes a line */
	uint8_t red_shift, green_shift, blue_shift; /* 32 bits a pixel, 8 a colour */
	uint8_t pad;
};

/* Time stamps (rdtsc) of the loader's stages, in this order; 0: stage skipped. */
enum boot_stage {
	STAGE_START,
	STAGE_CONFIG,
	STAGE_KERNEL,
	STAGE_INITRD,
	STAGE_SCREEN,
	STAGE_TABLES,
	STAGE_EXIT,
	STAGE_JUMP,
	STAGE_COUNT,
};

struct boot_info {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* sizeof(struct boot_info) as the loader knows it */
	uint64_t page_table; /* CR3 */
	uint64_t kernel_phys; /* physical address of KERNEL_BASE */
	uint64_t kernel_bytes; /* from there, bss included */
	uint64_t initrd_base, initrd_bytes; /* bytes 0: none */
	uint64_t rsdp; /* 0: none found */
	uint64_t smbios; /* entry point, 0: none */
	uint64_t symbols_base, symbols_bytes; /* symbol file (see kernel/base/symbols.h), 0: none */
	struct boot_framebuffer framebuffer;
	uint64_t stage_tsc[STAGE_COUNT];
	uint32_t range_count;
	uint32_t pad;
	struct boot_range ranges[BOOT_MAX_RANGES];
	char cmdline[BOOT_CMDLINE_MAX]; /* NUL-terminated */
};
