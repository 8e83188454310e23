/* SPDX-License-Identifier: ISC */
/* Threads for tests: without one there is no test, and the program ends. */
#pragma once

#include <pthread.h>
#include <unistd.h>

#include "sys.h"
#include "tap.h"

static inline pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, fn, arg)) {
		diag("pthread_create failed");
		_exit(2);
	}
	return t;
}

static inline void *join(pthread_t t)
{
	void *value = NULL;

	pthread_join(t, &value);
	return value;
}

static inline long tid(void)
{
	return raw(SYS_gettid);
}
