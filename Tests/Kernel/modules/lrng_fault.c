// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * A module that does wrong, one thing each time it is loaded: what the tests must notice, or they prove nothing.
 *
 *     insmod lrng_fault.ko kind=warning|sleep|lock|shift|memory|leak
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *kind = "";
module_param(kind, charp, 0);
MODULE_PARM_DESC(kind, "what to do wrong");

static DEFINE_SPINLOCK(first);
static DEFINE_SPINLOCK(second);

static void both(spinlock_t *outer, spinlock_t *inner)
{
	spin_lock(outer);
	spin_lock(inner);
	spin_unlock(inner);
	spin_unlock(outer);
}

static noinline void sleep_with_lock(void)
{
	spin_lock(&first);
	might_sleep();
	spin_unlock(&first);
}

static noinline void read_freed(void)
{
	u8 *memory = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	if (memory)
		pr_info("lrng_fault: %u\n", READ_ONCE(memory[8]));
}

static noinline void forget(void)
{
	int i;

	for (i = 0; i < 16; i++) {
		void *memory = kmalloc(96, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(memory);
	}
}

static int __init lrng_fault_init(void)
{
	if (!strcmp(kind, "warning")) {
		WARN(1, "lrng_fault: as asked");
	} else if (!strcmp(kind, "sleep")) {
		sleep_with_lock();
	} else if (!strcmp(kind, "lock")) {
		both(&first, &second);
		both(&second, &first);
	} else if (!strcmp(kind, "shift")) {
		int bits = 40;

		OPTIMIZER_HIDE_VAR(bits);
		pr_info("lrng_fault: %d\n", 1 << bits);
	} else if (!strcmp(kind, "memory")) {
		read_freed();
	} else if (!strcmp(kind, "leak")) {
		forget();
	} else {
		return -EINVAL;
	}
	return 0;
}

static void __exit lrng_fault_exit(void)
{
}

module_init(lrng_fault_init);
module_exit(lrng_fault_exit);
MODULE_DESCRIPTION("Faults on purpose");
MODULE_LICENSE("Dual BSD/GPL");
