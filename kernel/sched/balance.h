/* SPDX-License-Identifier: ISC */
/*
 * Equal shares across CPUs. Virtual time is the machine's: fair_queue.offset makes a queue's own
 * comparable with the others'. A thread that waits and is behind what another CPU has come to
 * deserves that CPU more than whoever runs there; so it goes there, whatever the numbers of threads
 * are. Three equal loops on two CPUs so take turns with being alone on one.
 *
 * A CPU on which nobody waits has nothing to give away: there is no tick for any of this. Who has
 * threads waiting looks at the end of a quantum (push), and who runs out of work looks before it
 * halts (pull).
 */
#pragma once

#include "lib/types.h"

/* An idle CPU takes work from the one that has most waiting. True: it got some. Interrupts off. */
bool balance_pull(void);
/* The quantum is over and others wait: does one of them deserve another CPU? Interrupts off. */
void balance_push(u64 now);
