/* SPDX-License-Identifier: ISC */
/*
 * The UEFI loader from its first line to the jump: read the menu, load kernel and initrd
 * from the volume we came from, describe the machine, leave boot services, enter the kernel.
 * include/boot_info.h is the contract that this file fulfils.
 *
 * Each stage shows its number (STAGE_* + 1) before the next begins: as text while the
 * firmware prints, as a mark on the framebuffer afterwards. A machine that stops says where.
 */
#include "loader.h"

#include "abi/errno.h"
#include "lib/cpio.h"
#include "lib/string.h"

#define STACK_PAGES 4
#define EXIT_TRIES 8
#define AUTOMATED_PAUSE_MS 2000

#define CONF_PATH "\\leash\\leash.conf"
#define KERNEL_PATH "\\leash\\kernel.elf"
#define SYMBOLS_PATH "\\leash\\kernel.sym"
#define INITRD_PATH "\\leash\\initrd.cpio"

struct loader loader;

static void stage(enum boot_stage s)
{
	loader.info->stage_tsc[s] = rdtsc();
	if (s < STAGE_EXIT)
		say("%s%u", s == STAGE_START ? "Leash: stage " : " ", s + 1);
	else
		screen_mark(&loader.info->framebuffer, s + 1);
}

u64 config_table(EFI_GUID guid)
{
	for (UINTN i = 0; i < loader.table->NumberOfTableEntries; i++) {
		EFI_CONFIGURATION_TABLE *t = &loader.table->ConfigurationTable[i];

		if (memcmp(&t->VendorGuid, &guid, sizeof(guid)) == 0)
			return (u64)t->VendorTable;
	}
	return 0;
}

static EFI_STATUS info_create(void)
{
	u64 base;
	EFI_STATUS status;

	status = claim_pages(PAGES(sizeof(struct boot_info)), ~0ULL, MEM_LOADER, &base);
	if (EFI_ERROR(status))
		return fail(status, "there is no memory for the boot information");
	loader.info = (struct boot_info *)base;
	memset(loader.info, 0, PAGES(sizeof(struct boot_info)) * PAGE_SIZE);
	loader.info->magic = BOOT_MAGIC;
	loader.info->version = BOOT_VERSION;
	loader.info->size = sizeof(struct boot_info);
	return EFI_SUCCESS;
}

static void machine_describe(struct boot_info *info)
{
	info->rsdp = config_table((EFI_GUID)ACPI_20_TABLE_GUID);
	if (!info->rsdp)
		info->rsdp = config_table((EFI_GUID)ACPI_TABLE_GUID);
	info->smbios = smbios_find();
}

/* The menu entry's words, then those of the SMBIOS string. */
static EFI_STATUS cmdline_join(const char *chosen, const char *extra)
{
	char *out = loader.info->cmdline;
	size_t used = strlcpy(out, chosen, BOOT_CMDLINE_MAX);

	if (extra && *extra && used < BOOT_CMDLINE_MAX - 1) {
		if (used)
			out[used++] = ' ';
		used += strlcpy(out + used, extra, BOOT_CMDLINE_MAX - used);
	}
	if (used >= BOOT_CMDLINE_MAX)
		return fail(EFI_BAD_BUFFER_SIZE, "the command line is longer than %u bytes",
			    BOOT_CMDLINE_MAX - 1);
	return EFI_SUCCESS;
}

static EFI_STATUS configure(void)
{
	static struct conf conf;
	const char *chosen, *why = "", *extra = smbios_cmdline(loader.info->smbios);
	struct file text;
	unsigned line = 0;
	EFI_STATUS status;

	loader.automated = extra != NULL;
	status = file_read(CONF_PATH, MEM_LOADER, &text);
	if (EFI_ERROR(status))
		return status;
	if (conf_parse((const char *)text.data, text.size, &conf, &line, &why) < 0)
		return fail(EFI_LOAD_ERROR, "%s, line %u: %s", CONF_PATH, line, why);
	unclaim((u64)text.data);
	status = menu_choose(&conf, &chosen);
	if (EFI_ERROR(status))
		return status;
	return cmdline_join(chosen, extra);
}

static EFI_STATUS symbols_load(void)
{
	struct file symbols;
	EFI_STATUS status = file_read_optional(SYMBOLS_PATH, MEM_LOADER, &symbols);

	if (EFI_ERROR(status))
		return status;
	loader.info->symbols_base = (u64)symbols.data;
	loader.info->symbols_bytes = symbols.size;
	return EFI_SUCCESS;
}

static EFI_STATUS initrd_load(void)
{
	struct cpio_reader reader;
	struct cpio_entry entry;
	struct file initrd;
	int more;
	EFI_STATUS status = file_read(INITRD_PATH, MEM_INITRD, &initrd);

	if (EFI_ERROR(status))
		return status;
	cpio_open(&reader, initrd.data, initrd.size);
	do {
		more = cpio_next(&reader, &entry);
	} while (more > 0);
	if (more < 0)
		return fail(EFI_LOAD_ERROR, "%s is no complete cpio archive: damaged at byte %llu",
			    INITRD_PATH, (unsigned long long)reader.offset);
	loader.info->initrd_base = (u64)initrd.data;
	loader.info->initrd_bytes = initrd.size;
	return EFI_SUCCESS;
}

static EFI_STATUS kernel_prepare(struct kernel *k)
{
	EFI_STATUS status = kernel_load(KERNEL_PATH, k);

	if (EFI_ERROR(status))
		return status;
	loader.info->kernel_phys = k->phys;
	loader.info->kernel_bytes = k->bytes;
	return symbols_load();
}

static EFI_STATUS tables_prepare(const struct kernel *k, u64 *stack)
{
	UINTN key;
	EFI_STATUS status = claim_pages(STACK_PAGES, ~0ULL, MEM_LOADER, stack);

	if (EFI_ERROR(status))
		return fail(status, "there is no memory for a stack");
	memset((void *)*stack, 0, STACK_PAGES * PAGE_SIZE);
	claim_foreign(jump_page(), 1, MEM_LOADER);
	status = firmware_map_read(&key);
	if (EFI_ERROR(status))
		return fail(status, "the firmware does not give its memory map");
	memory_map_fill(loader.info);
	return tables_build(k, jump_page());
}

/*
 * The map's key is stale if anything allocated since it was read, which the firmware itself
 * may do: then it is read again. After a failed try only memory services may be called.
 */
static EFI_STATUS leave_boot_services(void)
{
	EFI_STATUS status = EFI_ABORTED;
	UINTN key;

	for (int i = 0; i < EXIT_TRIES; i++) {
		status = firmware_map_read(&key);
		if (EFI_ERROR(status))
			continue;
		status = loader.bs->ExitBootServices(loader.image, key);
		if (!EFI_ERROR(status))
			return EFI_SUCCESS;
	}
	return fail(status, "the firmware does not end its boot services");
}

static EFI_STATUS boot(void)
{
	static struct kernel kernel;
	EFI_STATUS status;
	u64 stack;

	status = info_create();
	if (EFI_ERROR(status))
		return status;
	stage(STAGE_START);
	machine_describe(loader.info);
	status = volume_open();
	if (EFI_ERROR(status))
		return status;
	status = configure();
	if (EFI_ERROR(status))
		return status;
	stage(STAGE_CONFIG);
	status = kernel_prepare(&kernel);
	if (EFI_ERROR(status))
		return status;
	stage(STAGE_KERNEL);
	status = initrd_load();
	if (EFI_ERROR(status))
		return status;
	stage(STAGE_INITRD);
	screen_find(&loader.info->framebuffer);
	stage(STAGE_SCREEN);
	status = tables_prepare(&kernel, &stack);
	if (EFI_ERROR(status))
		return status;
	stage(STAGE_TABLES);
	say("\n");
	status = leave_boot_services();
	if (EFI_ERROR(status))
		return status;
	stage(STAGE_EXIT);
	memory_map_fill(loader.info);
	stage(STAGE_JUMP);
	jump(loader.info, kernel.elf.entry, stack + STACK_PAGES * PAGE_SIZE);
}

static void wait_for_reader(void)
{
	EFI_INPUT_KEY key;

	if (loader.automated) {
		loader.bs->Stall(AUTOMATED_PAUSE_MS * 1000);
		return;
	}
	say("Press a key to return to the firmware.\n");
	while (!key_within(1000, &key))
		continue;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	EFI_STATUS status;

	loader.image = image;
	loader.table = table;
	loader.bs = table->BootServices;
	loader.bs->SetWatchdogTimer(0, 0, 0, NULL);
	status = boot();
	wait_for_reader();
	unclaim_all();
	return status;
}
