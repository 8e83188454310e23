/* SPDX-License-Identifier: ISC */
/*
 * A 16550 serial port (PC16550D data sheet): its registers, and what every use of one begins with.
 * Locks: the caller's.
 */
#pragma once

#include "machine/io.h"

#define UART_COM1 0x3f8
#define UART_COM2 0x2f8
#define UART_FIFO_BYTES 16

/* Register offsets; the divisor takes the place of the first two while UART_LCR_DLAB is set. */
enum uart_register {
	UART_DATA = 0,
	UART_IER = 1,
	UART_IIR = 2,
	UART_FCR = 2,
	UART_LCR = 3,
	UART_MCR = 4,
	UART_LSR = 5,
	UART_SCRATCH = 7
};

#define UART_IER_RECEIVE 0x01
#define UART_IER_TRANSMIT 0x02
#define UART_IIR_NONE 0x01
#define UART_LSR_DATA 0x01
#define UART_LSR_ROOM 0x20

struct uart_port {
	u16 base; /* [i] */
	bool stuck; /* the last wait was in vain: do not wait as long again */
};

static inline u8 uart_get(const struct uart_port *p, enum uart_register reg)
{
	return inb((u16)(p->base + reg));
}

static inline void uart_put(const struct uart_port *p, enum uart_register reg, u8 v)
{
	outb((u16)(p->base + reg), v);
}

/* Looks for it and sets it to 115200 8N1, FIFOs on, no interrupts. False: there is none. */
bool uart_port_init(struct uart_port *p);

/* True once the transmit FIFO is empty: UART_FIFO_BYTES may be written then. Waits about two
 * seconds on hardware, and only a moment if that was in vain before. */
bool uart_port_wait(struct uart_port *p);
