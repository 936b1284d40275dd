// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Waiting for the seed, and being told of it.
 *
 * Who waits stands in the kernel's own queue, crng_init_wait: epoll keeps a pointer to the queue of a file for as long as
 * the file is open, and files of /dev/random outlive this module. The kernel's own SIGIO list likewise.
 *
 * A hand-back can't be complete while a task sleeps in a function that is taken over. Such a task is woken, and its system
 * call is restarted, as the freezer does: it goes on in the kernel's own function and notices nothing.
 */
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/uidgid.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

static DECLARE_WAIT_QUEUE_HEAD(own_queue);
static wait_queue_head_t *queue = &own_queue;
static bool going_home;

/* Notifiers that came while the LRNG was not seeded. */
static RAW_NOTIFIER_HEAD(notifiers);
static DEFINE_SPINLOCK(notifiers_lock);

wait_queue_head_t *lrng_wait_queue(void)
{
	return queue;
}

/* Each notifier is called once. Its memory is the caller's, and the call may free it. */
static void notify(void)
{
	struct notifier_block *nb;
	unsigned long flags;

	spin_lock_irqsave(&notifiers_lock, flags);
	while ((nb = rcu_dereference_protected(notifiers.head, lockdep_is_held(&notifiers_lock)))) {
		raw_notifier_chain_unregister(&notifiers, nb);
		spin_unlock_irqrestore(&notifiers_lock, flags);
		nb->notifier_call(nb, 0, NULL);
		spin_lock_irqsave(&notifiers_lock, flags);
	}
	spin_unlock_irqrestore(&notifiers_lock, flags);
}

void lrng_signal_kernel_files(int band)
{
	struct fasync_struct **fasync = lrng_kernel_fasync();

	if (fasync && lrng_is_taken_over())
		kill_fasync(fasync, SIGIO, band);
}

/* A level is reached in any context, also under locks of the scheduler; waking needs these. */
static void tell(struct irq_work *work)
{
	wake_up_all(queue);
	if (!lrng_host_is_operational())
		return;
	lrng_device_signal(POLL_IN);
	lrng_signal_kernel_files(POLL_IN);
	notify();
}

static DEFINE_IRQ_WORK(tell_work, tell);

void lrng_glue_level_changed(enum lrng_level level)
{
	irq_work_queue(&tell_work);
	lrng_glue_kick();
}

/* Who waits for the LRNG to want data is told when it begins to: whoever may have changed that calls this. */
void lrng_call_writers(void)
{
	static atomic_t wanted = ATOMIC_INIT(0);
	const int wants = lrng_host_wants_writers();

	if (atomic_read(&wanted) == wants || atomic_xchg(&wanted, wants) == wants || !wants)
		return;
	wake_up_all(queue);
	lrng_device_signal(POLL_OUT);
	lrng_signal_kernel_files(POLL_OUT);
}

bool lrng_must_go_home(enum lrng_waiter waiter)
{
	return waiter == LRNG_WAITER_TAKEN_OVER && READ_ONCE(going_home);
}

/* The system call is made again, in the kernel's own function, although there is no signal. */
int lrng_go_home(void)
{
	set_thread_flag(TIF_SIGPENDING);
	return -ERESTARTNOINTR;
}

int lrng_wait_until_operational(enum lrng_waiter waiter)
{
	while (!lrng_host_is_operational()) {
		long left;

		if (lrng_must_go_home(waiter))
			return lrng_go_home();
		lrng_host_seed_by_force();
		/* The scheduler source can't wake anybody: look at it from time to time. */
		left = wait_event_interruptible_timeout(*queue,
							lrng_host_is_operational() || lrng_must_go_home(waiter), HZ);
		if (left < 0)
			return lrng_must_go_home(waiter) ? lrng_go_home() : -ERESTARTSYS;
	}
	return 0;
}

int lrng_wait_for_entropy(enum lrng_waiter waiter)
{
	lrng_glue_kick_jitter();
	if (wait_event_interruptible_timeout(*queue, lrng_must_go_home(waiter), msecs_to_jiffies(20)) < 0)
		return lrng_must_go_home(waiter) ? lrng_go_home() : -ERESTARTSYS;
	return lrng_must_go_home(waiter) ? lrng_go_home() : 0;
}

/*
 * Prediction resistance and raw seeds take long, because each makes the sources work. One at a time has his turn; the others
 * wait here, and not for a mutex, so that they can be interrupted and sent home.
 *
 * Turns go round among users and not among requests: who makes a hundred of them keeps nobody else waiting for a hundred.
 * Users are told apart by a hash; two with the same one share a turn.
 */
#define SHARE_BITS 5
#define SHARES BIT(SHARE_BITS)

static DECLARE_WAIT_QUEUE_HEAD(gate_queue);
static DEFINE_SPINLOCK(gate_lock);
static bool is_occupied;
static unsigned int turn;              /* the share that comes next, if somebody of it waits */
static unsigned int waiting[SHARES];

static unsigned int share_of_current(void)
{
	return hash_32(from_kuid(&init_user_ns, current_uid()), SHARE_BITS);
}

static bool pass(unsigned int share, bool has_waited)
{
	bool passes;

	spin_lock(&gate_lock);
	passes = !is_occupied && (!waiting[turn] || share == turn);
	if (passes) {
		is_occupied = true;
		turn = share;
		waiting[share] -= has_waited;
	}
	spin_unlock(&gate_lock);
	return passes;
}

static void give_up(unsigned int share)
{
	spin_lock(&gate_lock);
	waiting[share]--;
	spin_unlock(&gate_lock);
	/* It may have been his turn. */
	wake_up_all(&gate_queue);
}

int lrng_enter_gate(enum lrng_waiter waiter, bool nonblocking)
{
	const unsigned int share = share_of_current();
	bool is_inside = pass(share, false);
	int err;

	if (is_inside)
		return 0;
	if (nonblocking)
		return -EAGAIN;
	spin_lock(&gate_lock);
	waiting[share]++;
	spin_unlock(&gate_lock);
	err = wait_event_interruptible(gate_queue, lrng_must_go_home(waiter) || (is_inside = pass(share, true)));
	if (is_inside)
		return 0;
	give_up(share);
	return lrng_must_go_home(waiter) ? lrng_go_home() : err;
}

void lrng_leave_gate(void)
{
	unsigned int i;

	spin_lock(&gate_lock);
	is_occupied = false;
	for (i = 0; i < SHARES; i++) {
		turn = (turn + 1) % SHARES;
		if (waiting[turn])
			break;
	}
	spin_unlock(&gate_lock);
	wake_up_all(&gate_queue);
}

/* The kernel's generator is seeded when this is called: what waits for us can have that instead. */
void lrng_send_waiters_home(bool home)
{
	WRITE_ONCE(going_home, home);
	if (!home)
		return;
	wake_up_all(queue);
	wake_up_all(&gate_queue);
	notify();
}

/* Who asks inside the kernel is served by the kernel's generator when a self test has failed, and so it is the one to ask. */
static bool is_ready_inside(enum lrng_level level)
{
	return lrng_host_may_output() ? lrng_host_level() >= level : lrng_kernel_is_seeded();
}

/*
 * In the kernel: from the level "minimally seeded" on, as in the reference. No system call can be restarted from here; but
 * at the hand-back the kernel's generator is seeded, and that is all that the caller wants to know.
 */
int lrng_wait_for_random_bytes(void)
{
	while (!is_ready_inside(LRNG_LEVEL_MINIMAL)) {
		long left;

		if (READ_ONCE(going_home))
			return 0;
		lrng_host_seed_by_force();
		left = wait_event_interruptible_timeout(*queue, lrng_host_level() >= LRNG_LEVEL_MINIMAL ||
							READ_ONCE(going_home), HZ);
		if (left < 0)
			return left;
	}
	return 0;
}
LRNG_EXPORT(lrng_wait_for_random_bytes);

/* Somebody asks the kernel whether it is seeded, to see who answers. */
static struct task_struct *asking;
static bool answered;

bool lrng_is_initialized(void)
{
	if (unlikely(READ_ONCE(asking) == current))
		answered = true;
	return is_ready_inside(LRNG_LEVEL_FULL);
}
LRNG_EXPORT(lrng_is_initialized);

/* Whether calls of the kernel's functions arrive here. For one thread at a time. */
bool lrng_answers_for_kernel(void)
{
	answered = false;
	WRITE_ONCE(asking, current);
	rng_is_initialized();
	WRITE_ONCE(asking, NULL);
	return answered;
}

int lrng_execute_with_initialized_rng(struct notifier_block *nb)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&notifiers_lock, flags);
	if (is_ready_inside(LRNG_LEVEL_FULL) || READ_ONCE(going_home))
		nb->notifier_call(nb, 0, NULL);
	else
		err = raw_notifier_chain_register(&notifiers, nb);
	spin_unlock_irqrestore(&notifiers_lock, flags);
	return err;
}
LRNG_EXPORT(lrng_execute_with_initialized_rng);

void lrng_ready_begin(void)
{
	wait_queue_head_t *kernel_queue = lrng_kernel_wait_queue();

	if (kernel_queue)
		queue = kernel_queue;
}

void lrng_ready_end(void)
{
	irq_work_sync(&tell_work);
}
