// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The memory that Swift works in, and its locks. Reserved once when the module comes, on the node of who uses it, and
 * wiped and given back when it goes.
 *
 * Nodes are numbered by us, 0 up to their number: the online nodes with memory in their order. A processor of a node that
 * comes later is served by node 0.
 */
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

#include "lrng_glue.h"

/* The Jitter RNG walks through this: more than a second-level cache. */
#define JITTER_MEMORY_LENGTH (512 * 1024)

struct lrng_generator {
	struct mutex lock;
	void *memory;
};

struct lrng_processor {
	raw_spinlock_t lock;
	void *memory;
};

static DEFINE_PER_CPU(struct lrng_processor, lrng_processors[2]);
DEFINE_PER_CPU(void *, lrng_children);
static DEFINE_PER_CPU(u32, lrng_nodes);

static struct lrng_settings settings;
static void *host_memory, *jitter_state, *jitter_blocks, *jitter_memory;
static struct lrng_generator *generators;
static DEFINE_MUTEX(seeding_lock);
static DEFINE_MUTEX(jitter_lock);
static DEFINE_RAW_SPINLOCK(auxiliary_lock);
/* Lockdep: the generators are never locked together. */
static struct lock_class_key generator_key;

/* Whole cache lines, and zeroed. */
static void *reserve(size_t length, int node)
{
	return kvzalloc_node(ALIGN(length, 64), GFP_KERNEL, node);
}

static void give_back(void *memory, size_t length)
{
	if (!memory)
		return;
	memzero_explicit(memory, length);
	kvfree(memory);
}

const struct lrng_settings *lrng_settings_in_force(void)
{
	return &settings;
}

u32 lrng_node_of_cpu(unsigned int cpu)
{
	return per_cpu(lrng_nodes, cpu);
}

static struct lrng_processor *processor(enum lrng_source source, unsigned int cpu)
{
	return per_cpu_ptr(&lrng_processors[source], cpu);
}

static int reserve_processor(unsigned int cpu, enum lrng_source source)
{
	struct lrng_processor *p = processor(source, cpu);

	raw_spin_lock_init(&p->lock);
	p->memory = reserve(lrng_processor_size(settings.collection_size), cpu_to_node(cpu));
	return p->memory ? 0 : -ENOMEM;
}

static u32 number_of_node(int wanted)
{
	u32 number = 0;
	int node;

	if (settings.nodes < 2)
		return 0;
	for_each_online_node(node) {
		if (node == wanted)
			return number < settings.nodes ? number : 0;
		number++;
	}
	return 0;
}

static int reserve_generators(void)
{
	u32 number = 0;
	int node = first_online_node;

	generators = kcalloc(settings.nodes + 1, sizeof(*generators), GFP_KERNEL);
	if (!generators)
		return -ENOMEM;
	for (number = 0; number <= settings.nodes; number++) {
		struct lrng_generator *g = &generators[number];

		__mutex_init(&g->lock, "lrng generator", &generator_key);
		g->memory = reserve(lrng_generator_size(), node);
		if (!g->memory)
			return -ENOMEM;
		if (settings.nodes > 1)
			node = next_online_node(node);
		if (node >= MAX_NUMNODES)
			node = first_online_node;
	}
	return 0;
}

int lrng_memory_begin(const struct lrng_settings *from)
{
	unsigned int cpu;
	int err;

	settings = *from;
	host_memory = reserve(lrng_host_size(), NUMA_NO_NODE);
	if (!host_memory)
		return -ENOMEM;
	err = reserve_generators();
	if (err)
		return err;
	if (settings.jitter_available) {
		jitter_state = reserve(lrng_jitter_size(), NUMA_NO_NODE);
		jitter_blocks = reserve(lrng_jitter_block_size() * settings.jitter_blocks, NUMA_NO_NODE);
		jitter_memory = vzalloc(JITTER_MEMORY_LENGTH);
		if (!jitter_state || !jitter_blocks || !jitter_memory)
			return -ENOMEM;
	}
	for_each_possible_cpu(cpu) {
		per_cpu(lrng_nodes, cpu) = number_of_node(cpu_to_node(cpu));
		per_cpu(lrng_children, cpu) = reserve(lrng_child_size(), cpu_to_node(cpu));
		if (!per_cpu(lrng_children, cpu))
			return -ENOMEM;
		if (settings.interrupt_available)
			err = reserve_processor(cpu, LRNG_SOURCE_INTERRUPT);
		if (!err && settings.scheduler_available)
			err = reserve_processor(cpu, LRNG_SOURCE_SCHEDULER);
		if (err)
			return err;
	}
	return 0;
}

/* After lrng_host_begin: the values of the processors. */
void lrng_memory_begin_processors(void)
{
	unsigned int cpu, source;

	for_each_possible_cpu(cpu) {
		lrng_child_begin(per_cpu(lrng_children, cpu), per_cpu(lrng_nodes, cpu));
		for (source = 0; source < 2; source++) {
			struct lrng_processor *p = processor(source, cpu);

			if (p->memory)
				lrng_processor_begin(p->memory, source, cpu);
		}
	}
}

/* Also of what lrng_memory_begin left half done. */
void lrng_memory_end(void)
{
	unsigned int cpu, source;
	u32 number;

	for_each_possible_cpu(cpu) {
		give_back(per_cpu(lrng_children, cpu), lrng_child_size());
		per_cpu(lrng_children, cpu) = NULL;
		for (source = 0; source < 2; source++) {
			struct lrng_processor *p = processor(source, cpu);

			give_back(p->memory, lrng_processor_size(settings.collection_size));
			p->memory = NULL;
		}
	}
	for (number = 0; generators && number <= settings.nodes; number++)
		give_back(generators[number].memory, lrng_generator_size());
	kfree(generators);
	generators = NULL;
	give_back(jitter_state, lrng_jitter_size());
	give_back(jitter_blocks, lrng_jitter_block_size() * settings.jitter_blocks);
	give_back(jitter_memory, JITTER_MEMORY_LENGTH);
	give_back(host_memory, lrng_host_size());
}

/* ----------------------------------------------------------------------------------------- for Swift: where things are */

void *lrng_glue_host(void)
{
	return host_memory;
}

void *lrng_glue_generator(uint32_t index)
{
	return generators[min(index, settings.nodes)].memory;
}

void *lrng_glue_processor(enum lrng_source source, uint32_t cpu)
{
	if (source > LRNG_SOURCE_SCHEDULER || cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return NULL;
	return processor(source, cpu)->memory;
}

void *lrng_glue_jitter(void)
{
	return jitter_state;
}

void *lrng_glue_jitter_blocks(void)
{
	return jitter_blocks;
}

uint8_t *lrng_glue_jitter_memory(size_t *length)
{
	*length = JITTER_MEMORY_LENGTH;
	return jitter_memory;
}

/* ---------------------------------------------------------------------------------------------------- for Swift: locks */

void lrng_glue_lock_generator(uint32_t index)
{
	mutex_lock(&generators[min(index, settings.nodes)].lock);
}

void lrng_glue_unlock_generator(uint32_t index)
{
	mutex_unlock(&generators[min(index, settings.nodes)].lock);
}

bool lrng_glue_lock_seeding(bool waits)
{
	if (!waits)
		return mutex_trylock(&seeding_lock);
	mutex_lock(&seeding_lock);
	return true;
}

void lrng_glue_unlock_seeding(void)
{
	mutex_unlock(&seeding_lock);
}

unsigned long lrng_glue_lock_auxiliary(void)
	__acquires(&auxiliary_lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&auxiliary_lock, flags);
	return flags;
}

void lrng_glue_unlock_auxiliary(unsigned long flags)
	__releases(&auxiliary_lock)
{
	raw_spin_unlock_irqrestore(&auxiliary_lock, flags);
}

unsigned long lrng_glue_lock_processor(enum lrng_source source, uint32_t cpu)
	__acquires(&processor(source, cpu)->lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&processor(source, cpu)->lock, flags);
	return flags;
}

void lrng_glue_unlock_processor(enum lrng_source source, uint32_t cpu, unsigned long flags)
	__releases(&processor(source, cpu)->lock)
{
	raw_spin_unlock_irqrestore(&processor(source, cpu)->lock, flags);
}

void lrng_glue_lock_jitter(void)
{
	mutex_lock(&jitter_lock);
}

void lrng_glue_unlock_jitter(void)
{
	mutex_unlock(&jitter_lock);
}
