// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Hurries the livepatch core, and notices when nobody uses the replaced functions any more.
 *
 * The core looks through all tasks for those that can't be moved yet, and looks again after a second, rounded. Nearly always
 * that is one processor that was busy at the first look; so a look is asked for much sooner.
 *
 * After 15 looks the core sends signals that programs may notice (epoll_wait fails with EINTR). Those asked for here are
 * so few that that remains a matter of the core's own seconds.
 *
 * When all are moved the core detaches one function after the other, and ftrace waits for all tasks each time: 2 to 3 s
 * altogether, and minutes on a preemptible kernel whose processors hardly ever leave it. Nobody is in our functions then.
 */
#include <linux/livepatch.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

/* 20, 40, 80 ... 640 ms. */
#define FIRST_LOOK (HZ / 50)
#define LOOKS 6
/* From then on it is only watched. */
#define LATER_LOOK (HZ / 4)

/* The core's own; null: not found, then it takes as long as it takes. */
static struct delayed_work *core;
static unsigned int looks;

static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(next_look, look);

/* Tasks that still use the new functions. That of an idle processor is in no list; it is moved as soon as it wakes. */
static bool is_in_use(void)
{
	bool found = false;
#ifdef CONFIG_LIVEPATCH
	struct task_struct *process, *task;

	rcu_read_lock();
	for_each_process_thread(process, task)
		found |= READ_ONCE(task->patch_state) == KLP_PATCHED;
	rcu_read_unlock();
#endif
	return found;
}

static void look(struct work_struct *work)
{
	if (!lrng_takeover_is_moving())
		return;
	if (lrng_takeover_is_going() && !is_in_use()) {
		lrng_takeover_left();
		return;
	}
	if (looks == LOOKS) {
		schedule_delayed_work(&next_look, LATER_LOOK);
		return;
	}
	/* Without a transition it does nothing. */
	if (core)
		mod_delayed_work(system_wq, core, 0);
	schedule_delayed_work(&next_look, FIRST_LOOK << looks++);
}

/* A transition begins. */
void lrng_transition_watch(void)
{
	looks = 0;
	mod_delayed_work(system_wq, &next_look, FIRST_LOOK);
}

void lrng_transition_begin(void)
{
	struct delayed_work *found = (void *)lrng_lookup("klp_transition_work");
	const unsigned long function = lrng_lookup("klp_transition_work_fn");

	/* It is not ours: be sure that it is what its name says. */
	if (found && function && (unsigned long)found->work.func == function)
		core = found;
}

/* Nothing is moving any more. */
void lrng_transition_end(void)
{
	cancel_delayed_work_sync(&next_look);
}
