// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Module parameters: /sys/module/lrng/parameters, and `lrng.NAME=VALUE` on the command lines of modprobe and the kernel.
 *
 * What can change while the LRNG runs is handed to Swift at once; the rest is read when the module comes.
 */
#include <linux/fips.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/topology.h>
#include <linux/nodemask.h>

#include "lrng_glue.h"

static bool is_running;
bool lrng_serves_from_children = true;

/* ------------------------------------------------------------------------------------------------- numbers that may change */

struct number {
	enum lrng_setting setting;
	unsigned int value, lowest, highest;
	bool is_flag;
};

static int set_number(const char *text, const struct kernel_param *param)
{
	struct number *number = param->arg;
	unsigned int value;
	int err;

	if (number->is_flag) {
		bool flag;

		err = kstrtobool(text, &flag);
		value = flag;
	} else {
		err = kstrtouint(text, 0, &value);
	}
	if (err)
		return err;
	value = clamp(value, number->lowest, number->highest);
	number->value = value;
	if (is_running) {
		lrng_host_set(number->setting, value);
		lrng_parameters_changed();
		lrng_glue_kick();
	}
	return 0;
}

static int get_number(char *buffer, const struct kernel_param *param)
{
	const struct number *number = param->arg;
	/* It may have changed elsewhere: urandom_min_reseed_secs. */
	unsigned int value = is_running ? lrng_host_get(number->setting) : number->value;

	if (number->is_flag)
		return sysfs_emit(buffer, "%c\n", value ? 'Y' : 'N');
	return sysfs_emit(buffer, "%u\n", value);
}

static const struct kernel_param_ops number_ops = { .set = set_number, .get = get_number };

#define NUMBER(name, which, initial, low, high, mode, text)                                       \
	static struct number name = { .setting = which, .value = initial, .lowest = low, .highest = high }; \
	module_param_cb(name, &number_ops, &name, mode);                                          \
	MODULE_PARM_DESC(name, text)

#define FLAG(name, which, initial, mode, text)                                                    \
	static struct number name = { .setting = which, .value = initial, .highest = 1, .is_flag = true }; \
	module_param_cb(name, &number_ops, &name, mode);                                          \
	MODULE_PARM_DESC(name, text)

/* As in the reference: rates of event sources below one bit for each event are raised to that. */
NUMBER(irq_entropy, LRNG_SET_INTERRUPT_RATE, LRNG_RATE_DEFAULT, 256, U32_MAX, 0644,
       "interrupts for 256 bits of entropy, at least 256; 4294967295: no credit");
NUMBER(sched_entropy, LRNG_SET_SCHEDULER_RATE, LRNG_RATE_DEFAULT, 256, U32_MAX, 0644,
       "context switches for 256 bits of entropy, at least 256; 4294967295: no credit");
NUMBER(jent_entropy, LRNG_SET_JITTER_RATE, LRNG_RATE_DEFAULT, 0, LRNG_RATE_DEFAULT, 0644,
       "bits of entropy in 256 bits of the Jitter RNG, at most 256");
NUMBER(cpu_entropy, LRNG_SET_CPU_RATE, LRNG_RATE_DEFAULT, 0, LRNG_RATE_DEFAULT, 0644,
       "bits of entropy in 256 bits of the processor's generator, at most 256");
NUMBER(krng_entropy, LRNG_SET_KERNEL_RATE, LRNG_RATE_DEFAULT, 0, LRNG_RATE_DEFAULT, 0644,
       "bits of entropy in 256 bits of the displaced generator, at most 256; it sees the same interrupts");
NUMBER(max_wo_reseed, LRNG_SET_MAX_WITHOUT_RESEED, 1u << 30, 1, U32_MAX, 0644,
       "requests after which a generator without a full reseed is not fully seeded any more");
NUMBER(reseed_seconds, LRNG_SET_RESEED_SECONDS, 600, 0, U32_MAX, 0644, "seconds between reseeds");
NUMBER(cpu_multiplier, LRNG_SET_CPU_MULTIPLIER, 1, 1, 4096, 0644,
       "bits of the processor's generator that are hashed to one, 1: none are; RDRAND alone always has 512");
FLAG(force_seeding, LRNG_SET_FORCE_SEEDING, 1, 0644, "seed in rounds with whatever the sources have");
FLAG(irq_continuous_compression, LRNG_SET_CONTINUOUS_COMPRESSION, 1, 0644, "hash full arrays of interrupts");
FLAG(children, LRNG_SET_CHILDREN, 1, 0644, "serve requests from per-CPU generators (never in FIPS mode)");
FLAG(jent_async_enabled, LRNG_SET_JITTER_ENABLED, 1, 0644, "let the Jitter RNG work ahead; off: it delivers nothing");
FLAG(debug, LRNG_SET_TRACE, 0, 0644, "log each step of processing");

static struct number *const numbers[] = {
	&irq_entropy, &sched_entropy, &jent_entropy, &cpu_entropy, &krng_entropy, &max_wo_reseed, &reseed_seconds,
	&cpu_multiplier, &force_seeding, &irq_continuous_compression, &children, &jent_async_enabled, &debug,
};

/* ------------------------------------------------------------------------------------------------------- fixed when loaded */

static int fips_mode = -1;
module_param_named(fips, fips_mode, int, 0444);
MODULE_PARM_DESC(fips, "1: SP 800-90B health tests and SP 800-90C seeding; default: as the kernel's fips=");

static int ntg1_mode;
module_param_named(ntg1, ntg1_mode, int, 0444);
MODULE_PARM_DESC(ntg1, "AIS 20/31 NTG.1 seeding: 1 of 2024 (two sources of 240 bits), 2 the draft of 2022 (220 bits)");

static bool oversample;
module_param(oversample, bool, 0444);
MODULE_PARM_DESC(oversample, "SP 800-90C oversampling without FIPS mode; wants a hash of 384 bits or more");

static bool trust_cpu;
module_param(trust_cpu, bool, 0444);
MODULE_PARM_DESC(trust_cpu, "credit the processor's generator with full entropy");

static bool irq_source = true, sched_source = true, jent_source = true, cpu_source = true, krng_source = true;
module_param_named(irq, irq_source, bool, 0444);
MODULE_PARM_DESC(irq, "collect time stamps of interrupts");
module_param_named(sched, sched_source, bool, 0444);
MODULE_PARM_DESC(sched, "collect time stamps of context switches");
module_param_named(jent, jent_source, bool, 0444);
MODULE_PARM_DESC(jent, "run the Jitter RNG");
module_param_named(cpu, cpu_source, bool, 0444);
MODULE_PARM_DESC(cpu, "use RDSEED or RDRAND");
module_param_named(krng, krng_source, bool, 0444);
MODULE_PARM_DESC(krng, "read the displaced generator");

/* For any other one Swift would take its default, behind the end of what is reserved. */
#define IS_COLLECTION_SIZE(size) \
	((size) == 32 || (size) == 64 || ((size) >= 256 && (size) <= 8192 && !((size) & ((size) - 1))))
static_assert(IS_COLLECTION_SIZE(CONFIG_LRNG_COLLECTION_SIZE),
	      "CONFIG_LRNG_COLLECTION_SIZE is 32, 64, 256, 512, 1024, 2048, 4096 or 8192");
static unsigned int collection_size = CONFIG_LRNG_COLLECTION_SIZE;
static unsigned int jent_blocks = CONFIG_LRNG_JENT_ENTROPY_BLOCKS;

bool lrng_panics_on_permanent_failure;
module_param_named(panic_on_permanent_health_failure, lrng_panics_on_permanent_failure, bool, 0444);
MODULE_PARM_DESC(panic_on_permanent_health_failure, "panic when a source fails for good");

/* ------------------------------------------------------------------------------------------------- generator, hash, self test */

static char initial_drng[32], initial_hash[32];

static int to_errno(long result)
{
	switch (result) {
	case 0: return 0;
	case LRNG_UNKNOWN_NAME: return -EINVAL;
	case LRNG_SELF_TEST_FAILED: return -ELIBBAD;
	case LRNG_NO_ENTROPY: return -EAGAIN;
	case LRNG_STRENGTH_WOULD_FALL: return -EPERM;
	case LRNG_IN_USE: return -EBUSY;
	default: return -EIO;
	}
}

static int set_name(char *initial, const char *text, bool (*knows)(const char *), long (*change)(const char *))
{
	char name[32];
	long result;

	strscpy(name, text, sizeof(name));
	strim(name);
	if (!is_running && knows(name)) {
		strscpy(initial, name, sizeof(initial_drng));
		return 0;
	}
	result = is_running ? change(name) : LRNG_UNKNOWN_NAME;
	if (result)
		pr_warn("cannot switch to %s: %s\n", name,
			result == LRNG_UNKNOWN_NAME ? "no such name" :
			result == LRNG_SELF_TEST_FAILED ? "its self test failed" :
			result == LRNG_NO_ENTROPY ? "not enough entropy now, try again" :
			result == LRNG_STRENGTH_WOULD_FALL ? "it is not strong enough for this mode" :
			result == LRNG_IN_USE ? "from another module's the way leads to the default" : "refused");
	return to_errno(result);
}

static int set_drng(const char *text, const struct kernel_param *param)
{
	return set_name(initial_drng, text, lrng_host_knows_drng, lrng_switch_drng);
}

static int get_drng(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", is_running ? lrng_host_drng_choice() : initial_drng);
}

static int set_hash(const char *text, const struct kernel_param *param)
{
	return set_name(initial_hash, text, lrng_host_knows_hash, lrng_switch_hash);
}

static int get_hash(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", is_running ? lrng_host_hash_name() : initial_hash);
}

static const struct kernel_param_ops drng_ops = { .set = set_drng, .get = get_drng };
static const struct kernel_param_ops hash_ops = { .set = set_hash, .get = get_hash };
module_param_cb(drng, &drng_ops, NULL, 0644);
MODULE_PARM_DESC(drng, "ChaCha20 (default), CTR_DRBG, Hash_DRBG, HMAC_DRBG, RDRAND");
module_param_cb(hash, &hash_ops, NULL, 0644);
MODULE_PARM_DESC(hash, "SHA-256 (default), SHA-512 (default with oversampling), SHA3-256, SHA3-512");

static int set_selftest(const char *text, const struct kernel_param *param)
{
	if (!is_running)
		return -EAGAIN;
	lrng_self_test();
	return 0;
}

static int get_selftest(char *buffer, const struct kernel_param *param)
{
	struct lrng_status status;

	if (!is_running)
		return sysfs_emit(buffer, "%u\n", U32_MAX);
	lrng_host_status(&status);
	return sysfs_emit(buffer, "%u\n", status.failed_self_tests);
}

static const struct kernel_param_ops selftest_ops = { .set = set_selftest, .get = get_selftest };
module_param_cb(selftest_status, &selftest_ops, NULL, 0644);
MODULE_PARM_DESC(selftest_status, "0: the self tests passed; writing anything runs them again");

/* ---------------------------------------------------------------------------------------------------------------- takeover */

enum lrng_takeover_mode lrng_takeover_mode = LRNG_TAKEOVER_SEEDED;
static const char *const takeover_names[] = { "seeded", "now", "never" };

static int set_takeover(const char *text, const struct kernel_param *param)
{
	int mode = sysfs_match_string(takeover_names, text);

	if (mode < 0)
		return mode;
	lrng_takeover_mode = mode;
	if (is_running)
		lrng_takeover_mode_changed();
	return 0;
}

static int get_takeover(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", takeover_names[lrng_takeover_mode]);
}

static const struct kernel_param_ops takeover_ops = { .set = set_takeover, .get = get_takeover };
module_param_cb(takeover, &takeover_ops, NULL, 0644);
MODULE_PARM_DESC(takeover, "when to become /dev/random: seeded (default), now, never");

/* ------------------------------------------------------------------------------------------------------------ for module.c */

static u32 count_nodes(void)
{
	return IS_ENABLED(CONFIG_NUMA) && IS_ENABLED(CONFIG_LRNG_NUMA) ? max(num_online_nodes(), 1) : 1;
}

void lrng_parameters_fill(struct lrng_settings *settings)
{
	const u64 first = random_get_entropy(), second = random_get_entropy();

	*settings = (struct lrng_settings) {
		.fips = fips_mode < 0 ? fips_enabled : fips_mode,
		.oversample = oversample,
		.ntg1 = clamp(ntg1_mode, 0, 2),
		.trusts_cpu = trust_cpu,
		.interrupt_available = IS_ENABLED(CONFIG_LRNG_IRQ) && irq_source,
		.scheduler_available = IS_ENABLED(CONFIG_LRNG_SCHED) && sched_source,
		.jitter_available = IS_ENABLED(CONFIG_LRNG_JENT) && jent_source && jent_blocks > 0,
		.cpu_available = IS_ENABLED(CONFIG_LRNG_CPU) && cpu_source &&
				 (lrng_glue_has_seed_word() || lrng_glue_has_random_word()),
		.kernel_available = IS_ENABLED(CONFIG_LRNG_KERNEL_RNG) && krng_source,
		/* Both readings with nothing in the lowest 8 bits: a counter that is too coarse. */
		.high_resolution_timer = ((first | second) & 0xff) != 0,
		.nodes = count_nodes(),
		.cpus = nr_cpu_ids,
		.collection_size = collection_size,
		.jitter_blocks = jent_blocks,
	};
}

const char *lrng_parameters_drng(void)
{
	return initial_drng[0] ? initial_drng : NULL;
}

const char *lrng_parameters_hash(void)
{
	return initial_hash[0] ? initial_hash : NULL;
}

/* Whether processes are served by children: not where somebody wants a DRBG of SP 800-90A. */
void lrng_parameters_changed(void)
{
	WRITE_ONCE(lrng_serves_from_children,
		   !lrng_settings_in_force()->fips && lrng_host_get(LRNG_SET_CHILDREN));
}

/* The first self tests are logged, too. */
void lrng_parameters_begin_trace(void)
{
	lrng_host_set(debug.setting, debug.value);
}

/* The LRNG is there: it hears of what was set before. */
void lrng_parameters_begin(void)
{
	size_t i;

	kernel_param_lock(THIS_MODULE);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		lrng_host_set(numbers[i]->setting, numbers[i]->value);
	is_running = true;
	kernel_param_unlock(THIS_MODULE);
	lrng_parameters_changed();
}

/* Swift is about to go. The files stay until the module is freed. */
void lrng_parameters_end(void)
{
	kernel_param_lock(THIS_MODULE);
	is_running = false;
	kernel_param_unlock(THIS_MODULE);
}
