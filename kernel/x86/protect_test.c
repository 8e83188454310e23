/* SPDX-License-Identifier: ISC */
/*
 * Tests of what the processor forbids: user memory out of a copy routine's hands, read-only pages,
 * kernel addresses given by programs. The tests map one page of their own at PROBE with interrupts
 * off, so no other thread meets it. (vm's tests walk the kernel half of the tables.)
 */
#include "x86/x86.h"

#include "abi/errno.h"
#include "base/ktest.h"
#include "lib/string.h"
#include "machine/upcalls.h"
#include "machine/usercopy.h"

#define PROBE 0x10000000UL

struct probe {
	struct mmu mmu;
	u64 phys;
	u64 flags;
};

/* Maps one user page at PROBE in a space of its own and loads that. Interrupts off till close. */
static bool probe_open(struct probe *p, u32 prot)
{
	pte_t *slot;

	if (mmu_create(&p->mmu) < 0)
		return false;
	p->phys = upcall_table_alloc(NULL);
	slot = mmu_slot(&p->mmu, PROBE, true);
	if (!p->phys || !slot)
		return false;
	*slot = pte_user(p->phys, prot);
	p->flags = irq_save();
	context_load_mmu((struct context *)thread_current(), &p->mmu);
	return true;
}

static void probe_close(struct probe *p)
{
	context_load_mmu((struct context *)thread_current(), NULL);
	*mmu_slot(&p->mmu, PROBE, false) = 0;
	mmu_flush_local(PROBE);
	irq_restore(p->flags);
	upcall_table_free(p->phys);
	mmu_destroy(&p->mmu);
}

/* True if the kernel, without lifting SMAP, can read the byte at @va. */
static bool kernel_reads(u64 va)
{
	bool done;

	__asm__ volatile("1: movb (%1), %%cl\n"
			 "movb $1, %0\n"
			 "jmp 3f\n"
			 "2: movb $0, %0\n"
			 "3:\n"
			 ".pushsection .extable, \"a\"\n"
			 ".quad 1b, 2b\n"
			 ".popsection"
			 : "=q"(done)
			 : "r"(va)
			 : "rcx", "memory");
	return done;
}

KTEST(protect_smap, 20)
{
	struct probe p;
	bool read;

	if (!cpu_features.smap) {
		ktest_skip("the processor has no SMAP");
		return;
	}
	KREQUIRE(probe_open(&p, MMU_READ | MMU_WRITE));
	read = kernel_reads(PROBE);
	probe_close(&p);
	KEXPECT(!read);
}

KTEST(protect_smep, 20)
{
	if (!cpu_features.smep)
		ktest_skip("the processor has no SMEP");
	else
		KEXPECT(cr4_read() & CR4_SMEP);
}

KTEST(protect_umip, 20)
{
	if (!cpu_features.umip)
		ktest_skip("the processor has no UMIP");
	else
		KEXPECT(cr4_read() & CR4_UMIP);
}

KTEST(protect_copy_keeps_read_only, 20)
{
	struct probe p;
	u32 word = 1;
	int written, read;

	KREQUIRE(probe_open(&p, MMU_READ));
	written = user_write(PROBE, &word, sizeof(word));
	read = user_read(&word, PROBE, sizeof(word));
	probe_close(&p);
	KEXPECT_EQ(written, -EFAULT);
	KEXPECT_EQ(read, 0);
	KEXPECT_EQ(word, 0);
}

KTEST(protect_copy_to_user, 20)
{
	struct probe p;
	char text[8];
	int written;
	ssize_t read;

	KREQUIRE(probe_open(&p, MMU_READ | MMU_WRITE));
	written = user_write(PROBE + 4090, "leash", 6);
	read = user_read_string(text, PROBE + 4090, sizeof(text));
	probe_close(&p);
	KEXPECT_EQ(written, 0);
	KEXPECT_EQ(read, 5);
}

/* One string of @n characters that ends @gap bytes before the page does: 0, or what is wrong. */
static int read_string_at(size_t n, size_t gap)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	u64 at = PROBE + PAGE_SIZE - gap - n - 1;
	char text[32];

	memset(text, '?', sizeof(text));
	if (user_write(at, letters, n) || user_write(at + n, "", 1))
		return 1;
	if (user_read_string(text, at, n + 1) != (ssize_t)n || memcmp(text, letters, n) || text[n])
		return 2;
	if (text[n + 1] != '?')
		return 3;
	if (n && user_read_string(text, at, n) != -ENAMETOOLONG)
		return 4;
	if (user_read_string(text, at, sizeof(text)) != (ssize_t)n)
		return 5;
	user_write(at + n, "!", 1);
	if (!gap && user_read_string(text, at, sizeof(text)) != -EFAULT)
		return 6;
	return 0;
}

KTEST(protect_strings_end_anywhere, 20)
{
	struct probe p;
	u32 wrong = 0;

	KREQUIRE(probe_open(&p, MMU_READ | MMU_WRITE));
	for (size_t n = 0; n <= 26; n++)
		for (size_t gap = 0; gap < 10; gap++)
			wrong += read_string_at(n, gap) != 0;
	probe_close(&p);
	KEXPECT_EQ(wrong, 0);
}

KTEST(protect_copy_of_kernel_addresses, 20)
{
	static u64 secret = 0x5ec3e7;
	static const u64 bad[] = { DIRECT_MAP_BASE, KERNEL_BASE, 0x0000800000000000UL, USER_END,
				   ~0UL - 3 };
	u64 word = 0;
	char text[16];

	KEXPECT_EQ(user_read(&word, (u64)&secret, sizeof(word)), -EFAULT);
	KEXPECT_EQ(user_read_u64(&word, (u64)&secret), -EFAULT);
	KEXPECT_EQ(word, 0);
	KEXPECT_EQ(user_write((u64)&secret, &word, sizeof(word)), -EFAULT);
	KEXPECT_EQ(user_write_u64((u64)&secret, 0), -EFAULT);
	KEXPECT_EQ(user_zero((u64)&secret, sizeof(secret)), -EFAULT);
	KEXPECT_EQ(user_read_string(text, (u64)&secret, sizeof(text)), -EFAULT);
	KEXPECT_EQ(secret, 0x5ec3e7);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		KEXPECT_EQ(user_read(&word, bad[i], sizeof(word)), -EFAULT);
	KEXPECT_EQ(user_read(&word, USER_END - 4, sizeof(word)), -EFAULT);
	KEXPECT_EQ(user_read(&word, PROBE, ~0UL), -EFAULT);
}

KTEST(protect_syscall_flags, 20)
{
	u64 want = RFLAGS_IF | RFLAGS_DF | RFLAGS_TF | RFLAGS_AC | RFLAGS_NT | RFLAGS_IOPL;

	KEXPECT_EQ(msr_read(MSR_FMASK) & want, want);
	KEXPECT_EQ(msr_read(MSR_SYSENTER_CS), 0);
	KEXPECT(msr_read(MSR_CSTAR) >= KERNEL_BASE);
}
