/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * Raw noise for assessment, see record.c. While nobody records, an event pays for one instruction that does nothing.
 */
#ifndef LRNG_RECORD_H
#define LRNG_RECORD_H

#include <linux/jump_label.h>
#include <linux/sched.h>

#ifdef CONFIG_LRNG_TESTING

/* events.c: events are looked at by somebody, or their time stamps are too coarse to do alone. */
DECLARE_STATIC_KEY_FALSE(lrng_special);

/* True: a recorder has the time stamp, and the LRNG must not. With an injection the stamp changes. */
bool lrng_record_interrupt(int irq, u32 *stamp);
bool lrng_record_switch(const struct task_struct *next, u32 *stamp);
/* Whether somebody records the time stamps, of interrupts or of context switches. */
bool lrng_records(bool of_switches);
/* How long the processing of an event took. */
void lrng_record_interrupt_end(u32 stamp);
void lrng_record_switch_end(u32 stamp);

#else

static inline bool lrng_record_interrupt(int irq, u32 *stamp) { return false; }
static inline bool lrng_record_switch(const struct task_struct *next, u32 *stamp) { return false; }
static inline bool lrng_records(bool of_switches) { return false; }
static inline void lrng_record_interrupt_end(u32 stamp) { }
static inline void lrng_record_switch_end(u32 stamp) { }

#endif

#endif
