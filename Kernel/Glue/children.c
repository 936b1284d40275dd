// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The per-CPU generators, and the requests that they serve.
 *
 *     lrng_get_random_*      any context: what the processor's child has
 *     lrng_read_kernel       process context: the child when its seed is the last one, else that is fetched first
 *
 * Interrupts are off while a child is used, for at most 256 bytes; longer requests take a key from it, and make their
 * bytes with that and without any lock. In FIPS mode, and with children=0, requests of those who may sleep go to the
 * generator of the node instead.
 *
 * Who can't sleep can't be refused either. Where a self test has failed he gets bytes of the displaced generator.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/irqflags.h>
#include <linux/jump_label.h>
#include <linux/math64.h>
#include <linux/random.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

/* What a child serves at a time. */
#define CHILD_LENGTH 256

static int hotplug_state;
/* A self test of what is in use has failed. */
static DEFINE_STATIC_KEY_FALSE(output_has_stopped);

struct new_key {
	u8 key[32];
	u64 epoch;
};

static void install_key(void *data)
{
	struct new_key *new = data;
	unsigned long flags;

	local_irq_save(flags);
	lrng_child_seed(__this_cpu_read(lrng_children), new->key, new->epoch);
	local_irq_restore(flags);
}

static void trace_key(unsigned int cpu)
{
	if (lrng_host_get(LRNG_SET_TRACE))
		lrng_glue_trace(LRNG_TRACE_CHILD_SEEDED, cpu, sizeof_field(struct new_key, key), 0);
}

/* Process context. Another processor than the one it was made for is as good. */
static long renew_here(void)
{
	struct new_key new;
	long err = lrng_child_new_key(lrng_node_of_cpu(raw_smp_processor_id()), new.key, &new.epoch);

	if (!err) {
		trace_key(raw_smp_processor_id());
		install_key(&new);
	}
	memzero_explicit(&new, sizeof(new));
	return err;
}

/* The worker: for those that never sleep, and so can't fetch a key themselves. */
void lrng_children_renew(void)
{
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct new_key new;

		if (lrng_child_new_key(lrng_node_of_cpu(cpu), new.key, &new.epoch) == 0) {
			trace_key(cpu);
			smp_call_function_single(cpu, install_key, &new, true);
		}
		memzero_explicit(&new, sizeof(new));
	}
	cpus_read_unlock();
}

/* ----------------------------------------------------------------------------------------------------------- any context */

/* Without the takeover the kernel's own function is the displaced generator. */
static void fill_from_kernel(void *buf, size_t n)
{
	if (lrng_is_taken_over())
		lrng_glue_kernel_bytes(buf, n);
	else
		get_random_bytes(buf, n);
}

static bool fill_from_child(void *buf, size_t n, bool insists)
{
	unsigned long flags;
	u8 key[32] __uninitialized;
	bool served;

	if (n <= CHILD_LENGTH) {
		local_irq_save(flags);
		served = lrng_child_fill(__this_cpu_read(lrng_children), buf, n, insists);
		local_irq_restore(flags);
		return served;
	}
	local_irq_save(flags);
	served = lrng_child_key(__this_cpu_read(lrng_children), key, insists);
	local_irq_restore(flags);
	/* Wipes the key. */
	if (served)
		lrng_expand(key, buf, n);
	return served;
}

void lrng_get_random_bytes(void *buf, size_t n)
{
	if (static_branch_unlikely(&output_has_stopped) || unlikely(!fill_from_child(buf, n, true)))
		fill_from_kernel(buf, n);
}
LRNG_EXPORT(lrng_get_random_bytes);

#define DEFINE_GET_RANDOM(bits)                                                                   \
	u##bits lrng_get_random_u##bits(void)                                                     \
	{                                                                                         \
		unsigned long flags;                                                              \
		u##bits word;                                                                     \
		bool served;                                                                      \
												  \
		if (static_branch_unlikely(&output_has_stopped))                                  \
			goto kernel;                                                              \
		local_irq_save(flags);                                                            \
		served = lrng_child_u##bits(__this_cpu_read(lrng_children), &word, true);  \
		local_irq_restore(flags);                                                         \
		if (likely(served))                                                               \
			return word;                                                              \
	kernel:                                                                                   \
		fill_from_kernel(&word, sizeof(word));                                            \
		return word;                                                                      \
	}                                                                                         \
	LRNG_EXPORT(lrng_get_random_u##bits)

DEFINE_GET_RANDOM(8);
DEFINE_GET_RANDOM(16);
DEFINE_GET_RANDOM(32);
DEFINE_GET_RANDOM(64);

/* Lemire, "Fast random integer generation in an interval" (2019): multiply, and reject what would be biased. */
u32 lrng_get_random_u32_below(u32 ceil)
{
	u64 product = (u64)lrng_get_random_u32() * ceil;

	/* 0 asks for any word, as in the kernel. */
	if (unlikely(!ceil))
		return lrng_get_random_u32();
	if ((u32)product < ceil) {
		const u32 bound = -ceil % ceil;

		while ((u32)product < bound)
			product = (u64)lrng_get_random_u32() * ceil;
	}
	return product >> 32;
}
LRNG_EXPORT(lrng_get_random_u32_below);

/* ------------------------------------------------------------------------------------------------------- process context */

/* One piece of at most 4096 bytes. Returns the bytes, or enum lrng_result. */
ssize_t lrng_read_kernel(void *buf, size_t n, enum lrng_quality quality)
{
	if (likely(quality != LRNG_QUALITY_PREDICTION_RESISTANT && READ_ONCE(lrng_serves_from_children))) {
		int attempt;

		if (quality == LRNG_QUALITY_FULLY_SEEDED && !lrng_host_is_operational())
			return LRNG_NOT_SEEDED;
		if (unlikely(!lrng_host_may_output()))
			return LRNG_SELF_TEST_FAILED;
		if (quality == LRNG_QUALITY_MINIMALLY_SEEDED && lrng_host_level() < LRNG_LEVEL_MINIMAL)
			return LRNG_NOT_SEEDED;
		for (attempt = 0; attempt < 3; attempt++) {
			long err;

			if (likely(fill_from_child(buf, n, false)))
				return n;
			err = renew_here();
			if (err)
				return err;
		}
		/* Reseeds follow one another, or this task moves about: the node's generator has no such trouble. */
	}
	return lrng_host_generate(buf, n, lrng_node_of_cpu(raw_smp_processor_id()), quality);
}

/* The worker and the start: what self tests say takes effect, and is said. It can end when somebody switches to what works. */
void lrng_heed_self_tests(void)
{
	const bool stop = !lrng_host_may_output();

	if (stop == static_key_enabled(&output_has_stopped))
		return;
	if (stop) {
		static_branch_enable(&output_has_stopped);
		pr_crit("self tests failed: there is no output of the LRNG\n");
	} else {
		static_branch_disable(&output_has_stopped);
		pr_notice("what is in use now has passed its self tests: there is output again\n");
	}
}

/* A clone of this machine may exist: nothing of what was ready is served. */
void lrng_vmfork(void)
{
	lrng_host_force_reseed(false);
	lrng_children_renew();
	pr_info("reseeded after a fork of the virtual machine\n");
}

/* The machine has slept: as above. */
void lrng_wake(bool at_most_once_a_second)
{
	lrng_host_force_reseed(at_most_once_a_second);
	lrng_children_renew();
	pr_info("reseeded after a sleep of the machine\n");
}

/* ---------------------------------------------------------------------------------------------------------- start and end */

static int processor_comes(unsigned int cpu)
{
	renew_here();
	return 0;
}

static int processor_goes(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	lrng_child_settle(per_cpu(lrng_children, cpu));
	local_irq_restore(flags);
	return 0;
}

int lrng_children_begin(void)
{
	unsigned int cpu;
	int state;

	/* Nobody asks for a byte before each child has a key, of whatever quality there is. */
	for_each_possible_cpu(cpu) {
		struct new_key new;
		long err = lrng_child_new_key(0, new.key, &new.epoch);

		if (!err) {
			trace_key(cpu);
			lrng_child_seed(per_cpu(lrng_children, cpu), new.key, new.epoch);
		}
		memzero_explicit(&new, sizeof(new));
		if (err)
			return -EIO;
	}
	state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "lrng:children", processor_comes, processor_goes);
	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void lrng_children_end(void)
{
	if (hotplug_state)
		cpuhp_remove_state_nocalls(hotplug_state);
	hotplug_state = 0;
}
