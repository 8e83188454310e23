/* SPDX-License-Identifier: ISC */
/* Random numbers for programs (getrandom, /dev/urandom, AT_RANDOM). */
#pragma once

#include "fs/io.h"

/* Fills @n bytes. Any thread context; not in interrupts. */
void random_bytes(void *buf, size_t n);
/* Fills what is left of @io; bytes, or -EFAULT. May sleep. */
ssize_t random_io(struct io *io);
