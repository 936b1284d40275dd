/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Raw noise for assessment, see record.c. While nobody records, an event pays for one instruction that does nothing.
 */
#ifndef LRNG_RECORD_H
#define LRNG_RECORD_H

#include <linux/jump_label.h>
#include <linux/sched.h>

#ifdef CONFIG_LRNG_TESTING

DECLARE_STATIC_KEY_FALSE(lrng_recording);

/* True: a recorder has the time stamp, and the LRNG must not. With an injection the stamp changes. */
bool lrng_record_interrupt(int irq, u64 *stamp);
bool lrng_record_switch(const struct task_struct *next, u64 *stamp);
/* How long the processing of an event took. */
void lrng_record_interrupt_end(u64 stamp);
void lrng_record_switch_end(u64 stamp);

#define lrng_is_recording() static_branch_unlikely(&lrng_recording)

#else

#define lrng_is_recording() false
static inline bool lrng_record_interrupt(int irq, u64 *stamp) { return false; }
static inline bool lrng_record_switch(const struct task_struct *next, u64 *stamp) { return false; }
static inline void lrng_record_interrupt_end(u64 stamp) { }
static inline void lrng_record_switch_end(u64 stamp) { }

#endif

#endif
