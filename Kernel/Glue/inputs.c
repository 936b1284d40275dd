// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * What the kernel offers to its own generator, and what we give to that one.
 *
 *     add_device_randomness        ─► auxiliary pool, no credit
 *     add_hwgenerator_randomness   ─► auxiliary pool, the driver's own estimate
 *     fork of the virtual machine  ─► everything is seeded anew
 *     sleep of the machine         ─► its clocks into the auxiliary pool, no credit; everything is seeded anew when it wakes
 *
 * Nothing is taken away: a probe looks at the arguments, and the kernel's function goes on as always. Thereby both
 * generators are fed in every mode, and the kernel's one is as good as ever when it has to come back. What we have given
 * ourselves is not taken for news.
 */
#include <linux/completion.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/suspend.h>
#include <linux/timekeeping.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

/* Interrupts may be off while data are hashed: so much of one piece is looked at. */
#define LONGEST_INPUT 4096

/* Whoever read our hwrng last, if it is a thread of the kernel: it hands over what it has read. */
static struct task_struct *expected;

void lrng_expect_own_data(struct task_struct *task)
{
	WRITE_ONCE(expected, task);
}

/* Whether our own output comes back: this module called, or a thread that has read it from us. */
static bool is_ours(const struct pt_regs *regs)
{
	/* The first instruction of a function: its caller's address is on top of the stack. */
	if (within_module(*(const unsigned long *)kernel_stack_pointer((struct pt_regs *)regs), THIS_MODULE))
		return true;
	if (READ_ONCE(expected) != current)
		return false;
	WRITE_ONCE(expected, NULL);
	return true;
}

static int see_device(struct kprobe *probe, struct pt_regs *regs)
{
	const void *data = (const void *)regs->di;
	size_t length = min_t(size_t, regs->si, LONGEST_INPUT);

	if (length && !is_ours(regs))
		lrng_host_insert(data, length, 0);
	return 0;
}
NOKPROBE_SYMBOL(see_device);

static int see_hwgenerator(struct kprobe *probe, struct pt_regs *regs)
{
	const void *data = (const void *)regs->di;
	size_t length = min_t(size_t, regs->si, LONGEST_INPUT);
	/* A driver vouches for what it says, but not for more than there is. */
	u32 bits = min_t(size_t, regs->dx, 8 * length);

	if (!length || is_ours(regs))
		return 0;
	lrng_host_insert(data, length, bits);
	if (bits)
		lrng_glue_kick();
	return 0;
}
NOKPROBE_SYMBOL(see_hwgenerator);

static struct kprobe device_probe = { .symbol_name = "add_device_randomness", .pre_handler = see_device };
static struct kprobe hwgenerator_probe = {
	.symbol_name = "add_hwgenerator_randomness", .pre_handler = see_hwgenerator
};
static bool has_device_probe, has_hwgenerator_probe;

/* The machine's new name was seen by the probe above. */
static int see_fork(struct notifier_block *nb, unsigned long action, void *data)
{
	lrng_vmfork();
	return NOTIFY_DONE;
}

static struct notifier_block fork_notifier = { .notifier_call = see_fork };

/*
 * While a machine sleeps its memory may be read, and an image of it may be resumed more than once. So what was ready is not
 * served afterwards. Where the system goes to sleep by itself all the time, there is no seed for each time it wakes.
 */
static int see_sleep(struct notifier_block *nb, unsigned long action, void *data)
{
	const bool is_habit = IS_ENABLED(CONFIG_PM_AUTOSLEEP) || IS_ENABLED(CONFIG_PM_USERSPACE_AUTOSLEEP);
	const u64 stamps[] = { action, lrng_glue_cycles(), ktime_get_ns(), ktime_get_boottime_ns(), ktime_get_real_ns() };

	lrng_host_insert(stamps, sizeof(stamps), 0);
	switch (action) {
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		lrng_wake(is_habit);
	}
	return NOTIFY_DONE;
}

static struct notifier_block sleep_notifier = { .notifier_call = see_sleep };

static bool watch(struct kprobe *probe)
{
	int err = register_kprobe(probe);

	if (err)
		pr_info("%s can't be observed (%d): what it gets is missing here\n", probe->symbol_name, err);
	return !err;
}

void lrng_inputs_begin(void)
{
	has_device_probe = watch(&device_probe);
	has_hwgenerator_probe = watch(&hwgenerator_probe);
	/* Without CONFIG_VMGENID there is nobody to tell, and this does nothing. */
	register_random_vmfork_notifier(&fork_notifier);
	if (!IS_ENABLED(CONFIG_VMGENID))
		pr_info("this kernel does not notice forks of virtual machines\n");
	/* Without CONFIG_PM_SLEEP this does nothing. */
	register_pm_notifier(&sleep_notifier);
}

void lrng_inputs_end(void)
{
	unregister_pm_notifier(&sleep_notifier);
	unregister_random_vmfork_notifier(&fork_notifier);
	if (has_hwgenerator_probe)
		unregister_kprobe(&hwgenerator_probe);
	if (has_device_probe)
		unregister_kprobe(&device_probe);
	has_hwgenerator_probe = has_device_probe = false;
}

/* ------------------------------------------------------------------------------------------------- the displaced generator */

struct gift {
	u8 bytes[64];
	size_t bits;
	struct completion begun;
};

static void give(struct gift *gift)
{
	lrng_add_hwgenerator_randomness(gift->bytes, sizeof(gift->bytes), gift->bits);
}

/*
 * Before 6.2 the kernel's function puts its caller to sleep for up to a minute unless that is a kernel thread that is to
 * stop: so it is called by one.
 */
static int give_in_thread(void *data)
{
	struct gift *gift = data;

	complete(&gift->begun);
	give(gift);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 0;
}

static void give_by_thread(struct gift *gift)
{
	struct task_struct *task = kthread_run(give_in_thread, gift, "lrng_give");

	if (IS_ERR(task))
		return;
	/* A thread that is stopped before it has begun does not begin at all. */
	wait_for_completion(&gift->begun);
	kthread_stop(task);
}

/* With credit, so that whoever waits for the kernel's generator is woken; then it is seeded with what it got. */
void lrng_seed_kernel(void)
{
	struct gift gift = { .bits = 0 };

	init_completion(&gift.begun);
	if (lrng_read_kernel(gift.bytes, sizeof(gift.bytes), LRNG_QUALITY_FULLY_SEEDED) == sizeof(gift.bytes))
		gift.bits = 8 * sizeof(gift.bytes);
	else
		lrng_get_random_bytes(gift.bytes, sizeof(gift.bytes));
	if (LRNG_HAS_SLEEP_AFTER)
		give(&gift);
	else
		give_by_thread(&gift);
	memzero_explicit(&gift, sizeof(gift));
	if (lrng_kernel_is_seeded())
		lrng_kernel_reseed();
}
