// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The LRNG for users of other interfaces of the kernel.
 *
 *     hwrng        /dev/hwrng, "lrng" in /sys/class/misc/hw_random/rng_available
 *     crypto API   rng "stdrng", driver "lrng"
 *
 * Both are there for who asks for them by name. As a hwrng it says of itself that it is worth next to nothing, so that a
 * real one is preferred and nobody takes our output for new entropy. As a "stdrng" it ranks behind the DRBGs of the crypto
 * API: the kernel keeps a handle of the best one for good, and this module could not be removed any more.
 */
#include <linux/cache.h>
#include <linux/fips.h>
#include <linux/hw_random.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <crypto/internal/rng.h>

#include "lrng.h"
#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

#define HAS_HWRNG (IS_ENABLED(CONFIG_LRNG_HWRAND_IF) && IS_REACHABLE(CONFIG_HW_RANDOM))
#define HAS_CRYPTO (IS_ENABLED(CONFIG_LRNG_KCAPI_IF) && IS_REACHABLE(CONFIG_CRYPTO_RNG))

/* -------------------------------------------------------------------------------------------------------------------- hwrng */

#if HAS_HWRNG
static int hwrng_read(struct hwrng *rng, void *data, size_t length, bool waits)
{
	const bool is_thread = current->flags & PF_KTHREAD;
	ssize_t n;

	length = min_t(size_t, length, 4096);
	n = lrng_read_blocking(data, length, LRNG_QUALITY_FULLY_SEEDED, LRNG_WAITER_OWN, true);
	/* The thread of hw_random is never kept waiting: it has to be able to stop. */
	if (n == -EAGAIN && waits && !is_thread) {
		/* Unregistering waits for all readers: who waits himself keeps the module, as an open file of /dev/lrng does. */
		if (!try_module_get(THIS_MODULE))
			return -ENODEV;
		n = lrng_read_blocking(data, length, LRNG_QUALITY_FULLY_SEEDED, LRNG_WAITER_OWN, false);
		module_put(THIS_MODULE);
	}
	/* It offers what it has read to the kernel's generator, and inputs.c would see that. */
	if (n > 0 && is_thread)
		lrng_expect_own_data(current);
	return n == -EAGAIN ? 0 : n;
}

/*
 * Nothing to do; but who has none is read while it is registered, also where another one is preferred. That takes a mutex
 * which hw_random holds while it reads from a device, and a device that gives nothing would hold up a boot.
 */
static int hwrng_init(struct hwrng *rng)
{
	return 0;
}

static struct hwrng hwrng = {
	.name = "lrng",
	.init = hwrng_init,
	.read = hwrng_read,
	/* Of 1024. 0 would mean "unknown", which some kernels take for all. */
	.quality = 1,
};

static int begin_hwrng(void)
{
	int err;

	/* Registering reads from us, and gives that to the kernel's generator. */
	lrng_expect_own_data(current);
	err = hwrng_register(&hwrng);
	lrng_expect_own_data(NULL);
	return err;
}

static void end_hwrng(void)
{
	hwrng_unregister(&hwrng);
}
#else
static int begin_hwrng(void) { return -EOPNOTSUPP; }
static void end_hwrng(void) { }
#endif

/* --------------------------------------------------------------------------------------------------------------- crypto API */

#if HAS_CRYPTO
/* Data of the caller go where writes to /dev/random go. */
static int crypto_seed(struct crypto_rng *tfm, const u8 *seed, unsigned int length)
{
	if (length) {
		lrng_host_insert(seed, length, 0);
		lrng_host_force_reseed(true);
	}
	return 0;
}

static int crypto_generate(struct crypto_rng *tfm, const u8 *input, unsigned int input_length, u8 *output,
			   unsigned int length)
{
	crypto_seed(tfm, input, input_length);
	return lrng_get_random_bytes_full(output, length);
}

static struct rng_alg alg = {
	.generate = crypto_generate,
	.seed = crypto_seed,
	.seedsize = 0,
	.base = {
		.cra_name = "stdrng",
		.cra_driver_name = "lrng",
		.cra_priority = 100,
		.cra_module = THIS_MODULE,
	},
};

/* A kernel in FIPS mode panics when a module that nobody signed registers an algorithm. */
static bool may_register(void)
{
#ifdef CONFIG_MODULE_SIG
	return !fips_enabled || THIS_MODULE->sig_ok;
#else
	return true;
#endif
}

static int begin_crypto(void)
{
	if (!may_register()) {
		pr_notice("FIPS kernel, and this module is not signed: no rng for the crypto API\n");
		return -EPERM;
	}
	return crypto_register_rng(&alg);
}

static void end_crypto(void)
{
	crypto_unregister_rng(&alg);
}
#else
static int begin_crypto(void) { return -EOPNOTSUPP; }
static void end_crypto(void) { }
#endif

static bool has_hwrng, has_crypto;

/* The LRNG serves without them, too. */
void lrng_providers_begin(void)
{
	int err = begin_hwrng();

	has_hwrng = !err;
	if (err && err != -EOPNOTSUPP)
		pr_warn("no hwrng: error %d\n", err);
	err = begin_crypto();
	has_crypto = !err;
	if (err && err != -EOPNOTSUPP && err != -EPERM)
		pr_warn("no rng for the crypto API: error %d\n", err);
}

void lrng_providers_end(void)
{
	if (has_crypto)
		end_crypto();
	if (has_hwrng)
		end_hwrng();
	has_crypto = has_hwrng = false;
}
