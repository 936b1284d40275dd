// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Parts of the displaced generator that the kernel does not export: its wait queue, its list of SIGIO users, its state, its
 * output.
 *
 * kallsyms_lookup_name is not exported either, but a kprobe on it knows its address. What is found is called by a static
 * call, which is a direct one: where indirect branches are tracked, these functions have no landing pad.
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/static_call.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

static unsigned long no_lookup(const char *name)
{
	return 0;
}

static void no_bytes(void *buffer, size_t length)
{
	memset(buffer, 0, length);
}

static void no_reseed(struct work_struct *work)
{
}

DEFINE_STATIC_CALL(lookup_name, no_lookup);
DEFINE_STATIC_CALL(kernel_bytes, no_bytes);
DEFINE_STATIC_CALL(kernel_reseed, no_reseed);

static bool has_kernel_bytes;
static const unsigned int *crng_init;
/* crng_init: EMPTY, EARLY, READY. */
#define CRNG_READY 2

static wait_queue_head_t *crng_init_wait;
static struct fasync_struct **crng_fasync;

/* With indirect branch tracking a probe stands behind the landing pad. */
static unsigned long without_landing_pad(unsigned long address)
{
	static const u8 endbr64[4] = { 0xf3, 0x0f, 0x1e, 0xfa };

	return memcmp((void *)(address - 4), endbr64, 4) ? address : address - 4;
}

unsigned long lrng_lookup(const char *name)
{
	return static_call(lookup_name)(name);
}
LRNG_EXPORT(lrng_lookup);

/* Nothing that is missing is an error here: who needs it says so. */
void lrng_lookup_begin(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long address;

	if (register_kprobe(&probe) < 0) {
		pr_warn("cannot look up symbols of the kernel: no takeover\n");
		return;
	}
	address = without_landing_pad((unsigned long)probe.addr);
	unregister_kprobe(&probe);
	static_call_update(lookup_name, (void *)address);

	crng_init_wait = (void *)lrng_lookup("crng_init_wait");
	crng_init = (void *)lrng_lookup("crng_init");
	address = lrng_lookup("_get_random_bytes");
	if (address) {
		static_call_update(kernel_bytes, (void *)address);
		has_kernel_bytes = true;
	} else {
		pr_info("the displaced generator can't be read here: source KernelRNG is off\n");
	}
	address = lrng_lookup("crng_reseed");
	if (address)
		static_call_update(kernel_reseed, (void *)address);
	/* The name is a common one. Those of modules, which are far away, are not meant. */
	address = lrng_lookup("fasync");
	if (address && crng_init_wait && abs((long)(address - (unsigned long)crng_init_wait)) < (64 << 20))
		crng_fasync = (void *)address;
}

bool lrng_kernel_is_seeded(void)
{
	return crng_init && READ_ONCE(*crng_init) == CRNG_READY;
}

/* Null: the kernel has none that we can find. */
wait_queue_head_t *lrng_kernel_wait_queue(void)
{
	return crng_init_wait;
}

struct fasync_struct **lrng_kernel_fasync(void)
{
	return crng_fasync;
}

bool lrng_glue_kernel_bytes(void *buffer, size_t length)
{
	static_call(kernel_bytes)(buffer, length);
	return has_kernel_bytes && lrng_kernel_is_seeded();
}

/* What was mixed into the displaced generator reaches its output now, and not within a minute. */
void lrng_kernel_reseed(void)
{
	/* Before 6.2 the function has no argument, and does not miss it. */
	static_call(kernel_reseed)(NULL);
}
