/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/*
 * The border between the two halves of the kernel host.
 *
 *     kernel ◄──► Glue (C)  ◄── this file ──►  Host (Swift) ──► LRNGCore (Swift)
 *
 * Swift decides, C acts. C has what only C can spell: per-CPU variables, locks, tracepoints, module parameters, files. All
 * state that is a secret or a decision lives in memory that C reserves and only Swift reads.
 *
 * The file is read by the kernel's compiler and by Swift's, so that it includes nothing but integer types. Functions may
 * sleep, and are for process context, unless they say "any context".
 */
#ifndef LRNG_BRIDGE_H
#define LRNG_BRIDGE_H

#ifdef __KERNEL__
#include <linux/types.h>
/* Swift wants to know; the kernel's compiler does not. */
#define _Nonnull
#define _Nullable
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

/* -------------------------------------------------------------------------------------------- what both know */

enum lrng_source {
	LRNG_SOURCE_INTERRUPT,
	LRNG_SOURCE_SCHEDULER,
	LRNG_SOURCE_JITTER,
	LRNG_SOURCE_CPU,
	LRNG_SOURCE_KERNEL,
	LRNG_SOURCE_AUXILIARY,
	LRNG_SOURCES
};

enum lrng_level { LRNG_LEVEL_UNSEEDED, LRNG_LEVEL_INITIAL, LRNG_LEVEL_MINIMAL, LRNG_LEVEL_FULL };

/* How a request wants to be served. */
enum lrng_quality {
	LRNG_QUALITY_AVAILABLE,            /* from whatever the state is: /dev/urandom, GRND_INSECURE, get_random_bytes */
	LRNG_QUALITY_MINIMALLY_SEEDED,     /* lrng_get_random_bytes_min */
	LRNG_QUALITY_FULLY_SEEDED,         /* /dev/random, getrandom(2) */
	LRNG_QUALITY_PREDICTION_RESISTANT  /* O_SYNC, GRND_RANDOM */
};

/* Results of requests. C turns them into error numbers. */
enum lrng_result {
	LRNG_NOT_SEEDED = -1,          /* wait for the level and ask again */
	LRNG_SELF_TEST_FAILED = -2,
	LRNG_GENERATOR_FAILED = -3,
	LRNG_NO_ENTROPY = -4,          /* the sources have nothing now, or somebody else is seeding */
	LRNG_BUFFER_TOO_SHORT = -5,    /* raw seed: less than 8 bytes, nothing was written */
	LRNG_LENGTH_NEEDED = -6,       /* raw seed: the first 8 bytes of the buffer hold the length */
	LRNG_UNKNOWN_NAME = -7,
	LRNG_STRENGTH_WOULD_FALL = -8,
	LRNG_REFUSED = -9,
	LRNG_IN_USE = -10              /* what another module brought: from there the way leads to the default only */
};

/* NTG.1: which version. */
enum lrng_ntg1 { LRNG_NTG1_OFF, LRNG_NTG1_2024, LRNG_NTG1_2022 };

/* A rate that nobody configured: the credit table decides. */
#define LRNG_RATE_DEFAULT 0xfffffffeu
/* "No credit" of an event source, as in the reference. */
#define LRNG_RATE_NONE 0xffffffffu

/* What is fixed while the module is loaded. */
struct lrng_settings {
	bool fips;
	bool oversample;
	uint8_t ntg1;                  /* enum lrng_ntg1 */
	bool trusts_cpu;
	bool interrupt_available, scheduler_available, jitter_available, cpu_available, kernel_available;
	bool high_resolution_timer;
	uint32_t nodes;                /* generators, at least 1 */
	uint32_t cpus;                 /* numbers of processors are below this */
	uint32_t collection_size;      /* bytes of a collection array: 32, 64, 256, 512 … 8192 */
	uint32_t jitter_blocks;        /* blocks of 256 bits that the jitter source works ahead */
};

/* What can change at any time; Swift keeps a copy, see lrng_host_set. */
enum lrng_setting {
	LRNG_SET_INTERRUPT_RATE,       /* events for 256 bits, LRNG_RATE_NONE, LRNG_RATE_DEFAULT */
	LRNG_SET_SCHEDULER_RATE,
	LRNG_SET_JITTER_RATE,          /* bits of 256 bits of data, or LRNG_RATE_DEFAULT */
	LRNG_SET_CPU_RATE,
	LRNG_SET_KERNEL_RATE,
	LRNG_SET_MAX_WITHOUT_RESEED,   /* requests */
	LRNG_SET_FORCE_SEEDING,        /* 0 or 1 */
	LRNG_SET_CONTINUOUS_COMPRESSION, /* 0 or 1 */
	LRNG_SET_RESEED_SECONDS,
	LRNG_SET_CPU_MULTIPLIER,       /* bits of the processor for one bit of the source; 1 is no compression */
	LRNG_SET_CHILDREN,             /* 0 or 1: whether processors have generators of their own */
	LRNG_SET_JITTER_ENABLED,       /* 0 or 1 */
	LRNG_SET_TRACE,                /* 0 or 1: whether lrng_glue_trace wants to hear */
	LRNG_SETTINGS
};

/* One event of an event source, beyond its time stamp: what the raw interfaces record. */
struct lrng_event_status {
	uint32_t available_bits;
	uint32_t collection_size;
	bool is_available;
	bool is_testing_health;        /* SP 800-90B tests are in force */
	bool may_deliver;
	bool has_failed_permanently;
	bool compresses_continuously;
	uint32_t intermittent_failures;
	uint32_t events_waiting;
	uint32_t events_per_256_bits;
};

/* What /proc/lrng_type shows. */
struct lrng_status {
	uint32_t security_strength_bits;
	uint32_t drng_instances;
	bool is_sp80090c;
	uint8_t ntg1;
	bool is_minimally_seeded, is_fully_seeded;
	uint32_t entropy_level;        /* sum over the sources, bits */
	uint32_t failed_self_tests;    /* a bit for each test; ~0 before they ran */
	uint64_t seeds;                /* seed epoch */
	uint64_t requests_without_full_seed; /* of node 0 */
	struct lrng_event_status interrupt, scheduler;
	uint32_t jitter_bits, jitter_blocks_ready;
	bool jitter_enabled, jitter_failed;
	uint32_t cpu_bits, cpu_multiplier;
	uint32_t kernel_bits, kernel_rate;
	bool kernel_enabled;
	uint32_t auxiliary_bits;
};

/* Which step of processing a trace shows; names as in LRNGCore's SeedingEvent. a, b, c: in the order of its arguments. */
enum lrng_trace {
	LRNG_TRACE_EVENTS_USED,        /* source, cpu, used << 32 | unused */
	LRNG_TRACE_OBTAINED,           /* source, bits, collected */
	LRNG_TRACE_PULLED,             /* source, bits */
	LRNG_TRACE_NOT_INDEPENDENT,    /* source, bits */
	LRNG_TRACE_SEEDING,            /* generator, bytes */
	LRNG_TRACE_RESEED_SKIPPED,     /* generator, available, required */
	LRNG_TRACE_GENERATOR_SEEDED,   /* generator, bits */
	LRNG_TRACE_GENERATOR_LOST,     /* generator */
	LRNG_TRACE_FORCED_ROUND,       /* generator, bits */
	LRNG_TRACE_LEVEL,              /* level, bits */
	LRNG_TRACE_OPERATIONAL,
	LRNG_TRACE_NON_OPERATIONAL,
	LRNG_TRACE_COMMON_DIVISOR,     /* source, divisor */
	LRNG_TRACE_STARTUP_COMPLETED,  /* source */
	LRNG_TRACE_HEALTH_FAILURE,     /* source, 1 if permanent */
	LRNG_TRACE_SWITCHED_GENERATOR, /* generator; name by lrng_host_drng_name */
	LRNG_TRACE_SWITCHED_HASH,
	LRNG_TRACE_SELF_TESTS,         /* mask of the failed ones */
	/* Of this host alone. */
	LRNG_TRACE_FIRST_SEED,
	LRNG_TRACE_JITTER_WORKS,
	LRNG_TRACE_CHILD_SEEDED        /* processor, bytes */
};
/* The generator in a trace: the number of its node, or this. */
#define LRNG_TRACE_PREDICTION_RESISTANT 0xffffffffu

/* ------------------------------------------------------------------------------- what Swift does for C: the host */

/* Bytes of memory that C has to reserve, zeroed and in whole cache lines, for each of these. */
size_t lrng_host_size(void);                 /* one */
size_t lrng_generator_size(void);            /* one for each node, on the node, and one more */
/* One for each event source and processor, on the processor's node, with the collection array. */
size_t lrng_processor_size(uint32_t collection_size);
size_t lrng_child_size(void);                /* one for each processor, on its node */
size_t lrng_jitter_size(void);               /* one */
size_t lrng_jitter_block_size(void);         /* so many as settings say, in a row */

/* Makes the LRNG in the memory that lrng_glue_* hand out. Nothing else is called before, and no output comes before
 * lrng_host_self_test. */
void lrng_host_begin(const struct lrng_settings *settings, const char *drng, const char *hash); /* null names: the default */
/* Then one call for each event source and processor, before its first event. */
void lrng_processor_begin(void *processor, enum lrng_source source, uint32_t cpu);
/* And one for each child. */
void lrng_child_begin(void *child, uint32_t node);
/* Seeds with what the sources have now, so that nobody is ever served by a generator that knows nothing. */
void lrng_host_first_seed(void);
/* Wipes everything. Nothing is called afterwards. */
void lrng_host_end(void);

/* Any context. */
void lrng_host_set(enum lrng_setting setting, uint64_t value);
uint64_t lrng_host_get(enum lrng_setting setting);

/* Fills kernel memory from the generators of the nodes: the slow path, under a mutex; reseeds first where that is due.
 * Returns the bytes that were filled, fewer than asked for when a seed was lost or the sources ran dry, or lrng_result. */
long lrng_host_generate(void *buffer, size_t length, uint32_t node, enum lrng_quality quality);
long lrng_host_raw_seed(void *buffer, size_t length, bool is_reseed, bool waits);

/* Any context. */
enum lrng_level lrng_host_level(void);
bool lrng_host_is_operational(void);         /* fully seeded, and no self test failed */
bool lrng_host_may_output(void);
uint64_t lrng_host_epoch(void);              /* changes whenever children have to be seeded anew */

/* The auxiliary pool. Any context. Data of any length; the credit is in bits. */
void lrng_host_insert(const void *data, size_t length, uint32_t credited_bits);
uint32_t lrng_host_auxiliary_bits(void);
void lrng_host_adjust_auxiliary(int32_t bits);
void lrng_host_clear_auxiliary(void);
uint32_t lrng_host_poolsize_bits(void);      /* a digest */
uint32_t lrng_host_write_threshold(void);
uint32_t lrng_host_write_threshold_maximum(void);
bool lrng_host_set_write_threshold(uint32_t bits); /* false: above the maximum */
bool lrng_host_wants_writers(void);          /* the pool holds less than the threshold, or a seeding asked for more */

/* The next output of each generator is preceded by a reseed. `at_most_once_a_second`: an unprivileged write. */
void lrng_host_force_reseed(bool at_most_once_a_second);
/* Somebody waits for the LRNG to be seeded: sources are asked by force, once for each loss of the seed. */
void lrng_host_seed_by_force(void);
/* The work of the LRNG's own thread: reports of sources, seeds that are due or possible, periodic self tests. */
void lrng_host_work(void);

/* Self tests on demand; returns the mask of the failed ones. */
uint32_t lrng_host_self_test(void);
/* enum lrng_result, 0 when it was done. Names: "ChaCha20", "SHA-256" and so on. */
long lrng_host_switch_drng(const char *name);
long lrng_host_switch_hash(const char *name);
/* Whether there is one with that name here. Before lrng_host_begin, too. */
bool lrng_host_knows_drng(const char *name);
bool lrng_host_knows_hash(const char *name);
/* To what external.c has in its slot, and from there to the default, which can't fail: where it must, without a seed. */
long lrng_host_plug_in_drng(void);
long lrng_host_plug_in_hash(void);
void lrng_host_unplug_drng(void);
void lrng_host_unplug_hash(void);
void lrng_host_status(struct lrng_status *status);
const char *lrng_host_drng_name(void);       /* for displays; they live as long as the module */
const char *lrng_host_hash_name(void);
const char *lrng_host_drng_choice(void);     /* as it is chosen */

/* One event. Interrupts off, on the processor that `processor` belongs to; takes no lock unless an array is full.
 * The stamp is the lower half of the counter. An event is special where somebody looks at it, or its stamp is too coarse
 * to do alone. */
void lrng_host_interrupt(void *processor, uint32_t stamp);
void lrng_host_context_switch(void *processor, uint32_t stamp);
void lrng_host_special_event(void *processor, uint32_t stamp, uint32_t other_data);

/* The generator of a processor: ChaCha20 with fast key erasure, seeded by the generator of its node. Interrupts off, on its
 * processor. All return false when the child has to be seeded first (and, if `insists` is false, when it has to be seeded
 * anew; else it goes on with what it has). */
bool lrng_child_fill(void *child, void *buffer, size_t length, bool insists);  /* at most 256 bytes */
bool lrng_child_u64(void *child, uint64_t *word, bool insists);
bool lrng_child_u32(void *child, uint32_t *word, bool insists);
bool lrng_child_u16(void *child, uint16_t *word, bool insists);
bool lrng_child_u8(void *child, uint8_t *word, bool insists);
/* A key for one request of any length, see lrng_expand. */
bool lrng_child_key(void *child, uint8_t key[32], bool insists);
/* Any context: fills memory from a key that is used once, and is wiped. */
void lrng_expand(uint8_t key[32], void *buffer, size_t length);
/* Process context: 32 bytes and an epoch for lrng_child_seed. Returns 0 or lrng_result. */
long lrng_child_new_key(uint32_t node, uint8_t key[32], uint64_t *epoch);
/* Interrupts off, on its processor: mixes the key in, drops what was left, and wipes the key. */
void lrng_child_seed(void *child, uint8_t key[32], uint64_t epoch);
/* Interrupts off, on its processor: the requests it served go into the account of its node's generator. */
void lrng_child_settle(void *child);
/* Interrupts off, on its processor, or when that is off: forgets everything. */
void lrng_child_wipe(void *child);

/* The jitter source works ahead in a thread of its own. Fills one block if one is empty; false: nothing to do, or broken. */
bool lrng_jitter_work(void);

/* The tests of hashes by outside tools: SHA-256 and so on, named as in lrng_host_switch_hash; returns the digest's bytes. */
long lrng_host_hash(const char *name, const void *message, size_t length, uint8_t digest[64]);

/* ------------------------------------------------------------------------------------------- what C does for Swift */

/* The memory that C reserved. Never null once lrng_host_begin was called; the same address each time. */
void *_Nonnull lrng_glue_host(void);
void *_Nonnull lrng_glue_generator(uint32_t index); /* the one behind those of the nodes: prediction resistance */
void *_Nullable lrng_glue_processor(enum lrng_source source, uint32_t cpu); /* null: no such processor */
void *_Nonnull lrng_glue_jitter(void);
void *_Nonnull lrng_glue_jitter_blocks(void);
uint8_t *_Nullable lrng_glue_jitter_memory(size_t *_Nonnull length);

/* Locks. */
void lrng_glue_lock_generator(uint32_t index);       /* a mutex each */
void lrng_glue_unlock_generator(uint32_t index);
bool lrng_glue_lock_seeding(bool waits);             /* a mutex */
void lrng_glue_unlock_seeding(void);
unsigned long lrng_glue_lock_auxiliary(void);        /* a spinlock with interrupts off; returns their state */
void lrng_glue_unlock_auxiliary(unsigned long state);
unsigned long lrng_glue_lock_processor(enum lrng_source source, uint32_t cpu); /* the same, for the pool of a processor */
void lrng_glue_unlock_processor(enum lrng_source source, uint32_t cpu, unsigned long state);
void lrng_glue_lock_jitter(void);                    /* a mutex */
void lrng_glue_unlock_jitter(void);

/* Time and noise. Any context. */
uint64_t lrng_glue_milliseconds(void);               /* since boot, also in suspend */
uint64_t lrng_glue_cycles(void);
bool lrng_glue_seed_word(uint64_t *_Nonnull word);   /* RDSEED, one attempt */
bool lrng_glue_random_word(uint64_t *_Nonnull word); /* RDRAND, one attempt */
bool lrng_glue_has_seed_word(void);
bool lrng_glue_has_random_word(void);
void lrng_glue_pause(void);
/* Output of the displaced generator. Returns whether that is seeded; the bytes are there anyway. */
bool lrng_glue_kernel_bytes(void *_Nonnull buffer, size_t length);

/* Primitives by special instructions are declared in CAccelerated.h, but for this one. */

/* Eight SHA-256 side by side, see CAccelerated.h: the state is 8 words of 8 lanes, words 16 * blocks words of 8 lanes. False:
 * not now, nothing has changed. */
bool lrng_glue_vector_sha256x8(uint32_t *_Nonnull state, const uint32_t *_Nonnull words, size_t blocks);

/* Interrupts off: hands a full array to a recorder. True: somebody has it, it must not be used. */
bool lrng_glue_record_array(const uint32_t *_Nonnull words, size_t count);

/* What another module brought: the functions of ExternalDRNG, under the lock of the generator, and of ExternalHash, any context
 * and under a spinlock. The context is of no use here. */
int lrng_glue_drng_begin(void *_Nullable context, void *_Nonnull state);
int lrng_glue_drng_seed(void *_Nullable context, void *_Nonnull state, const uint8_t *_Nonnull material, long length);
int lrng_glue_drng_generate(void *_Nullable context, void *_Nonnull state, uint8_t *_Nonnull output, long length,
			    const uint8_t *_Nullable additional, long additional_length);
void lrng_glue_drng_end(void *_Nullable context, void *_Nonnull state);
int lrng_glue_drng_self_test(void *_Nullable context, int corrupting);
void lrng_glue_hash_begin(void *_Nullable context, void *_Nonnull state);
void lrng_glue_hash_update(void *_Nullable context, void *_Nonnull state, const uint8_t *_Nonnull data, long length);
void lrng_glue_hash_finish(void *_Nullable context, void *_Nonnull state, uint8_t *_Nonnull digest);
void lrng_glue_hash_abandon(void *_Nullable context, void *_Nonnull state);
int lrng_glue_hash_self_test(void *_Nullable context, int corrupting);
long lrng_glue_hash_digest_length(void);
/* They live as long as the module. */
const char *_Nonnull lrng_glue_drng_name(void);
const char *_Nonnull lrng_glue_hash_name(void);

/* Wakes who waits for a level. Any context. */
void lrng_glue_level_changed(enum lrng_level level);
/* Lets the LRNG's thread call lrng_host_work soon. Any context but the scheduler's. */
void lrng_glue_kick(void);
/* Lets the jitter thread look for empty blocks. */
void lrng_glue_kick_jitter(void);
void lrng_glue_trace(enum lrng_trace step, uint32_t a, uint32_t b, uint64_t c);
void lrng_glue_health_failed(enum lrng_source source, bool is_permanent);
/* With CONFIG_LRNG_TESTING_INJECTION alone: the noise has to be biased, a self test has to fail. */
bool lrng_glue_biases(enum lrng_source source);
bool lrng_glue_breaks_self_test(void);

#endif
