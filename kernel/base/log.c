/* SPDX-License-Identifier: ISC */
/*
 * The kernel's log. In the ring each line carries its level as "<6>", the way syslog(2)
 * hands it out and dmesg expects it; sinks see the line without.
 *
 * Invariant: a line goes to the ring and to all sinks under one hold of log_lock, so lines
 * never mix. log_lock comes before the sinks' own locks; taken with interrupts off, and a
 * panic ignores it.
 */
#include "base/log.h"

#include "base/log_ring.h"
#include "base/spinlock.h"
#include "lib/format.h"
#include "lib/string.h"
#include "machine/clock.h"

#define RING_BYTES 65536
#define LINE_BYTES 320 /* longer messages are cut */
#define PREFIX_BYTES 3 /* "<6>" */

static char ring_data[RING_BYTES];
static struct log_ring ring = { ring_data, RING_BYTES, 0 }; /* [l] log_lock */
static struct list sinks = LIST_INIT(sinks); /* [l] */
static enum log_level console_level = LOG_INFO;
static struct spinlock log_lock = SPINLOCK_INIT;
static bool in_panic;

static u64 lock(void)
{
	if (unlikely(READ_ONCE(in_panic)))
		return irq_save();
	return spin_lock_irq(&log_lock);
}

static void unlock(u64 flags)
{
	if (likely(!READ_ONCE(in_panic)))
		spin_unlock(&log_lock);
	irq_restore(flags);
}

static void to_sinks(const char *text, size_t n)
{
	struct log_sink *s;

	list_for_each (s, &sinks, link)
		s->write(s, text, n);
}

/* A message is one line and cannot forge another: control characters in it become '?'. */
static size_t finish_line(char *line, size_t start, size_t n)
{
	n = MIN(n, (size_t)LINE_BYTES - 2);
	while (n > start && line[n - 1] == '\n')
		n--;
	for (size_t i = start; i < n; i++) {
		if ((u8)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
	line[n++] = '\n';
	return n;
}

void log_print(enum log_level level, const char *fmt, ...)
{
	char line[LINE_BYTES];
	u64 us = clock_ns() / NSEC_PER_USEC;
	size_t start, n;
	va_list ap;
	u64 flags;

	start = (size_t)snprintf(line, sizeof(line), "<%d>[%5lu.%06lu] ", level, us / 1000000,
				 us % 1000000);
	va_start(ap, fmt);
	n = start + (size_t)vsnprintf(line + start, sizeof(line) - start, fmt, ap);
	va_end(ap);
	n = finish_line(line, start, n);

	flags = lock();
	log_ring_put(&ring, line, n);
	if (level <= console_level)
		to_sinks(line + PREFIX_BYTES, n - PREFIX_BYTES);
	unlock(flags);
}

/* One line of the ring, "<6>text\n", shown on @s if its level is to be shown. */
static void replay_line(struct log_sink *s, const char *line, size_t n)
{
	if (n > PREFIX_BYTES && line[1] - '0' <= (int)console_level)
		s->write(s, line + PREFIX_BYTES, n - PREFIX_BYTES);
}

static void replay(struct log_sink *s)
{
	char line[LINE_BYTES];
	size_t n = 0;
	u64 pos = 0;

	while (n < sizeof(line) && log_ring_read(&ring, &pos, line + n, 1)) {
		if (line[n++] == '\n') {
			replay_line(s, line, n);
			n = 0;
		}
	}
}

void log_add_sink(struct log_sink *s)
{
	u64 flags = lock();

	replay(s);
	list_push_back(&sinks, &s->link);
	unlock(flags);
}

void log_set_console_level(enum log_level level)
{
	WRITE_ONCE(console_level, level);
}

void log_raw(const char *text, size_t n)
{
	u64 flags = lock();

	to_sinks(text, n);
	unlock(flags);
}

void log_raw_printf(const char *fmt, ...)
{
	char text[LINE_BYTES];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		log_raw(text, MIN((size_t)n, sizeof(text) - 1));
}

size_t log_read(u64 *pos, char *buf, size_t size)
{
	u64 flags = lock();
	size_t n = log_ring_read(&ring, pos, buf, size);

	unlock(flags);
	return n;
}

size_t log_size(void)
{
	u64 flags = lock();
	size_t n = log_ring_used(&ring);

	unlock(flags);
	return n;
}

void log_enter_panic(void)
{
	WRITE_ONCE(in_panic, true);
}

bool log_in_panic(void)
{
	return READ_ONCE(in_panic);
}
