/* SPDX-License-Identifier: ISC */
/*
 * What a program finds at its first instruction (System V x86-64 ABI, "Process initialization"):
 * registers, flags, segments, FPU, and the stack with argc, argv, envp and auxv.
 */
#include <elf.h>
#include <string.h>
#include <sys/auxv.h>

#include "sys.h"
#include "tap.h"

extern unsigned long entry_regs[15], entry_rsp, entry_flags;
extern unsigned short entry_segments[6];
extern unsigned char entry_fpu[512], entry_ymm[256];
extern int entry_has_avx;

static bool all_zero(const void *at, size_t size)
{
	const unsigned char *byte = at;

	while (size-- > 0)
		if (byte[size])
			return false;
	return true;
}

static void check_registers(void)
{
	static const char *const names[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",
					     "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };

	for (int i = 0; i < 15; i++)
		is_long(entry_regs[i], 0, "%s is 0", names[i]);
	is_long(entry_rsp % 16, 0, "rsp is 16-aligned");
	is_long(entry_flags, 0x202, "rflags is 0x202");
}

static void check_segments(void)
{
	static const unsigned short want[] = { 0x33, 0x2b, 0, 0, 0, 0 };
	static const char *const names[] = { "cs", "ss", "ds", "es", "fs", "gs" };

	for (int i = 0; i < 6; i++)
		is_long(entry_segments[i], want[i], "%s is %#x", names[i], want[i]);
}

static void check_fpu(void)
{
	unsigned short fcw;
	unsigned int mxcsr;

	memcpy(&fcw, entry_fpu, 2);
	memcpy(&mxcsr, entry_fpu + 24, 4);
	is_long(fcw, 0x37f, "FCW is 0x37f");
	is_long(mxcsr, 0x1f80, "MXCSR is 0x1f80");
	ok(all_zero(entry_fpu + 2, 4), "FSW and FTW are 0");
	ok(all_zero(entry_fpu + 32, 128), "the x87 registers are 0");
	ok(all_zero(entry_fpu + 160, 256), "xmm0 to xmm15 are 0");
	if (entry_has_avx)
		ok(all_zero(entry_ymm, 256), "the upper halves of ymm0 to ymm15 are 0");
	else
		skip("no AVX", "the upper halves of ymm0 to ymm15 are 0");
}

static const Elf64_auxv_t *find_aux(const Elf64_auxv_t *aux, unsigned long type)
{
	for (; aux->a_type != AT_NULL; aux++)
		if (aux->a_type == type)
			return aux;
	return NULL;
}

static void check_auxv(const Elf64_auxv_t *aux)
{
	extern const Elf64_Ehdr ehdr __asm__("__ehdr_start");
	extern void test_entry(void);
	static const struct {
		unsigned long type;
		const char *name;
	} wanted[] = {
		{ AT_UID, "UID" },       { AT_EUID, "EUID" },     { AT_GID, "GID" },
		{ AT_EGID, "EGID" },     { AT_HWCAP, "HWCAP" },   { AT_CLKTCK, "CLKTCK" },
		{ AT_SECURE, "SECURE" }, { AT_EXECFN, "EXECFN" }, { AT_PLATFORM, "PLATFORM" }
	};
	const Elf64_auxv_t *random = find_aux(aux, AT_RANDOM);
	const Elf64_auxv_t *name = find_aux(aux, AT_EXECFN);

	is_long(getauxval(AT_PAGESZ), 4096, "AT_PAGESZ is 4096");
	is_long(getauxval(AT_PHENT), sizeof(Elf64_Phdr), "AT_PHENT is an Elf64_Phdr's size");
	is_long(getauxval(AT_PHNUM), ehdr.e_phnum, "AT_PHNUM is the file's");
	is_long(getauxval(AT_PHDR), (long)&ehdr + ehdr.e_phoff, "AT_PHDR points to the headers");
	is_long(getauxval(AT_ENTRY), (long)test_entry, "AT_ENTRY is the entry point");
	is_long(getauxval(AT_BASE), 0, "AT_BASE is 0 without an interpreter");
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		ok(find_aux(aux, wanted[i].type), "AT_%s is there", wanted[i].name);
	ok(random && !all_zero((void *)random->a_un.a_val, 16), "AT_RANDOM points to 16 bytes");
	ok(name && strstr((char *)name->a_un.a_val, "entry"), "AT_EXECFN names this file");
}

static void check_stack(void)
{
	long *at = (long *)entry_rsp;
	long argc = *at++;
	unsigned long below;

	ok(argc >= 1, "argc counts the program's name");
	ok(at[argc] == 0, "argv ends with NULL");
	ok(strstr((char *)at[0], "entry"), "argv[0] is the program's name");
	at += argc + 1;
	while (*at)
		at++;
	check_auxv((Elf64_auxv_t *)(at + 1));

	/* libc has used the stack by now, but only a little of it: look a page further down. */
	below = (entry_rsp & -4096UL) - 8 * 4096;
	ok(all_zero((void *)below, 4096), "fresh stack is zero");
}

/* Leave as much behind as a program can: the next one must find none of it. */
static void leave_dirt(void)
{
	static const unsigned int mxcsr = 0x1fbf;
	static const unsigned short fcw = 0x27f;

	__asm__ volatile("fld1; fldpi; fldcw %0; ldmxcsr %1\n"
			 ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			 "pcmpeqb %%xmm\\n, %%xmm\\n\n"
			 ".endr"
			 :
			 : "m"(fcw), "m"(mxcsr));
	if (entry_has_avx)
		__asm__ volatile(".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
				 "vcmptrueps %%ymm\\n, %%ymm\\n, %%ymm\\n\n"
				 ".endr" ::);
}

int main(int argc, char **argv)
{
	char *again[] = { argv[0], "again", NULL };
	char *env[] = { "NAME=VALUE", NULL };

	if (argc == 1) {
		leave_dirt();
		raw(SYS_execve, argv[0], again, env);
	}
	ok(argc == 2 && strcmp(argv[1], "again") == 0, "the program starts itself again");
	check_registers();
	check_segments();
	check_fpu();
	check_stack();
	return done_testing();
}
