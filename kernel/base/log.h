/* SPDX-License-Identifier: ISC */
/*
 * The kernel's log: a ring that dmesg reads (syslog(2)) and sinks that show it (uart, screen).
 *
 * Any context, interrupts too. Each message is one line "[    s.uuuuuu] text". A sink that
 * registers late is given what the ring holds. Lock: log_lock (interrupts off), before the sinks' own.
 */
#pragma once

#include "lib/list.h"
#include "lib/types.h"

enum log_level { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

void log_print(enum log_level level, const char *fmt, ...) printf_like(2, 3);
#define log_error(...) log_print(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_print(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_print(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_print(LOG_INFO, __VA_ARGS__)

/*
 * A place that shows text. write() is called with interrupts off, must not sleep and must
 * also work in a panic (polling). Bytes are raw; '\n' is a newline (the sink adds '\r').
 */
struct log_sink {
	struct list link;
	const char *name;
	void (*write)(struct log_sink *s, const char *text, size_t n);
};
void log_add_sink(struct log_sink *s);

/* Messages above this level (numerically) stay in the ring only. `quiet` sets LOG_WARNING. */
void log_set_console_level(enum log_level level);

/* Writes raw text to all sinks, bypassing the ring (KTAP lines, panic). */
void log_raw(const char *text, size_t n);
void log_raw_printf(const char *fmt, ...) printf_like(1, 2);

/* Copies ring contents from absolute position *pos (advanced) into @buf; returns bytes. */
size_t log_read(u64 *pos, char *buf, size_t size);
size_t log_size(void); /* bytes held now */
/* From now on locks are broken by force: only panic calls it. */
void log_enter_panic(void);
/* For sinks: the owner of a lock may never run again, and nothing is drawn later. */
bool log_in_panic(void);
