// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * What the kernel offers to its own generator: the LRNG looks on and takes a copy into its auxiliary pool.
 *
 *     add_device_randomness          no credit
 *     add_hwgenerator_randomness     the driver's own estimate
 *     add_vmfork_randomness          no credit, and everything is reseeded at once
 *
 * The functions themselves stay as they are, so that the displaced generator is fed as ever. Kprobes see their arguments;
 * they are called seldom enough not to mind. Data of ours is not taken for news: what our own hwrng delivered, and what we
 * hand to the displaced generator.
 */
#include <linux/completion.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/sched.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

/* Whose data is ours: one task that feeds the kernel, and the kernel's thread that reads our hwrng. */
static struct task_struct *feeder, *reader;
static DEFINE_MUTEX(feeding);

static bool is_ours(void)
{
	return current == READ_ONCE(feeder) || current == READ_ONCE(reader);
}

static int on_device(struct kprobe *probe, struct pt_regs *regs)
{
	if (!is_ours())
		lrng_host_insert((const void *)regs->di, regs->si, 0);
	return 0;
}

static int on_hwgenerator(struct kprobe *probe, struct pt_regs *regs)
{
	if (!is_ours())
		lrng_host_insert((const void *)regs->di, regs->si, min_t(unsigned long, regs->dx, U32_MAX));
	/* The next piece may come from another device. */
	if (current == READ_ONCE(reader))
		WRITE_ONCE(reader, NULL);
	return 0;
}

static int on_vmfork(struct kprobe *probe, struct pt_regs *regs)
{
	lrng_host_insert((const void *)regs->di, regs->si, 0);
	lrng_host_vm_forked();
	return 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = "add_device_randomness", .pre_handler = on_device },
	{ .symbol_name = "add_hwgenerator_randomness", .pre_handler = on_hwgenerator },
	{ .symbol_name = "add_vmfork_randomness", .pre_handler = on_vmfork },
};

static bool registered[ARRAY_SIZE(probes)];

void lrng_own_data_begin(void)
{
	WRITE_ONCE(reader, current);
}
LRNG_EXPORT(lrng_own_data_begin);

void lrng_feed_kernel(const void *data, size_t length)
{
	mutex_lock(&feeding);
	WRITE_ONCE(feeder, current);
	add_device_randomness(data, length);
	WRITE_ONCE(feeder, NULL);
	mutex_unlock(&feeding);
}

struct seeding {
	struct completion begun;
};

/*
 * The only way to give the displaced generator credit is one that throttles its caller: it sleeps for a minute when the
 * generator has enough. So the caller is a thread that is stopped then, which ends that sleep.
 */
static int seed_kernel(void *data)
{
	struct seeding *seeding = data;
	u8 bytes[64];

	if (lrng_read_kernel(bytes, sizeof(bytes), LRNG_QUALITY_FULLY_SEEDED) == sizeof(bytes)) {
		WRITE_ONCE(feeder, current);
		complete(&seeding->begun);
		lrng_add_hwgenerator_randomness(bytes, sizeof(bytes), 256);
		WRITE_ONCE(feeder, NULL);
	} else {
		complete(&seeding->begun);
	}
	memzero_explicit(bytes, sizeof(bytes));
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 0;
}

void lrng_seed_kernel(void)
{
	struct seeding seeding;
	struct task_struct *task;

	init_completion(&seeding.begun);
	mutex_lock(&feeding);
	task = kthread_run(seed_kernel, &seeding, "lrng_seed_kernel");
	if (!IS_ERR(task)) {
		wait_for_completion(&seeding.begun);
		kthread_stop(task);
	}
	mutex_unlock(&feeding);
}
LRNG_EXPORT(lrng_seed_kernel);

int lrng_inputs_begin(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		registered[i] = register_kprobe(&probes[i]) == 0;
		if (!registered[i])
			pr_info("this kernel has no %s to look on\n", probes[i].symbol_name);
	}
	return 0;
}

void lrng_inputs_end(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (registered[i])
			unregister_kprobe(&probes[i]);
}
