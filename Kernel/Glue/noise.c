// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Time, and the instructions of the processor, for Swift.
 */
#include <linux/ktime.h>
#include <linux/timex.h>
#include <asm/archrandom.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "lrng_glue.h"
#include "version.h"

uint64_t lrng_glue_milliseconds(void)
{
	return ktime_to_ms(ktime_get_boottime());
}

uint64_t lrng_glue_cycles(void)
{
	return random_get_entropy();
}

bool lrng_glue_has_seed_word(void)
{
	return boot_cpu_has(X86_FEATURE_RDSEED);
}

bool lrng_glue_has_random_word(void)
{
	return boot_cpu_has(X86_FEATURE_RDRAND);
}

/* One attempt each: Swift counts them. The kernel's own functions try ten times, and changed their names in 6.2. */
bool lrng_glue_seed_word(uint64_t *word)
{
	bool ok;

	asm volatile("rdseed %[word]" : "=@ccc" (ok), [word] "=r" (*word));
	return ok;
}

bool lrng_glue_random_word(uint64_t *word)
{
	bool ok;

	asm volatile("rdrand %[word]" : "=@ccc" (ok), [word] "=r" (*word));
	return ok;
}

void lrng_glue_pause(void)
{
	cpu_relax();
}
