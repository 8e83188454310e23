/* SPDX-License-Identifier: ISC */
/*
 * The generator of random numbers: ChaCha20 (RFC 8439, 2.3) with fast key erasure. Each request
 * takes its own key from the generator's next block, whose other half becomes the
 * generator's new key: what was given out cannot be computed from a later state. Fresh entropy
 * of the machine is mixed in at the beginning and every so many requests.
 *
 * Lock: random_lock (spinlock) guards the key; a stream is computed without it.
 */
#include "fs/random.h"

#include "base/spinlock.h"
#include "lib/string.h"
#include "machine/platform.h"

#define KEY_WORDS 8
#define BLOCK_BYTES 64
#define RESEED_AFTER 1024 /* requests */

static struct spinlock random_lock = SPINLOCK_INIT;
static u32 generator_key[KEY_WORDS]; /* [random_lock] */
static u32 until_reseed; /* [random_lock] 0: seed first */

static u32 rotate(u32 x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static void quarter_round(u32 *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate(s[b] ^ s[c], 7);
}

/* Block @counter of the key's stream, nonce 0. */
static void chacha_block(const u32 *key, u32 counter, u32 *out)
{
	u32 in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(in + 4, key, KEY_WORDS * sizeof(u32));
	in[12] = counter;
	memcpy(out, in, sizeof(in));
	for (int i = 0; i < 10; i++) {
		for (unsigned j = 0; j < 4; j++)
			quarter_round(out, j, j + 4, j + 8, j + 12);
		for (unsigned j = 0; j < 4; j++)
			quarter_round(out, j, (j + 1) % 4 + 4, (j + 2) % 4 + 8, (j + 3) % 4 + 12);
	}
	for (int i = 0; i < 16; i++)
		out[i] += in[i];
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

/* A key of the caller's own. */
static void take_key(u32 *key)
{
	u32 block[BLOCK_BYTES / sizeof(u32)];

	spin_lock(&random_lock);
	if (!until_reseed--)
		mix_entropy();
	chacha_block(generator_key, 0, block);
	memcpy(generator_key, block, sizeof(generator_key));
	spin_unlock(&random_lock);
	memcpy(key, block + KEY_WORDS, KEY_WORDS * sizeof(u32));
}

void random_bytes(void *buf, size_t n)
{
	u32 key[KEY_WORDS], block[BLOCK_BYTES / sizeof(u32)];
	u8 *to = buf;

	take_key(key);
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
	size_t start = io->left;
	u8 buf[256];
	int r = 0;

	while (io->left && !r) {
		size_t piece = MIN(io->left, sizeof(buf));

		random_bytes(buf, piece);
		r = io_put(io, buf, piece);
	}
	return io->left != start ? (ssize_t)(start - io->left) : r;
}
