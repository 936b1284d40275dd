// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * A hardware generator that gives nothing and keeps its readers waiting, as a device does that has failed. hw_random's own
 * thread is one of them, and holds a mutex meanwhile.
 */
#include <linux/completion.h>
#include <linux/hw_random.h>
#include <linux/module.h>

static DECLARE_COMPLETION(is_over);

static int read(struct hwrng *rng, void *data, size_t length, bool waits)
{
	if (waits)
		wait_for_completion_interruptible(&is_over);
	return 0;
}

static struct hwrng stuck = { .name = "lrng_stuck", .read = read, .quality = 1000 };

static int __init begin(void)
{
	return hwrng_register(&stuck);
}

static void __exit end(void)
{
	complete_all(&is_over);
	hwrng_unregister(&stuck);
}

module_init(begin);
module_exit(end);
MODULE_DESCRIPTION("A hardware generator that keeps its readers waiting");
MODULE_LICENSE("Dual BSD/GPL");
