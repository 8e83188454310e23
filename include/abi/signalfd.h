/* SPDX-License-Identifier: ISC */
/* signalfd(2): what a read of it returns. */
#pragma once

#include <stdint.h>

struct signalfd_siginfo {
	uint32_t signo;
	int32_t error, code;
	uint32_t pid, uid;
	int32_t fd;
	uint32_t tid, band, overrun, trapno;
	int32_t status, number;
	uint64_t ptr, utime, stime, addr;
	uint16_t addr_lsb, pad0;
	int32_t syscall;
	uint64_t call_addr;
	uint32_t arch;
	uint8_t pad1[28];
};
_Static_assert(sizeof(struct signalfd_siginfo) == 128, "the ABI's size");
