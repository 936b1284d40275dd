// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Requests that may wait: the loop that all of them share, and what other modules call. See include/lrng.h.
 *
 * A request is answered in pieces. What a piece could not get is either not there yet, and then whoever may wait waits, or
 * broken, and then nobody does.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "lrng.h"
#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

/* What a request is cut into. */
#define PIECE 4096
/* What one seed is good for with prediction resistance: its 256 bits. */
#define PIECE_WITH_SEED 32
/* So much is worth waiting for, however long it takes. */
#define NEVER_CUT 256

int lrng_result_to_errno(long result)
{
	switch (result) {
	case LRNG_NOT_SEEDED:
	case LRNG_NO_ENTROPY:
		return -EAGAIN;
	case LRNG_BUFFER_TOO_SHORT:
		return -EINVAL;
	case LRNG_LENGTH_NEEDED:
		return -EMSGSIZE;
	default:
		return -EIO;
	}
}

/*
 * Who makes no system call of his own (a worker of io_uring, a thread of the kernel) has none to be made again: at the
 * hand-back he gets here what he would get there.
 */
static bool serve_from_kernel(void *buffer, size_t length, int err)
{
	return err == -ERESTARTNOINTR && current->flags & (PF_IO_WORKER | PF_KTHREAD) &&
	       lrng_glue_kernel_bytes(buffer, length);
}

/* 0: ask again. */
static int wait_after(long result, enum lrng_waiter waiter, bool nonblocking)
{
	int err = lrng_result_to_errno(result);

	if (err != -EAGAIN || nonblocking)
		return err;
	if (!lrng_host_is_operational())
		return lrng_wait_until_operational(waiter);
	return lrng_wait_for_entropy(waiter);
}

/* Each piece has a seed of its own. Who asks for many gets what there is after a second. */
static ssize_t read_prediction_resistant(u8 *buffer, size_t length, enum lrng_waiter waiter, bool nonblocking)
{
	const unsigned long end = jiffies + HZ;
	size_t done = 0;

	while (done < length) {
		const size_t want = min_t(size_t, length - done, PIECE_WITH_SEED);
		ssize_t n;
		int err = lrng_enter_gate(waiter, nonblocking);

		if (err == -ERESTARTNOINTR || (err && !done))
			return err;
		if (err)
			break;
		n = lrng_read_kernel(buffer + done, want, LRNG_QUALITY_PREDICTION_RESISTANT);
		lrng_leave_gate();
		if (n > 0) {
			done += n;
			if (n < want || signal_pending(current) || (done >= NEVER_CUT && time_after(jiffies, end)))
				break;
			/* Who has to leave now asks the other generator for all of it. */
			if (done < length && lrng_must_go_home(waiter))
				return lrng_go_home();
			continue;
		}
		if (done)
			break;
		err = wait_after(n ?: LRNG_NO_ENTROPY, waiter, nonblocking);
		if (err)
			return err;
	}
	return done;
}

/* One piece, of at least a byte. Only with prediction resistance it may be shorter than asked for. */
ssize_t lrng_read_blocking(void *buffer, size_t length, enum lrng_quality quality, enum lrng_waiter waiter,
			   bool nonblocking)
{
	if (unlikely(quality == LRNG_QUALITY_PREDICTION_RESISTANT)) {
		ssize_t n = read_prediction_resistant(buffer, length, waiter, nonblocking);

		return serve_from_kernel(buffer, length, n) ? length : n;
	}
	for (;;) {
		ssize_t n = lrng_read_kernel(buffer, length, quality);
		int err;

		if (likely(n > 0))
			return n;
		err = wait_after(n ?: LRNG_NO_ENTROPY, waiter, nonblocking);
		if (serve_from_kernel(buffer, length, err))
			return length;
		if (err)
			return err;
	}
}

/* The length of the seed. -EMSGSIZE: the first 8 bytes of the buffer say what would have been enough. */
ssize_t lrng_read_seed(void *buffer, size_t length, unsigned int flags, enum lrng_waiter waiter)
{
	const bool nonblocking = flags & LRNG_GET_SEED_NONBLOCK;
	u64 needed;

	/* Who asks with too little room only wants to know, and does not wait for that. */
	if (length < sizeof(needed))
		return -EINVAL;
	if (lrng_host_raw_seed(&needed, sizeof(needed), false, false) == LRNG_LENGTH_NEEDED && length < needed) {
		memcpy(buffer, &needed, sizeof(needed));
		return -EMSGSIZE;
	}
	for (;;) {
		int err = lrng_enter_gate(waiter, nonblocking);
		long n;

		if (err)
			return err;
		n = lrng_host_raw_seed(buffer, length, flags & LRNG_GET_SEED_FULLY_SEEDED, !nonblocking);
		lrng_leave_gate();
		if (n > 0)
			return n;
		/* The sources may have more for somebody who asks by force: the thread does it, and does it once. */
		if (n == LRNG_NOT_SEEDED)
			lrng_host_seed_by_force();
		err = wait_after(n ?: LRNG_NO_ENTROPY, waiter, nonblocking);
		if (err)
			return err;
	}
}

/* ------------------------------------------------------------------------------------------------------- for other modules */

static ssize_t read_all(void *buffer, size_t length, enum lrng_quality quality)
{
	size_t done = 0;

	might_sleep();
	while (done < length) {
		size_t want = min_t(size_t, length - done, PIECE);
		ssize_t n = lrng_read_blocking(buffer + done, want, quality, LRNG_WAITER_OWN, false);

		if (n < 0)
			return done ? done : n;
		done += n;
		if (n < want && quality == LRNG_QUALITY_PREDICTION_RESISTANT)
			break;
		cond_resched();
	}
	return done;
}

/* All bytes or none are of use: what came before an error is wiped. */
static int read_all_or_nothing(void *buffer, size_t length, enum lrng_quality quality)
{
	ssize_t n = read_all(buffer, length, quality);

	if (n == length)
		return 0;
	memzero_explicit(buffer, length);
	return n < 0 ? n : -EINTR;
}

static int wait_until_minimally_seeded(void)
{
	while (lrng_host_level() < LRNG_LEVEL_MINIMAL) {
		long left;

		lrng_host_seed_by_force();
		left = wait_event_interruptible_timeout(*lrng_wait_queue(), lrng_host_level() >= LRNG_LEVEL_MINIMAL, HZ);
		if (left < 0)
			return left;
	}
	return 0;
}

int lrng_get_random_bytes_min(void *buffer, size_t length)
{
	int err = wait_until_minimally_seeded();

	if (!err)
		return read_all_or_nothing(buffer, length, LRNG_QUALITY_MINIMALLY_SEEDED);
	memset(buffer, 0, length);
	return err;
}
LRNG_EXPORT(lrng_get_random_bytes_min);

int lrng_get_random_bytes_full(void *buffer, size_t length)
{
	return read_all_or_nothing(buffer, length, LRNG_QUALITY_FULLY_SEEDED);
}
LRNG_EXPORT(lrng_get_random_bytes_full);

ssize_t lrng_get_random_bytes_pr(void *buffer, size_t length)
{
	return read_all(buffer, length, LRNG_QUALITY_PREDICTION_RESISTANT);
}
LRNG_EXPORT(lrng_get_random_bytes_pr);

ssize_t lrng_get_seed(u64 *buffer, size_t length, unsigned int flags)
{
	might_sleep();
	return lrng_read_seed(buffer, length, flags, LRNG_WAITER_OWN);
}
LRNG_EXPORT(lrng_get_seed);
