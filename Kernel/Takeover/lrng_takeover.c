// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * lrng_takeover.ko: the livepatch that puts the LRNG into the place of the kernel's generator, and nothing else.
 *
 *     load      the LRNG is /dev/random, /dev/urandom, getrandom(2) and get_random_bytes()
 *     disable   echo 0 > /sys/kernel/livepatch/lrng_takeover/enabled; the kernel's generator is
 *     remove    rmmod lrng_takeover, when /sys/kernel/livepatch/lrng_takeover is gone
 *
 * What feeds the kernel's generator is not patched (lrng.ko looks on), nor is what lrng.ko reads it by. So the displaced
 * generator stays in good health.
 */
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/syscalls.h>
#include <linux/uio.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

/* System calls come with the registers of the caller. */
static long native_getrandom(const struct pt_regs *regs)
{
	return lrng_getrandom((char __user *)regs->di, regs->si, regs->dx);
}

static long compat_getrandom(const struct pt_regs *regs)
{
	return lrng_getrandom((char __user *)(unsigned long)(u32)regs->bx, (u32)regs->cx, (u32)regs->dx);
}

enum need { REQUIRED, OPTIONAL };

struct patched {
	const char *name;
	void *function;
	enum need need;
};

/*
 * Required is what users would miss. Optional: 32-bit system calls may be left out of a kernel, functions come and go with
 * versions, and a compiler may have inlined a short one everywhere.
 */
static const struct patched table[] = {
	{ "random_read_iter", lrng_random_read_iter, REQUIRED },
	{ "urandom_read_iter", lrng_urandom_read_iter, REQUIRED },
	{ "random_write_iter", lrng_random_write_iter, REQUIRED },
	{ "random_poll", lrng_random_poll, REQUIRED },
	{ "random_ioctl", lrng_random_ioctl, REQUIRED },
	{ "__x64_sys_getrandom", native_getrandom, REQUIRED },
	{ "__ia32_sys_getrandom", compat_getrandom, OPTIONAL },
	{ "get_random_bytes", lrng_get_random_bytes, REQUIRED },
	{ "get_random_u8", lrng_get_random_u8, OPTIONAL },
	{ "get_random_u16", lrng_get_random_u16, OPTIONAL },
	{ "get_random_u32", lrng_get_random_u32, REQUIRED },
	{ "get_random_u64", lrng_get_random_u64, REQUIRED },
	{ "__get_random_u32_below", lrng_get_random_u32_below, OPTIONAL },
	{ "wait_for_random_bytes", lrng_wait_for_random_bytes, REQUIRED },
	{ "rng_is_initialized", lrng_is_initialized, REQUIRED },
	{ "execute_with_initialized_rng", lrng_execute_with_initialized_rng, OPTIONAL },
};

/* Filled in from the table; the last one stays empty. */
static struct klp_func functions[ARRAY_SIZE(table) + 1];

static int pre_patch(struct klp_object *object)
{
	lrng_takeover_begin();
	return 0;
}

static void post_patch(struct klp_object *object)
{
	lrng_takeover_complete();
}

static void pre_unpatch(struct klp_object *object)
{
	lrng_takeover_hand_back();
}

static void post_unpatch(struct klp_object *object)
{
	lrng_takeover_end();
}

static struct klp_object objects[] = {
	{
		/* The kernel itself. */
		.funcs = functions,
		.callbacks = {
			.pre_patch = pre_patch, .post_patch = post_patch,
			.pre_unpatch = pre_unpatch, .post_unpatch = post_unpatch,
		},
	},
	{ }
};

static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objects };

static bool is_in_force(void)
{
	return READ_ONCE(patch.enabled);
}

static const struct lrng_takeover takeover = { .is_in_force = is_in_force };

static int fill_in(void)
{
	size_t i, count = 0;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (!lrng_lookup(table[i].name)) {
			if (table[i].need == REQUIRED) {
				pr_err("no takeover: this kernel has no function %s\n", table[i].name);
				return -ENOENT;
			}
			continue;
		}
		functions[count].old_name = table[i].name;
		functions[count].new_func = table[i].function;
		count++;
	}
	return 0;
}

static int __init begin(void)
{
	int err = fill_in();

	if (err)
		return err;
	err = lrng_takeover_attach(&takeover);
	if (err)
		return err;
	err = klp_enable_patch(&patch);
	if (err) {
		pr_err("the kernel refuses the livepatch (%d)\n", err);
		lrng_takeover_detach();
	}
	return err;
}

static void __exit end(void)
{
	lrng_takeover_detach();
}

module_init(begin);
module_exit(end);

MODULE_DESCRIPTION("Puts the Linux Random Number Generator into the place of the kernel's generator");
MODULE_LICENSE("Dual BSD/GPL");
MODULE_INFO(livepatch, "Y");
LRNG_IMPORT_NAMESPACE;
