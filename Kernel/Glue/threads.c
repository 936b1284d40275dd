// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The LRNG's threads.
 *
 *     lrng           seeds what is due, acts on what sources report, renews the children, and calls for the takeover
 *     lrng_jitter    fills the blocks of the Jitter RNG, at the lowest priority
 *
 * Both are kernel threads of their own and not work items: Swift's self tests want most of a kernel stack for themselves,
 * and the Jitter RNG computes for milliseconds. They are frozen in suspend.
 */
#include <linux/freezer.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "lrng_glue.h"

/* How often the thread looks at clocks when nothing else happens: so often that no reseed is late by more than its interval. */
static unsigned long idle_period(void)
{
	return clamp_t(u64, lrng_host_get(LRNG_SET_RESEED_SECONDS), 1, 10) * HZ;
}

static struct task_struct *worker, *jitter_worker;
static DECLARE_WAIT_QUEUE_HEAD(worker_wait);
static DECLARE_WAIT_QUEUE_HEAD(jitter_wait);
static DECLARE_WAIT_QUEUE_HEAD(test_wait);
static atomic_t kicked = ATOMIC_INIT(0);
static atomic_t jitter_kicked = ATOMIC_INIT(1);
/* Self tests: the number that was asked for last, and the one that was done last. */
static atomic_t tests_wanted = ATOMIC_INIT(0);
static int tests_done;
static u32 tests_failed;

/* A wake-up takes the lock of a run queue, which an interrupt's tracepoint may not be called under, but who calls
 * get_random_bytes may be. An irq_work runs when that is over. */
static void wake_worker(struct irq_work *work)
{
	wake_up(&worker_wait);
}

static DEFINE_IRQ_WORK(kick_work, wake_worker);

void lrng_glue_kick(void)
{
	if (atomic_read(&kicked) || atomic_xchg(&kicked, 1))
		return;
	irq_work_queue(&kick_work);
}

void lrng_glue_kick_jitter(void)
{
	atomic_set(&jitter_kicked, 1);
	wake_up(&jitter_wait);
}

static int work(void *unused)
{
	u64 epoch = 0;

	set_freezable();
	while (!kthread_should_stop()) {
		int wanted = atomic_read(&tests_wanted);

		if (wanted != tests_done) {
			tests_failed = lrng_host_self_test();
			WRITE_ONCE(tests_done, wanted);
			wake_up(&test_wait);
		}
		lrng_host_work();
		if (lrng_host_epoch() != epoch) {
			epoch = lrng_host_epoch();
			lrng_children_renew();
		}
		lrng_heed_self_tests();
		lrng_takeover_tick();
		wait_event_freezable_timeout(worker_wait,
					     atomic_read(&kicked) || kthread_should_stop() ||
					     atomic_read(&tests_wanted) != tests_done, idle_period());
		/* Many events in a row are one piece of work: sources are not asked for each of them. */
		if (atomic_read(&kicked) && !kthread_should_stop())
			schedule_timeout_interruptible(msecs_to_jiffies(5));
		atomic_set(&kicked, 0);
	}
	return 0;
}

static int work_on_jitter(void *unused)
{
	set_user_nice(current, MAX_NICE);
	set_freezable();
	while (!kthread_should_stop()) {
		atomic_set(&jitter_kicked, 0);
		while (!kthread_should_stop() && !lrng_takeover_is_moving() && lrng_jitter_work()) {
			try_to_freeze();
			/* At the lowest priority this goes on for long, and the end of a livepatch waits for all tasks. */
			cond_resched_tasks_rcu_qs();
		}
		if (lrng_takeover_is_moving()) {
			atomic_set(&jitter_kicked, 1);
			schedule_timeout_interruptible(HZ / 5);
			continue;
		}
		wait_event_freezable(jitter_wait, atomic_read(&jitter_kicked) || kthread_should_stop());
	}
	return 0;
}

/*
 * In the middle of a block it is running, and a livepatch waits for all tasks that are, for each function that it takes back.
 * On a machine that is busy the lowest priority would make that a minute.
 */
void lrng_hurry_jitter(bool hurry)
{
	set_user_nice(jitter_worker, hurry ? MIN_NICE : MAX_NICE);
}

/* Runs the self tests in the worker, and waits for them. */
u32 lrng_self_test(void)
{
	int number = atomic_inc_return(&tests_wanted);

	wake_up(&worker_wait);
	wait_event(test_wait, (int)(READ_ONCE(tests_done) - number) >= 0);
	return tests_failed;
}

int lrng_threads_begin(void)
{
	worker = kthread_run(work, NULL, "lrng");
	if (IS_ERR(worker))
		return PTR_ERR(worker);
	jitter_worker = kthread_run(work_on_jitter, NULL, "lrng_jitter");
	if (IS_ERR(jitter_worker)) {
		kthread_stop(worker);
		return PTR_ERR(jitter_worker);
	}
	return 0;
}

void lrng_threads_end(void)
{
	kthread_stop(jitter_worker);
	kthread_stop(worker);
	irq_work_sync(&kick_work);
}
