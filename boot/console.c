/* SPDX-License-Identifier: ISC */
/*
 * Text and keys through the firmware's console. It drives the screen, and a serial line
 * where the firmware redirects to one. Only while boot services live.
 */
#include "loader.h"

#include <stdarg.h>

#include "lib/format.h"

#define TEXT_MAX 512
#define POLL_MS 10

static const struct {
	EFI_STATUS status;
	const char *name;
} status_names[] = {
	{ EFI_LOAD_ERROR, "Load Error" },
	{ EFI_INVALID_PARAMETER, "Invalid Parameter" },
	{ EFI_UNSUPPORTED, "Unsupported" },
	{ EFI_BAD_BUFFER_SIZE, "Bad Buffer Size" },
	{ EFI_BUFFER_TOO_SMALL, "Buffer Too Small" },
	{ EFI_NOT_READY, "Not Ready" },
	{ EFI_DEVICE_ERROR, "Device Error" },
	{ EFI_OUT_OF_RESOURCES, "Out of Resources" },
	{ EFI_VOLUME_CORRUPTED, "Volume Corrupted" },
	{ EFI_NO_MEDIA, "No Media" },
	{ EFI_MEDIA_CHANGED, "Media Changed" },
	{ EFI_NOT_FOUND, "Not Found" },
	{ EFI_ACCESS_DENIED, "Access Denied" },
	{ EFI_TIMEOUT, "Time Out" },
	{ EFI_ABORTED, "Aborted" },
	{ EFI_SECURITY_VIOLATION, "Security Violation" },
};

static const char *status_name(EFI_STATUS status)
{
	for (size_t i = 0; i < ARRAY_SIZE(status_names); i++) {
		if (status_names[i].status == status)
			return status_names[i].name;
	}
	return "unknown";
}

/* The firmware wants UTF-16 and a carriage return; our texts are ASCII. */
static void put(const char *text)
{
	static CHAR16 wide[TEXT_MAX * 2 + 1];
	unsigned n = 0;

	for (; *text && n < TEXT_MAX * 2 - 1; text++) {
		if (*text == '\n')
			wide[n++] = '\r';
		wide[n++] = (u8)*text;
	}
	wide[n] = 0;
	if (loader.table->ConOut)
		loader.table->ConOut->OutputString(loader.table->ConOut, wide);
}

void say(const char *fmt, ...)
{
	static char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(text);
}

EFI_STATUS fail(EFI_STATUS status, const char *fmt, ...)
{
	static char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put("\nLeash cannot start: ");
	put(text);
	say(" (EFI status %u: %s).\n", (unsigned)(status & 0xffff), status_name(status));
	return status;
}

bool key_within(unsigned ms, EFI_INPUT_KEY *key)
{
	SIMPLE_INPUT_INTERFACE *in = loader.table->ConIn;

	for (unsigned waited = 0;; waited += POLL_MS) {
		if (in && !EFI_ERROR(in->ReadKeyStroke(in, key)))
			return true;
		if (waited >= ms)
			return false;
		loader.bs->Stall(POLL_MS * 1000);
	}
}
