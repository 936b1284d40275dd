// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * /proc/lrng_type: the state of the LRNG, with the labels of the reference, in its order. Scripts read it. Lines that the
 * reference does not have stand behind those that it has.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "lrng_glue.h"

#include "../../Sources/CAccelerated/include/CAccelerated.h"
#include "lrng_kernel.h"
#include "lrng_record.h"

#define NAME "lrng_type"

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static void show_pool(struct seq_file *file)
{
	seq_printf(file, " Hash for operating entropy pool: %s\n", lrng_host_hash_name());
}

static void show_health(struct seq_file *file, const struct lrng_event_status *status)
{
	seq_printf(file, " Health test passed: %s\n", truth(status->may_deliver));
}

/* What the reference does not tell: how it came to that. */
static void show_more(struct seq_file *file, const struct lrng_event_status *status)
{
	const char *health = "not tested";

	if (status->has_failed_permanently)
		health = "failed";
	else if (status->is_testing_health)
		health = status->may_deliver ? "passed" : "starting";
	seq_printf(file, " Health: %s, %u intermittent failures\n", health, status->intermittent_failures);
	seq_printf(file, " Events unused: %u\n", status->events_waiting);
	if (status->events_per_256_bits == LRNG_RATE_NONE)
		seq_puts(file, " Events per 256 bits: no credit\n");
	else
		seq_printf(file, " Events per 256 bits: %u\n", status->events_per_256_bits);
}

/* What is recorded does not reach the LRNG. */
static void show_recording(struct seq_file *file, bool of_switches)
{
	seq_printf(file, " Recording: %s\n", truth(lrng_records(of_switches)));
}

static void show_events(struct seq_file *file, const char *name, const char *event,
			const struct lrng_event_status *status, const struct lrng_settings *settings, bool compresses)
{
	seq_printf(file, " Name: %s\n", name);
	show_pool(file);
	seq_printf(file, " Available entropy: %u\n per-CPU %s collection size: %u\n", status->available_bits, event,
		   status->collection_size);
	seq_printf(file, " Standards compliance: %s\n", settings->fips ? "SP800-90B " : "");
	seq_printf(file, " High-resolution timer: %s\n", truth(settings->high_resolution_timer));
	if (compresses)
		seq_printf(file, " Continuous compression: %s\n", truth(status->compresses_continuously));
	show_health(file, status);
	show_more(file, status);
}

static void show_sources(struct seq_file *file, const struct lrng_status *status, const struct lrng_settings *settings)
{
	int number = 0;

	if (status->interrupt.is_available) {
		seq_printf(file, "Entropy Source %d properties:\n", number++);
		show_events(file, "IRQ", "interrupt", &status->interrupt, settings, true);
		show_recording(file, false);
	}
	if (status->scheduler.is_available) {
		seq_printf(file, "Entropy Source %d properties:\n", number++);
		show_events(file, "Scheduler", "scheduler event", &status->scheduler, settings, false);
		show_recording(file, true);
	}
	if (IS_ENABLED(CONFIG_LRNG_JENT)) {
		seq_printf(file, "Entropy Source %d properties:\n Name: JitterRNG\n", number++);
		seq_printf(file, " Available entropy: %u\n Enabled: %s\n Jitter RNG async collection %s\n",
			   status->jitter_bits, truth(status->jitter_enabled), truth(settings->jitter_blocks));
		seq_printf(file, " Health: %s\n Blocks ready: %u\n",
			   status->jitter_failed ? "failed" : status->jitter_enabled ? "passed" : "not tested",
			   status->jitter_blocks_ready);
	}
	if (IS_ENABLED(CONFIG_LRNG_CPU)) {
		seq_printf(file, "Entropy Source %d properties:\n Name: CPU\n", number++);
		seq_printf(file, " Hash for compressing data: %s\n",
			   status->cpu_multiplier > 1 ? lrng_host_hash_name() : "N/A");
		seq_printf(file, " Available entropy: %u\n Data multiplier: %u\n", status->cpu_bits, status->cpu_multiplier);
	}
	if (status->kernel_enabled) {
		seq_printf(file, "Entropy Source %d properties:\n Name: KernelRNG\n", number++);
		seq_printf(file, " Available entropy: %u\n Entropy Rate per 256 data bits: %u\n", status->kernel_bits,
			   status->kernel_rate);
	}
	seq_printf(file, "Entropy Source %d properties:\n Name: Auxiliary\n", number++);
	show_pool(file);
	seq_printf(file, " Available entropy: %u\n", status->auxiliary_bits);
}

static const char *const drafts[] = {
	[LRNG_NTG1_OFF] = "NTG.1 (2011)",
	[LRNG_NTG1_2024] = "NTG.1 (2011 / 2024)",
	[LRNG_NTG1_2022] = "NTG.1 (2011 / 2022)",
};

/* What vector.c uses whenever the kernel lets it. */
static const char *by(unsigned int features, const char *name)
{
	return lrng_processor_has(features) ? name : "portable";
}

static int show(struct seq_file *file, void *unused)
{
	struct lrng_status *status = kzalloc(sizeof(*status), GFP_KERNEL);

	if (!status)
		return -ENOMEM;
	lrng_host_status(status);
	seq_printf(file, "DRNG name: %s\n", lrng_host_drng_name());
	seq_printf(file, "LRNG security strength in bits: %u\n", status->security_strength_bits);
	seq_printf(file, "Number of DRNG instances: %u\n", status->drng_instances);
	seq_printf(file, "Standards compliance: %s%s\n", status->is_sp80090c ? "SP800-90C, " : "",
		   drafts[min_t(u8, status->ntg1, LRNG_NTG1_2022)]);
	seq_printf(file, "LRNG minimally seeded: %s\n", truth(status->is_minimally_seeded));
	seq_printf(file, "LRNG fully seeded: %s\n", truth(status->is_fully_seeded));
	seq_printf(file, "LRNG entropy level: %u\n", status->entropy_level);
	show_sources(file, status, lrng_settings_in_force());
	seq_printf(file, "Implementations: ChaCha20: %s, AES: %s, SHA-256: %s, SHA-512: %s\n", by(LRNG_CPU_AVX2, "AVX2"),
		   lrng_processor_has(LRNG_CPU_VAES) ? "VAES-256" : by(LRNG_CPU_AES, "AES-NI"), by(LRNG_CPU_SHA, "SHA-NI"),
		   by(LRNG_CPU_AVX2 | LRNG_CPU_BMI2, "AVX2"));
	seq_printf(file, "Takeover: %s\n", lrng_takeover_state());
	seq_printf(file, "Self tests failed: 0x%x\n", status->failed_self_tests);
	seq_printf(file, "Seeds: %llu\nRequests without full seed: %llu\n", status->seeds,
		   status->requests_without_full_seed);
	kfree(status);
	return 0;
}

int lrng_proc_begin(void)
{
	return proc_create_single(NAME, 0444, NULL, show) ? 0 : -ENOMEM;
}

void lrng_proc_end(void)
{
	remove_proc_entry(NAME, NULL);
}
