/* SPDX-License-Identifier: ISC */
/*
 * The vDSO: there, found by its names, and of one mind with the system calls about the time. Nobody
 * can write to it.
 */
#include <elf.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

#include "child.h"
#include "sys.h"
#include "tap.h"

static const unsigned char *image;

/* The address of @name in the image's symbols, 0: not there. */
static unsigned long find(const char *name)
{
	const Elf64_Ehdr *h = (const void *)image;
	const Elf64_Phdr *ph = (const void *)(image + h->e_phoff);
	const Elf64_Sym *symbols = NULL;
	const char *strings = NULL;
	const unsigned *hash = NULL;
	unsigned long bias = 0;
	const Elf64_Dyn *dynamic = NULL;

	for (int i = 0; i < h->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD)
			bias = (unsigned long)image + ph[i].p_offset - ph[i].p_vaddr;
		else if (ph[i].p_type == PT_DYNAMIC)
			dynamic = (const void *)(image + ph[i].p_offset);
	}
	for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
		if (dynamic->d_tag == DT_STRTAB)
			strings = (const void *)(bias + dynamic->d_un.d_ptr);
		else if (dynamic->d_tag == DT_SYMTAB)
			symbols = (const void *)(bias + dynamic->d_un.d_ptr);
		else if (dynamic->d_tag == DT_HASH)
			hash = (const void *)(bias + dynamic->d_un.d_ptr);
	}
	for (unsigned i = 0; hash && i < hash[1]; i++)
		if (strcmp(strings + symbols[i].st_name, name) == 0)
			return bias + symbols[i].st_value;
	return 0;
}

static long ns_of(const struct timespec *ts)
{
	return ts->tv_sec * 1000000000L + ts->tv_nsec;
}

/* The vDSO's time lies between two of the system call's. */
static void agrees(int clock, const char *name)
{
	int (*get)(int, struct timespec *) =
		(int (*)(int, struct timespec *))find("__vdso_clock_gettime");
	struct timespec before, between, after;
	int wrong = 0;

	for (int i = 0; i < 100; i++) {
		raw(SYS_clock_gettime, clock, &before);
		if (get(clock, &between) != 0)
			wrong++;
		raw(SYS_clock_gettime, clock, &after);
		wrong += ns_of(&before) > ns_of(&between) || ns_of(&between) > ns_of(&after);
	}
	is_long(wrong, 0, "%s: between two system calls", name);
}

static int write_to_it(void *unused)
{
	(void)unused;
	*(volatile unsigned char *)(unsigned long)image = 0;
	return 0;
}

int main(void)
{
	struct timeval tv;

	image = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	ok(image != NULL, "AT_SYSINFO_EHDR is given");
	if (!image)
		return done_testing();
	ok(memcmp(image, ELFMAG, SELFMAG) == 0, "an ELF image is there");
	ok(find("__vdso_clock_gettime") != 0, "clock_gettime is in it");
	ok(find("__vdso_gettimeofday") != 0, "gettimeofday");
	ok(find("__vdso_time") != 0, "time");
	ok(find("__vdso_getcpu") != 0, "getcpu");
	agrees(CLOCK_MONOTONIC, "CLOCK_MONOTONIC");
	agrees(CLOCK_REALTIME, "CLOCK_REALTIME");
	agrees(CLOCK_PROCESS_CPUTIME_ID, "CLOCK_PROCESS_CPUTIME_ID");
	ok(gettimeofday(&tv, NULL) == 0 && tv.tv_usec >= 0 && tv.tv_usec < 1000000, "gettimeofday");
	is_status(in_child(write_to_it, NULL), KILLED(SIGSEGV), "it can't be written");
	return done_testing();
}
