/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What the interfaces share with each other and with lrng_takeover.ko. These functions take kernel types, so that Swift does
 * not see them.
 */
#ifndef LRNG_KERNEL_H
#define LRNG_KERNEL_H

#include <linux/fs.h>
#include <linux/notifier.h>
#include <linux/poll.h>
#include <linux/types.h>
#include <linux/wait.h>

struct seq_file;

/* lookup.c */
unsigned long lrng_lookup(const char *name);
bool lrng_kernel_is_seeded(void);
wait_queue_head_t *lrng_kernel_wait_queue(void);
struct fasync_struct **lrng_kernel_fasync(void);

/* ready.c */
enum lrng_waiter { LRNG_WAITER_OWN, LRNG_WAITER_TAKEN_OVER };

int lrng_ready_begin(void);
void lrng_ready_end(void);
wait_queue_head_t *lrng_wait_queue(void);
/* 0: fully seeded. Else -ERESTARTSYS, or -ERESTARTNOINTR when the kernel's own function has to go on. */
int lrng_wait_until_operational(enum lrng_waiter waiter);
/* Waits a moment for sources that are dry. */
int lrng_wait_for_entropy(enum lrng_waiter waiter);
int lrng_wait_for_random_bytes(void);
bool lrng_is_initialized(void);
int lrng_execute_with_initialized_rng(struct notifier_block *nb);
/* Whoever waits in a function that was taken over leaves it, or may stay again. */
void lrng_send_waiters_home(bool home);

/* device.c */
int lrng_device_begin(void);
void lrng_device_end(void);
ssize_t lrng_random_read_iter(struct kiocb *kiocb, struct iov_iter *iter);
ssize_t lrng_urandom_read_iter(struct kiocb *kiocb, struct iov_iter *iter);
ssize_t lrng_random_write_iter(struct kiocb *kiocb, struct iov_iter *iter);
__poll_t lrng_random_poll(struct file *file, poll_table *wait);
long lrng_random_ioctl(struct file *file, unsigned int command, unsigned long argument);
long lrng_getrandom(char __user *buffer, size_t length, unsigned int flags);

/* inputs.c */
int lrng_inputs_begin(void);
void lrng_inputs_end(void);
/* Mixes data into the displaced generator; our own eyes are closed meanwhile. */
void lrng_feed_kernel(const void *data, size_t length);
/* 64 bytes of the LRNG with all their credit. Process context; sleeps. */
void lrng_seed_kernel(void);
/* The calling thread of the kernel has read our hwrng, and is about to hand that to the displaced generator. */
void lrng_own_data_begin(void);

/* proc.c */
int lrng_proc_begin(void);
void lrng_proc_end(void);

/* sysctl.c */
void lrng_sysctl_begin_takeover(void);
void lrng_sysctl_end_takeover(void);
void lrng_sysctl_refresh(void);

/* record.c */
int lrng_record_begin(void);
void lrng_record_end(void);

/* takeover.c */
struct lrng_takeover {
	bool (*is_in_force)(void);
};

int lrng_takeover_attach(const struct lrng_takeover *takeover);
/* The life of the livepatch, in this order. */
void lrng_takeover_begin(void);
void lrng_takeover_complete(void);
void lrng_takeover_hand_back(void);
void lrng_takeover_end(void);
void lrng_takeover_detach(void);
const char *lrng_takeover_state(void);
bool lrng_is_taken_over(void);

#endif
