/* SPDX-License-Identifier: ISC */
/*
 * Hostile arguments for the fuzzer: numbers, addresses, strings and structures, each good or bad as
 * the seed will have it. All of them point into the arena or to where nothing may be.
 *
 * Nothing here may hurt the machine it runs on: no pid of a stranger, no path outside the fuzzer's
 * own directory that an ordinary user could change.
 */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "sys.h"

#define PAGE 4096UL
#define ARENA 0x10000000UL /* buffers: readable and writable */
#define ARENA_PAGES 32
#define ARENA_END (ARENA + ARENA_PAGES * PAGE) /* nothing behind it */
#define READ_ONLY (ARENA_END + PAGE)
#define NO_ACCESS (READ_ONLY + PAGE)
#define GAMES 0x20000000UL /* what mmap and its relatives play with */
#define GAMES_PAGES 2048

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a family of processes shares with the supervisor. */
struct slot {
	volatile uint64_t calls;
	volatile int64_t forks; /* left */
	volatile uint64_t last[4]; /* the last call begun: number and three arguments */
};

static struct slot *slot; /* this family's */
static uint64_t random_state;
static bool on_leash; /* its kernel may be asked for more than a guest of Linux may do */
static int depth; /* 0 the family's first process, 1 its children, … */
static int pool_fd[8];

static inline uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebUL;
	return z ^ z >> 31;
}

static inline uint64_t rnd(void)
{
	random_state += 0x9e3779b97f4a7c15UL;
	return mix(random_state);
}

static inline uint64_t below(uint64_t n)
{
	return rnd() % n;
}

static inline bool one_in(unsigned n)
{
	return below(n) == 0;
}

static inline uint64_t any_number(void)
{
	static const uint64_t edges[] = { 0,          1,          -1UL,       -2UL,      0x7f,
					  0xff,       0xfff,      0x1000,     0x1001,    0xffff,
					  0x7fffffff, 0x80000000, 0xffffffff, 1UL << 32, 1UL << 47,
					  1UL << 62,  1UL << 63,  -1UL >> 1,  -4096UL,   -4095UL };

	switch (below(4)) {
	case 0: return below(16);
	case 1: return rnd() >> below(64);
	case 2: return 1UL << below(64);
	default: return edges[below(COUNT(edges))];
	}
}

/* -- addresses -------------------------------------------------------------------------------- */

static inline uint64_t bad_address(void)
{
	static const uint64_t edges[] = {
		0,
		1,
		8,
		PAGE - 1,
		PAGE,
		READ_ONLY,
		READ_ONLY + 8,
		NO_ACCESS,
		NO_ACCESS - 4,
		ARENA_END,
		0x7ffffffff000,
		0x7fffffffffff,
		0x7fffffffeff8,
		0x800000000000,
		0xffff7fffffffffff,
		0xffff800000000000,
		0xffff888000000000,
		0xffffffff80000000,
		0xffffffff80100000,
		0xffffffffff600000,
		0xfffffffffffff000,
		0xfffffffffffffff8,
		-1UL,
	};

	return edges[below(COUNT(edges))];
}

/* So near the arena's end that most structures run over it. */
static inline uint64_t edge_address(void)
{
	return ARENA_END - 1 - below(one_in(2) ? 8 : 300);
}

static inline void *arena(size_t room)
{
	return (void *)(ARENA + (below(ARENA_PAGES * PAGE - room) & ~7UL));
}

static inline uint64_t good_address(void)
{
	return ARENA + below(ARENA_PAGES * PAGE - 64);
}

static inline uint64_t games_address(void)
{
	uint64_t at = GAMES + below(GAMES_PAGES) * PAGE;

	return one_in(16) ? at + below(PAGE) : at;
}

static inline uint64_t buffer_address(void)
{
	switch (below(10)) {
	case 0: return bad_address();
	case 1: return edge_address();
	case 2: return games_address();
	default: return good_address();
	}
}

static inline uint64_t buffer_length(void)
{
	switch (below(32)) {
	case 0: return any_number();
	case 1: return below(20 * PAGE);
	case 2: return PAGE * below(5);
	default: return below(256);
	}
}

static inline uint64_t map_length(void)
{
	switch (below(12)) {
	case 0: return any_number();
	case 1: return below(64 * PAGE);
	case 2: return GAMES_PAGES * PAGE;
	case 3: return 3UL << 20;
	default: return PAGE * (1 + below(8));
	}
}

/* -- structures: each usually whole, sometimes at a bad place ---------------------------------- */

static inline uint64_t usually(void *good)
{
	return one_in(8) ? buffer_address() : (uint64_t)good;
}

static inline uint64_t words(void)
{
	uint64_t *at = arena(256);

	for (int i = 0; i < 16; i++)
		at[i] = one_in(3) ? buffer_address() : any_number();
	return usually(at);
}

static inline uint64_t iov_array(void)
{
	struct iovec *v = arena(8 * sizeof(*v));

	for (int i = 0; i < 8; i++) {
		v[i].iov_base = (void *)buffer_address();
		v[i].iov_len = one_in(12) ? any_number() : below(600);
	}
	return usually(v);
}

static inline uint64_t any_fd(void)
{
	switch (below(12)) {
	case 0: return any_number();
	case 1: return -100L; /* AT_FDCWD */
	case 2: return below(3);
	case 3: return below(64);
	default: return pool_fd[below(COUNT(pool_fd))];
	}
}

static inline uint64_t poll_array(void)
{
	struct pollfd *p = arena(8 * sizeof(*p));

	for (int i = 0; i < 8; i++)
		p[i] = (struct pollfd){ any_fd(), rnd(), rnd() };
	return usually(p);
}

static inline uint64_t short_time(void)
{
	int64_t *t = arena(32);

	for (int i = 0; i < 4; i += 2) {
		t[i] = one_in(300) ? any_number() : 0;
		t[i + 1] = one_in(30) ? any_number() : below(20000);
	}
	return one_in(8) ? bad_address() : (uint64_t)t;
}

static inline uint64_t signal_number(void)
{
	return one_in(10) ? any_number() : below(66);
}

static inline uint64_t limit_pair(void)
{
	uint64_t *l = arena(16);

	l[1] = any_number();
	l[0] = one_in(4) ? any_number() : l[1];
	return usually(l);
}

static inline uint64_t alt_stack(void)
{
	stack_t *s = arena(sizeof(*s));

	s->ss_sp = (void *)(one_in(10) ? buffer_address() : ARENA + below(8) * 2 * PAGE);
	s->ss_flags = one_in(3) ? any_number() : below(5);
	s->ss_size = one_in(2) ? 8192 : any_number();
	return usually(s);
}

/* -- strings ---------------------------------------------------------------------------------- */

/* Names in the slot's own directory, common to all slots, of devices, and nonsense. */
static inline const char *any_name(void)
{
	static const char *const names[] = {
		"fz-a",
		"fz-b",
		"fz-d",
		"fz-d/fz-a",
		"fz-d/fz-d",
		"fz-d/../fz-b",
		"fz-l",
		"fz-l/fz-a",
		"fz-p",
		"fz-a/",
		"fz-d/",
		"fz-d//./fz-b",
		"../all/fz-a",
		"../all/fz-d",
		"../all/fz-d/fz-a",
		"../all/fz-l",
		"../all/fz-p",
		"",
		".",
		"/dev/null",
		"/dev/zero",
		"/dev/full",
		"/dev/urandom",
		"/proc/meminfo",
		"/proc/uptime",
		"/nonexistent/a",
		"fz-x",
		"fz-s",
	};
	static const char *const leash_names[] = {
		"/",
		"/proc",
		"/proc/self",
		"/proc/self/exe",
		"/proc/leash/objects",
		"/dev",
		"/proc/self/fd",
		"/bin",
		"/bin/tiny",
		"/proc/sys/kernel/sched",
		"/proc/interrupts",
		"..",
		"../..",
		"/proc/self/maps",
		"/proc/self/status",
		"/proc/1/stat",
		"/proc/self/fd/3",
		"/proc/1/exe",
		"/proc/mounts",
		"/proc/stat",
		"/dev/tty",
		"/dev/ptmx",
	};

	if (on_leash && one_in(6))
		return leash_names[below(COUNT(leash_names))];
	return names[below(COUNT(names))];
}

static inline uint64_t long_path(void)
{
	size_t len = one_in(2) ? 4090 + below(12) : 250 + below(12);
	char *at = arena(4200);

	memset(at, one_in(2) ? '/' : 'a', len);
	at[len] = '\0';
	return (uint64_t)at;
}

static inline uint64_t path(void)
{
	const char *name = any_name();
	char *at;

	switch (below(16)) {
	case 0: return bad_address();
	case 1: return long_path();
	case 2:
		at = (char *)ARENA_END - strlen(name) - one_in(2);
		break; /* with its zero or without */
	default: at = arena(64);
	}
	return (uint64_t)memcpy(at, name, strlen(name) + (at + strlen(name) < (char *)ARENA_END));
}

static inline uint64_t string_array(void)
{
	uint64_t *v = arena(16 * 8);
	int n = below(8);

	for (int i = 0; i < n; i++)
		v[i] = path();
	v[n] = one_in(30) ? bad_address() : 0;
	return usually(v);
}

/* Processes of this family, or none. */
static inline uint64_t own_pid(void)
{
	switch (below(8)) {
	case 0: return 0;
	case 1: return 0x7ffffff0;
	case 2: return 0x80000001;
	case 3: return on_leash ? (uint64_t)-1L : 0;
	case 4: return on_leash ? below(400) : 0;
	default: return raw(SYS_getpid);
	}
}
