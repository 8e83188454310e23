/* SPDX-License-Identifier: ISC */
/* Tests of base: the log's ring, the counters, fault injection. They use data of their own. */
#include "base/counter.h"
#include "base/ktest.h"
#include "base/log.h"
#include "base/log_ring.h"
#include "lib/string.h"

COUNTER(test_counter, "test objects");

static i64 summed;
static i64 test_sum(void)
{
	return summed;
}
COUNTER_SUM(test_sum_counter, "test sums", test_sum);

KTEST(counter_adds_up, 20)
{
	const struct counter *c;
	unsigned found = 0;

	for (unsigned i = 0; (c = counter_get(i)); i++)
		found += c == &test_counter;
	KEXPECT_EQ(found, 1);
	KEXPECT_EQ(counter_value("test objects"), 0);
	counter_add(&test_counter, 5);
	KEXPECT_EQ(counter_value("test objects"), 5);
	counter_add(&test_counter, -5);
	KEXPECT_EQ(counter_value("test objects"), 0);
	KEXPECT_EQ(counter_value("no such counter"), 0);
	summed = 7;
	KEXPECT_EQ(counter_value("test sums"), 7);
	summed = 0;
	KEXPECT_EQ(counter_value("test sums"), 0);
}

KTEST(log_ring_wraps, 20)
{
	char data[16], buf[32];
	struct log_ring r = { data, sizeof(data), 0 };
	u64 pos = 0;

	log_ring_put(&r, "one\ntwo\n", 8);
	KEXPECT_EQ(log_ring_read(&r, &pos, buf, sizeof(buf)), 8);
	KEXPECT_EQ(memcmp(buf, "one\ntwo\n", 8), 0);
	KEXPECT_EQ(log_ring_read(&r, &pos, buf, sizeof(buf)), 0);

	log_ring_put(&r, "three\nfourth\n", 13);
	KEXPECT_EQ(log_ring_used(&r), 16);
	KEXPECT_EQ(log_ring_read(&r, &pos, buf, 3), 3);
	KEXPECT_EQ(memcmp(buf, "thr", 3), 0);

	pos = 0; /* "one" and the head of "two" are gone: the first whole line is "three" */
	KEXPECT_EQ(log_ring_read(&r, &pos, buf, sizeof(buf)), 13);
	KEXPECT_EQ(memcmp(buf, "three\nfourth\n", 13), 0);
	KEXPECT_EQ(pos, r.end);
}

KTEST(log_ring_of_one_long_line, 20)
{
	char data[8], buf[8];
	struct log_ring r = { data, sizeof(data), 0 };
	u64 pos = 0;

	log_ring_put(&r, "a line longer than the ring", 27);
	KEXPECT_EQ(log_ring_read(&r, &pos, buf, sizeof(buf)), 0);
	KEXPECT_EQ(pos, 27);
	pos = 1000; /* a reader from the future reads nothing */
	KEXPECT_EQ(log_ring_read(&r, &pos, buf, sizeof(buf)), 0);
}

KTEST(log_lines_cannot_be_forged, 50)
{
	char buf[256];
	u64 pos = 0;
	size_t n = 0, got;

	while ((got = log_read(&pos, buf, sizeof(buf))))
		n += got;
	KEXPECT_EQ(log_size(), n);
	log_print(LOG_DEBUG, "name \"%s\"", "x\n<0>[    0.000000] forged\x1b[2J");
	n = log_read(&pos, buf, sizeof(buf) - 1);
	buf[n] = '\0';
	KEXPECT(starts_with(buf, "<7>["));
	KEXPECT(strstr(buf, "name \"x?<0>"));
	KEXPECT_EQ(strchr(buf, '\n') - buf, n - 1);
	KEXPECT(!strchr(buf, '\x1b'));
}

KTEST(fault_injection_counts, 20)
{
	fault_inject(2, 1);
	KEXPECT(!fault_injected());
	KEXPECT(!fault_injected());
	KEXPECT(fault_injected());
	KEXPECT(!fault_injected());
	KEXPECT_EQ(fault_injection_on, 0);
}
