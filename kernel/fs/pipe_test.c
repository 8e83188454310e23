/* SPDX-License-Identifier: ISC */
/* Pipes: wrapping, ends, atomic writes, two threads, poll, and FIFOs. */
#include "fs/fs_test.h"
#include "fs/pipe.h"
#include "fs/poll.h"
#include "machine/clock.h"

static const u32 nonblock = O_NONBLOCK;

KTEST(pipe_wraps, 200)
{
	struct file *r, *w;
	u8 out[3000], in[3000];
	u32 sum_in = 0, sum_out = 0;

	KREQUIRE(!pipe_create(&r, &w, nonblock));
	for (u32 round = 0; round < 100; round++) {
		for (size_t i = 0; i < sizeof(out); i++) {
			out[i] = round + i;
			sum_out += out[i];
		}
		KEXPECT_EQ(test_write(w, out, sizeof(out)), sizeof(out));
		KEXPECT_EQ(test_read(r, in, 1), 1);
		KEXPECT_EQ(test_read(r, in + 1, sizeof(in)), sizeof(in) - 1);
		for (size_t i = 0; i < sizeof(in); i++)
			sum_in += in[i];
	}
	KEXPECT_EQ(sum_in, sum_out);
	KEXPECT_EQ(test_read(r, in, 1), -EAGAIN);
	file_put(r);
	file_put(w);
}

KTEST(pipe_ends, 50)
{
	struct file *r, *w;
	char buf[8];

	KREQUIRE(!pipe_create(&r, &w, nonblock));
	KEXPECT_EQ(test_write(w, "last", 4), 4);
	KEXPECT_EQ(test_read(w, buf, 1), -EBADF);
	KEXPECT_EQ(test_write(r, buf, 1), -EBADF);
	KEXPECT_EQ(file_seek(r, 0, SEEK_CUR), -ESPIPE);
	file_put(w);
	KEXPECT_EQ(test_read(r, buf, 8), 4);
	KEXPECT_EQ(test_read(r, buf, 8), 0);
	file_put(r);
	KREQUIRE(!pipe_create(&r, &w, 0));
	file_put(r);
	KEXPECT_EQ(test_write(w, "x", 1), -EPIPE);
	KEXPECT_EQ(test_write(w, "x", 0), 0);
	file_put(w);
}

/* Up to PIPE_BUF bytes go in as a whole or not at all; more go in as far as there is room. */
KTEST(pipe_full, 100)
{
	static u8 block[PIPE_BUF + 1];
	struct file *r, *w;
	u32 n = 0;

	KREQUIRE(!pipe_create(&r, &w, nonblock));
	while (test_write(w, block, PIPE_BUF) == PIPE_BUF)
		n++;
	KEXPECT_EQ(n, PIPE_PAGES);
	KEXPECT_EQ(test_write(w, block, 1), -EAGAIN);
	KEXPECT_EQ(test_read(r, block, 10), 10);
	KEXPECT_EQ(test_write(w, block, 11), -EAGAIN);
	KEXPECT_EQ(test_write(w, block, PIPE_BUF + 1), 10);
	KEXPECT_EQ(test_read(r, block, PIPE_BUF), PIPE_BUF);
	KEXPECT_EQ(test_write(w, block, PIPE_BUF), PIPE_BUF);
	file_put(w);
	file_put(r);
}

/* Full and begun in the middle of a page: its end lies in the page where it begins. */
KTEST(pipe_comes_round, 100)
{
	static u8 block[PIPE_BYTES + 500];
	struct file *r, *w;
	u32 wrong = 0;

	KREQUIRE(!pipe_create(&r, &w, nonblock));
	for (u32 i = 0; i < sizeof(block); i++)
		block[i] = i * 7 >> 3;
	KEXPECT_EQ(test_write(w, block, 1000), 1000);
	KEXPECT_EQ(test_read(r, block, 500), 500);
	KEXPECT_EQ(test_write(w, block + 1000, PIPE_BYTES - 1000 + 500), PIPE_BYTES - 500);
	KEXPECT_EQ(test_read(r, block, PAGE_SIZE), PAGE_SIZE);
	KEXPECT_EQ(test_read(r, block + PAGE_SIZE, PIPE_BYTES), PIPE_BYTES - PAGE_SIZE);
	for (u32 i = 0; i < PIPE_BYTES; i++)
		wrong += block[i] != (u8)((i + 500) * 7 >> 3);
	KEXPECT_EQ(wrong, 0);
	file_put(w);
	file_put(r);
}

struct transfer {
	struct file *f;
	u32 bytes, sum;
	bool done;
	struct wait_queue finished;
};

static void transfer_end(struct transfer *t)
{
	WRITE_ONCE(t->done, true);
	wait_wake_all(&t->finished);
}

static void writer_thread(void *arg)
{
	struct transfer *t = arg;
	u8 block[777];
	u32 sent = 0;

	while (sent < t->bytes) {
		u32 n = MIN(t->bytes - sent, 1 + sent % sizeof(block));

		for (u32 i = 0; i < n; i++)
			t->sum = t->sum * 31 + (block[i] = sent + i);
		KEXPECT_EQ(test_write(t->f, block, n), n);
		sent += n;
	}
	file_put(t->f);
	transfer_end(t);
}

KTEST(pipe_between_threads, 2000)
{
	struct transfer t = { .bytes = 300000 };
	struct file *r, *w;
	u32 sum = 0, got = 0;
	u8 buf[1000];
	ssize_t n;

	wait_queue_init(&t.finished);
	KREQUIRE(!pipe_create(&r, &w, 0));
	t.f = w;
	KREQUIRE(kthread_start("pipe writer", writer_thread, &t));
	while ((n = test_read(r, buf, 1 + got % sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			sum = sum * 31 + buf[i];
		got += n;
	}
	KEXPECT_EQ(n, 0);
	wait_event(&t.finished, READ_ONCE(t.done));
	KEXPECT_EQ(got, t.bytes);
	KEXPECT_EQ(sum, t.sum);
	file_put(r);
}

KTEST(poll_pipe_states, 50)
{
	struct file *r, *w;
	struct poll_request reqs[2];
	char c = 0;

	KREQUIRE(!pipe_create(&r, &w, nonblock));
	reqs[0] = (struct poll_request){ .file = r, .events = POLLIN };
	reqs[1] = (struct poll_request){ .file = w, .events = POLLIN };
	KEXPECT_EQ(poll_files(reqs, 2, 0), 0);
	KEXPECT_EQ(poll_files(reqs, 2, clock_ns() + NSEC_PER_MSEC), 0); /* times out */
	reqs[1].events = POLLOUT;
	KEXPECT_EQ(poll_files(reqs, 2, 0), 1);
	KEXPECT_EQ(reqs[1].revents, POLLOUT);
	KEXPECT_EQ(test_write(w, &c, 1), 1);
	KEXPECT_EQ(poll_files(reqs, 1, ~0UL), 1);
	KEXPECT_EQ(reqs[0].revents, POLLIN);
	file_put(w);
	KEXPECT_EQ(poll_files(reqs, 1, ~0UL), 1);
	KEXPECT_EQ(reqs[0].revents, POLLIN | POLLHUP);
	file_put(r);
}

static void late_writer(void *arg)
{
	struct transfer *t = arg;

	sched_yield(); /* the poller sleeps by now */
	KEXPECT_EQ(test_write(t->f, "!", 1), 1);
	transfer_end(t);
}

/* More files than fit on the stack, and the last one is the one that wakes. */
KTEST(poll_sleeps_until_woken, 500)
{
	struct file *r[12], *w[12];
	struct poll_request reqs[12];
	struct transfer t = { .done = false };

	wait_queue_init(&t.finished);
	for (u32 i = 0; i < 12; i++) {
		KREQUIRE(!pipe_create(&r[i], &w[i], 0));
		reqs[i] = (struct poll_request){ .file = r[i], .events = POLLIN };
	}
	t.f = w[11];
	KREQUIRE(kthread_start("late writer", late_writer, &t));
	KEXPECT_EQ(poll_files(reqs, 12, ~0UL), 1);
	KEXPECT_EQ(reqs[11].revents, POLLIN);
	wait_event(&t.finished, READ_ONCE(t.done));
	for (u32 i = 0; i < 12; i++) {
		file_put(r[i]);
		file_put(w[i]);
	}
}

static void fifo_writer(void *arg)
{
	struct transfer *t = arg;
	struct fs_context c = fs_kernel_context();
	struct file *f;

	KEXPECT_EQ(path_open(&c, NULL, TEST_DIR "/fifo", O_WRONLY, 0, &f), 0);
	KEXPECT_EQ(test_write(f, "hello", 5), 5);
	file_put(f);
	transfer_end(t);
}

KTEST(fifo_open_waits, 500)
{
	struct fs_context c = test_begin();
	struct transfer t = { .done = false };
	struct file *r;
	char buf[8];

	wait_queue_init(&t.finished);
	KEXPECT_EQ(path_mknod(&c, NULL, TEST_DIR "/fifo", S_IFIFO | 0600, 0), 0);
	KEXPECT_EQ(test_open(&c, TEST_DIR "/fifo", O_WRONLY | O_NONBLOCK), -ENXIO);
	KEXPECT_EQ(test_open(&c, TEST_DIR "/fifo", O_RDONLY | O_NONBLOCK), 0);
	KEXPECT_EQ(test_open(&c, TEST_DIR "/fifo", O_RDWR), 0);
	KREQUIRE(kthread_start("fifo writer", fifo_writer, &t));
	KREQUIRE(!path_open(&c, NULL, TEST_DIR "/fifo", O_RDONLY, 0, &r));
	KEXPECT_EQ(test_read(r, buf, 8), 5);
	wait_event(&t.finished, READ_ONCE(t.done));
	KEXPECT_EQ(test_read(r, buf, 8), 0);
	file_put(r);
	KEXPECT_EQ(path_unlink(&c, NULL, TEST_DIR "/fifo", false), 0);
	test_end(&c);
}

KTEST(pipe_out_of_memory, 100)
{
	struct file *r, *w;
	int result = -ENOMEM;

	for (u32 skip = 0; result && skip < 10; skip++) {
		fault_inject(skip, ~0u);
		result = pipe_create(&r, &w, nonblock);
		fault_inject(0, 0);
	}
	KREQUIRE(!result);
	fault_inject(0, ~0u);
	KEXPECT_EQ(test_write(w, "x", 1), -ENOMEM);
	fault_inject(0, 0);
	KEXPECT_EQ(test_write(w, "x", 1), 1);
	file_put(r);
	file_put(w);
}
