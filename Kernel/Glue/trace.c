// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The debug log: each step of processing, in the wording of the reference where it has one, so that scripts written for
 * that can read it. Parameter debug=1. What an administrator should know in any case is logged without it.
 *
 * No line holds a byte of noise or output.
 */
#include <linux/panic.h>
#include <linux/printk.h>

#include "lrng_glue.h"

#undef pr_fmt
#define pr_fmt(fmt) fmt

struct words {
	const char *object, *title, *noise;
};

static const struct words sources[LRNG_SOURCES] = {
	[LRNG_SOURCE_INTERRUPT] = { "lrng_es_irq", "IRQ", "entropy pool noise source" },
	[LRNG_SOURCE_SCHEDULER] = { "lrng_es_sched", "Scheduler", "scheduler-based noise source" },
	[LRNG_SOURCE_JITTER] = { "lrng_es_jent", "JitterRNG", "Jitter RNG noise source" },
	[LRNG_SOURCE_CPU] = { "lrng_es_cpu", "CPU", "CPU RNG entropy source" },
	[LRNG_SOURCE_KERNEL] = { "lrng_es_krng", "KernelRNG", "Kernel RNG noise source" },
	[LRNG_SOURCE_AUXILIARY] = { "lrng_es_aux", "Auxiliary", "auxiliary entropy pool" },
};

static const struct words *source(uint32_t number)
{
	return &sources[min_t(uint32_t, number, LRNG_SOURCES - 1)];
}

static const char *regular(uint32_t generator)
{
	return generator == LRNG_TRACE_PREDICTION_RESISTANT ? "prediction resistance DRNG" : "regular DRNG";
}

static bool is_pool(uint32_t number)
{
	return number == LRNG_SOURCE_INTERRUPT || number == LRNG_SOURCE_SCHEDULER || number == LRNG_SOURCE_AUXILIARY;
}

static void log_level(uint32_t level, uint32_t bits)
{
	if (level == LRNG_LEVEL_FULL)
		pr_info("lrng_es_mgr: LRNG fully seeded with %u bits of entropy\n", bits);
	else if (level == LRNG_LEVEL_MINIMAL)
		pr_info("lrng_es_mgr: LRNG minimally seeded with %u bits of entropy\n", bits);
	else
		pr_info("lrng_es_mgr: LRNG initial entropy level %u reached with %u bits of entropy\n", level, bits);
}

void lrng_glue_trace(enum lrng_trace step, uint32_t a, uint32_t b, uint64_t c)
{
	switch (step) {
	case LRNG_TRACE_EVENTS_USED:
		pr_info("%s: %u %s used from entropy pool of CPU %u, %u %s remain unused\n", source(a)->object,
			(u32)(c >> 32), a == LRNG_SOURCE_INTERRUPT ? "interrupts" : "scheduler events", b, (u32)c,
			a == LRNG_SOURCE_INTERRUPT ? "interrupts" : "scheduler events");
		break;
	case LRNG_TRACE_OBTAINED:
		if (is_pool(a))
			pr_info("%s: obtained %u bits by collecting %u bits of entropy from %s\n", source(a)->object, b,
				(u32)c, source(a)->noise);
		else
			pr_info("%s: obtained %u bits of entropy from %s\n", source(a)->object, b, source(a)->noise);
		break;
	case LRNG_TRACE_PULLED:
		pr_info("%s: pulled %u bits from %s\n", source(a)->object, b, source(a)->noise);
		break;
	case LRNG_TRACE_NOT_INDEPENDENT:
		pr_info("lrng_es_mgr: %u bits of %s do not count: another observer of the same interrupts does\n", b,
			source(a)->title);
		break;
	case LRNG_TRACE_SEEDING:
		pr_info("lrng_drng_mgr: seeding %s with %u bytes\n", regular(a), b);
		break;
	case LRNG_TRACE_RESEED_SKIPPED:
		pr_info("lrng_es_mgr: reseed of node %u skipped: %u bits available, %u required\n", a, b, (u32)c);
		break;
	case LRNG_TRACE_GENERATOR_SEEDED:
		pr_info("lrng_drng_mgr: regular DRNG fully seeded (node %u, %u bits)\n", a, b);
		break;
	case LRNG_TRACE_GENERATOR_LOST:
		pr_info("lrng_drng_mgr: DRNG of node %u is not fully seeded any more\n", a);
		break;
	case LRNG_TRACE_FORCED_ROUND:
		pr_info("lrng_drng_mgr: Force fully seeding level for %s by repeatedly pull entropy from available entropy sources: %u bits so far\n",
			regular(a), b);
		break;
	case LRNG_TRACE_LEVEL:
		log_level(a, b);
		break;
	case LRNG_TRACE_OPERATIONAL:
		pr_info("lrng_es_mgr: LRNG fully operational\n");
		break;
	case LRNG_TRACE_NON_OPERATIONAL:
		pr_info("lrng_es_mgr: LRNG set to non-operational\n");
		break;
	case LRNG_TRACE_COMMON_DIVISOR:
		pr_info("lrng_es_timer_common: Setting GCD to %u (%s)\n", b, source(a)->title);
		break;
	case LRNG_TRACE_STARTUP_COMPLETED:
		pr_info("lrng_health: SP800-90B startup health tests for internal entropy source %u completed\n", a);
		break;
	case LRNG_TRACE_HEALTH_FAILURE:
		/* Told by lrng_glue_health_failed. */
		break;
	case LRNG_TRACE_SWITCHED_GENERATOR:
		pr_info("lrng_switch: %s switched (generator %u)\n", regular(a), a);
		break;
	case LRNG_TRACE_SWITCHED_HASH:
		pr_info("lrng_switch: entropy pools switched to another hash\n");
		break;
	case LRNG_TRACE_SELF_TESTS:
		if (!a)
			pr_info("lrng_selftest: LRNG self-tests passed\n");
		else
			pr_crit("lrng_selftest: LRNG self-tests failed: mask 0x%x\n", a);
		break;
	case LRNG_TRACE_FIRST_SEED:
		pr_info("lrng_drng_mgr: Initial DRNG initialized triggering first seeding\n");
		break;
	case LRNG_TRACE_JITTER_WORKS:
		pr_info("lrng_es_jent: Jitter RNG working on current system\n");
		break;
	case LRNG_TRACE_CHILD_SEEDED:
		/* Where the reference has one generator for those that can't sleep, each processor has one. */
		pr_info("lrng_drng_mgr: seeding atomic DRNG with %u bytes (processor %u)\n", b, a);
		break;
	}
}

void lrng_glue_health_failed(enum lrng_source number, bool is_permanent)
{
	if (is_permanent && lrng_panics_on_permanent_failure)
		panic("lrng: permanent SP800-90B health test failure of entropy source %s\n", source(number)->title);
	if (is_permanent)
		/* Never lost among the others. */
		pr_crit("lrng_health: permanent SP800-90B health test failure for entropy source %u (%s)\n", number,
			source(number)->title);
	else
		pr_warn_ratelimited("lrng_health: intermittent SP800-90B health test failure for entropy source %u (%s)\n",
				    number, source(number)->title);
}
