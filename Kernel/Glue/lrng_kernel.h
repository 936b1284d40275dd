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

#include "lrng_bridge.h"

struct pt_regs;
struct seq_file;

/* lookup.c */
unsigned long lrng_lookup(const char *name);
bool lrng_kernel_is_seeded(void);
wait_queue_head_t *lrng_kernel_wait_queue(void);
struct fasync_struct **lrng_kernel_fasync(void);
void lrng_kernel_reseed(void);

/* ready.c: who waits in a function of the kernel that we took over leaves it when that is handed back */
enum lrng_waiter { LRNG_WAITER_OWN, LRNG_WAITER_TAKEN_OVER };

void lrng_ready_begin(void);
/* Nobody is told anything any more. */
void lrng_ready_end(void);
wait_queue_head_t *lrng_wait_queue(void);
void lrng_signal_kernel_files(int band);
void lrng_call_writers(void);
/* 0: fully seeded. Else -ERESTARTSYS, or -ERESTARTNOINTR when the kernel's own function has to go on. */
int lrng_wait_until_operational(enum lrng_waiter waiter);
/* Waits a moment for sources that are dry. */
int lrng_wait_for_entropy(enum lrng_waiter waiter);
/* One at a time; -EAGAIN: somebody is inside. */
int lrng_enter_gate(enum lrng_waiter waiter, bool nonblocking);
void lrng_leave_gate(void);
bool lrng_must_go_home(enum lrng_waiter waiter);
/* Restarts the system call; returns the error number for that. */
int lrng_go_home(void);
void lrng_send_waiters_home(bool home);
int lrng_wait_for_random_bytes(void);
bool lrng_is_initialized(void);
int lrng_execute_with_initialized_rng(struct notifier_block *nb);
bool lrng_answers_for_kernel(void);

/* device.c */
int lrng_device_begin(void);
void lrng_device_end(void);
void lrng_device_signal(int band);

/* user.c: what the kernel's functions are replaced by */
ssize_t lrng_random_read_iter(struct kiocb *kiocb, struct iov_iter *iter);
ssize_t lrng_urandom_read_iter(struct kiocb *kiocb, struct iov_iter *iter);
ssize_t lrng_device_read_iter(struct kiocb *kiocb, struct iov_iter *iter);
ssize_t lrng_random_write_iter(struct kiocb *kiocb, struct iov_iter *iter);
__poll_t lrng_random_poll(struct file *file, poll_table *wait);
long lrng_random_ioctl(struct file *file, unsigned int command, unsigned long argument);
asmlinkage long lrng_x64_sys_getrandom(const struct pt_regs *regs);
asmlinkage long lrng_ia32_sys_getrandom(const struct pt_regs *regs);

/* api.c */
ssize_t lrng_read_blocking(void *buffer, size_t length, enum lrng_quality quality, enum lrng_waiter waiter,
			   bool nonblocking);
ssize_t lrng_read_seed(void *buffer, size_t length, unsigned int flags, enum lrng_waiter waiter);
int lrng_result_to_errno(long result);

/* inputs.c */
void lrng_inputs_begin(void);
void lrng_inputs_end(void);
/* 64 bytes of the LRNG for the displaced generator, with their credit if the LRNG is seeded. Sleeps. */
void lrng_seed_kernel(void);
/* A thread of the kernel got our output, and is about to offer it as input. */
void lrng_expect_own_data(struct task_struct *task);

/* providers.c */
void lrng_providers_begin(void);
void lrng_providers_end(void);

/* external.c */
int lrng_external_begin(void);
void lrng_external_end(void);

/* proc.c */
int lrng_proc_begin(void);
void lrng_proc_end(void);

/* sysctl.c: /proc/sys/kernel/random, and what the vDSO looks at */
void lrng_sysctl_begin(void);
void lrng_sysctl_end(void);
void lrng_sysctl_take_over(void);
void lrng_sysctl_hand_back(void);
/* What was written there takes effect, and what is read there is true. */
void lrng_sysctl_refresh(void);

/* record.c */
int lrng_record_begin(void);
void lrng_record_end(void);

/* takeover.c: the steps of lrng_takeover.ko, in their order */
int lrng_takeover_prepare(bool (*is_in_force)(void));
void lrng_takeover_started(void);
void lrng_takeover_stopping(void);
void lrng_takeover_stopped(void);
void lrng_takeover_left(void);
/* The module goes, or could not come. */
void lrng_takeover_gone(bool was_refused);

const char *lrng_takeover_state(void);
bool lrng_is_taken_over(void);
bool lrng_takeover_is_going(void);
void lrng_takeover_begin(void);
void lrng_takeover_end(void);

/* transition.c */
void lrng_transition_begin(void);
void lrng_transition_watch(void);
void lrng_transition_end(void);

#endif
