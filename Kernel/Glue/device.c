// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * /dev/lrng: what /dev/random is with the takeover, with and without it.
 *
 * An open file holds the module, so that its wait queue and its list of SIGIO users may be our own.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

static struct fasync_struct *fasync;

static int device_fasync(int fd, struct file *file, int on)
{
	return fasync_helper(fd, file, on, &fasync);
}

static int device_open(struct inode *inode, struct file *file)
{
	/* Reads and writes know IOCB_NOWAIT. */
	file->f_mode |= FMODE_NOWAIT;
	return 0;
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.read_iter = lrng_device_read_iter,
	.write_iter = lrng_random_write_iter,
	.poll = lrng_random_poll,
	.unlocked_ioctl = lrng_random_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.fasync = device_fasync,
	.llseek = noop_llseek,
	.splice_read = lrng_splice_read,
	.splice_write = iter_file_splice_write,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "lrng",
	.mode = 0666,
	.fops = &fops,
};

void lrng_device_signal(int band)
{
	kill_fasync(&fasync, SIGIO, band);
}

int lrng_device_begin(void)
{
	return misc_register(&device);
}

void lrng_device_end(void)
{
	misc_deregister(&device);
}
