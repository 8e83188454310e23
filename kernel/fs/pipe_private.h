/* SPDX-License-Identifier: ISC */
/* The ring of pages of a pipe, for the files that move its bytes. All of it under pipe.lock. */
#pragma once

#include "fs/pipe.h"

static inline u8 **slot_of(struct pipe *p, u32 pos)
{
	return &p->page[pos / PAGE_SIZE % PIPE_PAGES];
}

/* What is inside. */
static inline u32 used(const struct pipe *p)
{
	return p->head - p->tail;
}

/* Empty: begin the page anew, so that small messages stay within one. So tail is a page's start then. */
static inline void begin_anew(struct pipe *p)
{
	WRITE_ONCE(p->ends, ALIGN_DOWN(p->tail, (u32)PAGE_SIZE) * 0x100000001UL);
}

/* Moves bytes out, as many as there are and fit. There are some. 0 or -EFAULT. */
int pipe_drain(struct pipe *p, struct io *io);
/* Moves @n bytes in, for which there is room. 0, -ENOMEM or -EFAULT. */
int pipe_fill(struct pipe *p, struct io *io, size_t n);
