/* SPDX-License-Identifier: ISC */
/*
 * What can become of a rogue, as the table writes it.
 */
#pragma once

/* Signal numbers; not <signal.h>'s names, which the table's short ones must not clash with. */
#define ILL 4
#define TRAP 5
#define BUS 7
#define FPE 8
#define KILL 9
#define SEGV 11

#define EXIT(code) (0x100 | (code))
#define LOOP 0x200
#define DEAF 0x201

/* Either of two fates; EITHER(a, EITHER(b, c)) for three. A single one has 12 bits. */
#define FATE_BITS 12
#define EITHER(a, b) ((a) | (unsigned long)(b) << FATE_BITS)
