// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Interrupts when a test wants some: a line of software, with one handler or with two that share it. An idle virtual machine
 * has hardly any, because timers of processors do not count.
 *
 *     modprobe lrng_events handlers=2
 *     echo 1000 >/sys/module/lrng_events/parameters/burst     returns when 1000 interrupts were handled
 *
 * They come from a hard timer interrupt, at pseudo-random distances.
 */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/version.h>

static unsigned int handlers = 1;
module_param(handlers, uint, 0444);

static unsigned long handled;
module_param(handled, ulong, 0444);

static int irq, names[2];
static unsigned int left;
static struct hrtimer timer;
static DECLARE_COMPLETION(done);
static DEFINE_MUTEX(mutex);
static bool is_ready;

static irqreturn_t handle(int line, void *data)
{
	handled++;
	return data == &names[handlers - 1] ? IRQ_HANDLED : IRQ_NONE;
}

static ktime_t distance(void)
{
	static u32 state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return 20000 + state % 60000;
}

static enum hrtimer_restart fire(struct hrtimer *unused)
{
	generic_handle_irq(irq);
	if (!--left) {
		complete(&done);
		return HRTIMER_NORESTART;
	}
	hrtimer_forward_now(&timer, distance());
	return HRTIMER_RESTART;
}

static int set_burst(const char *text, const struct kernel_param *param)
{
	unsigned int count;
	int err = kstrtouint(text, 0, &count);

	if (err || !count || !is_ready)
		return err;
	mutex_lock(&mutex);
	left = count;
	hrtimer_start(&timer, distance(), HRTIMER_MODE_REL_HARD);
	wait_for_completion(&done);
	mutex_unlock(&mutex);
	return 0;
}

static const struct kernel_param_ops burst_ops = { .set = set_burst };
module_param_cb(burst, &burst_ops, NULL, 0200);

static int __init begin(void)
{
	unsigned int i;
	int err;

	handlers = clamp(handlers, 1u, 2u);
	/* Without an owner: a handler would hold it, and it could not go. */
	irq = __irq_alloc_descs(-1, 0, 1, NUMA_NO_NODE, NULL, NULL);
	if (irq < 0)
		return irq;
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	irq_set_noprobe(irq);
	for (i = 0; i < handlers; i++) {
		err = request_irq(irq, handle, handlers > 1 ? IRQF_SHARED : 0, "lrng_events", &names[i]);
		if (err)
			goto out;
	}
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&timer, fire, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
#else
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	timer.function = fire;
#endif
	is_ready = true;
	return 0;
out:
	while (i--)
		free_irq(irq, &names[i]);
	irq_free_descs(irq, 1);
	return err;
}

static void __exit end(void)
{
	unsigned int i;

	for (i = 0; i < handlers; i++)
		free_irq(irq, &names[i]);
	irq_free_descs(irq, 1);
}

module_init(begin);
module_exit(end);
MODULE_DESCRIPTION("Interrupts on request");
MODULE_LICENSE("Dual BSD/GPL");
