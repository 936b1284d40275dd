// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * /proc/lrng_type: what the LRNG consists of and how it does, in the labels of the reference, and then what is our own.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"

static const char *yes_or_no(bool is)
{
	return is ? "true" : "false";
}

static void show_events(struct seq_file *file, const char *name, const char *noun, const struct lrng_event_status *events,
			const struct lrng_settings *settings, bool compresses)
{
	seq_printf(file,
		   " Name: %s\n"
		   " Hash for operating entropy pool: %s\n"
		   " Available entropy: %u\n"
		   " per-CPU %s collection size: %u\n"
		   " Standards compliance: %s\n"
		   " High-resolution timer: %s\n",
		   name, lrng_host_hash_name(), events->available_bits, noun, events->collection_size,
		   events->is_testing_health ? "SP800-90B " : "", yes_or_no(settings->high_resolution_timer));
	if (compresses)
		seq_printf(file, " Continuous compression: %s\n", yes_or_no(events->compresses_continuously));
	seq_printf(file,
		   " Health test passed: %s\n"
		   " Health test failures: %u\n"
		   " Failed permanently: %s\n"
		   " Unused events: %u\n"
		   " Events per 256 bits: %u\n",
		   yes_or_no(events->may_deliver && !events->has_failed_permanently), events->intermittent_failures,
		   yes_or_no(events->has_failed_permanently), events->events_waiting, events->events_per_256_bits);
}

static void show_generators(struct seq_file *file, const struct lrng_status *status)
{
	seq_printf(file,
		   "DRNG name: %s\n"
		   "LRNG security strength in bits: %u\n"
		   "Number of DRNG instances: %u\n"
		   "Standards compliance: %s%s\n"
		   "LRNG minimally seeded: %s\n"
		   "LRNG fully seeded: %s\n"
		   "LRNG entropy level: %u\n",
		   lrng_host_drng_name(), status->security_strength_bits, status->drng_instances,
		   status->is_sp80090c ? "SP800-90C, " : "",
		   status->ntg1 == LRNG_NTG1_2024 ? "NTG.1 (2011 / 2024)" : "NTG.1 (2011)",
		   yes_or_no(status->is_minimally_seeded), yes_or_no(status->is_fully_seeded), status->entropy_level);
}

static void show_sources(struct seq_file *file, const struct lrng_status *status, const struct lrng_settings *settings)
{
	unsigned int number = 0;

	if (settings->interrupt_available) {
		seq_printf(file, "Entropy Source %u properties:\n", number++);
		show_events(file, "IRQ", "interrupt", &status->interrupt, settings, true);
	}
	if (settings->scheduler_available) {
		seq_printf(file, "Entropy Source %u properties:\n", number++);
		show_events(file, "Scheduler", "scheduler event", &status->scheduler, settings, false);
	}
	if (settings->jitter_available)
		seq_printf(file,
			   "Entropy Source %u properties:\n"
			   " Name: JitterRNG\n"
			   " Available entropy: %u\n"
			   " Enabled: %s\n"
			   " Jitter RNG async collection true\n"
			   " Blocks ready: %u\n"
			   " Failed permanently: %s\n",
			   number++, status->jitter_bits, yes_or_no(status->jitter_enabled),
			   status->jitter_blocks_ready, yes_or_no(status->jitter_failed));
	if (settings->cpu_available)
		seq_printf(file,
			   "Entropy Source %u properties:\n"
			   " Name: CPU\n"
			   " Hash for compressing data: %s\n"
			   " Available entropy: %u\n"
			   " Data multiplier: %u\n",
			   number++, status->cpu_multiplier > 1 ? lrng_host_hash_name() : "N/A", status->cpu_bits,
			   status->cpu_multiplier);
	if (settings->kernel_available)
		seq_printf(file,
			   "Entropy Source %u properties:\n"
			   " Name: KernelRNG\n"
			   " Available entropy: %u\n"
			   " Entropy Rate per 256 data bits: %u\n",
			   number++, status->kernel_bits, status->kernel_rate);
	seq_printf(file,
		   "Entropy Source %u properties:\n"
		   " Name: Auxiliary\n"
		   " Hash for operating entropy pool: %s\n"
		   " Available entropy: %u\n",
		   number, lrng_host_hash_name(), status->auxiliary_bits);
}

static int show(struct seq_file *file, void *unused)
{
	struct lrng_settings settings;
	struct lrng_status *status = kzalloc(sizeof(*status), GFP_KERNEL);

	if (!status)
		return -ENOMEM;
	lrng_parameters_fill(&settings);
	lrng_host_status(status);
	show_generators(file, status);
	show_sources(file, status, &settings);
	seq_printf(file,
		   "Takeover: %s\n"
		   "Self tests: %s\n"
		   "Served by per-CPU generators: %s\n"
		   "Seedings: %llu\n"
		   "Requests since full seed: %llu\n",
		   lrng_takeover_state(),
		   status->failed_self_tests == 0 ? "passed" :
		   status->failed_self_tests == U32_MAX ? "not run" : "failed",
		   yes_or_no(lrng_serves_from_children), status->seeds - 1, status->requests_without_full_seed);
	if (status->failed_self_tests && status->failed_self_tests != U32_MAX)
		seq_printf(file, "Failed self tests: 0x%x\n", status->failed_self_tests);
	kfree(status);
	return 0;
}

int lrng_proc_begin(void)
{
	return proc_create_single("lrng_type", 0444, NULL, show) ? 0 : -ENOMEM;
}

void lrng_proc_end(void)
{
	remove_proc_entry("lrng_type", NULL);
}
