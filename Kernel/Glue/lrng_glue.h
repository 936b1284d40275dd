/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * What the C files of lrng.ko share. What they share with Swift is in lrng_bridge.h.
 *
 *     module.c      start and end           parameters.c  module parameters
 *     memory.c      memory and locks        children.c    per-CPU generators, lrng_get_random_bytes
 *     threads.c     worker, jitter thread   events.c      tracepoints of interrupts and context switches
 *     noise.c       time, RDRAND, ...       trace.c       the debug log
 *     user.c        read, write, getrandom  ready.c       waiting for the seed
 *     device.c      /dev/lrng               api.c         requests of other modules
 *     proc.c        /proc/lrng_type         providers.c   hwrng, crypto API
 *     inputs.c      what the kernel offers  lookup.c      symbols that are not exported
 *     sysctl.c      sysctls and the vDSO    takeover.c    when the livepatch comes and goes
 *     external.c    mechanisms of others    interfaces.c  these, in their order
 */
#ifndef LRNG_GLUE_H
#define LRNG_GLUE_H

#undef pr_fmt
#define pr_fmt(fmt) "lrng: " fmt

#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "lrng_bridge.h"

/* parameters.c */
enum lrng_takeover_mode { LRNG_TAKEOVER_SEEDED, LRNG_TAKEOVER_NOW, LRNG_TAKEOVER_NEVER };

extern enum lrng_takeover_mode lrng_takeover_mode;
extern bool lrng_panics_on_permanent_failure;
void lrng_parameters_fill(struct lrng_settings *settings);
void lrng_parameters_begin_trace(void);
void lrng_parameters_begin(void);
void lrng_parameters_end(void);
extern bool lrng_serves_from_children;
void lrng_parameters_changed(void);
const char *lrng_parameters_drng(void);
const char *lrng_parameters_hash(void);

/* memory.c */
int lrng_memory_begin(const struct lrng_settings *settings);
void lrng_memory_begin_processors(void);
void lrng_memory_end(void);
const struct lrng_settings *lrng_settings_in_force(void);
u32 lrng_node_of_cpu(unsigned int cpu);
/* The memory of the processors' generators. */
DECLARE_PER_CPU(void *, lrng_children);

/* threads.c */
int lrng_threads_begin(void);
void lrng_threads_end(void);
u32 lrng_self_test(void);

/* takeover.c: the worker looks in */
void lrng_takeover_tick(void);
bool lrng_takeover_is_moving(void);
/* The Jitter RNG has to come to a pause soon. */
void lrng_hurry_jitter(bool hurry);
void lrng_takeover_mode_changed(void);

/* events.c */
int lrng_events_begin(struct lrng_settings *settings);
int lrng_events_start(void);
void lrng_events_end(void);

/* lookup.c */
void lrng_vector_begin(void);
void lrng_lookup_begin(void);

/* external.c: by name, and rid of another module's. Results as of lrng_host_switch_*. */
long lrng_switch_drng(const char *name);
long lrng_switch_hash(const char *name);

/* interfaces.c: all that others see */
int lrng_interfaces_begin(void);
void lrng_interfaces_end(void);

/* children.c */
int lrng_children_begin(void);
void lrng_children_end(void);
void lrng_children_renew(void);
void lrng_heed_self_tests(void);
void lrng_get_random_bytes(void *buf, size_t n);
ssize_t lrng_read_kernel(void *buf, size_t n, enum lrng_quality quality);
u8 lrng_get_random_u8(void);
u16 lrng_get_random_u16(void);
u32 lrng_get_random_u32(void);
u64 lrng_get_random_u64(void);
u32 lrng_get_random_u32_below(u32 ceil);
void lrng_vmfork(void);
void lrng_wake(bool at_most_once_a_second);

#endif
