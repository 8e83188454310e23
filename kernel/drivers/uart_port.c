/* SPDX-License-Identifier: ISC */
/*
 * Finding a serial port and waiting for it. Waiting is bounded: a line that takes nothing (a
 * blocked emulator, a wedged chip) must not hang the kernel.
 */
#include "drivers/uart_port.h"

#define WAIT_READS 2000000u /* about two seconds on hardware */
#define LOOPBACK_READS 20000u

#define FCR_ENABLE_CLEAR 0x07 /* both FIFOs on and empty, interrupt at the first byte */
#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define MCR_DTR_RTS 0x03
#define MCR_OUT2 0x08 /* connects the interrupt line on a PC */
#define MCR_LOOPBACK 0x10

/* An empty socket reads 0xff: neither the scratch register nor a looped byte comes back. */
static bool answers(const struct uart_port *p)
{
	uart_put(p, UART_SCRATCH, 0x5a);
	if (uart_get(p, UART_SCRATCH) != 0x5a)
		return false;
	uart_put(p, UART_SCRATCH, 0xa5);
	if (uart_get(p, UART_SCRATCH) != 0xa5)
		return false;
	uart_put(p, UART_MCR, MCR_LOOPBACK);
	uart_put(p, UART_DATA, 0xae);
	for (u32 i = 0; i < LOOPBACK_READS; i++) {
		if (uart_get(p, UART_LSR) & UART_LSR_DATA)
			return uart_get(p, UART_DATA) == 0xae;
	}
	return false;
}

bool uart_port_init(struct uart_port *p)
{
	uart_put(p, UART_IER, 0);
	uart_put(p, UART_LCR, LCR_DLAB);
	uart_put(p, UART_DATA, 1); /* 115200 baud */
	uart_put(p, UART_IER, 0);
	uart_put(p, UART_LCR, LCR_8N1);
	uart_put(p, UART_FCR, FCR_ENABLE_CLEAR);
	if (!answers(p))
		return false;
	uart_put(p, UART_FCR, FCR_ENABLE_CLEAR);
	uart_put(p, UART_MCR, MCR_DTR_RTS | MCR_OUT2);
	return true;
}

bool uart_port_wait(struct uart_port *p)
{
	u32 reads = p->stuck ? 1 : WAIT_READS;

	while (reads--) {
		if (uart_get(p, UART_LSR) & UART_LSR_ROOM) {
			p->stuck = false;
			return true;
		}
	}
	p->stuck = true;
	return false;
}
