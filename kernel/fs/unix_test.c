/* SPDX-License-Identifier: ISC */
/* AF_UNIX sockets where memory runs out: an error, and nothing is lost; garbage of many sockets. */
#include "fs/fs_test.h"
#include "fs/unix.h"

#define NAME_BYTES (sizeof(u16) + 6)

static const struct unix_address name = { .len = NAME_BYTES,
					  .sun = { .family = AF_UNIX, .path = "\0ktest" } };

/* A listener and a client that is connected to it and accepted. 0 or -ENOMEM; all are put. */
static int meet(const struct fs_context *c)
{
	struct file *l = unix_create(SOCK_STREAM, 0), *s = NULL, *a = NULL;
	int r = l ? unix_bind(l, c, &name) : -ENOMEM;

	if (!r)
		r = unix_listen(l, 5);
	if (!r)
		s = unix_create(SOCK_STREAM, 0);
	if (!r)
		r = s ? unix_connect(s, c, &name) : -ENOMEM;
	if (!r)
		r = unix_accept(l, 0, &a);
	if (!r)
		file_put(a);
	if (s)
		file_put(s);
	if (l)
		file_put(l);
	return r;
}

KTEST(unix_out_of_memory, 200)
{
	struct fs_context c = fs_kernel_context();
	int r = -ENOMEM;

	for (u32 skip = 0; r && skip < 40; skip++) {
		fault_inject(skip, ~0u);
		r = meet(&c);
		fault_inject(0, 0);
		KEXPECT(!r || r == -ENOMEM);
	}
	KEXPECT_EQ(r, 0);
}

/* Sends @f from @from, or what there was no memory for. */
static ssize_t send_file(struct file *from, struct file *f)
{
	struct unix_extra x = { .rights = unix_rights_create() };
	struct io io;

	if (!x.rights)
		return -ENOMEM;
	(void)unix_rights_add(x.rights, file_get(f));
	io_init_kernel(&io, (void *)"x", 1);
	return unix_send(from, &io, MSG_DONTWAIT, &x);
}

KTEST(unix_rights_out_of_memory, 200)
{
	struct file *end[2];
	ssize_t r = -ENOMEM;

	KREQUIRE(!unix_pair(SOCK_STREAM, 0, end));
	for (u32 skip = 0; r < 0 && skip < 10; skip++) {
		fault_inject(skip, ~0u);
		r = send_file(end[0], end[0]);
		fault_inject(0, 0);
		KEXPECT(r == 1 || r == -ENOMEM);
	}
	KEXPECT_EQ(r, 1);
	file_put(end[0]); /* it lies in the queue of the other still */
	file_put(end[1]);
}

#define CHAIN 200

/* Each in the queue of the one before, the last one's in the first's: one cycle, in one go. */
KTEST(unix_garbage_in_a_ring, 500)
{
	struct file *end[CHAIN][2], *last[2];
	u32 n = 0;

	while (n < CHAIN && !unix_pair(SOCK_DGRAM, 0, end[n]))
		n++;
	KEXPECT_EQ(n, CHAIN);
	for (u32 i = 0; i < n; i++)
		KEXPECT_EQ(send_file(end[i][0], end[(i + 1) % n][1]), 1);
	for (u32 i = 0; i < n; i++) {
		file_put(end[i][0]);
		file_put(end[i][1]);
	}
	KREQUIRE(!unix_pair(SOCK_DGRAM, 0, last));
	file_put(last[0]); /* looks for garbage */
	file_put(last[1]);
}
