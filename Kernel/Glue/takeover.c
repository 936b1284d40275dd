// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * When we stand in for the kernel's generator: the part of the takeover that stays. lrng_takeover.ko is a livepatch and
 * nothing else; it comes when the LRNG is seeded, reports its steps here, and goes when it is told to.
 *
 *     waiting ──(modprobe)──► prepare ──► started: active ──► stopping ──► stopped: off ──► gone
 *                                             └─(replaced by another livepatch)──► lost
 *
 * A livepatch that was disabled can't be enabled again: for the next takeover the module is loaded anew. Who disables it by
 * hand means that: it comes back only when the parameter is written.
 *
 * lrng_takeover.ko calls from the livepatch core, under its lock; the core is asked for something by the LRNG's thread
 * without the lock of this file.
 */
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/umh.h>
#include <linux/workqueue.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

#define MODULE_NAME "lrng_takeover"
/* What an administrator writes to, too. */
#define SWITCH "/sys/kernel/livepatch/" MODULE_NAME "/enabled"

/* A module that is not there may be when the root file system is. */
#define FIRST_PAUSE (5 * HZ)
#define SOON (HZ / 4)
#define LONGEST_PAUSE (300 * HZ)

enum state { OFF, COMING, ACTIVE, GOING, LOST };

static DEFINE_MUTEX(mutex);
static enum state state;
static bool (*is_in_force)(void);      /* of lrng_takeover.ko; null: that is not loaded */
static bool is_begun, is_wanted;
static bool was_in_force, has_seeded_kernel;
/* GOING: all tasks are in the kernel's functions, and ours are being detached. */
static bool has_left;
static unsigned long next_attempt, pause;

/* The thread looks in when there is something to do, and when it is time to try something again. */
static void kick(struct work_struct *work)
{
	lrng_glue_kick();
}

static DECLARE_DELAYED_WORK(again, kick);

static void try_at(unsigned long first, unsigned long pause_after)
{
	next_attempt = first;
	pause = pause_after;
}

/* Each time the pause is twice as long. */
static void try_again(void)
{
	next_attempt = jiffies + pause;
	schedule_delayed_work(&again, pause);
	pause = min_t(unsigned long, 2 * pause, LONGEST_PAUSE);
}

bool lrng_is_taken_over(void)
{
	enum state now = READ_ONCE(state);

	return now == COMING || now == ACTIVE || now == GOING;
}

/* A task that computes all the time can't be moved from one function to the other: the Jitter RNG pauses. */
bool lrng_takeover_is_moving(void)
{
	enum state now = READ_ONCE(state);

	return now == COMING || now == GOING;
}

bool lrng_takeover_is_going(void)
{
	return READ_ONCE(state) == GOING;
}

const char *lrng_takeover_state(void)
{
	switch (READ_ONCE(state)) {
	case GOING:
		if (READ_ONCE(has_left))
			return "off";
		fallthrough;
	case ACTIVE:
		return "active";
	case COMING:
		return "waiting";
	case LOST:
		return "lost";
	default:
		if (lrng_takeover_mode == LRNG_TAKEOVER_NEVER)
			return "never";
		return READ_ONCE(is_wanted) ? "waiting" : "off";
	}
}

/* ------------------------------------------------------------------------------------------- what lrng_takeover.ko reports */

/* Also at once only if there is output at all. */
static bool may_take_over(void)
{
	if (!lrng_host_may_output())
		return false;
	return lrng_takeover_mode == LRNG_TAKEOVER_NOW ||
	       (lrng_takeover_mode == LRNG_TAKEOVER_SEEDED && lrng_host_is_operational());
}

/* Before the first function is replaced. Whoever waits for the kernel's generator gets it. */
int lrng_takeover_prepare(bool (*in_force)(void))
{
	int err = 0;

	mutex_lock(&mutex);
	if (!may_take_over()) {
		pr_notice("no takeover: %s\n", lrng_takeover_mode == LRNG_TAKEOVER_NEVER ?
			  "parameter takeover=never" : "not fully seeded yet, or a self test failed");
		err = lrng_takeover_mode == LRNG_TAKEOVER_NEVER ? -EPERM : -EAGAIN;
	} else {
		lrng_seed_kernel();
		has_seeded_kernel = lrng_host_is_operational();
		lrng_send_waiters_home(false);
		is_in_force = in_force;
		was_in_force = false;
		WRITE_ONCE(has_left, false);
		WRITE_ONCE(state, COMING);
		lrng_hurry_jitter(true);
		lrng_transition_watch();
	}
	mutex_unlock(&mutex);
	return err;
}
LRNG_EXPORT(lrng_takeover_prepare);

/* All tasks use the new functions; also when a hand-back was called off. */
void lrng_takeover_started(void)
{
	mutex_lock(&mutex);
	lrng_send_waiters_home(false);
	lrng_sysctl_take_over();
	WRITE_ONCE(has_left, false);
	WRITE_ONCE(state, ACTIVE);
	lrng_hurry_jitter(false);
	mutex_unlock(&mutex);
	pr_notice("/dev/random, /dev/urandom, getrandom and get_random_bytes are the LRNG now\n");
}
LRNG_EXPORT(lrng_takeover_started);

/* The kernel's generator is as good as ours before the first task meets it again, and nobody waits for us. */
static void release(void)
{
	lrng_seed_kernel();
	lrng_sysctl_hand_back();
	lrng_send_waiters_home(true);
}

static void leave(void)
{
	release();
	WRITE_ONCE(state, GOING);
	lrng_hurry_jitter(true);
	lrng_transition_watch();
}

void lrng_takeover_stopping(void)
{
	mutex_lock(&mutex);
	leave();
	mutex_unlock(&mutex);
}
LRNG_EXPORT(lrng_takeover_stopping);

static void all_have_left(void)
{
	if (has_left)
		return;
	WRITE_ONCE(has_left, true);
	pr_notice("/dev/random, /dev/urandom, getrandom and get_random_bytes are the kernel's again\n");
}

/* All tasks are moved. The livepatch core holds its lock for as long as it detaches: this must not wait for it. */
void lrng_takeover_left(void)
{
	mutex_lock(&mutex);
	if (state == GOING)
		all_have_left();
	mutex_unlock(&mutex);
	wake_up_all(lrng_wait_queue());
}

/* And nothing is left of them in the kernel's functions. */
void lrng_takeover_stopped(void)
{
	mutex_lock(&mutex);
	all_have_left();
	lrng_sysctl_hand_back();
	/* Who was told to wait need not any more. */
	if (!lrng_host_is_operational())
		lrng_signal_kernel_files(POLL_IN);
	WRITE_ONCE(state, OFF);
	WRITE_ONCE(is_wanted, false);
	lrng_hurry_jitter(false);
	/* The livepatch core lets go of the module a little after its last word. */
	try_at(jiffies + SOON, SOON);
	schedule_delayed_work(&again, SOON);
	mutex_unlock(&mutex);
	/* Who polls asks the other generator. */
	wake_up_all(lrng_wait_queue());
}
LRNG_EXPORT(lrng_takeover_stopped);

void lrng_takeover_gone(bool was_refused)
{
	mutex_lock(&mutex);
	is_in_force = NULL;
	if (was_refused) {
		/* It would be refused again. */
		WRITE_ONCE(is_wanted, false);
		WRITE_ONCE(state, OFF);
	}
	lrng_hurry_jitter(false);
	mutex_unlock(&mutex);
	lrng_glue_kick();
}
LRNG_EXPORT(lrng_takeover_gone);

/* ------------------------------------------------------------------------------------------------------ the LRNG's thread */

static void run(const char *program, char *const *arguments)
{
	static char *environment[] = { "HOME=/", "PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL };

	call_usermodehelper(program, (char **)arguments, environment, UMH_NO_WAIT);
}

/* Not modprobe -r: that would remove lrng.ko as well, which nothing else uses. */
static void remove_module(void)
{
	static char *const arguments[] = { "/sbin/rmmod", MODULE_NAME, NULL };

	run(arguments[0], arguments);
}

static void disable(void)
{
	struct file *file = filp_open(SWITCH, O_WRONLY, 0);
	loff_t position = 0;

	if (IS_ERR(file)) {
		pr_warn("can't hand back: %s: error %ld\n", SWITCH, PTR_ERR(file));
		return;
	}
	/* Busy: a transition is under way, and this thread will look again. */
	kernel_write(file, "0", 1, &position);
	filp_close(file, NULL);
}

/* A livepatch of somebody else that replaces all others does not tell them. */
static void look_after(void)
{
	if (is_in_force && is_in_force() && lrng_answers_for_kernel())
		return;
	pr_warn("takeover lost: another livepatch has replaced it, the kernel's generator serves\n");
	release();
	WRITE_ONCE(state, LOST);
	WRITE_ONCE(is_wanted, false);
}

enum action { NOTHING, LOAD, DISABLE, REMOVE };

/* What has to be done without the lock. */
static enum action next_action(void)
{
	const bool is_due = time_after_eq(jiffies, next_attempt);

	switch (state) {
	case ACTIVE:
		look_after();
		if (state == ACTIVE && lrng_takeover_mode == LRNG_TAKEOVER_NEVER && is_due)
			return DISABLE;
		return NOTHING;
	case COMING:
		/* Called off before it was complete; the livepatch core does not say so. It sets the mark after prepare. */
		if (is_in_force())
			was_in_force = true;
		else if (was_in_force)
			leave();
		return NOTHING;
	case GOING:
		return NOTHING;
	default:
		break;
	}
	if (!is_due)
		return NOTHING;
	if (is_in_force)
		return is_wanted || lrng_takeover_mode == LRNG_TAKEOVER_NEVER ? REMOVE : NOTHING;
	return is_wanted && may_take_over() ? LOAD : NOTHING;
}

void lrng_takeover_tick(void)
{
	enum action action;

	mutex_lock(&mutex);
	if (!is_begun) {
		mutex_unlock(&mutex);
		return;
	}
	/* With takeover=now the first gift may have been without credit. */
	if (lrng_is_taken_over() && !has_seeded_kernel && lrng_host_is_operational()) {
		lrng_seed_kernel();
		has_seeded_kernel = true;
	}
	action = next_action();
	if (action != NOTHING)
		try_again();
	mutex_unlock(&mutex);

	switch (action) {
	case LOAD:
		request_module_nowait(MODULE_NAME);
		break;
	case DISABLE:
		disable();
		break;
	case REMOVE:
		remove_module();
		break;
	case NOTHING:
		break;
	}
	lrng_sysctl_refresh();
	lrng_call_writers();
}

static void want(void)
{
	WRITE_ONCE(is_wanted, lrng_takeover_mode != LRNG_TAKEOVER_NEVER);
	try_at(jiffies, FIRST_PAUSE);
}

/* Somebody wrote the parameter: what was given up is tried again. */
void lrng_takeover_mode_changed(void)
{
	mutex_lock(&mutex);
	want();
	mutex_unlock(&mutex);
	lrng_glue_kick();
}

void lrng_takeover_begin(void)
{
	lrng_transition_begin();
	mutex_lock(&mutex);
	want();
	is_begun = true;
	mutex_unlock(&mutex);
	lrng_glue_kick();
}

/* lrng_takeover.ko is gone: it uses our symbols. */
void lrng_takeover_end(void)
{
	mutex_lock(&mutex);
	is_begun = false;
	mutex_unlock(&mutex);
	cancel_delayed_work_sync(&again);
	lrng_transition_end();
}
