/* SPDX-License-Identifier: ISC */
/*
 * The two 8259s of the PC, put away: remapped off the exception vectors and masked. Even
 * masked they can raise spurious interrupts (line 7 of each), so they get vectors of their
 * own. No locks: boot CPU only, then interrupt context of whichever CPU has ExtINT (none).
 */
#include "machine/io.h"
#include "x86/apic.h"

#define PIC1_COMMAND 0x20
#define PIC1_DATA 0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA 0xa1
#define PIC_EOI 0x20
#define PIC_READ_ISR 0x0b
#define ICW1_INIT_ICW4 0x11
#define ICW4_8086 0x01

/* A write to port 0x80 takes about a microsecond of bus time: old chips need the pause. */
static void pic_write(u16 port, u8 value)
{
	outb(port, value);
	outb(0x80, 0);
}

void pic_disable(void)
{
	pic_write(PIC1_DATA, 0xff);
	pic_write(PIC2_DATA, 0xff);
	pic_write(PIC1_COMMAND, ICW1_INIT_ICW4);
	pic_write(PIC2_COMMAND, ICW1_INIT_ICW4);
	pic_write(PIC1_DATA, VECTOR_PIC);
	pic_write(PIC2_DATA, VECTOR_PIC + 8);
	pic_write(PIC1_DATA, 1u << 2); /* the second hangs on line 2 */
	pic_write(PIC2_DATA, 2);
	pic_write(PIC1_DATA, ICW4_8086);
	pic_write(PIC2_DATA, ICW4_8086);
	pic_write(PIC1_DATA, 0xff);
	pic_write(PIC2_DATA, 0xff);
}

void pic_spurious(u32 vector)
{
	bool second = vector >= VECTOR_PIC + 8;
	u16 command = second ? PIC2_COMMAND : PIC1_COMMAND;

	outb(command, PIC_READ_ISR);
	if (inb(command) & (1u << (vector & 7)))
		outb(command, PIC_EOI); /* it was real after all */
	else if (!second)
		return;
	if (second)
		outb(PIC1_COMMAND, PIC_EOI); /* the first saw a real line 2 */
}
