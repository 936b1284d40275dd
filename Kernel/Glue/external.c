// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Generators and hashes of other modules, see include/lrng.h.
 *
 *     module ──► __lrng_set_drng ──► slot ──► lrng_host_plug_in_drng: a switch like any other
 *        ▲                                              │
 *        └────────── lrng_glue_drng_* ◄─────────────────┘ the table that Swift knows; it is always the same
 *
 * There is one slot for a generator and one for a hash. A slot is filled while nothing uses it, and is not cleared after use:
 * who still looks at a name or a length then finds the old one.
 *
 * All states of a generator are made before the switch, without any lock that a request needs: making one may load
 * modules, and the program that does it may read /dev/random.
 *
 * Lock order: plug_lock, the LRNG's own locks, test_lock.
 */
#include <linux/atomic.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "lrng.h"
#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

#define NAME_SIZE 32
#define LOWEST_STRENGTH 256
#define LOWEST_DIGEST 32
#define HIGHEST_DIGEST 64

/* One change at a time, by a module or by a parameter. */
static DEFINE_MUTEX(plug_lock);
/* A self test that has begun can end. */
static DEFINE_MUTEX(test_lock);

static struct {
	struct lrng_drng table;
	char name[NAME_SIZE];
	struct module *owner;
	bool is_plugged_in;
	/* One state for each generator, NULL while that has it. */
	void **states;
	unsigned int count;
	/* The one that self tests work on. */
	void *tested;
} drng;

static struct {
	struct lrng_hash table;
	char name[NAME_SIZE];
	struct module *owner;
	bool is_plugged_in, is_testable;
	u64 tested[LRNG_HASH_STATE_SIZE / sizeof(u64)];
} hash;

static bool is_name(const char *name)
{
	size_t length;

	if (!name)
		return false;
	for (length = 0; name[length]; length++)
		if (length == NAME_SIZE - 1 || !isascii(name[length]) || !isgraph(name[length]))
			return false;
	/* One of ours would be taken for ours. */
	return length && !lrng_host_knows_drng(name) && !lrng_host_knows_hash(name);
}

static int to_errno(long result)
{
	switch (result) {
	case 0: return 0;
	case LRNG_NO_ENTROPY: return -EAGAIN;
	case LRNG_STRENGTH_WOULD_FALL: return -EPERM;
	default: return -EIO;
	}
}

static int tell(const char *what, const char *name, long result)
{
	if (result)
		pr_warn("%s %s is refused: %s\n", what, name,
			result == LRNG_SELF_TEST_FAILED ? "its self test failed" :
			result == LRNG_NO_ENTROPY ? "not enough entropy now, try again" :
			result == LRNG_STRENGTH_WOULD_FALL ? "it is not strong enough for this mode" : "it does not work");
	else
		pr_info("%s %s is in use\n", what, name);
	return to_errno(result);
}

/* ------------------------------------------------------------------------------------------------------------- a generator */

static void free_states(const struct lrng_drng *table, void **states, unsigned int count)
{
	unsigned int i;

	for (i = 0; states && i < count; i++)
		if (states[i])
			table->dealloc(states[i]);
	kfree(states);
}

static void **make_states(const struct lrng_drng *table, unsigned int count)
{
	void **states = kcalloc(count, sizeof(*states), GFP_KERNEL);
	unsigned int i;

	if (!states)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < count; i++) {
		void *state = table->alloc();

		if (IS_ERR_OR_NULL(state)) {
			free_states(table, states, count);
			return ERR_PTR(state ? PTR_ERR(state) : -ENOMEM);
		}
		states[i] = state;
	}
	return states;
}

/* All states are back: no generator uses them any more. */
static void empty_drng_slot(void)
{
	void *tested;

	mutex_lock(&test_lock);
	tested = drng.tested;
	drng.tested = NULL;
	mutex_unlock(&test_lock);
	drng.is_plugged_in = false;
	WRITE_ONCE(drng.owner, NULL);
	drng.table.dealloc(tested);
	free_states(&drng.table, drng.states, drng.count);
	drng.states = NULL;
}

static int plug_in_drng(const struct lrng_drng *table, struct module *owner)
{
	/* For the nodes, for prediction resistance, for self tests. */
	const unsigned int count = lrng_settings_in_force()->nodes + 2;
	void **states;
	long result;

	if (!is_name(table->name) || table->security_strength < LOWEST_STRENGTH || !table->alloc || !table->dealloc ||
	    !table->seed || !table->generate)
		return -EINVAL;
	if (READ_ONCE(drng.is_plugged_in))
		return -EBUSY;
	states = make_states(table, count);
	if (IS_ERR(states))
		return PTR_ERR(states);
	mutex_lock(&plug_lock);
	if (drng.is_plugged_in) {
		mutex_unlock(&plug_lock);
		free_states(table, states, count);
		return -EBUSY;
	}
	drng.table = *table;
	strscpy(drng.name, table->name, sizeof(drng.name));
	drng.table.name = drng.name;
	drng.states = states;
	drng.count = count - 1;
	drng.tested = states[count - 1];
	result = lrng_host_plug_in_drng();
	if (result) {
		empty_drng_slot();
	} else {
		drng.is_plugged_in = true;
		WRITE_ONCE(drng.owner, owner);
	}
	mutex_unlock(&plug_lock);
	return tell("the generator", table->name, result);
}

static int unplug_drng(struct module *owner)
{
	int err = 0;

	mutex_lock(&plug_lock);
	if (drng.is_plugged_in && drng.owner != owner) {
		err = -EPERM;
	} else if (drng.is_plugged_in) {
		lrng_host_unplug_drng();
		empty_drng_slot();
		pr_info("the generator %s is not in use any more\n", drng.name);
	}
	mutex_unlock(&plug_lock);
	return err;
}

int __lrng_set_drng(const struct lrng_drng *table, struct module *owner)
{
	might_sleep();
	if (table && !IS_ENABLED(CONFIG_LRNG_SWITCH))
		return -EOPNOTSUPP;
	return table ? plug_in_drng(table, owner) : unplug_drng(owner);
}
LRNG_EXPORT(__lrng_set_drng);

long lrng_switch_drng(const char *name)
{
	long result = 0;

	mutex_lock(&plug_lock);
	if (!drng.is_plugged_in || strcmp(name, drng.name)) {
		result = lrng_host_switch_drng(name);
		if (!result && drng.is_plugged_in)
			empty_drng_slot();
	}
	mutex_unlock(&plug_lock);
	return result;
}

/* ------------------------------------------------------------------------------------------------------------------ a hash */

static void empty_hash_slot(void)
{
	mutex_lock(&test_lock);
	hash.is_testable = false;
	mutex_unlock(&test_lock);
	hash.is_plugged_in = false;
	WRITE_ONCE(hash.owner, NULL);
}

static int plug_in_hash(const struct lrng_hash *table, struct module *owner)
{
	long result;

	if (!is_name(table->name) || table->digest_size < LOWEST_DIGEST || table->digest_size > HIGHEST_DIGEST ||
	    !table->state_size || table->state_size > LRNG_HASH_STATE_SIZE || !table->init || !table->update ||
	    !table->final)
		return -EINVAL;
	mutex_lock(&plug_lock);
	if (hash.is_plugged_in) {
		mutex_unlock(&plug_lock);
		return -EBUSY;
	}
	hash.table = *table;
	strscpy(hash.name, table->name, sizeof(hash.name));
	hash.table.name = hash.name;
	hash.is_testable = true;
	result = lrng_host_plug_in_hash();
	if (result) {
		empty_hash_slot();
	} else {
		hash.is_plugged_in = true;
		WRITE_ONCE(hash.owner, owner);
	}
	mutex_unlock(&plug_lock);
	return tell("the hash", table->name, result);
}

static int unplug_hash(struct module *owner)
{
	int err = 0;

	mutex_lock(&plug_lock);
	if (hash.is_plugged_in && hash.owner != owner) {
		err = -EPERM;
	} else if (hash.is_plugged_in) {
		lrng_host_unplug_hash();
		empty_hash_slot();
		pr_info("the hash %s is not in use any more\n", hash.name);
	}
	mutex_unlock(&plug_lock);
	return err;
}

int __lrng_set_hash(const struct lrng_hash *table, struct module *owner)
{
	might_sleep();
	if (table && !IS_ENABLED(CONFIG_LRNG_SWITCH))
		return -EOPNOTSUPP;
	return table ? plug_in_hash(table, owner) : unplug_hash(owner);
}
LRNG_EXPORT(__lrng_set_hash);

long lrng_switch_hash(const char *name)
{
	long result = 0;

	mutex_lock(&plug_lock);
	if (!hash.is_plugged_in || strcmp(name, hash.name)) {
		result = lrng_host_switch_hash(name);
		if (!result && hash.is_plugged_in)
			empty_hash_slot();
	}
	mutex_unlock(&plug_lock);
	return result;
}

/* ----------------------------------------------------------------------------------- for Swift: the states of a generator */

int lrng_glue_drng_begin(void *context, void *state)
{
	unsigned int i;

	for (i = 0; i < drng.count; i++) {
		void *taken = xchg(&drng.states[i], NULL);

		if (taken) {
			*(void **)state = taken;
			return 0;
		}
	}
	return -ENOMEM;
}

void lrng_glue_drng_end(void *context, void *state)
{
	unsigned int i;

	for (i = 0; i < drng.count; i++)
		if (!cmpxchg(&drng.states[i], NULL, *(void **)state))
			return;
}

int lrng_glue_drng_seed(void *context, void *state, const uint8_t *material, long length)
{
	return drng.table.seed(*(void **)state, material, length);
}

int lrng_glue_drng_generate(void *context, void *state, uint8_t *output, long length, const uint8_t *additional,
			    long additional_length)
{
	return drng.table.generate(*(void **)state, output, length, additional, additional_length);
}

/*
 * What any generator can be asked: two blocks of output are not the same, all of a block is written, and nothing behind it.
 * The twin of the test compares a block with itself.
 */
static bool generates(void *state, bool corrupting)
{
	static const u8 untouched[4] = { 0xa5, 0x5a, 0xa5, 0x5a };
	u8 seed[64], blocks[2][36] = { };
	bool is_good;
	int i;

	for (i = 0; i < sizeof(seed); i++)
		seed[i] = i;
	for (i = 0; i < 2; i++)
		memcpy(blocks[i] + 32, untouched, sizeof(untouched));
	is_good = !drng.table.seed(state, seed, sizeof(seed)) &&
		  !drng.table.generate(state, blocks[0], 32, NULL, 0) &&
		  !drng.table.generate(state, blocks[1], 32, seed, 4);
	if (corrupting)
		memcpy(blocks[1], blocks[0], 32);
	is_good = is_good && memcmp(blocks[0], blocks[1], 16) && memcmp(blocks[0] + 16, blocks[1] + 16, 16);
	for (i = 0; i < 2; i++)
		is_good = is_good && memchr_inv(blocks[i], 0, 16) && memchr_inv(blocks[i] + 16, 0, 16) &&
			  !memcmp(blocks[i] + 32, untouched, sizeof(untouched));
	memzero_explicit(blocks, sizeof(blocks));
	return is_good;
}

int lrng_glue_drng_self_test(void *context, int corrupting)
{
	bool found = !corrupting;

	mutex_lock(&test_lock);
	/* Gone since Swift looked: nothing depends on it. */
	if (drng.tested) {
		found = generates(drng.tested, corrupting);
		if (!corrupting && drng.table.self_test && drng.table.self_test())
			found = false;
	}
	mutex_unlock(&test_lock);
	return found;
}

const char *lrng_glue_drng_name(void)
{
	return drng.name;
}

/* --------------------------------------------------------------------------------------- for Swift: the messages of a hash */

void lrng_glue_hash_begin(void *context, void *state)
{
	hash.table.init(state);
}

void lrng_glue_hash_update(void *context, void *state, const uint8_t *data, long length)
{
	hash.table.update(state, data, length);
}

void lrng_glue_hash_finish(void *context, void *state, uint8_t *digest)
{
	hash.table.final(state, digest);
}

/* Swift wipes the memory, and a state has nothing else. */
void lrng_glue_hash_abandon(void *context, void *state)
{
}

/* In two pieces where `cut` is not 0, under the conditions of an interrupt. */
static void hash_once(const u8 *message, size_t length, size_t cut, u8 *digest)
{
	unsigned long flags;

	local_irq_save(flags);
	hash.table.init(hash.tested);
	if (cut)
		hash.table.update(hash.tested, message, cut);
	hash.table.update(hash.tested, message + cut, length - cut);
	hash.table.final(hash.tested, digest);
	local_irq_restore(flags);
}

/*
 * What any hash can be asked: "abc" has the digest that the module says, if it says one; a longer message has the same in one
 * piece and in two; nothing is written behind a digest. The twin of the test changes a bit of the second one.
 */
static bool hashes(bool corrupting)
{
	static const u8 untouched[8] = { 0xa5, 0x5a, 0xa5, 0x5a, 0x5a, 0xa5, 0x5a, 0xa5 };
	const size_t length = hash.table.digest_size;
	u8 message[150], digests[2][HIGHEST_DIGEST + 8] = { };
	bool is_good = true;
	int i;

	for (i = 0; i < sizeof(message); i++)
		message[i] = i;
	for (i = 0; i < 2; i++)
		memcpy(digests[i] + length, untouched, sizeof(untouched));
	if (hash.table.digest_of_abc) {
		hash_once("abc", 3, 1, digests[0]);
		is_good = !memcmp(digests[0], hash.table.digest_of_abc, length);
	}
	hash_once(message, sizeof(message), 0, digests[0]);
	message[sizeof(message) - 1] ^= corrupting;
	hash_once(message, sizeof(message), 67, digests[1]);
	is_good = is_good && !memcmp(digests[0], digests[1], length);
	for (i = 0; i < 2; i++)
		is_good = is_good && !memcmp(digests[i] + length, untouched, sizeof(untouched)) &&
			  memchr_inv(digests[i] + length - 8, 0, 8);
	return is_good;
}

int lrng_glue_hash_self_test(void *context, int corrupting)
{
	bool found = !corrupting;

	mutex_lock(&test_lock);
	if (hash.is_testable)
		found = hashes(corrupting);
	mutex_unlock(&test_lock);
	return found;
}

long lrng_glue_hash_digest_length(void)
{
	return hash.table.digest_size;
}

const char *lrng_glue_hash_name(void)
{
	return hash.name;
}

/* --------------------------------------------------------------------------------------------------------- modules that go */

/* After a module's exit, and before its code is gone: whoever forgot to give back what is in use. */
static int module_goes(struct notifier_block *block, unsigned long event, void *data)
{
	if (event != MODULE_STATE_GOING)
		return NOTIFY_DONE;
	if (READ_ONCE(drng.owner) == data)
		unplug_drng(data);
	if (READ_ONCE(hash.owner) == data)
		unplug_hash(data);
	return NOTIFY_DONE;
}

static struct notifier_block module_notifier = { .notifier_call = module_goes };

int lrng_external_begin(void)
{
	return register_module_notifier(&module_notifier);
}

void lrng_external_end(void)
{
	unregister_module_notifier(&module_notifier);
}
