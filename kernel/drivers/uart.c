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
#include "lib/ring.h"
#include "machine/io.h"
#include "machine/irq.h"

#define COM1 0x3f8
#define COM1_IRQ 4
#define FIFO_BYTES 16
#define RING_BYTES 4096
#define WAIT_READS 2000000u /* about two seconds on hardware */
#define LOOPBACK_READS 20000u
#define IRQ_ROUNDS 32

/* Register offsets; the divisor takes the place of the first two while LCR_DLAB is set. */
enum { DATA = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, SCRATCH = 7 };

#define IER_RECEIVE 0x01
#define IER_TRANSMIT 0x02
#define IIR_NONE 0x01
#define FCR_ENABLE_CLEAR 0x07 /* both FIFOs on and empty, interrupt at the first byte */
#define LCR_8N1 0x03
#define LCR_DLAB 0x80
#define MCR_DTR_RTS 0x03
#define MCR_OUT2 0x08 /* connects the interrupt line on a PC */
#define MCR_LOOPBACK 0x10
#define LSR_DATA 0x01
#define LSR_ROOM 0x20

static struct line {
	struct console_lock lock;
	bool present; /* [i] */
	bool interrupts; /* the ring is emptied by interrupts */
	bool muted;
	bool stuck; /* the last wait was in vain: do not wait as long again */
	bool talked; /* somebody typed on the line */
	u8 ier;
	struct ring ring;
	u8 storage[RING_BYTES];
} line;

static u8 get(u16 reg)
{
	return inb((u16)(COM1 + reg));
}

static void put(u16 reg, u8 v)
{
	outb((u16)(COM1 + reg), v);
}

static void set_ier(struct line *l, u8 ier)
{
	if (l->ier == ier)
		return;
	l->ier = ier;
	put(IER, ier);
}

/* An empty socket reads 0xff: neither the scratch register nor a looped byte comes back. */
static bool answers(void)
{
	put(SCRATCH, 0x5a);
	if (get(SCRATCH) != 0x5a)
		return false;
	put(SCRATCH, 0xa5);
	if (get(SCRATCH) != 0xa5)
		return false;
	put(MCR, MCR_LOOPBACK);
	put(DATA, 0xae);
	for (u32 i = 0; i < LOOPBACK_READS; i++) {
		if (get(LSR) & LSR_DATA)
			return get(DATA) == 0xae;
	}
	return false;
}

bool uart_init(void)
{
	if (line.present)
		return true;
	ring_init(&line.ring, line.storage, RING_BYTES);
	put(IER, 0);
	put(LCR, LCR_DLAB);
	put(DATA, 1); /* 115200 baud */
	put(IER, 0);
	put(LCR, LCR_8N1);
	put(FCR, FCR_ENABLE_CLEAR);
	if (!answers())
		return false;
	put(FCR, FCR_ENABLE_CLEAR);
	put(MCR, MCR_DTR_RTS | MCR_OUT2);
	line.present = true;
	return true;
}

/* True once the transmit FIFO is empty: FIFO_BYTES may be written then. */
static bool wait_room(struct line *l)
{
	u32 reads = l->stuck ? 1 : WAIT_READS;

	while (reads--) {
		if (get(LSR) & LSR_ROOM) {
			l->stuck = false;
			return true;
		}
	}
	l->stuck = true;
	return false;
}

/* From the ring to the FIFO as long as it takes bytes without waiting. */
static void pump(struct line *l)
{
	u8 burst[FIFO_BYTES];

	while (ring_used(&l->ring) && get(LSR) & LSR_ROOM) {
		u32 n = ring_get(&l->ring, burst, sizeof(burst));

		for (u32 i = 0; i < n; i++)
			put(DATA, burst[i]);
	}
	if (l->interrupts)
		set_ier(l, ring_used(&l->ring) ? IER_RECEIVE | IER_TRANSMIT : IER_RECEIVE);
}

static void drain(struct line *l)
{
	while (ring_used(&l->ring)) {
		if (!wait_room(l)) {
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
			if (!wait_room(l))
				return;
			room = FIFO_BYTES;
		}
		if (text[i] == '\n' && !cr_sent) {
			put(DATA, '\r');
			cr_sent = true;
		} else {
			put(DATA, (u8)text[i++]);
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
		if (n && !ring_free(&line.ring) && !wait_room(&line))
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

	while (n < max && get(LSR) & LSR_DATA)
		bytes[n++] = get(DATA);
	pump(l);
	console_unlock(&l->lock, flags);
	return n;
}

/* A terminal whose size nobody told, but which exists: what all of them have. */
static void note_terminal(struct line *l)
{
	if (l->talked)
		return;
	l->talked = true;
	tty_set_output_size(&uart_output, 24, 80);
}

/* The line is edge-triggered and nobody else's: an edge whose byte an earlier round took is
 * ours as well. */
static bool interrupt(void *arg)
{
	struct line *l = arg;

	for (int round = 0; round < IRQ_ROUNDS && !(get(IIR) & IIR_NONE); round++) {
		u8 bytes[2 * FIFO_BYTES];
		u32 n = receive(l, bytes, sizeof(bytes));

		if (n)
			note_terminal(l);
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
	set_ier(&line, IER_RECEIVE);
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
	wait_room(&line);
	console_unlock(&line.lock, flags);
}
