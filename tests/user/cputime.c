/* SPDX-License-Identifier: ISC */
/*
 * CPU time: what a program computes counts as user time, what the kernel does for it as system time;
 * times, getrusage, wait4, /proc and the timers on CPU time agree on it, and a parent gets its
 * children's.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "stat.h"
#include "sys.h"
#include "tap.h"

#define WORK_MS 400
#define BLOCK (1 << 20)

static char *block;
static int zero;
static volatile int rings;

static long clock_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static long cpu_ms(void)
{
	return clock_ms(CLOCK_PROCESS_CPUTIME_ID);
}

static long ms_of(struct timeval t)
{
	return t.tv_sec * 1000 + t.tv_usec / 1000;
}

static void compute(long ms)
{
	long end = clock_ms(CLOCK_THREAD_CPUTIME_ID) + ms;

	while (clock_ms(CLOCK_THREAD_CPUTIME_ID) < end)
		for (volatile int i = 0; i < 200000; i++)
			;
}

static void make_the_kernel_work(long ms)
{
	long end = cpu_ms() + ms;

	while (cpu_ms() < end)
		if (read(zero, block, BLOCK) != BLOCK)
			break;
}

static void usage(int who, long *user, long *system)
{
	struct rusage r;

	getrusage(who, &r);
	*user = ms_of(r.ru_utime);
	*system = ms_of(r.ru_stime);
}

static int is_split(long user, long system, int mostly_user)
{
	long most = mostly_user ? user : system;

	return most * 10 >= (user + system) * 7 && user + system >= WORK_MS * 9 / 10;
}

static void check_split(const char *what, long user, long system, int mostly_user)
{
	if (!ok(is_split(user, system, mostly_user), "%s", what))
		diag("user %ld ms, system %ld ms", user, system);
}

/* What a child used, by wait4, and by how much that of all children is more afterwards. */
static void use_in_child(int computes, struct rusage *r, long *user, long *system)
{
	long user_before, system_before;
	pid_t pid;
	int status;

	usage(RUSAGE_CHILDREN, &user_before, &system_before);
	pid = fork();
	if (pid == 0) {
		if (computes)
			compute(WORK_MS);
		else
			make_the_kernel_work(WORK_MS);
		_exit(0);
	}
	wait4(pid, &status, 0, r);
	usage(RUSAGE_CHILDREN, user, system);
	*user -= user_before;
	*system -= system_before;
}

/*
 * The split is sampled: an emulator that is kept from running between two samples charges that to one
 * side. It is not kept so three times.
 */
static void own_and_children(int computes)
{
	long user, system;
	struct rusage r;

	for (int i = 0; i < 3; i++) {
		use_in_child(computes, &r, &user, &system);
		if (is_split(ms_of(r.ru_utime), ms_of(r.ru_stime), computes) &&
		    is_split(user, system, computes))
			break;
	}
	check_split(computes ? "wait4: computing was user time" : "wait4: reading was system time",
		    ms_of(r.ru_utime), ms_of(r.ru_stime), computes);
	check_split("the parent has it from now on", user, system, computes);
}

/* Is @ticks a hundredth part of something between the two? */
static int between(long ticks, long before_ms, long after_ms)
{
	return ticks >= before_ms / 10 - 1 && ticks <= after_ms / 10 + 1;
}

static void agree(void)
{
	long user, system, user2, system2, ticks_user = 0, ticks_system = 0, before, after;
	struct tms t;
	char text[512];
	const char *at;

	usage(RUSAGE_SELF, &user, &system);
	times(&t);
	at = stat_text("/proc/self/stat", 14, text, sizeof(text));
	usage(RUSAGE_SELF, &user2, &system2);
	ok(between(t.tms_utime, user, user2) && between(t.tms_stime, system, system2),
	   "times says the same in hundredths");
	if (at)
		sscanf(at, "%ld %ld", &ticks_user, &ticks_system);
	if (!ok(between(ticks_user, user, user2) && between(ticks_system, system, system2),
		"so does /proc/self/stat"))
		diag("%ld %ld, times %ld %ld", ticks_user, ticks_system, (long)t.tms_utime,
		     (long)t.tms_stime);
	before = cpu_ms();
	usage(RUSAGE_SELF, &user, &system);
	after = cpu_ms();
	ok(user + system >= before - 3 && user + system <= after + 3,
	   "together they are the process's clock");
}

static void never_back(void)
{
	long user, system, last_user = 0, last_system = 0;
	int back = 0;

	for (int i = 0; i < 3000; i++) {
		usage(RUSAGE_SELF, &user, &system);
		back += user < last_user || system < last_system;
		last_user = user;
		last_system = system;
	}
	is_long(back, 0, "neither ever goes back");
}

static void ring(int sig)
{
	(void)sig;
	rings++;
}

static void virtual_timer(void)
{
	struct itimerval v = { { 0, 0 }, { 0, WORK_MS * 1000 / 2 } };

	signal(SIGVTALRM, ring);
	setitimer(ITIMER_VIRTUAL, &v, NULL);
	make_the_kernel_work(WORK_MS * 3 / 4);
	is_long(rings, 0, "ITIMER_VIRTUAL does not count the kernel's work");
	compute(WORK_MS);
	is_long(rings, 1, "but the program's");
}

static void *thread_main(void *arg)
{
	(void)arg;
	compute(WORK_MS / 4);
	return NULL;
}

/* Threads that run and threads that have ended are the process's time. */
static void threads(void)
{
	pthread_t t[3];
	long before = cpu_ms(), used;

	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, thread_main, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	used = cpu_ms() - before;
	if (!ok(used >= WORK_MS * 3 / 4 && used < WORK_MS * 2, "three threads' time is its time"))
		diag("%ld ms", used);
}

static volatile pid_t worker;
static volatile int halt;

static void *worker_main(void *arg)
{
	(void)arg;
	worker = raw(SYS_gettid);
	while (!halt)
		;
	return NULL;
}

static int wait_long(void *arg)
{
	(void)arg;
	return pause();
}

/* As clock_getcpuclockid and pthread_getcpuclockid make them. */
static clockid_t process_clock(pid_t pid)
{
	return ~pid * 8 + 2;
}

static clockid_t thread_clock(pid_t tid)
{
	return ~tid * 8 + 6;
}

static void clocks_of_others(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	struct timespec ts;
	pthread_t t;
	timer_t timer;
	pid_t pid = start_child(wait_long, NULL);

	pthread_create(&t, NULL, worker_main, NULL);
	while (!worker)
		sched_yield();
	compute(20);
	ok(clock_ms(process_clock(getpid())) >= 20, "a process's clock by its number");
	ok(clock_ms(process_clock(0)) >= 20, "0 is the caller's");
	while (clock_ms(thread_clock(worker)) < 20)
		sched_yield();
	ok(1, "another thread's clock goes on");
	ok(clock_ms(process_clock(pid)) < 20, "another process's");
	is_long(raw(SYS_clock_getres, process_clock(pid), &ts), 0, "it has a resolution");
	is_long(raw(SYS_clock_gettime, thread_clock(pid), &ts), -EINVAL, "not that of its threads");
	is_long(raw(SYS_clock_gettime, process_clock(worker), &ts), -EINVAL,
		"a thread is no process");
	is_long(raw(SYS_clock_gettime, process_clock(0x3fffff), &ts), -EINVAL, "nobody's");
	is_long(raw(SYS_timer_create, thread_clock(worker), &event, &timer), 0, "a timer by one");
	is_long(raw(SYS_timer_create, thread_clock(pid), &event, &timer), -EINVAL,
		"not by another's");
	halt = 1;
	pthread_join(t, NULL);
	kill(pid, SIGKILL);
	status_of(pid);
}

int main(void)
{
	zero = open("/dev/zero", O_RDONLY);
	block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	own_and_children(1);
	own_and_children(0);
	compute(30);
	agree();
	never_back();
	virtual_timer();
	threads();
	clocks_of_others();
	return done_testing();
}
