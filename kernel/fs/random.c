/* SPDX-License-Identifier: ISC */
/*
 * The generator of random numbers: ChaCha20 (RFC 8439, 2.3) with fast key erasure. Some blocks are made
 * at a time: the first half of one becomes the generator's new key, the rest are pieces for the next
 * requests: a short one gets as many as it needs, a long one a key of its own. Each is erased when it
 * is taken, so what was given out cannot be computed from a later state.
 * Fresh entropy of the machine is mixed in at the beginning and every so many blocks.
 *
 * Lock: random_lock (spinlock) guards key and supply; a stream is computed without it.
 */
#include "fs/random.h"

#include "base/spinlock.h"
#include "lib/string.h"
#include "machine/platform.h"
#include "sched/sched.h"

#define KEY_WORDS 8
#define ROUNDS 20
#define BLOCK_BYTES 64
#define BLOCKS_BETWEEN_POINTS 64 /* a page, as the longest time without a look at others */
#define SUPPLY_BLOCKS 4
#define PIECE_WORDS 4
#define PIECE_BYTES (PIECE_WORDS * sizeof(u32)) /* what a program's start asks for */
#define KEY_PIECES (KEY_WORDS / PIECE_WORDS)
#define SUPPLY_PIECES (SUPPLY_BLOCKS * BLOCK_BYTES / PIECE_BYTES) /* the first are the new key */
#define RESEED_AFTER 256 /* supplies */

static struct spinlock random_lock = SPINLOCK_INIT;
static u32 generator_key[KEY_WORDS]; /* [random_lock] */
static u32 until_reseed; /* [random_lock] 0: seed first */
static u32 supply[SUPPLY_PIECES][PIECE_WORDS]; /* [random_lock] those below supply_end are good */
static u32 supply_end = KEY_PIECES; /* [random_lock] */

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define QUARTER_ROUND(a, b, c, d)                                                                  \
	do {                                                                                       \
		a += b, d = ROTATE(d ^ a, 16);                                                     \
		c += d, b = ROTATE(b ^ c, 12);                                                     \
		a += b, d = ROTATE(d ^ a, 8);                                                      \
		c += d, b = ROTATE(b ^ c, 7);                                                      \
	} while (0)

static inline void double_round(u32 *x)
{
	QUARTER_ROUND(x[0], x[4], x[8], x[12]);
	QUARTER_ROUND(x[1], x[5], x[9], x[13]);
	QUARTER_ROUND(x[2], x[6], x[10], x[14]);
	QUARTER_ROUND(x[3], x[7], x[11], x[15]);
	QUARTER_ROUND(x[0], x[5], x[10], x[15]);
	QUARTER_ROUND(x[1], x[6], x[11], x[12]);
	QUARTER_ROUND(x[2], x[7], x[8], x[13]);
	QUARTER_ROUND(x[3], x[4], x[9], x[14]);
}

/* Block @counter of the key's stream, nonce 0. */
static void chacha_block(const u32 *key, u32 counter, u32 *out)
{
	static const u32 sigma[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	u32 x[16] = { sigma[0], sigma[1], sigma[2], sigma[3], key[0], key[1], key[2],
		      key[3],   key[4],   key[5],   key[6],   key[7], counter };

	for (int i = 0; i < ROUNDS; i += 2)
		double_round(x);
	for (int i = 0; i < 4; i++)
		out[i] = x[i] + sigma[i];
	for (int i = 0; i < KEY_WORDS; i++)
		out[i + 4] = x[i + 4] + key[i];
	out[12] = x[12] + counter;
	out[13] = x[13];
	out[14] = x[14];
	out[15] = x[15];
}

static void mix_entropy(void)
{
	for (unsigned i = 0; i < KEY_WORDS; i += 2) {
		u64 e = machine_entropy();

		generator_key[i] ^= e;
		generator_key[i + 1] ^= e >> 32;
	}
	until_reseed = RESEED_AFTER;
}

/* Makes pieces for the next requests, and forgets what they were made of. Under the lock. */
static void refill(void)
{
	if (!until_reseed--)
		mix_entropy();
	for (u32 i = 0; i < SUPPLY_BLOCKS; i++)
		chacha_block(generator_key, i, supply[i * (BLOCK_BYTES / PIECE_BYTES)]);
	memcpy(generator_key, supply, sizeof(generator_key));
	memset(supply, 0, sizeof(generator_key));
	supply_end = SUPPLY_PIECES;
}

/* For one who wants @n bytes: those, or a key of his own if they are more. */
static void take(u32 *key, size_t n)
{
	u32 pieces = n <= PIECE_BYTES ? 1 : KEY_PIECES, *taken;

	spin_lock(&random_lock);
	if (supply_end - KEY_PIECES < pieces)
		refill();
	supply_end -= pieces;
	taken = supply[supply_end];
	memcpy(key, taken, pieces * PIECE_BYTES);
	memset(taken, 0, pieces * PIECE_BYTES);
	spin_unlock(&random_lock);
}

void random_bytes(void *buf, size_t n)
{
	u32 key[KEY_WORDS], block[BLOCK_BYTES / sizeof(u32)];
	u8 *to = buf;

	take(key, n);
	if (n <= sizeof(key)) { /* as good a stream as any */
		memcpy(buf, key, n);
		return;
	}
	for (u32 i = 0; n; i++) {
		size_t piece = MIN(n, sizeof(block));

		chacha_block(key, i, block);
		memcpy(to, block, piece);
		to += piece;
		n -= piece;
	}
}

ssize_t random_io(struct io *io)
{
	u32 key[KEY_WORDS], block[BLOCK_BYTES / sizeof(u32)];
	size_t start = io->left;
	int r = 0;

	take(key, start);
	if (io->left <= sizeof(key)) {
		r = io_put(io, key, start);
		return io->left != start ? (ssize_t)(start - io->left) : r;
	}
	/* A key's stream is far longer (2^38 bytes) than what one call can ask for. */
	for (u32 i = 0; io->left && !r; i++) {
		if (i % BLOCKS_BETWEEN_POINTS == BLOCKS_BETWEEN_POINTS - 1) {
			if (thread_interrupted(thread_current()))
				break;
			sched_point();
		}
		chacha_block(key, i, block);
		r = io_put(io, block, MIN(io->left, sizeof(block)));
	}
	return io->left != start ? (ssize_t)(start - io->left) : r;
}
