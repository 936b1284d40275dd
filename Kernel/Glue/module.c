// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * lrng.ko: how it comes and goes.
 *
 *     memory ─► Swift ─► a first seed ─► children ─► threads ─► events ─► interfaces ─► (when seeded) lrng_takeover.ko
 *
 * The end is the same way back. While the takeover is in force the module can't be removed: the livepatch uses its symbols.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/utsname.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"

struct beginning {
	const struct lrng_settings *settings;
	struct completion done;
};

static int begin_in_thread(void *data)
{
	struct beginning *beginning = data;

	lrng_host_begin(beginning->settings, lrng_parameters_drng(), lrng_parameters_hash());
	lrng_parameters_begin_trace();
	lrng_host_self_test();
	/* Not `complete` and a return: that return would be code of a module that may be gone. */
	kthread_complete_and_exit(&beginning->done, 0);
}

/*
 * Swift begins with its self tests, and these want a kernel stack for themselves: not the one of the task that loads the
 * module, which is half used up.
 */
static int begin_host(const struct lrng_settings *settings)
{
	struct beginning beginning = { .settings = settings };
	struct task_struct *task;

	init_completion(&beginning.done);
	task = kthread_run(begin_in_thread, &beginning, "lrng_begin");
	if (IS_ERR(task))
		return PTR_ERR(task);
	wait_for_completion(&beginning.done);
	return 0;
}

/* What makes this machine and this boot different from others, and the displaced generator. No credit. */
static void personalize(void)
{
	u8 bytes[64];
	u64 stamps[2] = { lrng_glue_cycles(), ktime_get_real_ns() };

	get_random_bytes(bytes, sizeof(bytes));
	lrng_host_insert(bytes, sizeof(bytes), 0);
	lrng_host_insert(stamps, sizeof(stamps), 0);
	lrng_host_insert(init_utsname(), sizeof(*init_utsname()), 0);
	memzero_explicit(bytes, sizeof(bytes));
}

static int __init lrng_begin(void)
{
	struct lrng_settings settings;
	int err;

	lrng_vector_begin();
	lrng_parameters_fill(&settings);
	lrng_lookup_begin();
	err = lrng_events_begin(&settings);
	if (!err)
		err = lrng_memory_begin(&settings);
	if (err)
		goto no_memory;
	err = begin_host(&settings);
	if (err)
		goto no_memory;
	lrng_memory_begin_processors();
	lrng_parameters_begin();
	lrng_heed_self_tests();
	personalize();
	if (lrng_host_get(LRNG_SET_TRACE))
		lrng_glue_trace(LRNG_TRACE_FIRST_SEED, 0, 0, 0);
	lrng_host_first_seed();
	err = lrng_children_begin();
	if (err && lrng_host_may_output())
		goto no_children;
	err = lrng_threads_begin();
	if (err)
		goto no_threads;
	err = lrng_events_start();
	if (err)
		goto no_events;
	err = lrng_interfaces_begin();
	if (err)
		goto no_events;
	pr_info("%u generators, %u processors%s\n", settings.nodes, num_online_cpus(),
		settings.fips ? ", FIPS mode" : "");
	return 0;

no_events:
	lrng_parameters_end();
	lrng_events_end();
	lrng_threads_end();
	lrng_ready_end();
no_threads:
	lrng_children_end();
no_children:
	lrng_parameters_end();
	lrng_host_end();
no_memory:
	lrng_memory_end();
	return err;
}

static void __exit lrng_end(void)
{
	lrng_interfaces_end();
	/* Before the worker goes: a parameter may wait for it. */
	lrng_parameters_end();
	lrng_events_end();
	lrng_threads_end();
	lrng_ready_end();
	lrng_children_end();
	lrng_host_end();
	lrng_memory_end();
}

module_init(lrng_begin);
module_exit(lrng_end);

MODULE_DESCRIPTION("Linux Random Number Generator: assessable entropy sources, SP 800-90A DRBGs, /dev/random of a stock kernel");
MODULE_LICENSE("Dual BSD/GPL");
MODULE_VERSION("1.0");
