/* SPDX-License-Identifier: ISC */
/*
 * What the loader's files share. One thread, no locks, no interrupts of ours: the
 * firmware's timer may tick until boot services end, nothing else happens behind our back.
 *
 * Errors: a function that can fail prints the sentence itself (fail) and returns the EFI
 * status; its caller passes that on, and efi_main returns to the firmware with it.
 */
#pragma once

#include <efi.h>

#include "boot_info.h"
#include "lib/conf.h"
#include "lib/elf.h"
#include "lib/types.h"

#define PAGE_SIZE 4096ULL
#define PAGES(bytes) (((bytes) + PAGE_SIZE - 1) / PAGE_SIZE)

struct loader {
	EFI_HANDLE image;
	EFI_SYSTEM_TABLE *table;
	EFI_BOOT_SERVICES *bs;
	struct boot_info *info; /* a MEM_LOADER page; NULL until setup */
	bool automated; /* a test or script started us: nobody will press a key */
};

extern struct loader loader;

/* The kernel as it lies in memory. */
struct kernel {
	struct elf_image elf;
	u64 phys; /* of KERNEL_BASE */
	u64 bytes; /* whole pages */
};

/* console.c: text through the firmware, so on screen and on a serial line that it drives. */
void say(const char *fmt, ...) printf_like(1, 2);
/* Says "Leash cannot start: <what> (EFI status: …)."; returns @status for passing on. */
EFI_STATUS fail(EFI_STATUS status, const char *fmt, ...) printf_like(2, 3);
/* The next key if one is pressed within @ms milliseconds. */
bool key_within(unsigned ms, EFI_INPUT_KEY *key);

/* files.c: the volume that the loader was started from. */
struct file {
	u8 *data;
	u64 size;
};
EFI_STATUS volume_open(void);
/* Reads the whole of @path into pages claimed as @type. Fails with a sentence. */
EFI_STATUS file_read(const char *path, enum mem_type type, struct file *out);
/* As file_read, but a file that isn't there is no error: out->data is NULL then. */
EFI_STATUS file_read_optional(const char *path, enum mem_type type, struct file *out);

/* memory.c: pages, who owns them, and the map that the kernel gets. */
/* Claims pages below @limit for a purpose that shows in the map. */
EFI_STATUS claim_pages(u64 pages, u64 limit, enum mem_type type, u64 *base);
/* The same, at a multiple of 2 MiB if that can be had. */
EFI_STATUS claim_aligned(u64 pages, enum mem_type type, u64 *base);
/* Records what somebody else allocated (the page that holds the jump). */
void claim_foreign(u64 base, u64 pages, enum mem_type type);
/* Gives back the claim at @base; all of them, and the map's buffer. */
void unclaim(u64 base);
void unclaim_all(void);
/* Fetches the firmware's map into our buffer. Allocates on the first call only. */
EFI_STATUS firmware_map_read(UINTN *key);
/* Turns it into boot_info's ranges: pure, callable without boot services. */
void memory_map_fill(struct boot_info *info);

/* kernel.c */
EFI_STATUS kernel_load(const char *path, struct kernel *k);

/* menu.c: the entry's command line, chosen by time-out or by hand. */
EFI_STATUS menu_choose(struct conf *conf, const char **cmdline);

/* paging.c: info->page_table from info->ranges, @k and the page @jump, to be mapped 1:1. */
EFI_STATUS tables_build(const struct kernel *k, u64 jump);

/* screen.c */
void screen_find(struct boot_framebuffer *fb);
void screen_mark(const struct boot_framebuffer *fb, unsigned number);

/* smbios.c: entry point (0: none); the type 11 string leash.cmdline=… (NULL: none). */
u64 smbios_find(void);
const char *smbios_cmdline(u64 entry_point);

/* config table: the address that the firmware lists under @guid, 0: not there. */
u64 config_table(EFI_GUID guid);

/* jump.c */
u64 jump_page(void);
noreturn void jump(const struct boot_info *info, u64 entry, u64 stack_top);

static inline u64 rdtsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}
