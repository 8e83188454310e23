/* SPDX-License-Identifier: ISC */
/*
 * `int n` for all 256 vectors: only 3 is a way in as such. 0x80 may be the 32-bit system call, which
 * then knows no call -1. Whatever else a gate is for, a program that calls it gets SIGSEGV, and the
 * kernel never takes it for the fault or the interrupt it stands for. Checklist line 7.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "child.h"
#include "sys.h"
#include "tap.h"
#include "where.h"

static unsigned char *code;

static long call_code(long rax)
{
	long ret;

	__asm__ volatile("call *%[code]" : "=a"(ret) : "0"(rax), [code] "r"(code) : "memory");
	return ret;
}

static int call_vector(void *arg)
{
	(void)arg;
	return call_code(-1) == -38 ? 38 : 0;
}

/* int n; ret */
static bool prepare(int vector)
{
	if (mprotect(code, 4096, PROT_READ | PROT_WRITE) < 0)
		return false;
	code[0] = 0xcd;
	code[1] = vector;
	code[2] = 0xc3;
	return mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0;
}

int main(void)
{
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int vector = 0; vector < 256; vector++) {
		int status;

		if (!prepare(vector)) {
			ok(false, "int %d", vector);
			continue;
		}
		status = in_child(call_vector, NULL);
		if (vector == 0x80)
			ok(status == KILLED(SIGSEGV) || status == EXITED(38),
			   "int 128 is no way in");
		else if (!on_leash() && (vector == 26 || vector == 27) && status != KILLED(SIGSEGV))
			skip("this Linux has a gate there", "int %d", vector);
		else
			is_status(status, KILLED(vector == 3 ? SIGTRAP : SIGSEGV), "int %d",
				  vector);
	}
	return done_testing();
}
