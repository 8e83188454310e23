/* SPDX-License-Identifier: ISC */
/*
 * Calls that are seldom made, in functions that are short without them. A function that calls another
 * saves on its stack whatever it needs afterwards, in the way that calls nobody, too. A RARE one saves
 * all registers by itself, and call_rarely() tells the compiler that nothing is lost.
 */
#pragma once

#define RARE __attribute__((no_caller_saved_registers))

/* @fn returns nothing; one or two arguments that fit a register. */
#define call_rarely(fn, a) __asm__ volatile("call %P0" ::"i"(fn), "D"(a) : "memory", "cc")
#define call_rarely2(fn, a, b)                                                                     \
	__asm__ volatile("call %P0" ::"i"(fn), "D"(a), "S"(b) : "memory", "cc")
