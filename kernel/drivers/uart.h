/* SPDX-License-Identifier: ISC */
/* The 16550 serial line at COM1: sink of the log, and output and input of the console's tty. */
#pragma once

#include "base/log.h"
#include "tty/tty.h"

/* Looks for the UART and sets it to 115200 8N1. Needs nothing. False: there is none. */
bool uart_init(void);

/* To be registered by the console if uart_init() found one. */
extern struct log_sink uart_sink;
extern struct tty_output uart_output;

/* Input and output by interrupt from now on. After the interrupt controllers work. */
void uart_start(void);
/* The terminal on the line: its size counts once something was typed there, */
void uart_set_size(u16 rows, u16 columns);
/* or from now on, if there is no other. */
void uart_note_terminal(void);
/* The user wants nothing on the line: the sink goes silent. */
void uart_mute(void);
/* Polls until all is out, or the line is stuck. Any context. */
void uart_flush(void);
