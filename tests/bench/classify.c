/* SPDX-License-Identifier: ISC */
/* See classify.h. */
#include "classify.h"

#include <string.h>

/* What stands before the opcode, and the bytes from there on. */
struct decoded {
	bool f3, f2, operand_size, lock, rex_w;
	const uint8_t *op;
	size_t left;
};

static struct decoded prefixes(const uint8_t *bytes, size_t size)
{
	struct decoded d = { .op = bytes, .left = size };

	for (; d.left; d.op++, d.left--) {
		if (*d.op == 0xf3)
			d.f3 = true;
		else if (*d.op == 0xf2)
			d.f2 = true;
		else if (*d.op == 0x66)
			d.operand_size = true;
		else if (*d.op == 0xf0)
			d.lock = true;
		else if (!memchr("\x67\x2e\x36\x3e\x26\x64\x65", *d.op, 7))
			break;
	}
	if (d.left && (*d.op & 0xf0) == 0x40) {
		d.rex_w = *d.op & 8;
		d.op++;
		d.left--;
	}
	return d;
}

static unsigned rep_size(const struct decoded *d)
{
	if (!d->f3 && !d->f2)
		return 0;
	switch (*d->op) {
	case 0xa4:
	case 0xa6:
	case 0xaa:
	case 0xac:
	case 0xae: return 1;
	case 0xa5:
	case 0xa7:
	case 0xab:
	case 0xad:
	case 0xaf: return d->rex_w ? 8 : d->operand_size ? 2 : 4;
	default: return 0;
	}
}

static bool is_register(uint8_t modrm)
{
	return modrm >> 6 == 3;
}

static unsigned reg_field(uint8_t modrm)
{
	return modrm >> 3 & 7;
}

static int one_byte(uint8_t op, uint8_t modrm)
{
	switch (op) {
	case 0xcf: return K_iret;
	case 0xf4: return K_hlt;
	case 0x9d: return K_popf;
	case 0x6c:
	case 0x6d:
	case 0x6e:
	case 0x6f:
	case 0xe4:
	case 0xe5:
	case 0xe6:
	case 0xe7:
	case 0xec:
	case 0xed:
	case 0xee:
	case 0xef: return K_io;
	case 0xff: return reg_field(modrm) == 2 || reg_field(modrm) == 4 ? K_indirect : -1;
	default: return -1;
	}
}

static int group_7(uint8_t modrm)
{
	switch (modrm) {
	case 0xf8: return K_swapgs;
	case 0xf9: return K_rdtsc;
	case 0xca:
	case 0xcb: return K_smap;
	default: return !is_register(modrm) && reg_field(modrm) == 7 ? K_invlpg : -1;
	}
}

static int group_15(uint8_t modrm, bool f3)
{
	unsigned reg = reg_field(modrm);

	if (is_register(modrm))
		return f3 ? K_fsgsbase : reg >= 5 ? K_fence : -1;
	if (reg == 0 || reg == 4 || reg == 6)
		return K_xsave;
	return reg == 1 || reg == 5 ? K_xrstor : -1;
}

static int group_9(uint8_t modrm)
{
	unsigned reg = reg_field(modrm);

	if (is_register(modrm))
		return reg >= 6 ? K_rdrand : -1;
	if (reg == 4 || reg == 5)
		return K_xsave;
	return reg == 3 ? K_xrstor : -1;
}

static int two_bytes(const struct decoded *d)
{
	uint8_t modrm = d->left > 2 ? d->op[2] : 0;

	switch (d->op[1]) {
	case 0x00: return reg_field(modrm) == 5 ? K_verw : -1;
	case 0x01: return group_7(modrm);
	case 0x05: return K_syscall;
	case 0x07: return K_sysret;
	case 0x22: return reg_field(modrm) == 3 ? K_cr3_write : K_cr_write;
	case 0x30: return K_wrmsr;
	case 0x31: return K_rdtsc;
	case 0x32: return K_rdmsr;
	case 0x38: return modrm == 0x82 && d->operand_size ? K_invpcid : -1;
	case 0xa2: return K_cpuid;
	case 0xae: return group_15(modrm, d->f3);
	case 0xc7: return group_9(modrm);
	default: return -1;
	}
}

static int mark_of(const uint8_t *bytes, size_t size)
{
	bool is = size == 7 && memcmp(bytes, "\x0f\x1f\x80", 3) == 0 && bytes[4] == 0 &&
		  memcmp(bytes + 5, "\x4b\x4d", 2) == 0;

	return is && bytes[3] <= 3 ? bytes[3] : 0;
}

struct classified classify(const uint8_t *bytes, size_t size)
{
	struct decoded d = prefixes(bytes, size);
	struct classified is = { .kind = -1, .lock = d.lock, .mark = mark_of(bytes, size) };
	uint8_t modrm = d.left > 1 ? d.op[1] : 0;

	if (!d.left)
		return is;
	is.rep = rep_size(&d);
	if (*d.op == 0x0f)
		is.kind = d.left > 1 ? two_bytes(&d) : -1;
	else
		is.kind = one_byte(*d.op, modrm);
	is.lock |= (*d.op == 0x86 || *d.op == 0x87) && !is_register(modrm);
	return is;
}
