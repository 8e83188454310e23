/* SPDX-License-Identifier: ISC */
/*
 * setuid(2) is each thread's own; the C library makes it the process's (POSIX) by a signal that has
 * every thread make the call. Many threads, running and sleeping, coming and going.
 *
 *   setxid hold      a dozen threads with names, for who wants to look at them; until it is killed
 */
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>

#include "child.h"
#include "raw_thread.h"

#define THREADS 12
#define ROUNDS 40
#define USER 1000

enum { SPIN, SLEEP, POLL, KINDS };

struct worker {
	pthread_t thread;
	int kind;
	volatile int runs;
	long uid, euid, suid, gid; /* as the kernel tells this thread */
};

static volatile int end;

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned real, effective, saved;

	w->runs = 1;
	while (!end) {
		if (w->kind == SLEEP)
			usleep(300);
		else if (w->kind == POLL)
			poll(NULL, 0, 1);
	}
	raw(SYS_getresuid, &real, &effective, &saved);
	w->uid = real;
	w->euid = effective;
	w->suid = saved;
	w->gid = raw(SYS_getgid);
	return NULL;
}

static int has_changed(const struct worker *w)
{
	return w->uid == USER && w->euid == USER && w->suid == USER && w->gid == USER;
}

static int change_all(void *arg)
{
	struct worker w[THREADS] = { 0 };
	int changed = 0;

	(void)arg;
	for (int i = 0; i < THREADS; i++) {
		w[i].kind = i % KINDS;
		w[i].thread = start(work, &w[i]);
	}
	for (int i = 0; i < THREADS; i++)
		while (!w[i].runs)
			usleep(100);
	if (setgid(USER) || setuid(USER))
		return 99;
	end = 1;
	for (int i = 0; i < THREADS; i++) {
		join(w[i].thread);
		changed += has_changed(&w[i]);
	}
	w[0].kind = SPIN;
	join(start(work, &w[0]));
	return changed == THREADS && has_changed(&w[0]) ? 0 : 1 + changed;
}

static void *ask(void *arg)
{
	*(long *)arg = raw(SYS_geteuid);
	return NULL;
}

static void *come_and_go(void *arg)
{
	(void)arg;
	while (!end) {
		long id;

		join(start(ask, &id));
	}
	return NULL;
}

/* Back and forth, while others begin and end. */
static int change_often(void *arg)
{
	pthread_t t[3];
	int wrong = 0;

	(void)arg;
	for (int i = 0; i < 3; i++)
		t[i] = start(come_and_go, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		long id = -1;

		wrong += seteuid(i % 2 ? 0 : USER) != 0;
		join(start(ask, &id));
		wrong += id != (i % 2 ? 0 : USER);
	}
	end = 1;
	for (int i = 0; i < 3; i++)
		join(t[i]);
	return wrong;
}

static _Noreturn void *sleep_named(void *arg)
{
	prctl(PR_SET_NAME, arg);
	for (;;)
		pause();
}

static _Noreturn void hold(void)
{
	static char name[THREADS][16];

	for (int i = 0; i < THREADS; i++) {
		snprintf(name[i], sizeof(name[i]), "thread-%d", i);
		start(sleep_named, name[i]);
	}
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "hold"))
		hold();
	if (geteuid()) {
		skip("not root", "setuid in a process of many threads");
		return done_testing();
	}
	is_status(in_child(change_all, NULL), EXITED(0), "all threads have the new ids");
	is_status(in_child(change_often, NULL), EXITED(0),
		  "back and forth while threads come and go");
	return done_testing();
}
