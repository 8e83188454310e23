/* SPDX-License-Identifier: ISC */
/*
 * The serial line (PC16550D data sheet). The log polls, so that it works from the first
 * instruction to the last; programs' output goes through a ring that the transmitter's
 * interrupt empties.
 *
 * Waiting is bounded: a line that takes nothing (a blocked emulator, a wedged chip) loses
 * text instead of hanging the kernel. Lock: line.lock (interrupts off), all of struct line.
 */
#include "drivers/uart.h"

#include "drivers/console_lock.h"
#include "drivers/uart_port.h"
#include "lib/ring.h"
#include "machine/irq.h"

#define COM1_IRQ 4
#define RING_BYTES 4096
#define IRQ_ROUNDS 32

static struct line {
	struct console_lock lock;
	struct uart_port port;
	bool present; /* [i] */
	bool interrupts; /* the ring is emptied by interrupts */
	bool muted;
	bool talked; /* somebody typed on the line */
	u16 rows, columns; /* [i] of the terminal there */
	u8 ier;
	struct ring ring;
	u8 storage[RING_BYTES];
} line = { .port = { .base = UART_COM1 } };

static u8 get(enum uart_register reg)
{
	return uart_get(&line.port, reg);
}

static void put(enum uart_register reg, u8 v)
{
	uart_put(&line.port, reg, v);
}

static void set_ier(struct line *l, u8 ier)
{
	if (l->ier == ier)
		return;
	l->ier = ier;
	put(UART_IER, ier);
}

bool uart_init(void)
{
	if (line.present)
		return true;
	ring_init(&line.ring, line.storage, RING_BYTES);
	if (!uart_port_init(&line.port))
		return false;
	line.present = true;
	return true;
}

/* From the ring to the FIFO as long as it takes bytes without waiting. */
static void pump(struct line *l)
{
	u8 burst[UART_FIFO_BYTES];

	while (ring_used(&l->ring) && get(UART_LSR) & UART_LSR_ROOM) {
		u32 n = ring_get(&l->ring, burst, sizeof(burst));

		for (u32 i = 0; i < n; i++)
			put(UART_DATA, burst[i]);
	}
	if (l->interrupts)
		set_ier(l, ring_used(&l->ring) ? UART_IER_RECEIVE | UART_IER_TRANSMIT
					       : UART_IER_RECEIVE);
}

static void drain(struct line *l)
{
	while (ring_used(&l->ring)) {
		if (!uart_port_wait(&l->port)) {
			ring_init(&l->ring, l->storage, RING_BYTES);
			break;
		}
		pump(l);
	}
}

/* Polled, with '\r' before each '\n'. */
static void send_text(struct line *l, const char *text, size_t n)
{
	u32 room = 0;
	bool cr_sent = false;

	for (size_t i = 0; i < n;) {
		if (room == 0) {
			if (!uart_port_wait(&l->port))
				return;
			room = UART_FIFO_BYTES;
		}
		if (text[i] == '\n' && !cr_sent) {
			put(UART_DATA, '\r');
			cr_sent = true;
		} else {
			put(UART_DATA, (u8)text[i++]);
			cr_sent = false;
		}
		room--;
	}
}

static void write_log(struct log_sink *sink, const char *text, size_t n)
{
	u64 flags;

	(void)sink;
	if (line.muted)
		return;
	flags = console_lock(&line.lock);
	drain(&line);
	send_text(&line, text, n);
	console_unlock(&line.lock, flags);
}

/* The tty asks `queued` first, so the ring is only full for echoes in a rush of input. */
static void write_output(struct tty_output *o, const char *text, size_t n)
{
	u64 flags = console_lock(&line.lock);

	(void)o;
	while (n) {
		u32 moved = ring_put(&line.ring, text, (u32)MIN(n, RING_BYTES));

		text += moved;
		n -= moved;
		pump(&line);
		if (n && !ring_free(&line.ring) && !uart_port_wait(&line.port))
			break;
	}
	if (!line.interrupts)
		drain(&line);
	console_unlock(&line.lock, flags);
}

static u32 queued(struct tty_output *o)
{
	(void)o;
	return ring_used(&line.ring);
}

struct log_sink uart_sink = { .name = "serial", .write = write_log };
struct tty_output uart_output = {
	.name = "serial",
	.write = write_output,
	.queued = queued,
	.queue_bytes = RING_BYTES,
};

static u32 receive(struct line *l, u8 *bytes, u32 max)
{
	u64 flags = console_lock(&l->lock);
	u32 n = 0;

	while (n < max && get(UART_LSR) & UART_LSR_DATA)
		bytes[n++] = get(UART_DATA);
	pump(l);
	console_unlock(&l->lock, flags);
	return n;
}

void uart_set_size(u16 rows, u16 columns)
{
	line.rows = rows;
	line.columns = columns;
}

void uart_note_terminal(void)
{
	if (line.talked)
		return;
	line.talked = true;
	tty_set_output_size(&uart_output, line.rows, line.columns);
}

/* The line is edge-triggered and nobody else's: an edge whose byte an earlier round took is
 * ours as well. */
static bool interrupt(void *arg)
{
	struct line *l = arg;

	for (int round = 0; round < IRQ_ROUNDS && !(get(UART_IIR) & UART_IIR_NONE); round++) {
		u8 bytes[2 * UART_FIFO_BYTES];
		u32 n = receive(l, bytes, sizeof(bytes));

		if (n)
			uart_note_terminal();
		for (u32 i = 0; i < n; i++)
			tty_input(tty_console, bytes[i]);
	}
	if (ring_used(&l->ring) <= RING_BYTES / 2)
		tty_output_ready(tty_console);
	return true;
}

void uart_start(void)
{
	int error = irq_register_isa(COM1_IRQ, interrupt, &line, "serial");
	u64 flags;

	if (error) {
		log_warning("serial: no interrupt (%d), no input from the line", error);
		return;
	}
	flags = console_lock(&line.lock);
	line.interrupts = true;
	set_ier(&line, UART_IER_RECEIVE);
	pump(&line);
	console_unlock(&line.lock, flags);
}

void uart_mute(void)
{
	line.muted = true;
}

void uart_flush(void)
{
	u64 flags;

	if (!line.present)
		return;
	flags = console_lock(&line.lock);
	drain(&line);
	uart_port_wait(&line.port);
	console_unlock(&line.lock, flags);
}
