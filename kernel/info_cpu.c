/* SPDX-License-Identifier: ISC */
/* /proc/cpuinfo: a block for each processor, in the order and with the words of Linux. */
#include "fs/procfs.h"
#include "info.h"
#include "machine/clock.h"
#include "machine/cpu.h"

struct leaf {
	u32 eax, ebx, ecx, edx;
};

static struct leaf cpuid_sub(u32 leaf, u32 sub)
{
	struct leaf r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(sub));
	return r;
}

static struct leaf cpuid(u32 leaf)
{
	return cpuid_sub(leaf, 0);
}

/* Names of bits 0 to 31 (SDM vol. 2, CPUID); "": not shown. */
static const char *const leaf1_edx[32] = {
	"fpu",  "vme",  "de",   "pse", "tsc",  "msr", "pae",   "mce", "cx8",     "apic", "",
	"sep",  "mtrr", "pge",  "mca", "cmov", "pat", "pse36", "pn",  "clflush", "",     "dts",
	"acpi", "mmx",  "fxsr", "sse", "sse2", "ss",  "ht",    "tm",  "ia64",    "pbe",
};
static const char *const leaf1_ecx[32] = {
	"pni",    "pclmulqdq",  "dtes64", "monitor", "ds_cpl",
	"vmx",    "smx",        "est",    "tm2",     "ssse3",
	"cid",    "sdbg",       "fma",    "cx16",    "xtpr",
	"pdcm",   "",           "pcid",   "dca",     "sse4_1",
	"sse4_2", "x2apic",     "movbe",  "popcnt",  "tsc_deadline_timer",
	"aes",    "xsave",      "",       "avx",     "f16c",
	"rdrand", "hypervisor",
};
static const char *const leaf7_ebx[32] = {
	"fsgsbase", "tsc_adjust", "",        "bmi1", "",     "avx2",   "", "smep",
	"bmi2",     "erms",       "invpcid", "",     "",     "",       "", "",
	"",         "",           "rdseed",  "adx",  "smap", "",       "", "clflushopt",
	"clwb",     "",           "",        "",     "",     "sha_ni", "", "",
};
static const char *const extended_edx[32] = {
	[11] = "syscall", [20] = "nx", [26] = "pdpe1gb", [27] = "rdtscp", [29] = "lm",
};

static void print_flags(struct procfs_text *t, u32 bits, const char *const names[32])
{
	for (unsigned i = 0; i < 32; i++)
		if ((bits >> i & 1) && names[i] && *names[i])
			procfs_print(t, " %s", names[i]);
}

/* What the processor can and the kernel lets programs use. */
static void print_all_flags(struct procfs_text *t)
{
	struct leaf one = cpuid(1), none = { 0 }, seven, ext;
	u32 avx = 1u << 28 | 1u << 29 | 1u << 12;

	seven = cpuid(0).eax >= 7 ? cpuid(7) : none;
	ext = cpuid(0x80000000).eax >= 0x80000001 ? cpuid(0x80000001) : none;
	if (!(cpu_features.xcr0 & 4)) {
		one.ecx &= ~avx;
		seven.ebx &= ~(1u << 5);
	}
	if (!cpu_features.fsgsbase)
		seven.ebx &= ~1u;
	procfs_print(t, "flags\t\t:");
	print_flags(t, one.edx, leaf1_edx);
	print_flags(t, ext.edx, extended_edx);
	print_flags(t, one.ecx, leaf1_ecx);
	print_flags(t, seven.ebx, leaf7_ebx);
	procfs_print(t, "\n");
}

/* How an APIC id is made up: bits that number threads of a core, and those of a package. */
struct id_bits {
	u32 thread, package;
};

static u32 bits_for(u32 n)
{
	return n <= 1 ? 0 : 32 - (u32)__builtin_clz(n - 1);
}

/* Leaf 0xb tells the bits (SDM vol. 2, CPUID); before it leaf 1 told how many a package has. */
static struct id_bits id_bits(void)
{
	struct leaf thread, core, one = cpuid(1);

	if (cpuid(0).eax >= 0xb) {
		thread = cpuid_sub(0xb, 0);
		core = cpuid_sub(0xb, 1);
		if (thread.ebx)
			return (struct id_bits){ thread.eax & 31, core.eax & 31 };
	}
	return (struct id_bits){ 0, one.edx >> 28 & 1 ? bits_for(one.ebx >> 16 & 0xff) : 0 };
}

/* How many CPUs have their APIC id's bits above @low in common with @cpu; of equal threads one. */
static u32 count_like(u32 cpu, u32 low, u32 thread)
{
	u32 n = 0;

	for (u32 i = 0; i < cpu_count; i++)
		n += cpus[i]->apic_id >> low == cpus[cpu]->apic_id >> low &&
		     !(cpus[i]->apic_id & ((1u << thread) - 1));
	return n;
}

static void print_topology(struct procfs_text *t, u32 cpu)
{
	struct id_bits b = id_bits();
	u32 id = cpus[cpu]->apic_id, in_package = id & ((1u << b.package) - 1);

	procfs_print(t, "physical id\t: %u\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n",
		     id >> b.package, count_like(cpu, b.package, 0), in_package >> b.thread,
		     MAX(count_like(cpu, b.package, b.thread), 1u));
}

static void print_cpu(struct procfs_text *t, u32 cpu)
{
	u32 signature = cpuid(1).eax, family = signature >> 8 & 15, model = signature >> 4 & 15;
	u64 khz = clock_tsc_hz() / 1000;

	if (family == 6 || family == 15)
		model |= signature >> 12 & 0xf0;
	if (family == 15)
		family += signature >> 20 & 0xff;
	procfs_print(t, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", cpu,
		     cpu_features.vendor, family, model);
	procfs_print(t, "model name\t: %s\nstepping\t: %u\ncpu MHz\t\t: %lu.%03lu\n",
		     cpu_features.brand, signature & 15, khz / 1000, khz % 1000);
	print_topology(t, cpu);
	procfs_print(t, "apicid\t\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\n", cpus[cpu]->apic_id);
	procfs_print(t, "cpuid level\t: %u\nwp\t\t: yes\n", cpuid(0).eax);
	print_all_flags(t);
	procfs_print(t, "bogomips\t: %lu.%02lu\nclflush size\t: %u\n", khz / 500, khz / 5 % 100,
		     (cpuid(1).ebx >> 8 & 0xff) * 8);
	procfs_print(
		t, "cache_alignment\t: 64\naddress sizes\t: %u bits physical, 48 bits virtual\n\n",
		cpuid(0x80000008).eax & 0xff);
}

ssize_t info_show_cpuinfo(char *buf, size_t size)
{
	struct procfs_text t = { buf, size, 0 };

	for (u32 i = 0; i < cpu_count; i++)
		print_cpu(&t, i);
	return t.at;
}
