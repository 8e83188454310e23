/* SPDX-License-Identifier: ISC */
/* Signals: to install a handler, to be sent one, to have a fault handled. */
#include "bench.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define CATCHES 200
#define STORE_BYTES 3 /* of movb $0,(%rdi) */

static volatile long caught, faults_left;
static char *page;

static void count(int sig)
{
	(void)sig;
	caught++;
}

/* As lmbench: when it returns, the store runs again and faults again, until the page is opened. */
static void fault_again(int sig)
{
	(void)sig;
	if (--faults_left <= 0)
		mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static void skip_store(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] += STORE_BYTES;
}

static void catches(void)
{
	struct sigaction act = { .sa_handler = count };
	long before = caught, me = getpid(),
	     want = wanted("sig_catch") ? (30 + WARM_UP) * CATCHES : 0;
	sigset_t none;

	must(sigaction(SIGUSR1, &act, NULL) == 0, "sigaction");
	sigemptyset(&none);
	ROW("sig_install", 30, 500, sigaction(SIGUSR1, &act, NULL));
	ROW("sig_catch", 30, CATCHES, call2(SYS_kill, me, SIGUSR1));
	must(caught - before == want, "every signal's handler ran");
	ROW("sigprocmask", 30, 500, call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, 8));
}

static void faults(void)
{
	struct sigaction act = { .sa_handler = fault_again };

	sigaction(SIGSEGV, &act, NULL);
	BATCHES(k, 30)
	{
		mprotect(page, PAGE, PROT_READ);
		faults_left = CATCHES;
		uint64_t before = batch_begin(k);
		*(volatile char *)page = 1;
		batch_end(k, before);
	}
	report("prot_fault_lmbench", 30, CATCHES);

	mprotect(page, PAGE, PROT_READ);
	act.sa_sigaction = skip_store;
	act.sa_flags = SA_SIGINFO;
	sigaction(SIGSEGV, &act, NULL);
	ROW("prot_fault_siginfo", 30, CATCHES, {
		register char *p __asm__("rdi") = page;

		__asm__ volatile("movb $0,(%%rdi)" ::"r"(p) : "memory");
	});
	signal(SIGSEGV, SIG_DFL);
}

void bench_signals(void)
{
	catches();
	if (!wanted("prot_fault"))
		return;
	page = mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(page != MAP_FAILED, "mmap");
	(void)*(volatile char *)page;
	faults();
	munmap(page, PAGE);
}
