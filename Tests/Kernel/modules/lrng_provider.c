// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Generators and hashes that another module brings to the LRNG: one that counts what is called, and others that are wrong in
 * one way each.
 *
 *     drng=good|constant|short|long|weak|nameless|spaced|ours|mute|unseedable|stateless|failing|untested
 *     hash=good|constant|unanswered|wrong|narrow|wide|long|short|large|piecewise|mute|ours
 *     forget=1        what is in use is not given back
 *     none=1          none is brought, but the one of another module is taken away
 *
 * "good" generates a counter, which is no secret, and hashes by addition: what comes out can be told.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lrng.h"

static char *drng = "", *hash = "";
module_param(drng, charp, 0444);
module_param(hash, charp, 0444);
static bool forget, none;
module_param(forget, bool, 0444);
module_param(none, bool, 0444);

/* Read by the tests. */
static int states, seeds, requests, digests;
module_param(states, int, 0444);
module_param(seeds, int, 0444);
module_param(requests, int, 0444);
module_param(digests, int, 0444);
/* Written by them: generate fails from now on, or the self test does. */
static bool fails, fails_test;
module_param(fails, bool, 0644);
module_param(fails_test, bool, 0644);

#define MARK "LRNG provider: "

struct state {
	u64 number;
	bool is_seeded, is_busy;
};

static bool is(const char *kind)
{
	return !strcmp(drng, kind);
}

static void *alloc(void)
{
	struct state *state;

	if (is("stateless"))
		return ERR_PTR(-ENODEV);
	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (state)
		states++;
	return state;
}

static void dealloc(void *memory)
{
	states--;
	kfree(memory);
}

static int seed(void *memory, const u8 *data, size_t length)
{
	struct state *state = memory;

	WARN_ON(cmpxchg(&state->is_busy, false, true));
	WARN_ON(!length);
	state->is_seeded = true;
	seeds++;
	WRITE_ONCE(state->is_busy, false);
	return is("unseedable") ? -EIO : 0;
}

/* Blocks of 32 bytes: MARK, a zero, and a number, so that a reader knows where they are from. */
static int generate(void *memory, u8 *output, size_t length, const u8 *additional, size_t additional_length)
{
	struct state *state = memory;
	size_t done;

	WARN_ON(cmpxchg(&state->is_busy, false, true));
	WARN_ON(!state->is_seeded || !length || length > 4096);
	requests++;
	if (is("long"))
		output[length] = 0;
	for (done = 0; done < length; done += 32) {
		u8 block[32] = MARK MARK;

		if (!is("constant")) {
			state->number++;
			memcpy(block + 6, &state->number, 8);
			memcpy(block + 22, &state->number, 8);
		}
		memcpy(output + done, block, min_t(size_t, length - done, is("short") ? 16 : 32));
	}
	WRITE_ONCE(state->is_busy, false);
	return fails || is("failing") ? -EIO : 0;
}

static int self_test(void)
{
	return fails_test || is("untested") ? -EINVAL : 0;
}

static int bring_drng(void)
{
	struct lrng_drng table = {
		.name = is("nameless") ? "" : is("spaced") ? "two words" : is("ours") ? "HMAC_DRBG" : "test-counter",
		.security_strength = is("weak") ? 255 : 256,
		.alloc = alloc,
		.dealloc = dealloc,
		.seed = seed,
		.generate = is("mute") ? NULL : generate,
		.self_test = self_test,
	};
	typeof(&__lrng_set_drng) set = (typeof(set))__symbol_get("__lrng_set_drng");
	int err;

	if (!set)
		return -ENOENT;
	err = set(none ? NULL : &table, THIS_MODULE);
	__symbol_put("__lrng_set_drng");
	pr_info("lrng_provider: generator %s: %d\n", drng, err);
	/* What the LRNG knows is a copy. */
	memset(&table, 0, sizeof(table));
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ a hash */

struct message {
	u64 sums[8];
	u64 length;
	u64 pieces;
};

static bool hash_is(const char *kind)
{
	return !strcmp(hash, kind);
}

static void init(void *memory)
{
	struct message *message = memory;
	int i;

	for (i = 0; i < 8; i++)
		message->sums[i] = 0x9e3779b97f4a7c15ull * (i + 1);
	message->length = message->pieces = 0;
}

static void update(void *memory, const u8 *data, size_t length)
{
	struct message *message = memory;
	size_t i;

	message->pieces++;
	for (i = 0; i < length; i++) {
		u64 *sum = &message->sums[message->length++ % 8];

		*sum = (*sum ^ data[i]) * 0x100000001b3ull;
	}
}

static void final(void *memory, u8 *digest)
{
	struct message *message = memory;
	u64 sum = message->length, words[8];
	int i, round;

	digests++;
	if (hash_is("piecewise"))
		sum += message->pieces;
	for (round = 0; round < 2; round++)
		for (i = 0; i < 8; i++) {
			sum = (sum ^ message->sums[i]) * 0xff51afd7ed558ccdull;
			sum ^= sum >> 32;
			words[i] = hash_is("constant") ? 1 : sum;
		}
	memcpy(digest, words, hash_is("short") ? 32 : 64);
	if (hash_is("long"))
		digest[64] = 0;
}

static int bring_hash(void)
{
	static u8 answer[64];
	struct message message;
	struct lrng_hash table = {
		.name = hash_is("ours") ? "SHA-256" : "test-sum",
		.digest_size = hash_is("narrow") ? 31 : hash_is("wide") ? 65 : 64,
		.state_size = hash_is("large") ? LRNG_HASH_STATE_SIZE + 1 : sizeof(struct message),
		.init = init,
		.update = update,
		.final = hash_is("mute") ? NULL : final,
		.digest_of_abc = hash_is("unanswered") ? NULL : answer,
	};
	typeof(&__lrng_set_hash) set = (typeof(set))__symbol_get("__lrng_set_hash");
	int err;

	if (!set)
		return -ENOENT;
	init(&message);
	update(&message, "abc", 3);
	if (!hash_is("long"))
		final(&message, answer);
	if (hash_is("wrong"))
		answer[63] ^= 1;
	err = set(none ? NULL : &table, THIS_MODULE);
	__symbol_put("__lrng_set_hash");
	pr_info("lrng_provider: hash %s: %d\n", hash, err);
	memset(&table, 0, sizeof(table));
	return err;
}

/* -------------------------------------------------------------------------------------------------------------------- both */

static void give_back(const char *function)
{
	int (*set)(const void *, struct module *) = (typeof(set))__symbol_get(function);
	int err = -ENOENT;

	if (set) {
		err = set(NULL, THIS_MODULE);
		__symbol_put(function);
	}
	pr_info("lrng_provider: %s(NULL): %d\n", function, err);
}

static int __init lrng_provider_init(void)
{
	int err = 0;

	if (*drng)
		err = bring_drng();
	if (!err && *hash)
		err = bring_hash();
	return err;
}

static void __exit lrng_provider_exit(void)
{
	if (*drng && !forget)
		give_back("__lrng_set_drng");
	if (*hash && !forget)
		give_back("__lrng_set_hash");
	if (!forget)
		pr_info("lrng_provider: %d states left\n", states);
}

module_init(lrng_provider_init);
module_exit(lrng_provider_exit);
MODULE_DESCRIPTION("Generators and hashes, right and wrong");
MODULE_LICENSE("Dual BSD/GPL");
