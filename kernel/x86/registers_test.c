/* SPDX-License-Identifier: ISC */
/*
 * Trap frames and the FPU as the machine keeps them, one thread at a time; the switch between
 * threads is tested in sched/switch_test.c with the same helpers.
 */
#include "x86/x86.h"

#include "base/ktest.h"
#include "lib/string.h"

int test_all_over_interrupt(u64 pattern);

KTEST(trap_frame_keeps_all_registers, 50)
{
	for (u64 i = 0; i < 100; i++)
		KEXPECT_EQ(test_all_over_interrupt(0x1111222233330000UL + i * 64), 0);
}

KTEST(trap_frame_lies_below_the_thread, 10)
{
	struct context *c = (struct context *)thread_current();

	KEXPECT_EQ((u64)context_frame(c) + sizeof(struct trap_frame), (u64)c);
	KEXPECT_EQ(x86_this()->tss.rsp[0], (u64)c);
}

KTEST(fpu_area_refuses_reserved_bits, 10)
{
	static u8 area[4096] __attribute__((aligned(64)));
	u64 *header = (u64 *)(area + 512);

	KREQUIRE(fpu_area_bytes() <= sizeof(area));
	fpu_area_init(area);
	KEXPECT_EQ(*(u16 *)area, 0x37f);
	KEXPECT_EQ(*(u32 *)(area + 24), 0x1f80);
	KEXPECT(fpu_area_sanitize(area, false));
	*(u32 *)(area + 24) = 0xffffffff;
	KEXPECT(!fpu_area_sanitize(area, false));
	if (!cpu_features.xsave)
		return;
	fpu_area_init(area);
	header[0] = ~0UL;
	KEXPECT(!fpu_area_sanitize(area, true));
	fpu_area_init(area);
	header[1] = 1UL << 63;
	KEXPECT(!fpu_area_sanitize(area, true));
	fpu_area_init(area);
	header[5] = 1;
	KEXPECT(fpu_area_sanitize(area, true));
	KEXPECT_EQ(header[5], 0);
}
