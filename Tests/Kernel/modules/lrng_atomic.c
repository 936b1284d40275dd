// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The kernel's random numbers in each context in which the kernel uses them, and the functions of the LRNG for modules. It
 * works when it is loaded, and logs "ok - NAME" and "not ok - NAME".
 *
 *     lrng=1      the LRNG is there, and its own functions are tried as well
 *     calls=N     so many times 16 bytes under a spinlock with interrupts off
 */
#include <linux/bottom_half.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/completion.h>

#include "lrng.h"

static bool lrng;
module_param(lrng, bool, 0444);
static unsigned int calls = 300000;
module_param(calls, uint, 0444);

#define BLOCKS 512
#define LENGTHS 6

enum context { PROCESS, INTERRUPTS_OFF, SPINLOCK, SOFTIRQ, HARDIRQ, CONTEXTS };

static const char *const context_names[CONTEXTS] = {
	"a process", "with interrupts off", "under a spinlock", "in a softirq", "in a hard interrupt"
};

static u8 (*blocks)[16];
static u8 *large;
static const char *complaint;
static DEFINE_SPINLOCK(lock);
static DECLARE_COMPLETION(done);
static u8 (*target)[16];

static void result(bool good, const char *name, const char *detail)
{
	pr_info("lrng_atomic: %s - %s%s%s\n", good ? "ok" : "not ok", name, detail ? ": " : "", detail ?: "");
}

static u32 below(u32 ceil)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return get_random_u32_below(ceil);
#else
	return prandom_u32_max(ceil);
#endif
}

/* Each function, in the context of the caller. What it finds wrong it leaves in `complaint`. */
static void use(u8 (*to)[16])
{
	static const size_t lengths[LENGTHS] = { 1, 31, 257, 1000, 4096, 65536 };
	unsigned long seen8 = 0, zeros = 0;
	unsigned int i;

	for (i = 0; i < BLOCKS / 2; i++)
		get_random_bytes(to[i], 16);
	for (; i < 3 * BLOCKS / 4; i++) {
		((u64 *)to[i])[0] = get_random_u64();
		((u64 *)to[i])[1] = get_random_u64();
	}
	for (; i < BLOCKS; i++) {
		((u32 *)to[i])[0] = get_random_u32();
		((u32 *)to[i])[1] = get_random_u32();
		((u16 *)to[i])[4] = get_random_u16();
		((u16 *)to[i])[5] = get_random_u16();
		((u32 *)to[i])[3] = get_random_u32();
	}
	for (i = 0; i < 1000; i++) {
		u32 ceil = 1 + i * i, word = below(ceil);

		if (word >= ceil)
			complaint = "get_random_u32_below is not below";
		seen8 |= 1ul << (get_random_u8() & 63);
		zeros += !get_random_u32();
	}
	if (hweight64(seen8) < 60)
		complaint = "get_random_u8 leaves values out";
	if (zeros > 1)
		complaint = "get_random_u32 gives zeros";
	for (i = 0; i < LENGTHS; i++) {
		memset(large, 0x5a, 65536 + 64);
		get_random_bytes(large, lengths[i]);
		if (memchr_inv(large + lengths[i], 0x5a, 64))
			complaint = "get_random_bytes writes too much";
		if (lengths[i] >= 16 && !memchr_inv(large + lengths[i] - 16, 0x5a, 16))
			complaint = "get_random_bytes writes too little";
	}
	get_random_bytes(large, 0);
}

static void in_tasklet(struct tasklet_struct *unused)
{
	use(target);
	complete(&done);
}

static DECLARE_TASKLET(tasklet, in_tasklet);

static void in_irq_work(struct irq_work *unused)
{
	if (!in_hardirq() || !irqs_disabled())
		complaint = "this is no hard interrupt";
	use(target);
}

static struct irq_work work = IRQ_WORK_INIT_HARD(in_irq_work);

static void use_in(enum context context)
{
	unsigned long flags;

	target = blocks + BLOCKS * context;
	complaint = NULL;
	switch (context) {
	case PROCESS:
		use(target);
		break;
	case INTERRUPTS_OFF:
		local_irq_save(flags);
		use(target);
		local_irq_restore(flags);
		break;
	case SPINLOCK:
		spin_lock_irqsave(&lock, flags);
		use(target);
		spin_unlock_irqrestore(&lock, flags);
		break;
	case SOFTIRQ:
		tasklet_schedule(&tasklet);
		wait_for_completion(&done);
		break;
	default:
		irq_work_queue(&work);
		irq_work_sync(&work);
		break;
	}
	result(!complaint, context_names[context], complaint);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static bool has_twins(size_t count)
{
	size_t i;

	sort(blocks, count, 16, compare, NULL);
	for (i = 1; i < count; i++)
		if (!memcmp(blocks[i - 1], blocks[i], 16))
			return true;
	return false;
}

/* As the reference's test does it. */
static void many(void)
{
	u64 last[2] = { 0 }, now[2];
	unsigned int i, same = 0;
	unsigned long flags;

	for (i = 0; i < calls; i++) {
		spin_lock_irqsave(&lock, flags);
		get_random_bytes(now, 16);
		spin_unlock_irqrestore(&lock, flags);
		same += now[0] == last[0] || now[1] == last[1] || now[0] == now[1];
		memcpy(last, now, 16);
		if (i % 1024 == 0)
			cond_resched();
	}
	result(!same, "many times 16 bytes under a spinlock, no word twice in a row", same ? "some were" : NULL);
}

static int heard;

static int hear(struct notifier_block *nb, unsigned long action, void *data)
{
	heard++;
	return NOTIFY_DONE;
}

/* Not exported: found as the LRNG finds it. */
static void ready(void)
{
	static struct notifier_block block = { .notifier_call = hear };
	struct kprobe probe = { .symbol_name = "execute_with_initialized_rng" };
	int (*execute)(struct notifier_block *nb);

	result(rng_is_initialized(), "rng_is_initialized", NULL);
	result(!wait_for_random_bytes(), "wait_for_random_bytes", NULL);
	if (register_kprobe(&probe))
		return;
	execute = (void *)probe.addr;
	unregister_kprobe(&probe);
	execute(&block);
	result(heard == 1, "who wants to be told when it is ready is told at once", NULL);
}

/* A function of lrng.ko, if it has it. */
#define FUNCTION(name) ((typeof(&name))__symbol_get(#name))

static void own_functions(void)
{
	typeof(&lrng_get_random_bytes) bytes = FUNCTION(lrng_get_random_bytes);
	typeof(&lrng_get_random_bytes_min) minimal = FUNCTION(lrng_get_random_bytes_min);
	typeof(&lrng_get_random_bytes_full) full = FUNCTION(lrng_get_random_bytes_full);
	typeof(&lrng_get_random_bytes_pr) pr = FUNCTION(lrng_get_random_bytes_pr);
	typeof(&lrng_get_seed) seed = FUNCTION(lrng_get_seed);
	u64 *words = (u64 *)large;
	ssize_t n;

	if (!bytes || !minimal || !full || !pr || !seed) {
		result(false, "the LRNG exports its functions", NULL);
		goto out;
	}
	memset(blocks, 0, 6 * 16);
	bytes(blocks[0], 16);
	result(!minimal(blocks[1], 16), "lrng_get_random_bytes_min", NULL);
	result(!full(blocks[2], 32), "lrng_get_random_bytes_full", NULL);
	n = pr(blocks[4], 32);
	result(n > 0 && n <= 32, "lrng_get_random_bytes_pr", NULL);
	result(!has_twins(5), "they give different bytes", NULL);
	memset(large, 0, 1024);
	result(seed(words, 7, 0) == -EINVAL, "lrng_get_seed: 7 bytes are too few to say how many are needed", NULL);
	result(seed(words, 8, 0) == -EMSGSIZE && words[0] > 48 && words[0] <= 500, "lrng_get_seed: says the length", NULL);
	n = seed(words, 500, LRNG_GET_SEED_FULLY_SEEDED);
	result(n > 48 && n == words[0] && words[1] > 0 && words[1] <= 8 * (n - 16), "lrng_get_seed", NULL);
out:
	if (bytes)
		__symbol_put("lrng_get_random_bytes");
	if (minimal)
		__symbol_put("lrng_get_random_bytes_min");
	if (full)
		__symbol_put("lrng_get_random_bytes_full");
	if (pr)
		__symbol_put("lrng_get_random_bytes_pr");
	if (seed)
		__symbol_put("lrng_get_seed");
}

static int __init begin(void)
{
	enum context context;

	blocks = vzalloc(16 * BLOCKS * CONTEXTS);
	large = vmalloc(65536 + 64);
	if (!blocks || !large)
		goto out;
	for (context = 0; context < CONTEXTS; context++)
		use_in(context);
	result(!has_twins(BLOCKS * CONTEXTS), "nothing comes twice", NULL);
	many();
	ready();
	if (lrng)
		own_functions();
	pr_info("lrng_atomic: end\n");
out:
	tasklet_kill(&tasklet);
	vfree(large);
	vfree(blocks);
	return 0;
}

static void __exit end(void) { }

module_init(begin);
module_exit(end);
MODULE_DESCRIPTION("Random numbers in all contexts");
MODULE_LICENSE("Dual BSD/GPL");
