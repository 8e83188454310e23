/* SPDX-License-Identifier: ISC */
/*
 * Reads whole files from the volume that the loader itself was started from, so that
 * several sticks with Leash on them do not mix.
 */
#include "loader.h"

#include "lib/string.h"

#define PATH_MAX 64
#define CHUNK (4ULL << 20) /* some firmware fails on reads of hundreds of megabytes */

static EFI_FILE_HANDLE root;

EFI_STATUS volume_open(void)
{
	EFI_GUID image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
	EFI_GUID volume_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
	EFI_FILE_IO_INTERFACE *volume = NULL;
	EFI_LOADED_IMAGE *self = NULL;
	EFI_STATUS status;

	status = loader.bs->HandleProtocol(loader.image, &image_guid, (void **)&self);
	if (EFI_ERROR(status))
		return fail(status, "the firmware does not say where the loader came from");
	status = loader.bs->HandleProtocol(self->DeviceHandle, &volume_guid, (void **)&volume);
	if (EFI_ERROR(status))
		return fail(status, "the loader did not come from a volume with files");
	status = volume->OpenVolume(volume, &root);
	if (EFI_ERROR(status))
		return fail(status, "the volume that the loader came from cannot be opened");
	return EFI_SUCCESS;
}

static EFI_STATUS file_open(const char *path, EFI_FILE_HANDLE *file)
{
	CHAR16 wide[PATH_MAX];
	size_t n = strlen(path);

	if (n >= PATH_MAX)
		return EFI_INVALID_PARAMETER;
	for (size_t i = 0; i <= n; i++)
		wide[i] = (u8)path[i];
	return root->Open(root, file, wide, EFI_FILE_MODE_READ, 0);
}

/* A position beyond the end means the end, whose position is the size. */
static EFI_STATUS file_size(EFI_FILE_HANDLE file, u64 *size)
{
	EFI_STATUS status = file->SetPosition(file, ~0ULL);

	if (!EFI_ERROR(status))
		status = file->GetPosition(file, size);
	if (!EFI_ERROR(status))
		status = file->SetPosition(file, 0);
	return status;
}

static EFI_STATUS read_all(EFI_FILE_HANDLE file, u8 *to, u64 size)
{
	for (u64 done = 0; done < size;) {
		UINTN n = MIN(CHUNK, size - done);
		EFI_STATUS status = file->Read(file, &n, to + done);

		if (EFI_ERROR(status))
			return status;
		if (!n)
			return EFI_VOLUME_CORRUPTED;
		done += n;
	}
	return EFI_SUCCESS;
}

/* The body of file_read with the file open. The last page's rest is zeroed. */
static EFI_STATUS file_load(EFI_FILE_HANDLE file, const char *path, enum mem_type type,
			    struct file *out)
{
	u64 size, base;
	EFI_STATUS status = file_size(file, &size);

	if (EFI_ERROR(status))
		return fail(status, "%s: its size cannot be had", path);
	if (!size)
		return fail(EFI_LOAD_ERROR, "%s is empty", path);
	status = claim_pages(PAGES(size), ~0ULL, type, &base);
	if (EFI_ERROR(status))
		return fail(status, "%s needs %llu KiB, and there is no such room in memory", path,
			    (unsigned long long)(PAGES(size) * 4));
	status = read_all(file, (u8 *)base, size);
	if (EFI_ERROR(status)) {
		unclaim(base);
		return fail(status, "%s cannot be read to its end", path);
	}
	memset((u8 *)base + size, 0, PAGES(size) * PAGE_SIZE - size);
	*out = (struct file){ (u8 *)base, size };
	return EFI_SUCCESS;
}

EFI_STATUS file_read(const char *path, enum mem_type type, struct file *out)
{
	EFI_FILE_HANDLE file;
	EFI_STATUS status = file_open(path, &file);

	if (EFI_ERROR(status))
		return fail(status, "%s cannot be opened", path);
	status = file_load(file, path, type, out);
	file->Close(file);
	return status;
}

EFI_STATUS file_read_optional(const char *path, enum mem_type type, struct file *out)
{
	EFI_FILE_HANDLE file;
	EFI_STATUS status;

	*out = (struct file){ NULL, 0 };
	if (EFI_ERROR(file_open(path, &file)))
		return EFI_SUCCESS;
	status = file_load(file, path, type, out);
	file->Close(file);
	return status;
}
