/* SPDX-License-Identifier: ISC */
/*
 * Signals with a siginfo: real-time ones queue in order, standard ones come once; who may say what
 * in a siginfo; the bound of a user's queue; what kill, tgkill and sigqueue write into it.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

#define FIRST 40 /* free of libc's own */
#define MANY 2000000

static int seen_signals[64], seen_values[64], seen_codes[64];
static volatile int seen;

static void note(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (seen < 64) {
		seen_signals[seen] = sig;
		seen_values[seen] = info->si_value.sival_int;
		seen_codes[seen] = info->si_code;
	}
	seen++;
}

static void catch_with_info(int sig)
{
	struct sigaction act = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	sigfillset(&act.sa_mask);
	sigaction(sig, &act, NULL);
}

static long queue_as(pid_t pid, int sig, int code, int value)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_code = code;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = value;
	return raw(SYS_rt_sigqueueinfo, pid, sig, &info);
}

static unsigned long block(unsigned long set)
{
	unsigned long old = 0;

	raw(SYS_rt_sigprocmask, SIG_BLOCK, &set, &old, 8);
	return old;
}

static void unblock_all(void)
{
	unsigned long none = 0;

	raw(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
}

#define BIT(sig) (1UL << ((sig)-1))

static void order(void)
{
	block(BIT(FIRST) | BIT(FIRST + 1) | BIT(SIGUSR1));
	for (int i = 0; i < 3; i++) {
		is_long(queue_as(getpid(), FIRST + 1, SI_QUEUE, 10 + i), 0, "queue a late one");
		is_long(queue_as(getpid(), FIRST, SI_QUEUE, 20 + i), 0, "queue an early one");
		is_long(queue_as(getpid(), SIGUSR1, SI_QUEUE, 30 + i), 0, "a standard one");
	}
	seen = 0;
	unblock_all();
	is_long(seen, 7, "three, three and one come");
	ok(seen_signals[0] == SIGUSR1 && seen_values[0] == 30,
	   "the standard one first, the oldest");
	for (int i = 0; i < 3; i++) {
		ok(seen_signals[1 + i] == FIRST && seen_values[1 + i] == 20 + i, "early %d", i);
		ok(seen_signals[4 + i] == FIRST + 1 && seen_values[4 + i] == 10 + i, "late %d", i);
	}
}

static void codes(void)
{
	seen = 0;
	kill(getpid(), FIRST);
	raw(SYS_tgkill, getpid(), getpid(), FIRST);
	queue_as(getpid(), FIRST, -77, 5);
	is_long(seen, 3, "three come at once");
	is_long(seen_codes[0], SI_USER, "kill: SI_USER");
	is_long(seen_codes[1], SI_TKILL, "tgkill: SI_TKILL");
	is_long(seen_codes[2], -77, "sigqueue: its own code");
	is_long(seen_values[2], 5, "and value");
}

static int who_sent(void *arg)
{
	siginfo_t info;
	sigset_t set;
	pid_t parent = getppid();

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, FIRST);
	if (raw(SYS_rt_sigtimedwait, &set, &info, 0, 8) != FIRST)
		return 1;
	return info.si_pid == parent && info.si_uid == getuid() && info.si_code == SI_USER ? 0 : 2;
}

static int idle(void *arg)
{
	(void)arg;
	pause();
	return 0;
}

static void permissions(void)
{
	siginfo_t info;
	pid_t pid = start_child(idle, NULL);

	memset(&info, 0, sizeof(info));
	is_long(queue_as(pid, 0, SI_QUEUE, 0), 0, "signal 0 asks for another");
	is_long(queue_as(pid, FIRST, SI_USER, 0), -EPERM, "nobody speaks as kill to others");
	is_long(queue_as(pid, FIRST, SI_TKILL, 0), -EPERM, "nor as tkill");
	is_long(queue_as(pid, FIRST, SI_KERNEL, 0), -EPERM, "nor as the kernel");
	is_long(queue_as(getpid(), 0, SI_USER, 0), 0, "but to itself");
	is_long(queue_as(getpid(), 65, SI_QUEUE, 0), -EINVAL, "no signal 65");
	is_long(raw(SYS_rt_sigqueueinfo, getpid(), FIRST, 8), -EFAULT, "a bad pointer");
	is_long(raw(SYS_rt_tgsigqueueinfo, getpid(), 0, FIRST, &info), -EINVAL, "thread 0");
	kill(pid, SIGKILL);
	is_status(status_of(pid), SIGKILL, "the child goes");
	is_long(queue_as(pid, FIRST, SI_QUEUE, 0), -ESRCH, "and is no more");
	block(BIT(FIRST));
	pid = start_child(who_sent, NULL);
	kill(pid, FIRST);
	is_status(status_of(pid), EXITED(0), "kill tells who sent it");
	unblock_all();
}

static void bounded(void)
{
	long r = 0, sent = 0;

	block(BIT(FIRST));
	while (sent < MANY && (r = queue_as(getpid(), FIRST, SI_QUEUE, 0)) == 0)
		sent++;
	is_long(r, -EAGAIN, "a user's queue has an end");
	seen = 0;
	is_long(kill(getpid(), FIRST + 1), 0, "kill does not need it");
	unblock_all();
	is_long(seen, sent + 1, "all that were taken come, and kill's");
	is_long(queue_as(getpid(), FIRST, SI_QUEUE, 0), 0, "then there is room again");
	signal(FIRST, SIG_IGN);
	is_long(queue_as(getpid(), FIRST, SI_QUEUE, 0), 0, "an ignored one is dropped");
}

static void ignoring_empties(void)
{
	catch_with_info(FIRST);
	block(BIT(FIRST));
	seen = 0;
	for (int i = 0; i < 5; i++)
		queue_as(getpid(), FIRST, SI_QUEUE, i);
	signal(FIRST, SIG_IGN);
	catch_with_info(FIRST);
	unblock_all();
	is_long(seen, 0, "ignoring a signal drops what is queued");
}

int main(void)
{
	catch_with_info(FIRST);
	catch_with_info(FIRST + 1);
	catch_with_info(SIGUSR1);
	order();
	codes();
	permissions();
	bounded();
	ignoring_empties();
	return done_testing();
}
