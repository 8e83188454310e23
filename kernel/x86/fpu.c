/* SPDX-License-Identifier: ISC */
/*
 * The FPU, SSE and AVX registers: eager, saved and loaded at each switch between user threads
 * (CVE-2018-3665 is what lazy does). The kernel itself never uses them (-mgeneral-regs-only).
 * An area belongs to its thread; only the CPU that runs the thread touches it.
 */
#include "x86/x86.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "machine/usercopy.h"
#include "x86/fpu.h"

#define FXSAVE_BYTES 512
#define XSAVE_HEADER_BYTES 64
#define FCW_DEFAULT 0x37f
#define MXCSR_DEFAULT 0x1f80
#define MXCSR_OFFSET 24

#define MXCSR_MASK_OFFSET 28
#define MXCSR_MASK_DEFAULT 0xffbfu
#define XSTATE_BV_OFFSET 512
#define XSTATE_BV_LEGACY 3UL

static u32 mxcsr_mask; /* [i] bits that exist: FXSAVE tells, 0 stands for the default */
static u32 image_bytes; /* [i] of a signal frame's image */

void fpu_init_cpu(void)
{
	const struct cpu_features *f = &cpu_features;

	__asm__ volatile("fninit");
	if (f->xsave)
		__asm__ volatile("xsetbv" ::"c"(0), "a"((u32)f->xcr0), "d"((u32)(f->xcr0 >> 32)));
}

/* What the areas look like; after fpu_init_cpu() on the boot CPU. */
void fpu_init(void)
{
	static u8 image[FXSAVE_BYTES] __attribute__((aligned(64)));
	struct cpu_features *f = &cpu_features;

	__asm__ volatile("fxsave64 (%0)" ::"r"(image) : "memory");
	mxcsr_mask = *(u32 *)(image + MXCSR_MASK_OFFSET);
	if (!mxcsr_mask)
		mxcsr_mask = MXCSR_MASK_DEFAULT;
	f->xsave_bytes = image_bytes = FXSAVE_BYTES;
	if (!f->xsave)
		return;
	f->xsave_bytes = cpuid(0xd, 0).ebx; /* of what XCR0 enables now */
	image_bytes = f->xsave_bytes + sizeof(u32); /* the mark behind it */
}

size_t fpu_area_bytes(void)
{
	return MAX(cpu_features.xsave_bytes, (u32)(FXSAVE_BYTES + XSAVE_HEADER_BYTES));
}

void fpu_area_init(void *area)
{
	memset(area, 0, fpu_area_bytes());
	*(u16 *)area = FCW_DEFAULT;
	*(u32 *)((u8 *)area + MXCSR_OFFSET) = MXCSR_DEFAULT;
}

void fpu_save_current(struct context *c)
{
	fpu_save(c->fpu, false);
}

void fpu_load_area(const void *area)
{
	fpu_load(area, false);
}

_Static_assert(FPX_SOFTWARE_OFFSET + offsetof(struct fpu_marks, header) == FXSAVE_BYTES,
	       "the marks lie side by side");
int save_xstate_user_raw(u64 area, const struct fpu_marks *marks, u64 end);
int save_fxstate_user_raw(u64 area);
int load_xstate_user_raw(u64 area, const struct fpu_marks *marks, u64 end);
int load_fxstate_user_raw(u64 area);

size_t fpu_image_bytes(void)
{
	return image_bytes;
}

int fpu_save_user(u64 at, const struct fpu_marks *marks)
{
	if (!user_range_ok(at, image_bytes))
		return -EFAULT;
	return likely(cpu_features.xsave)
		       ? save_xstate_user_raw(at, marks, at + cpu_features.xsave_bytes)
		       : save_fxstate_user_raw(at);
}

static inline u32 mxcsr_read(void)
{
	u32 value;

	__asm__ volatile("stmxcsr %0" : "=m"(value));
	return value;
}

/* MXCSR is looked at for the emulators whose XRSTOR does not refuse reserved bits. */
int fpu_load_user(u64 at, const struct fpu_marks *marks)
{
	int r;

	if (!user_range_ok(at, image_bytes))
		return -EFAULT;
	r = likely(cpu_features.xsave)
		    ? load_xstate_user_raw(at, marks, at + cpu_features.xsave_bytes)
		    : load_fxstate_user_raw(at);
	return unlikely(mxcsr_read() & ~mxcsr_mask) ? -EFAULT : r;
}

#define LEGACY_X87_BYTES 160 /* FCW to the last of the eight registers, MXCSR between them */
#define LEGACY_REGISTERS 32
#define LEGACY_XMM_END 416
#define XCR0_OFFSET 464
#define FIRST_EXTENDED 2

/* MXCSR is in every image: it is not tracked (SDM vol. 1, 13.6). */
static void complete_legacy(u8 *bytes, u64 there)
{
	if (!(there & 1)) {
		memset(bytes, 0, MXCSR_OFFSET);
		memset(bytes + LEGACY_REGISTERS, 0, LEGACY_X87_BYTES - LEGACY_REGISTERS);
		*(u16 *)bytes = FCW_DEFAULT;
	}
	if (!(there & 2))
		memset(bytes + LEGACY_X87_BYTES, 0, LEGACY_XMM_END - LEGACY_X87_BYTES);
}

void fpu_area_complete(void *area)
{
	u8 *bytes = area;
	u64 there = *(u64 *)(bytes + XSTATE_BV_OFFSET);

	memset(bytes + LEGACY_XMM_END, 0, FXSAVE_BYTES - LEGACY_XMM_END);
	if (!cpu_features.xsave)
		return;
	complete_legacy(bytes, there);
	*(u64 *)(bytes + XCR0_OFFSET) = cpu_features.xcr0;
	for (u32 i = FIRST_EXTENDED; i < 63; i++) {
		if (!(cpu_features.xcr0 >> i & 1) || (there >> i & 1))
			continue;
		struct cpuid id = cpuid(0xd, i);

		memset(bytes + id.ebx, 0, id.eax);
	}
}

bool fpu_area_sanitize(void *area, bool xsave)
{
	u8 *bytes = area;
	u32 mxcsr = *(u32 *)(bytes + MXCSR_OFFSET);
	u64 *header = (u64 *)(bytes + XSTATE_BV_OFFSET);

	if (mxcsr & ~mxcsr_mask)
		return false;
	if (!cpu_features.xsave)
		return true;
	if (!xsave)
		header[0] = XSTATE_BV_LEGACY;
	else if (header[0] & ~cpu_features.xcr0 || header[1])
		return false; /* XCOMP_BV: the compacted form is not ours */
	for (unsigned i = 1; i < XSAVE_HEADER_BYTES / 8; i++)
		header[i] = 0;
	return true;
}
