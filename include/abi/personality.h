/* SPDX-License-Identifier: ISC */
/* Execution domains of Linux x86-64: personality(2). */
#pragma once

#define PER_LINUX 0
#define ADDR_NO_RANDOMIZE 0x0040000
