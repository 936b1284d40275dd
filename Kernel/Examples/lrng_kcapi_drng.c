// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * A generator and a hash of the kernel's crypto API for the LRNG: the example to copy for mechanisms of your own.
 *
 *     modprobe lrng_kcapi_drng                             HMAC_DRBG with SHA-512
 *     modprobe lrng_kcapi_drng drng=drbg_nopr_ctr_aes256   another one of /proc/crypto
 *     modprobe lrng_kcapi_drng drng= hash=sha512-generic   a hash alone
 *     rmmod lrng_kcapi_drng                                the LRNG's own again
 *
 * A DRBG of the crypto API reads a seed of its own (get_random_bytes and a Jitter RNG); the LRNG's comes in addition, as a
 * personalization string or additional input.
 */
#include <linux/err.h>
#include <linux/fips.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <crypto/hash.h>
#include <crypto/rng.h>

#include "lrng.h"

#undef pr_fmt
#define pr_fmt(fmt) "lrng_kcapi_drng: " fmt

static char *drng = "drbg_nopr_hmac_sha512";
module_param(drng, charp, 0444);
MODULE_PARM_DESC(drng, "driver of a DRBG (default drbg_nopr_hmac_sha512), empty: none");

static char *hash = "";
module_param(hash, charp, 0444);
MODULE_PARM_DESC(hash, "driver of a synchronous hash of 256 to 512 bits, empty (default): none");

/* --------------------------------------------------------------------------------------------------------------- generator */

static void *drng_alloc(void)
{
	struct crypto_rng *rng = crypto_alloc_rng(drng, 0, 0);
	int err;

	if (IS_ERR(rng))
		return rng;
	/* It loads what it is made of with its first seed, which has to be done here: later no user space may be needed. */
	err = crypto_rng_reset(rng, NULL, 0);
	if (err) {
		crypto_free_rng(rng);
		return ERR_PTR(err);
	}
	return rng;
}

static void drng_dealloc(void *state)
{
	crypto_free_rng(state);
}

static int drng_seed(void *state, const u8 *data, size_t length)
{
	return crypto_rng_reset(state, data, length);
}

static int drng_generate(void *state, u8 *output, size_t length, const u8 *additional, size_t additional_length)
{
	return crypto_rng_generate(state, additional, additional_length, output, length);
}

static struct lrng_drng drng_table = {
	/* All DRBGs that the crypto API registers in this way have it, but for AES-128 and SHA-1, which are turned away. */
	.security_strength = 256,
	.alloc = drng_alloc,
	.dealloc = drng_dealloc,
	.seed = drng_seed,
	.generate = drng_generate,
	/* The crypto API has tested it before it gave it out. */
};

/* Only DRBGs: what else is registered as a generator ignores a seed, is too weak, or is the LRNG itself. */
static bool is_strong_drbg(const char *name)
{
	return strstarts(name, "drbg_") && !strstr(name, "aes128") && !strstr(name, "aes192") && !strstr(name, "sha1");
}

/* -------------------------------------------------------------------------------------------------------------------- hash */

static struct crypto_shash *shash;

static void hash_init(void *state)
{
	struct shash_desc *desc = state;

	desc->tfm = shash;
	crypto_shash_init(desc);
}

static void hash_update(void *state, const u8 *data, size_t length)
{
	crypto_shash_update(state, data, length);
}

static void hash_final(void *state, u8 *digest)
{
	crypto_shash_final(state, digest);
}

static struct lrng_hash hash_table = {
	.init = hash_init,
	.update = hash_update,
	.final = hash_final,
};

static int use_hash(void)
{
	int err;

	shash = crypto_alloc_shash(hash, 0, 0);
	if (IS_ERR(shash))
		return PTR_ERR(shash);
	hash_table.name = crypto_shash_driver_name(shash);
	hash_table.digest_size = crypto_shash_digestsize(shash);
	hash_table.state_size = sizeof(struct shash_desc) + crypto_shash_descsize(shash);
	err = lrng_set_hash(&hash_table);
	if (err)
		crypto_free_shash(shash);
	return err;
}

/* -------------------------------------------------------------------------------------------------------------------- both */

static int __init lrng_kcapi_drng_init(void)
{
	int err;

	if (*hash) {
		err = use_hash();
		if (err)
			return err;
	}
	if (!*drng)
		return 0;
	drng_table.name = drng;
	err = is_strong_drbg(drng) ? lrng_set_drng(&drng_table) : -EINVAL;
	if (err && *hash) {
		lrng_set_hash(NULL);
		crypto_free_shash(shash);
	}
	return err;
}

static void __exit lrng_kcapi_drng_exit(void)
{
	/* From here on nothing of this module is called. */
	lrng_set_drng(NULL);
	lrng_set_hash(NULL);
	if (*hash)
		crypto_free_shash(shash);
}

module_init(lrng_kcapi_drng_init);
module_exit(lrng_kcapi_drng_exit);

/* The names of DRBGs are not among the aliases of their module. */
MODULE_SOFTDEP("pre: drbg");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("LRNG");
#else
MODULE_IMPORT_NS(LRNG);
#endif
MODULE_DESCRIPTION("A generator and a hash of the crypto API for the LRNG");
MODULE_LICENSE("Dual BSD/GPL");
