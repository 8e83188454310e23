/* SPDX-License-Identifier: ISC */
/* What the two halves of the line discipline share: the echo and its columns. */
#pragma once

#include "tty/ldisc.h"

/* Puts @c into the echo ring, through output processing. */
void ldisc_echo_raw(struct ldisc *d, u8 c);
/* As above, control characters as ^X if ECHOCTL says so. */
void ldisc_echo(struct ldisc *d, u8 c);
/* The column behind the typed line up to index @end, as it was echoed. */
u32 ldisc_columns(const struct ldisc *d, u32 end);
