/* SPDX-License-Identifier: ISC */
/*
 * Finds a linear framebuffer (none is no error) and draws the stage marks that stand in
 * for a console between the end of boot services and the kernel's own.
 *
 * UEFI specification 2.10, section 12.9.
 */
#include "loader.h"

#define MAX_WIDTH 1920
#define MARK_SCALE 4
#define MARK_ROWS 5
#define MARK_COLUMNS 3
#define MARK_STEP ((MARK_COLUMNS + 1) * MARK_SCALE)

typedef EFI_GRAPHICS_OUTPUT_PROTOCOL gop_t;
typedef EFI_GRAPHICS_OUTPUT_MODE_INFORMATION mode_t;

/* The digits, three bits a row from the top. */
static const u16 digits[] = {
	075557, 026227, 071747, 071717, 055711, 074717, 074757, 071111, 075757, 075717,
};

/* The shift of an eight-bit colour whose mask is @mask; false: some other width. */
static bool shift_of(u32 mask, u8 *shift)
{
	*shift = mask ? (u8)__builtin_ctz(mask) : 0;
	return mask >> *shift == 0xff;
}

static bool colours_of(const mode_t *mode, struct boot_framebuffer *fb)
{
	fb->green_shift = 8;
	switch (mode->PixelFormat) {
	case PixelRedGreenBlueReserved8BitPerColor:
		fb->red_shift = 0;
		fb->blue_shift = 16;
		return true;
	case PixelBlueGreenRedReserved8BitPerColor:
		fb->red_shift = 16;
		fb->blue_shift = 0;
		return true;
	case PixelBitMask:
		return shift_of(mode->PixelInformation.RedMask, &fb->red_shift) &&
		       shift_of(mode->PixelInformation.GreenMask, &fb->green_shift) &&
		       shift_of(mode->PixelInformation.BlueMask, &fb->blue_shift);
	default: return false;
	}
}

static gop_t *gop_find(void)
{
	EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
	gop_t *gop = NULL;

	/* The console's own output first: a second card's screen may be dark. */
	if (loader.table->ConsoleOutHandle &&
	    !EFI_ERROR(loader.bs->HandleProtocol(loader.table->ConsoleOutHandle, &guid,
						 (void **)&gop)))
		return gop;
	if (!EFI_ERROR(loader.bs->LocateProtocol(&guid, NULL, (void **)&gop)))
		return gop;
	return NULL;
}

/* Switches to the largest linear mode of at most MAX_WIDTH. */
static bool mode_set_linear(gop_t *gop)
{
	u32 best = gop->Mode->MaxMode, best_area = 0;
	struct boot_framebuffer ignored;

	for (u32 i = 0; i < gop->Mode->MaxMode; i++) {
		mode_t *mode;
		UINTN size;
		u32 area;

		if (EFI_ERROR(gop->QueryMode(gop, i, &size, &mode)))
			continue;
		area = mode->HorizontalResolution * mode->VerticalResolution;
		if (colours_of(mode, &ignored) && mode->HorizontalResolution <= MAX_WIDTH &&
		    area > best_area) {
			best = i;
			best_area = area;
		}
		loader.bs->FreePool(mode);
	}
	return best < gop->Mode->MaxMode && !EFI_ERROR(gop->SetMode(gop, best));
}

void screen_find(struct boot_framebuffer *fb)
{
	struct boot_framebuffer found = { 0 };
	gop_t *gop = gop_find();
	const mode_t *mode;

	if (!gop || !gop->Mode)
		return;
	if (!gop->Mode->Info || !colours_of(gop->Mode->Info, &found)) {
		if (!mode_set_linear(gop) || !colours_of(gop->Mode->Info, &found))
			return;
	}
	mode = gop->Mode->Info;
	found.base = gop->Mode->FrameBufferBase;
	found.width = mode->HorizontalResolution;
	found.height = mode->VerticalResolution;
	found.pitch = mode->PixelsPerScanLine * 4;
	found.size = (u64)found.pitch * found.height;
	if (found.width > mode->PixelsPerScanLine || found.size > gop->Mode->FrameBufferSize)
		return;
	*fb = found;
}

static void mark_cell(const struct boot_framebuffer *fb, u32 x0, u32 y0, u32 colour)
{
	for (u32 y = y0; y < y0 + MARK_SCALE; y++) {
		volatile u32 *line = (volatile u32 *)(fb->base + (u64)y * fb->pitch);

		for (u32 x = x0; x < x0 + MARK_SCALE; x++)
			line[x] = colour;
	}
}

/* Mark @number stands @number places from the left, at the screen's upper right. */
void screen_mark(const struct boot_framebuffer *fb, unsigned number)
{
	u32 left;

	if (!fb->base || fb->width < 10 * MARK_STEP || fb->height < 8 * MARK_SCALE || number > 9)
		return;
	left = fb->width - (10 - number) * MARK_STEP;
	for (unsigned row = 0; row < MARK_ROWS; row++) {
		unsigned bits = digits[number] >> (MARK_ROWS - 1 - row) * 3;

		for (unsigned column = 0; column < MARK_COLUMNS; column++)
			mark_cell(fb, left + column * MARK_SCALE, (row + 1) * MARK_SCALE,
				  bits & 4 >> column ? ~0U : 0);
	}
}
