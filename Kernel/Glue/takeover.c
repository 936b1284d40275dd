// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * When the livepatch comes and goes. lrng_takeover.ko has it, and nothing else: a livepatch that was disabled can't be
 * enabled again, so that taking over is to load that module, and handing back is to disable its patch and to remove it.
 *
 *     off ──► waiting ──(fully seeded)──► active ──► off            somebody disabled the patch
 *      │                                    │
 *      └── never                            └──────► lost           another livepatch replaced ours
 *
 * The worker of the LRNG looks in here. It loads the module by itself, tries again when that failed, and says so.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

#define SWITCH "/sys/kernel/livepatch/lrng_takeover/enabled"
#define RETRY (60 * HZ)

static DEFINE_MUTEX(lock);
static const struct lrng_takeover *attached;
/* In force since the transition of all tasks began; users of the answer can't tell the difference. */
static bool in_force;
/* The transition of all tasks is over. */
static bool is_complete;
/* Tasks are being moved from the kernel's functions to ours, or back. */
static bool is_moving;
static unsigned long moving_since;
static bool is_lost;
static bool has_handed_back;
static unsigned long last_attempt;
static bool has_attempted;

bool lrng_is_taken_over(void)
{
	return READ_ONCE(in_force);
}
LRNG_EXPORT(lrng_is_taken_over);

/* A task that computes all the time can't be moved: the Jitter RNG pauses. */
bool lrng_takeover_is_moving(void)
{
	return READ_ONCE(is_moving);
}

const char *lrng_takeover_state(void)
{
	if (READ_ONCE(is_lost))
		return "lost";
	if (READ_ONCE(in_force))
		return "active";
	if (lrng_takeover_mode == LRNG_TAKEOVER_NEVER)
		return "never";
	return READ_ONCE(has_handed_back) ? "off" : "waiting";
}

/* The livepatch module is here. Refused where the LRNG should not take over: nobody is to be weaker off by accident. */
int lrng_takeover_attach(const struct lrng_takeover *takeover)
{
	if (!lrng_kernel_wait_queue()) {
		pr_err("no takeover: this kernel does not show crng_init_wait\n");
		return -ENOENT;
	}
	if (lrng_takeover_mode != LRNG_TAKEOVER_NOW && !lrng_host_is_operational()) {
		pr_err("no takeover yet: the LRNG is not fully seeded\n");
		return -EAGAIN;
	}
	mutex_lock(&lock);
	attached = takeover;
	is_lost = false;
	mutex_unlock(&lock);
	/* Whoever waits for the displaced generator to be seeded need not wait any more. */
	if (lrng_host_is_operational())
		lrng_seed_kernel();
	return 0;
}
LRNG_EXPORT(lrng_takeover_attach);

/* Tasks begin to come over. */
void lrng_takeover_begin(void)
{
	lrng_send_waiters_home(false);
	lrng_sysctl_begin_takeover();
	WRITE_ONCE(is_complete, false);
	WRITE_ONCE(is_moving, true);
	moving_since = jiffies;
	WRITE_ONCE(has_handed_back, false);
	WRITE_ONCE(in_force, true);
	pr_info("this is /dev/random now\n");
}
LRNG_EXPORT(lrng_takeover_begin);

/* Tasks begin to go back. */
static void go_back(void)
{
	WRITE_ONCE(is_complete, false);
	WRITE_ONCE(is_moving, true);
	WRITE_ONCE(has_handed_back, true);
	lrng_send_waiters_home(true);
}

void lrng_takeover_hand_back(void)
{
	/* The displaced generator goes on with a state that is as good as ours. */
	if (lrng_host_is_operational())
		lrng_seed_kernel();
	go_back();
}
LRNG_EXPORT(lrng_takeover_hand_back);

/* None is left with us. A patch that was disabled before all had come over gets only here. */
void lrng_takeover_end(void)
{
	go_back();
	lrng_sysctl_end_takeover();
	WRITE_ONCE(in_force, false);
	WRITE_ONCE(is_moving, false);
	pr_info("/dev/random is the kernel's own again\n");
}
LRNG_EXPORT(lrng_takeover_end);

/* No task is in the kernel's own functions any more. */
void lrng_takeover_complete(void)
{
	WRITE_ONCE(is_complete, true);
	WRITE_ONCE(is_moving, false);
}
LRNG_EXPORT(lrng_takeover_complete);

void lrng_takeover_detach(void)
{
	mutex_lock(&lock);
	attached = NULL;
	mutex_unlock(&lock);
	lrng_send_waiters_home(false);
}
LRNG_EXPORT(lrng_takeover_detach);

static void notice_loss(void)
{
	mutex_lock(&lock);
	if (attached && READ_ONCE(in_force) && !READ_ONCE(has_handed_back) && !attached->is_in_force()) {
		if (READ_ONCE(is_complete)) {
			WRITE_ONCE(is_complete, false);
			WRITE_ONCE(in_force, false);
			WRITE_ONCE(is_lost, true);
			pr_crit("another livepatch has replaced the takeover: /dev/random is NOT the LRNG any more\n");
			pr_crit("remove lrng_takeover and load it again\n");
		} else if (time_after(jiffies, moving_since + 2 * HZ)) {
			/* Somebody disabled it before all tasks had come over: nobody tells us of that. */
			go_back();
		}
	}
	mutex_unlock(&lock);
}

/* The mode was set to "never" while the takeover is in force. */
static void hand_back(void)
{
	struct file *file = filp_open(SWITCH, O_WRONLY, 0);
	loff_t position = 0;

	if (IS_ERR(file)) {
		pr_err("cannot hand back: %s can't be opened (%ld)\n", SWITCH, PTR_ERR(file));
		return;
	}
	kernel_write(file, "0", 1, &position);
	filp_close(file, NULL);
}

void lrng_takeover_tick(void)
{
	static enum lrng_takeover_mode last_mode;

	lrng_sysctl_refresh();
	notice_loss();
	if (last_mode != lrng_takeover_mode) {
		/* Somebody wants something else than before. */
		last_mode = lrng_takeover_mode;
		has_handed_back = has_attempted = false;
	}
	if (lrng_takeover_mode == LRNG_TAKEOVER_NEVER) {
		if (in_force)
			hand_back();
		return;
	}
	if (READ_ONCE(attached) || has_handed_back)
		return;
	if (lrng_takeover_mode == LRNG_TAKEOVER_SEEDED && !lrng_host_is_operational())
		return;
	if (has_attempted && time_before(jiffies, last_attempt + RETRY))
		return;
	if (has_attempted)
		pr_warn("lrng_takeover could not be loaded: /dev/random is still the kernel's own; trying again\n");
	has_attempted = true;
	last_attempt = jiffies;
	/* Without waiting: the module asks this thread's sources for a seed. */
	request_module_nowait("lrng_takeover");
}
