/* SPDX-License-Identifier: ISC */
/* Two threads against each other: one disturbs as long as the other works. */
#pragma once

#include "raw_thread.h"

static volatile int stop; /* @other's loop ends */

/* Runs @fn beside @other until it is through. */
static inline void beside(void *(*other)(void *), void *arg, void (*fn)(void *))
{
	pthread_t t;

	stop = 0;
	t = start(other, arg);
	fn(arg);
	stop = 1;
	pthread_join(t, NULL);
}
