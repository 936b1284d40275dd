// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * /dev/lrng, and what /dev/random, /dev/urandom and getrandom(2) are while the LRNG is taken over.
 *
 *     read                 blocks until the LRNG is fully seeded; O_SYNC: prediction-resistant, and may be short
 *     /dev/urandom         never blocks
 *     write                stirs the auxiliary pool, without credit; a reseed follows, at most one a second
 *     poll, ioctl          as random(4) has them, with the LRNG's level and the auxiliary pool's entropy
 *     getrandom            flags of Linux, and GRND_SEED, GRND_FULLY_SEEDED
 *
 * Up to 256 bytes are served at once and whole. Longer requests are served by the page, and end early for a signal.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

/* Beyond those of linux/random.h, as in the reference. */
#define GRND_SEED 0x0010
#define GRND_FULLY_SEEDED 0x0020
#define GRND_ALL (GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE | GRND_SEED | GRND_FULLY_SEEDED)

#define SMALL 256
/* More than the largest raw seed: 16 bytes, and 316 of the seed buffer. */
#define RAW_SEED_ROOM 512

static const struct file_operations lrng_fops;

/* Where bytes go: to what a read came with, or to the buffer of getrandom. */
struct sink {
	struct iov_iter *iter;
	char __user *user;
};

static size_t put(struct sink *sink, const void *from, size_t length)
{
	size_t left;

	if (sink->iter)
		return copy_to_iter(from, length, sink->iter);
	left = copy_to_user(sink->user, from, length);
	sink->user += length - left;
	return length - left;
}

struct request {
	enum lrng_quality quality;
	bool may_block;
	enum lrng_waiter waiter;
};

/* What to do about a request that got nothing: 0, to ask again. */
static int settle(const struct request *request, ssize_t result)
{
	switch (result) {
	case LRNG_NOT_SEEDED:
		return request->may_block ? lrng_wait_until_operational(request->waiter) : -EAGAIN;
	case LRNG_NO_ENTROPY:
		return request->may_block ? lrng_wait_for_entropy(request->waiter) : -EAGAIN;
	default:
		return -EIO;
	}
}

static ssize_t serve_long(struct sink *sink, size_t length, const struct request *request, u8 *page, size_t page_length)
{
	size_t done = 0;

	while (done < length) {
		const size_t piece = min(length - done, page_length);
		ssize_t got = lrng_read_kernel(page, piece, request->quality);
		size_t copied;

		if (got < 0) {
			int err = done ? -EINTR : settle(request, got);

			if (err)
				return done ? done : err;
			continue;
		}
		copied = put(sink, page, got);
		memzero_explicit(page, got);
		done += copied;
		if (copied < got)
			return done ? done : -EFAULT;
		/* The sources are dry: what there is now is better than to wait for more. */
		if (got < piece)
			break;
		if (done < length) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	return done;
}

static ssize_t serve(struct sink *sink, size_t length, const struct request *request)
{
	u8 small[SMALL];
	u8 *page = NULL;
	ssize_t done;

	if (likely(length <= SMALL && request->quality != LRNG_QUALITY_PREDICTION_RESISTANT)) {
		ssize_t got;

		while (unlikely((got = lrng_read_kernel(small, length, request->quality)) < 0)) {
			int err = settle(request, got);

			if (err)
				return err;
		}
		done = put(sink, small, got);
		memzero_explicit(small, length);
		return done || !length ? done : -EFAULT;
	}
	/* Each block of prediction resistance costs a seed: signals are looked at between them. */
	if (request->quality == LRNG_QUALITY_PREDICTION_RESISTANT)
		return serve_long(sink, length, request, small, 32);
	page = kmalloc(PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN);
	done = serve_long(sink, length, request, page ? page : small, page ? PAGE_SIZE : SMALL);
	kfree(page);
	memzero_explicit(small, sizeof(small));
	return done;
}

/* -------------------------------------------------------------------------------------------------------------- devices */

static enum lrng_waiter waiter_of(const struct file *file)
{
	return file->f_op == &lrng_fops ? LRNG_WAITER_OWN : LRNG_WAITER_TAKEN_OVER;
}

ssize_t lrng_random_read_iter(struct kiocb *kiocb, struct iov_iter *iter)
{
	const struct file *file = kiocb->ki_filp;
	struct sink sink = { .iter = iter };
	struct request request = {
		.quality = file->f_flags & __O_SYNC ? LRNG_QUALITY_PREDICTION_RESISTANT : LRNG_QUALITY_FULLY_SEEDED,
		.may_block = !(file->f_flags & O_NONBLOCK) && !(kiocb->ki_flags & IOCB_NOWAIT),
		.waiter = waiter_of(file),
	};

	if (!iov_iter_count(iter))
		return 0;
	return serve(&sink, iov_iter_count(iter), &request);
}
LRNG_EXPORT(lrng_random_read_iter);

ssize_t lrng_urandom_read_iter(struct kiocb *kiocb, struct iov_iter *iter)
{
	static DEFINE_RATELIMIT_STATE(limit, HZ, 10);
	struct sink sink = { .iter = iter };
	struct request request = { .quality = LRNG_QUALITY_AVAILABLE };

	if (!lrng_host_is_operational() && __ratelimit(&limit))
		pr_notice("%s: uninitialized urandom read (%zu bytes)\n", current->comm, iov_iter_count(iter));
	if (!iov_iter_count(iter))
		return 0;
	return serve(&sink, iov_iter_count(iter), &request);
}
LRNG_EXPORT(lrng_urandom_read_iter);

ssize_t lrng_random_write_iter(struct kiocb *kiocb, struct iov_iter *iter)
{
	u8 block[SMALL];
	ssize_t done = 0;

	if (!iov_iter_count(iter))
		return 0;
	for (;;) {
		size_t got = copy_from_iter(block, sizeof(block), iter);

		lrng_host_insert(block, got, 0);
		if (lrng_is_taken_over())
			lrng_feed_kernel(block, got);
		done += got;
		if (!iov_iter_count(iter) || got != sizeof(block))
			break;
		if (done % PAGE_SIZE == 0) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	memzero_explicit(block, sizeof(block));
	/* Unprivileged writers must not make all others pay for a reseed each time. */
	lrng_host_force_reseed(true);
	return done ? done : -EFAULT;
}
LRNG_EXPORT(lrng_random_write_iter);

__poll_t lrng_random_poll(struct file *file, poll_table *wait)
{
	__poll_t mask = 0;

	poll_wait(file, lrng_wait_queue(), wait);
	if (lrng_host_is_operational())
		mask |= EPOLLIN | EPOLLRDNORM;
	if (lrng_host_wants_writers())
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}
LRNG_EXPORT(lrng_random_poll);

static long add_entropy(int __user *argument)
{
	const u8 __user *data = (const u8 __user *)(argument + 2);
	u8 block[64];
	int bits, length;
	u32 credit;

	if (get_user(bits, argument) || get_user(length, argument + 1))
		return -EFAULT;
	if (bits < 0 || length < 0)
		return -EINVAL;
	credit = min_t(u64, bits, (u64)length * 8);
	while (length > 0) {
		const int piece = min_t(int, length, sizeof(block));
		const u32 part = min_t(u32, credit, piece * 8);

		if (copy_from_user(block, data, piece)) {
			memzero_explicit(block, sizeof(block));
			return -EFAULT;
		}
		lrng_host_insert(block, piece, part);
		if (lrng_is_taken_over())
			lrng_feed_kernel(block, piece);
		credit -= part;
		data += piece;
		length -= piece;
	}
	memzero_explicit(block, sizeof(block));
	/* Data without credit are a write, and show in the next output. */
	if (!bits)
		lrng_host_force_reseed(true);
	return 0;
}

long lrng_random_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	int __user *user = (int __user *)argument;
	int bits;

	switch (command) {
	case RNDGETENTCNT:
		return put_user((int)lrng_host_auxiliary_bits(), user) ? -EFAULT : 0;
	case RNDADDTOENTCNT:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (get_user(bits, user))
			return -EFAULT;
		if (bits < 0)
			return -EINVAL;
		lrng_host_adjust_auxiliary(bits);
		return 0;
	case RNDADDENTROPY:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		return add_entropy(user);
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		lrng_host_clear_auxiliary();
		return 0;
	case RNDRESEEDCRNG:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (!lrng_host_is_operational())
			return -ENODATA;
		lrng_host_force_reseed(false);
		return 0;
	default:
		return -EINVAL;
	}
}
LRNG_EXPORT(lrng_random_ioctl);

/* Files of /dev/lrng keep the module where it is. */
static const struct file_operations lrng_fops = {
	.owner = THIS_MODULE,
	.read_iter = lrng_random_read_iter,
	.write_iter = lrng_random_write_iter,
	.poll = lrng_random_poll,
	.unlocked_ioctl = lrng_random_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
	.splice_read = LRNG_SPLICE_READ,
	.splice_write = iter_file_splice_write,
};

static struct miscdevice lrng_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "lrng",
	.fops = &lrng_fops,
	.mode = 0666,
};

int lrng_device_begin(void)
{
	return misc_register(&lrng_device);
}

void lrng_device_end(void)
{
	misc_deregister(&lrng_device);
}

/* ------------------------------------------------------------------------------------------------------------- getrandom */

/* The size protocol of the reference: too short for a number, too short for the seed, or the seed. */
static long get_seed(char __user *buffer, size_t length, unsigned int flags)
{
	const struct request request = { .may_block = !(flags & GRND_NONBLOCK), .waiter = LRNG_WAITER_TAKEN_OVER };
	u8 *seed;
	long result;

	if (length < sizeof(u64))
		return -EINVAL;
	seed = kzalloc(RAW_SEED_ROOM, GFP_KERNEL);
	if (!seed)
		return -ENOMEM;
	do {
		result = lrng_host_raw_seed(seed, min_t(size_t, length, RAW_SEED_ROOM), flags & GRND_FULLY_SEEDED,
					    request.may_block);
		if (result == LRNG_LENGTH_NEEDED)
			result = copy_to_user(buffer, seed, sizeof(u64)) ? -EFAULT : -EMSGSIZE;
		else if (result >= 0)
			result = copy_to_user(buffer, seed, result) ? -EFAULT : result;
		else
			result = settle(&request, result);
	} while (!result);
	kfree_sensitive(seed);
	return result;
}

long lrng_getrandom(char __user *buffer, size_t length, unsigned int flags)
{
	struct sink sink = { .user = buffer };
	struct request request = {
		.quality = LRNG_QUALITY_FULLY_SEEDED,
		.may_block = true,
		.waiter = LRNG_WAITER_TAKEN_OVER,
	};

	if (unlikely(flags)) {
		const unsigned int source = flags & (GRND_RANDOM | GRND_INSECURE | GRND_SEED);

		/* They exclude one another: at most one bit. */
		if (flags & ~GRND_ALL || source & (source - 1))
			return -EINVAL;
		length = min_t(size_t, length, INT_MAX);
		if (flags & GRND_SEED)
			return get_seed(buffer, length, flags);
		if (flags & GRND_RANDOM)
			request.quality = LRNG_QUALITY_PREDICTION_RESISTANT;
		if (flags & GRND_INSECURE)
			request.quality = LRNG_QUALITY_AVAILABLE;
		request.may_block = !(flags & (GRND_NONBLOCK | GRND_INSECURE));
	}
	if (unlikely(!length)) {
		while (request.quality != LRNG_QUALITY_AVAILABLE && !lrng_host_is_operational()) {
			int err = settle(&request, LRNG_NOT_SEEDED);

			if (err)
				return err;
		}
		return 0;
	}
	return serve(&sink, min_t(size_t, length, INT_MAX), &request);
}
LRNG_EXPORT(lrng_getrandom);
