// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * lrng_takeover.ko: the LRNG in the place of the kernel's generator, as a livepatch.
 *
 * There is a table of functions and their replacements, and nothing else: what replaces them is in lrng.ko, which stays
 * when this module goes. The functions that feed the kernel's generator are not replaced, nor those that it makes its
 * output with: it is fed all the time, stays readable as an entropy source, and is ready when it has to come back.
 *
 *     echo 0 > /sys/kernel/livepatch/lrng_takeover/enabled    hands everything back
 *     rmmod lrng_takeover                                     afterwards
 */
#define pr_fmt(fmt) "lrng_takeover: " fmt

#include <linux/livepatch.h>
#include <linux/module.h>

#include "lrng.h"
#include "lrng_kernel.h"
#include "version.h"

enum necessity { REQUIRED, OPTIONAL };

struct replacement {
	const char *name;
	void *function;
	enum necessity necessity;
};

static const struct replacement replacements[] = {
	{ "random_read_iter", lrng_random_read_iter, REQUIRED },
	{ "urandom_read_iter", lrng_urandom_read_iter, REQUIRED },
	{ "random_write_iter", lrng_random_write_iter, REQUIRED },
	{ "random_poll", lrng_random_poll, REQUIRED },
	{ "random_ioctl", lrng_random_ioctl, REQUIRED },
	{ "__x64_sys_getrandom", lrng_x64_sys_getrandom, REQUIRED },
	/* Without CONFIG_IA32_EMULATION there is none. */
	{ "__ia32_sys_getrandom", lrng_ia32_sys_getrandom, OPTIONAL },
	{ "get_random_bytes", lrng_get_random_bytes, REQUIRED },
	/* Since 6.1. */
	{ "get_random_u8", lrng_get_random_u8, OPTIONAL },
	{ "get_random_u16", lrng_get_random_u16, OPTIONAL },
	{ "get_random_u32", lrng_get_random_u32, REQUIRED },
	{ "get_random_u64", lrng_get_random_u64, REQUIRED },
	/* Since 6.2. Where it is missing, its callers use get_random_u32. */
	{ "__get_random_u32_below", lrng_get_random_u32_below, OPTIONAL },
	{ "wait_for_random_bytes", lrng_wait_for_random_bytes, REQUIRED },
	{ "rng_is_initialized", lrng_is_initialized, REQUIRED },
	/* Since 6.2. An earlier one asks the kernel's generator, which is seeded when we take over. */
	{ "execute_with_initialized_rng", lrng_execute_with_initialized_rng, OPTIONAL },
};

/*
 * Without the queue, a process in epoll would be left with a pointer to a module that is gone; without the function, there
 * were no bytes for those who can't wait when a self test fails.
 */
static const char *const required_symbols[] = { "crng_init_wait", "_get_random_bytes" };

/* One more than there are ends the list. */
static struct klp_func functions[ARRAY_SIZE(replacements) + 1];

static int prepare(struct klp_object *object);
static void started(struct klp_object *object);
static void stopping(struct klp_object *object);
static void stopped(struct klp_object *object);

static struct klp_object objects[] = {
	{
		/* No name: the kernel itself. */
		.funcs = functions,
		.callbacks = {
			.pre_patch = prepare,
			.post_patch = started,
			.pre_unpatch = stopping,
			.post_unpatch = stopped,
		},
	},
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objects,
};

static bool is_in_force(void)
{
	return READ_ONCE(patch.enabled);
}

static int prepare(struct klp_object *object)
{
	return lrng_takeover_prepare(is_in_force);
}

static void started(struct klp_object *object)
{
	lrng_takeover_started();
}

static void stopping(struct klp_object *object)
{
	lrng_takeover_stopping();
}

static void stopped(struct klp_object *object)
{
	lrng_takeover_stopped();
}

static int find_functions(void)
{
	size_t i, found = 0;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(required_symbols); i++) {
		if (lrng_lookup(required_symbols[i]))
			continue;
		pr_err("this kernel has no %s: the kernel's generator stays\n", required_symbols[i]);
		err = -ENOENT;
	}
	for (i = 0; i < ARRAY_SIZE(replacements); i++) {
		const struct replacement *replacement = &replacements[i];

		if (lrng_lookup(replacement->name)) {
			functions[found].old_name = replacement->name;
			functions[found++].new_func = replacement->function;
		} else if (replacement->necessity == REQUIRED) {
			pr_err("this kernel has no %s: the kernel's generator stays\n", replacement->name);
			err = -ENOENT;
		}
	}
	return err;
}

static int __init begin(void)
{
	int err = find_functions();

	if (!err)
		err = klp_enable_patch(&patch);
	if (err)
		/* Not yet seeded is no reason to give up. */
		lrng_takeover_gone(err != -EAGAIN);
	return err;
}

static void __exit end(void)
{
	lrng_takeover_gone(false);
}

module_init(begin);
module_exit(end);

MODULE_DESCRIPTION("The LRNG in the place of the kernel's random number generator");
MODULE_LICENSE("Dual BSD/GPL");
MODULE_VERSION("1.0");
MODULE_INFO(livepatch, "Y");
LRNG_IMPORT_NAMESPACE;
