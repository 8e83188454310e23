/* SPDX-License-Identifier: ISC */
/* What the two halves of the line discipline share: the echo and its columns. */
#pragma once

#include "tty/ldisc.h"

#define TAB 8 /* columns */

/* Puts @c into the echo ring, through output processing. */
void ldisc_echo_raw(struct ldisc *d, u8 c);
/* As above, control characters as ^X if ECHOCTL says so. */
void ldisc_echo(struct ldisc *d, u8 c);
/* Columns that the echo of @c takes; not for tabs. */
u32 ldisc_width(const struct ldisc *d, u8 c);
