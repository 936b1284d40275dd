// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * What user space sees: read, write, poll and ioctl of the devices, and getrandom(2).
 *
 * /dev/lrng uses these functions in every mode; lrng_takeover.ko lets the kernel's own ones be replaced by them. A call must
 * not leave the module by a jump: a livepatch looks for these functions on the stacks of all tasks before it lets them go, so
 * the module is compiled without tail calls.
 *
 * Error numbers are those of random.c and of the reference. A signal can't shorten the first 256 bytes.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <asm/ptrace.h>

#include "lrng.h"
#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

/* Of the reference; not in the kernel's header. */
#define GRND_SEED         0x0010
#define GRND_FULLY_SEEDED 0x0020

/* What is served from the stack, and at once. */
#define SMALL 256
/* What is served at a time when it is more. */
#define LARGE 4096
/* More than any seed has. */
#define SEED_ROOM 4096
/* So much of a request is served to its end although the kernel's generator is to come back. */
#define IN_FLIGHT (1 << 20)

/* A few words: a call of memset costs more. The compiler would make one. */
static __always_inline void wipe_small(u8 *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i += sizeof(u64))
		WRITE_ONCE(*(u64 *)(bytes + i), 0);
}

/* ------------------------------------------------------------------------------------------------------------------ reading */

static int wait_for_quality(enum lrng_quality quality, enum lrng_waiter waiter, bool nonblocking)
{
	if (likely(quality == LRNG_QUALITY_AVAILABLE || lrng_host_is_operational()))
		return 0;
	if (nonblocking) {
		lrng_host_seed_by_force();
		return -EAGAIN;
	}
	return lrng_wait_until_operational(waiter);
}

/* More than a small request: a page at a time. */
static noinline ssize_t read_large(struct iov_iter *iter, enum lrng_quality quality, enum lrng_waiter waiter,
				   bool nonblocking)
{
	u8 *piece = kmalloc(min_t(size_t, iov_iter_count(iter), LARGE), GFP_KERNEL);
	ssize_t total = 0;

	if (!piece)
		return -ENOMEM;
	for (;;) {
		size_t want = min_t(size_t, iov_iter_count(iter), LARGE), copied;
		/* Nobody waits when he has got something. */
		ssize_t n = lrng_read_blocking(piece, want, quality, waiter, nonblocking || total);

		if (n <= 0) {
			if (!total)
				total = n;
			break;
		}
		copied = copy_to_iter(piece, n, iter);
		total += copied;
		if (copied != n || n != want || !iov_iter_count(iter)) {
			if (!total)
				total = -EFAULT;
			break;
		}
		if (signal_pending(current) || (total >= IN_FLIGHT && lrng_must_go_home(waiter)))
			break;
		/* A hand-back waits until every task has been seen here, or where it leaves the kernel. */
		cond_resched_tasks_rcu_qs();
	}
	kfree_sensitive(piece);
	return total;
}

/* A few words, without the checks that copy_to_iter makes for memory and lengths that nobody knows. */
static __always_inline size_t copy_small_to_iter(const u8 *bytes, size_t length, struct iov_iter *iter)
{
	void __user *buffer = lrng_single_buffer(iter);

	if (likely(buffer) && likely(user_access_begin(buffer, length))) {
		unsafe_copy_to_user(buffer, bytes, length, fault);
		user_access_end();
		lrng_advance_single_buffer(iter, length);
		return length;
fault:
		user_access_end();
	}
	/* How far it gets is known to this one. */
	return copy_to_iter(bytes, length, iter);
}

static ssize_t read_small(struct iov_iter *iter, enum lrng_quality quality, enum lrng_waiter waiter, bool nonblocking)
{
	u8 bytes[SMALL] __aligned(8) __uninitialized;
	const size_t length = iov_iter_count(iter);
	ssize_t n = quality == LRNG_QUALITY_PREDICTION_RESISTANT ? 0 : lrng_read_kernel(bytes, length, quality);

	if (unlikely(n <= 0))
		n = lrng_read_blocking(bytes, length, quality, waiter, nonblocking);
	if (likely(n > 0)) {
		size_t copied = copy_small_to_iter(bytes, n, iter);

		wipe_small(bytes, n);
		return copied ? copied : -EFAULT;
	}
	return n;
}

static ssize_t read_any(struct iov_iter *iter, enum lrng_quality quality, enum lrng_waiter waiter, bool nonblocking)
{
	size_t length = iov_iter_count(iter);

	if (likely(length - 1 < SMALL))
		return read_small(iter, quality, waiter, nonblocking);
	/* Who asks for nothing is told whether there would have been something. */
	if (!length)
		return wait_for_quality(quality, waiter, nonblocking);
	return read_large(iter, quality, waiter, nonblocking);
}

static ssize_t read_random(struct kiocb *kiocb, struct iov_iter *iter, enum lrng_waiter waiter)
{
	const bool nonblocking = kiocb->ki_flags & (IOCB_NOWAIT | IOCB_NOIO) || kiocb->ki_filp->f_flags & O_NONBLOCK;
	const ssize_t n = read_any(iter, kiocb->ki_flags & IOCB_SYNC ? LRNG_QUALITY_PREDICTION_RESISTANT :
				   LRNG_QUALITY_FULLY_SEEDED, waiter, nonblocking);

	/* He may never wait, and ask again: for him, too, the sources work by force. */
	if (unlikely(n == -EAGAIN && !lrng_host_is_operational()))
		lrng_host_seed_by_force();
	return n;
}

ssize_t lrng_random_read_iter(struct kiocb *kiocb, struct iov_iter *iter)
{
	return read_random(kiocb, iter, LRNG_WAITER_TAKEN_OVER);
}
LRNG_EXPORT(lrng_random_read_iter);

/* A file of /dev/lrng holds the module: whoever waits there stays. */
ssize_t lrng_device_read_iter(struct kiocb *kiocb, struct iov_iter *iter)
{
	return read_random(kiocb, iter, LRNG_WAITER_OWN);
}

ssize_t lrng_urandom_read_iter(struct kiocb *kiocb, struct iov_iter *iter)
{
	if (unlikely(lrng_host_level() < LRNG_LEVEL_MINIMAL))
		pr_notice_ratelimited("%s: uninitialized urandom read (%zu bytes read)\n", current->comm,
				      iov_iter_count(iter));
	return read_any(iter, LRNG_QUALITY_AVAILABLE, LRNG_WAITER_TAKEN_OVER, true);
}
LRNG_EXPORT(lrng_urandom_read_iter);

/* ---------------------------------------------------------------------------------------------------------------- getrandom */

static noinline long getrandom_seed(char __user *buffer, size_t length, unsigned int flags)
{
	const size_t room = min_t(size_t, length, SEED_ROOM);
	const unsigned int seed_flags = (flags & GRND_NONBLOCK ? LRNG_GET_SEED_NONBLOCK : 0) |
					(flags & GRND_FULLY_SEEDED ? LRNG_GET_SEED_FULLY_SEEDED : 0);
	ssize_t n;
	u8 *seed;

	if (length < sizeof(u64))
		return -EINVAL;
	seed = kzalloc(room, GFP_KERNEL);
	if (!seed)
		return -ENOMEM;
	n = lrng_read_seed(seed, room, seed_flags, LRNG_WAITER_TAKEN_OVER);
	if (n > 0 && copy_to_user(buffer, seed, n))
		n = -EFAULT;
	if (n == -EMSGSIZE && copy_to_user(buffer, seed, sizeof(u64)))
		n = -EFAULT;
	kfree_sensitive(seed);
	return n;
}

static noinline long getrandom_slowly(char __user *buffer, size_t length, unsigned int flags)
{
	const unsigned int exclusive = flags & (GRND_INSECURE | GRND_RANDOM | GRND_SEED);
	const bool nonblocking = flags & GRND_NONBLOCK;
	enum lrng_quality quality = LRNG_QUALITY_FULLY_SEEDED;
	struct iov_iter iter;
	struct iovec vector;
	int err;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE | GRND_SEED | GRND_FULLY_SEEDED))
		return -EINVAL;
	if (exclusive & (exclusive - 1))
		return -EINVAL;
	if (flags & GRND_SEED)
		return getrandom_seed(buffer, length, flags);
	if (flags & GRND_INSECURE)
		quality = LRNG_QUALITY_AVAILABLE;
	else if (flags & GRND_RANDOM)
		quality = LRNG_QUALITY_PREDICTION_RESISTANT;
	err = wait_for_quality(quality, LRNG_WAITER_TAKEN_OVER, nonblocking);
	if (err)
		return err;
	/* Cuts the length to INT_MAX, rounded down to pages. */
	err = lrng_import_user(ITER_DEST, buffer, length, &vector, &iter);
	if (err)
		return err;
	return read_any(&iter, quality, LRNG_WAITER_TAKEN_OVER, nonblocking);
}

/* A few words, without the checks that copy_to_user makes for lengths that nobody knows. */
static __always_inline size_t copy_small_to_user(char __user *buffer, const u8 *bytes, size_t length)
{
	if (!user_access_begin(buffer, length))
		return length;
	unsafe_copy_to_user(buffer, bytes, length, fault);
	user_access_end();
	return 0;
fault:
	user_access_end();
	/* How far it got is known to this one. */
	return copy_to_user(buffer, bytes, length);
}

/* The way of nearly all calls: each instruction of it counts. */
static __always_inline long getrandom(char __user *buffer, size_t length, unsigned int flags)
{
	u8 bytes[SMALL] __aligned(8) __uninitialized;
	size_t left;
	ssize_t n;

	if (unlikely(flags || length - 1 >= SMALL))
		return getrandom_slowly(buffer, length, flags);
	n = lrng_read_kernel(bytes, length, LRNG_QUALITY_FULLY_SEEDED);
	if (unlikely(n != length)) {
		if (n > 0)
			memzero_explicit(bytes, n);
		return getrandom_slowly(buffer, length, flags);
	}
	left = copy_small_to_user(buffer, bytes, length);
	wipe_small(bytes, length);
	return likely(left < length) ? length - left : -EFAULT;
}

asmlinkage long lrng_x64_sys_getrandom(const struct pt_regs *regs)
{
	return getrandom((char __user *)regs->di, regs->si, regs->dx);
}
LRNG_EXPORT(lrng_x64_sys_getrandom);

/* A process of 32 bits. */
asmlinkage long lrng_ia32_sys_getrandom(const struct pt_regs *regs)
{
	return getrandom((char __user *)(unsigned long)(u32)regs->bx, (u32)regs->cx, (u32)regs->dx);
}
LRNG_EXPORT(lrng_ia32_sys_getrandom);

/* ------------------------------------------------------------------------------------------------------------------ writing */

/* Into the auxiliary pool, without credit; and where we stand in for the kernel's generator, into that as well. */
static ssize_t mix(struct iov_iter *iter)
{
	u8 block[SMALL] __uninitialized;
	ssize_t total = 0;

	if (!iov_iter_count(iter))
		return 0;
	for (;;) {
		size_t copied = copy_from_iter(block, sizeof(block), iter);

		total += copied;
		lrng_host_insert(block, copied, 0);
		if (lrng_is_taken_over())
			add_device_randomness(block, copied);
		if (!iov_iter_count(iter) || copied != sizeof(block))
			break;
		BUILD_BUG_ON(PAGE_SIZE % sizeof(block) != 0);
		if (total % PAGE_SIZE == 0) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	memzero_explicit(block, sizeof(block));
	return total ? total : -EFAULT;
}

ssize_t lrng_random_write_iter(struct kiocb *kiocb, struct iov_iter *iter)
{
	ssize_t n = mix(iter);

	if (n > 0)
		lrng_host_force_reseed(true);
	return n;
}
LRNG_EXPORT(lrng_random_write_iter);

/* --------------------------------------------------------------------------------------------------------------------- poll */

__poll_t lrng_random_poll(struct file *file, poll_table *wait)
{
	__poll_t events = 0;

	poll_wait(file, lrng_wait_queue(), wait);
	lrng_sysctl_refresh();
	if (lrng_host_is_operational())
		events |= EPOLLIN | EPOLLRDNORM;
	if (lrng_host_wants_writers())
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}
LRNG_EXPORT(lrng_random_poll);

/* -------------------------------------------------------------------------------------------------------------------- ioctl */

/* struct rand_pool_info: the credit in bits, the length in bytes, the data. */
static long add_entropy(int __user *info)
{
	struct iov_iter iter;
	struct iovec vector;
	int bits, length, err;
	ssize_t n;

	if (get_user(bits, info++))
		return -EFAULT;
	if (bits < 0)
		return -EINVAL;
	if (get_user(length, info++))
		return -EFAULT;
	if (length < 0)
		return -EINVAL;
	err = lrng_import_user(ITER_SOURCE, info, length, &vector, &iter);
	if (err)
		return err;
	n = mix(&iter);
	if (n < 0)
		return n;
	/* There is credit for all of it, or for nothing. */
	if (n != length)
		return -EFAULT;
	if (bits)
		lrng_host_adjust_auxiliary(min_t(s64, bits, 8 * (s64)length));
	else
		lrng_host_force_reseed(true);
	return 0;
}

static long change(unsigned int command, unsigned long argument)
{
	int bits;

	switch (command) {
	case RNDADDTOENTCNT:
		if (get_user(bits, (int __user *)argument))
			return -EFAULT;
		if (bits < 0)
			return -EINVAL;
		lrng_host_adjust_auxiliary(bits);
		return 0;
	case RNDADDENTROPY:
		return add_entropy((int __user *)argument);
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:
		lrng_host_clear_auxiliary();
		return 0;
	default: /* RNDRESEEDCRNG */
		if (!lrng_host_is_operational())
			return -ENODATA;
		lrng_host_force_reseed(false);
		return 0;
	}
}

long lrng_random_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	long result;

	switch (command) {
	case RNDGETENTCNT:
		return put_user((int)lrng_host_auxiliary_bits(), (int __user *)argument);
	case RNDADDTOENTCNT:
	case RNDADDENTROPY:
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:
	case RNDRESEEDCRNG:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		result = change(command, argument);
		lrng_sysctl_refresh();
		lrng_call_writers();
		return result;
	default:
		return -EINVAL;
	}
}
LRNG_EXPORT(lrng_random_ioctl);
