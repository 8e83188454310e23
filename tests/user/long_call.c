/* SPDX-License-Identifier: ISC */
/*
 * One call that has minutes to do in the kernel: others run beside it, and it can be killed.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <time.h>

#include "child.h"
#include "now.h"
#include "tap.h"

#define BOUND_MS 5000

static int send_random_bytes(void *unused)
{
	int in = open("/dev/urandom", O_RDONLY), out = open("/dev/null", O_WRONLY);

	(void)unused;
	for (;;)
		if (sendfile(out, in, NULL, 0x7ffff000) <= 0)
			return 1;
}

int main(void)
{
	const struct timespec moment = { 0, 10000000 };
	pid_t child = start_child(send_random_bytes, NULL);
	long began = now_ms();

	for (int i = 0; i < 10; i++)
		nanosleep(&moment, NULL);
	ok(now_ms() - began < BOUND_MS, "others run beside a long sendfile");
	began = now_ms();
	kill(child, SIGKILL);
	is_status(status_of(child), KILLED(SIGKILL), "it can be killed");
	ok(now_ms() - began < BOUND_MS, "and that takes effect soon");
	return done_testing();
}
