// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Who feeds the LRNG inside the kernel, waits for it there, and takes its output by other interfaces. guest/consumer.sh writes
 * to the parameters what is to be done, and reads from them what was seen:
 *
 *     call       "device LENGTH", "hwgenerator LENGTH BITS", "fork", "notify", "open", "generate", "seed", "close",
 *                "offer", "withdraw", "wake", "watch", "unwatch"
 *     waiter     "FUNCTION start", "FUNCTION signal", "FUNCTION stop"; reads "FUNCTION waits" or "FUNCTION RESULT"
 *     ready      what rng_is_initialized says
 *     heard      how often the notifier was called
 *     nonblock   what lrng_get_seed says to who does not wait
 *     keys       processors whose generator got a key since "watch"
 *     offered    calls of hw_random's thread since "watch" that gave credit
 *     gifts      since "watch": of a caller in lrng.ko, add_hwgenerator_randomness and crng_reseed in their order
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/hw_random.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/version.h>
#include <crypto/rng.h>

#include "lrng.h"

int lrng_execute_with_initialized_rng(struct notifier_block *nb);

/* This module is there before lrng.ko and after it: a function of that, which is held until it is put. */
#define FUNCTION(name) ((typeof(&name))__symbol_get(#name))

/* One that the kernel does not export. */
static void *find(const char *name)
{
	struct kprobe probe = { .symbol_name = name };
	void *found;

	if (register_kprobe(&probe))
		return NULL;
	found = probe.addr;
	unregister_kprobe(&probe);
	return found;
}

/* ---------------------------------------------------------------------------------------------------------------- who feeds */

static u8 bytes[4096];

struct gift {
	unsigned int length, bits;
	struct completion begun;
};

static int give(void *data)
{
	struct gift *gift = data;

	complete(&gift->begun);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	add_hwgenerator_randomness(bytes, gift->length, gift->bits, false);
#else
	add_hwgenerator_randomness(bytes, gift->length, gift->bits);
#endif
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return 0;
}

/* By a thread, which an old kernel does not keep for a minute when it is to stop. */
static int add_hwgenerator(unsigned int length, unsigned int bits)
{
	struct gift gift = { .length = length, .bits = bits };
	struct task_struct *task;

	init_completion(&gift.begun);
	task = kthread_run(give, &gift, "lrng_feeder");
	if (IS_ERR(task))
		return PTR_ERR(task);
	wait_for_completion(&gift.begun);
	return kthread_stop(task);
}

static int fork_machine(void)
{
	void (*add)(const void *id, size_t length) = find("add_vmfork_randomness");

	if (!add)
		return -ENOENT;
	add(bytes, 16);
	return 0;
}

/* A driver of hw_random that vouches for what it reads. */
static int read_offer(struct hwrng *rng, void *data, size_t length, bool waits)
{
	memset(data, 0x3c, length);
	return length;
}

static struct hwrng offer = { .name = "lrng_consumer", .read = read_offer, .quality = 1000 };
static bool offers;

/* The thread of hw_random feeds once a minute, unless it is woken. */
static int wake_feeder(void)
{
	struct task_struct *task;
	int err = -ESRCH;

	rcu_read_lock();
	for_each_process(task)
		if (task->flags & PF_KTHREAD && !strcmp(task->comm, "hwrng")) {
			wake_up_process(task);
			err = 0;
		}
	rcu_read_unlock();
	return err;
}

/* ---------------------------------------------------------------------------------------------------------------- who waits */

static struct crypto_rng *rng;

static long wait_kernel(u8 *buffer)
{
	return wait_for_random_bytes();
}

#define DEFINE_WAIT_FOR(name)                                                                         \
	static long wait_##name(u8 *buffer)                                                       \
	{                                                                                         \
		typeof(&lrng_get_random_bytes_##name) function = FUNCTION(lrng_get_random_bytes_##name); \
		long result = function ? function(buffer, 32) : -ENOENT;                          \
												  \
		if (function)                                                                     \
			__symbol_put("lrng_get_random_bytes_" #name);                             \
		return result;                                                                    \
	}
DEFINE_WAIT_FOR(min)
DEFINE_WAIT_FOR(full)
DEFINE_WAIT_FOR(pr)

static long get_seed(u64 *buffer, size_t length, unsigned int flags)
{
	typeof(&lrng_get_seed) function = FUNCTION(lrng_get_seed);
	long result = function ? function(buffer, length, flags) : -ENOENT;

	if (function)
		__symbol_put("lrng_get_seed");
	return result;
}

static long wait_seed(u8 *buffer)
{
	return get_seed((u64 *)buffer, 500, LRNG_GET_SEED_FULLY_SEEDED);
}

static long wait_crypto(u8 *buffer)
{
	return rng ? crypto_rng_get_bytes(rng, buffer, 32) : -ENOENT;
}

struct waiter {
	const char *name;
	long (*wait)(u8 *buffer);
	struct task_struct *task;
	long result;
	bool is_done;
	u8 buffer[512] __aligned(8);
};

static struct waiter waiters[] = {
	{ .name = "kernel", .wait = wait_kernel }, { .name = "min", .wait = wait_min }, { .name = "full", .wait = wait_full },
	{ .name = "pr", .wait = wait_pr },         { .name = "seed", .wait = wait_seed }, { .name = "crypto", .wait = wait_crypto },
};

static int wait_in_thread(void *data)
{
	struct waiter *waiter = data;

	allow_signal(SIGTERM);
	waiter->result = waiter->wait(waiter->buffer);
	smp_store_release(&waiter->is_done, true);
	while (!kthread_should_stop()) {
		flush_signals(current);
		schedule_timeout_interruptible(HZ / 10);
	}
	return 0;
}

static int start_waiter(struct waiter *waiter)
{
	struct task_struct *task;

	if (waiter->task)
		return -EBUSY;
	waiter->is_done = false;
	/* Not zeros: whoever fails has to write them. */
	memset(waiter->buffer, 0x5a, sizeof(waiter->buffer));
	task = kthread_run(wait_in_thread, waiter, "lrng_waits_%s", waiter->name);
	if (IS_ERR(task))
		return PTR_ERR(task);
	waiter->task = task;
	return 0;
}

static void stop_waiter(struct waiter *waiter)
{
	if (!waiter->task)
		return;
	while (!smp_load_acquire(&waiter->is_done)) {
		send_sig(SIGTERM, waiter->task, 1);
		schedule_timeout_uninterruptible(HZ / 50);
	}
	kthread_stop(waiter->task);
	waiter->task = NULL;
}

static DEFINE_MUTEX(mutex);

static int set_waiter(const char *text, const struct kernel_param *param)
{
	char name[16], action[16];
	int err = -EINVAL;
	unsigned int i;

	if (sscanf(text, "%15s %15s", name, action) != 2)
		return -EINVAL;
	mutex_lock(&mutex);
	for (i = 0; i < ARRAY_SIZE(waiters); i++) {
		struct waiter *waiter = &waiters[i];

		if (strcmp(name, waiter->name))
			continue;
		err = 0;
		if (!strcmp(action, "start"))
			err = start_waiter(waiter);
		else if (!strcmp(action, "stop"))
			stop_waiter(waiter);
		else if (!strcmp(action, "signal") && waiter->task)
			send_sig(SIGTERM, waiter->task, 1);
		else
			err = -EINVAL;
	}
	mutex_unlock(&mutex);
	return err;
}

/* What became of each of them, and whether the buffer has only zeros. */
static int get_waiter(char *text, const struct kernel_param *param)
{
	int length = 0;
	unsigned int i;

	mutex_lock(&mutex);
	for (i = 0; i < ARRAY_SIZE(waiters); i++) {
		struct waiter *waiter = &waiters[i];

		if (!waiter->task)
			continue;
		if (!smp_load_acquire(&waiter->is_done))
			length += sysfs_emit_at(text, length, "%s waits\n", waiter->name);
		else
			length += sysfs_emit_at(text, length, "%s %ld%s\n", waiter->name, waiter->result,
						memchr_inv(waiter->buffer, 0, 32) ? "" : " zeros");
	}
	mutex_unlock(&mutex);
	return length;
}

static const struct kernel_param_ops waiter_ops = { .set = set_waiter, .get = get_waiter };
module_param_cb(waiter, &waiter_ops, NULL, 0600);

static int get_ready(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%d\n", rng_is_initialized());
}

static const struct kernel_param_ops ready_ops = { .get = get_ready };
module_param_cb(ready, &ready_ops, NULL, 0400);

static int get_nonblock(char *text, const struct kernel_param *param)
{
	static u64 seed[64];

	return sysfs_emit(text, "%ld\n", get_seed(seed, sizeof(seed), LRNG_GET_SEED_NONBLOCK));
}

static const struct kernel_param_ops nonblock_ops = { .get = get_nonblock };
module_param_cb(nonblock, &nonblock_ops, NULL, 0400);

static unsigned int heard;
module_param(heard, uint, 0400);

static int hear(struct notifier_block *nb, unsigned long action, void *data)
{
	heard++;
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = hear };

/* The kernel's function where there is one, since 6.2; else what would stand in for it. */
static int notify(void)
{
	typeof(&lrng_execute_with_initialized_rng) execute = find("execute_with_initialized_rng");
	int err;

	heard = 0;
	if (execute)
		return execute(&notifier);
	execute = FUNCTION(lrng_execute_with_initialized_rng);
	if (!execute)
		return -ENOENT;
	err = execute(&notifier);
	__symbol_put("lrng_execute_with_initialized_rng");
	return err;
}

/* --------------------------------------------------------------------------------------------------------------- who watches */

#define EVENTS 16

static struct { const char *what; unsigned long caller; unsigned long length, bits; u32 sum; } seen[EVENTS];
static atomic_t count_seen = ATOMIC_INIT(0), offered = ATOMIC_INIT(0);
static struct cpumask keyed;

static unsigned long caller_of(struct pt_regs *regs)
{
	return *(const unsigned long *)kernel_stack_pointer(regs);
}

static void see(const char *what, struct pt_regs *regs, const u8 *data, size_t length, size_t bits)
{
	int number = atomic_fetch_inc(&count_seen);
	u32 sum = 2166136261u;
	size_t i;

	if (number >= EVENTS)
		return;
	for (i = 0; i < length; i++)
		sum = (sum ^ data[i]) * 16777619u;
	seen[number].what = what;
	seen[number].caller = caller_of(regs);
	seen[number].length = length;
	seen[number].bits = bits;
	seen[number].sum = sum;
}

static int see_gift(struct kprobe *probe, struct pt_regs *regs)
{
	if (!strcmp(current->comm, "hwrng"))
		atomic_add(regs->dx > 0, &offered);
	else
		see("given", regs, (const u8 *)regs->di, regs->si, regs->dx);
	return 0;
}

static int see_reseed(struct kprobe *probe, struct pt_regs *regs)
{
	see("reseed", regs, NULL, 0, 0);
	return 0;
}

static int see_key(struct kprobe *probe, struct pt_regs *regs)
{
	cpumask_set_cpu(raw_smp_processor_id(), &keyed);
	return 0;
}

static struct kprobe gift_probe = { .symbol_name = "add_hwgenerator_randomness", .pre_handler = see_gift };
static struct kprobe reseed_probe = { .symbol_name = "crng_reseed", .pre_handler = see_reseed };
static struct kprobe key_probe = { .symbol_name = "lrng:lrng_child_seed", .pre_handler = see_key };
static struct kprobe *probes[] = { &gift_probe, &reseed_probe, &key_probe };
static bool watches;

/* For the next time the name is what counts. */
static void forget(struct kprobe *probe)
{
	unregister_kprobe(probe);
	probe->addr = NULL;
	probe->flags = 0;
}

static int unwatch(void)
{
	unsigned int i;

	for (i = 0; watches && i < ARRAY_SIZE(probes); i++)
		forget(probes[i]);
	watches = false;
	return 0;
}

static int watch(void)
{
	unsigned int i;

	unwatch();
	atomic_set(&count_seen, 0);
	atomic_set(&offered, 0);
	cpumask_clear(&keyed);
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		int err = register_kprobe(probes[i]);

		if (!err)
			continue;
		pr_err("lrng_consumer: %s can't be watched\n", probes[i]->symbol_name);
		while (i--)
			forget(probes[i]);
		return err;
	}
	watches = true;
	return 0;
}

static int get_keys(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%u\n", cpumask_weight(&keyed));
}

static const struct kernel_param_ops keys_ops = { .get = get_keys };
module_param_cb(keys, &keys_ops, NULL, 0400);

static int get_offered(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%d\n", atomic_read(&offered));
}

static const struct kernel_param_ops offered_ops = { .get = get_offered };
module_param_cb(offered, &offered_ops, NULL, 0400);

/* The name of the caller tells its module, as long as that is loaded. */
static int get_gifts(char *text, const struct kernel_param *param)
{
	int i, length = 0, count = min(atomic_read(&count_seen), EVENTS);

	for (i = 0; i < count; i++) {
		char caller[KSYM_SYMBOL_LEN];

		snprintf(caller, sizeof(caller), "%pS", (void *)seen[i].caller);
		if (strstr(caller, "[lrng]"))
			length += sysfs_emit_at(text, length, "%s %lu %lu %08x\n", seen[i].what, seen[i].length, seen[i].bits,
						seen[i].sum);
	}
	return length;
}

static const struct kernel_param_ops gifts_ops = { .get = get_gifts };
module_param_cb(gifts, &gifts_ops, NULL, 0400);

/* ------------------------------------------------------------------------------------------------------------ the crypto API */

static int open_rng(void)
{
	struct crypto_rng *found = rng ? ERR_PTR(-EBUSY) : crypto_alloc_rng("lrng", 0, 0);

	if (IS_ERR(found))
		return PTR_ERR(found);
	rng = found;
	return 0;
}

static int close_rng(void)
{
	if (rng)
		crypto_free_rng(rng);
	rng = NULL;
	return 0;
}

/* Twice the same additional input: what comes must differ all the same, and be whole. */
static int generate(void)
{
	u8 *one = bytes, *other = bytes + 1024;
	int err;

	if (!rng)
		return -ENOENT;
	memset(bytes, 0, sizeof(bytes));
	err = crypto_rng_generate(rng, bytes + 2048, 32, one, 1000) ?: crypto_rng_generate(rng, bytes + 2048, 32, other, 1000) ?:
	      crypto_rng_get_bytes(rng, bytes + 2048, 1000);
	if (err)
		return err;
	if (!memcmp(one, other, 16) || !memcmp(one, bytes + 2048, 16) || !memchr_inv(one + 984, 0, 16) ||
	    !memchr_inv(other + 984, 0, 16) || !memchr_inv(bytes + 3032, 0, 16) || memchr_inv(one + 1000, 0, 24))
		return -EBADMSG;
	return 0;
}

static int seed_rng(void)
{
	/* Of the caller, and of the kernel where the caller has none. */
	return rng ? crypto_rng_reset(rng, bytes, 48) ?: crypto_rng_reset(rng, NULL, 0) : -ENOENT;
}

/* ----------------------------------------------------------------------------------------------------------------- commands */

static int call(const char *name, unsigned int length, unsigned int bits)
{
	if (length > sizeof(bytes))
		return -EINVAL;
	if (!strcmp(name, "device")) {
		add_device_randomness(bytes, length);
		return 0;
	}
	if (!strcmp(name, "hwgenerator"))
		return add_hwgenerator(length, bits);
	if (!strcmp(name, "fork"))
		return fork_machine();
	if (!strcmp(name, "notify"))
		return notify();
	if (!strcmp(name, "wake"))
		return wake_feeder();
	if (!strcmp(name, "watch"))
		return watch();
	if (!strcmp(name, "unwatch"))
		return unwatch();
	if (!strcmp(name, "open"))
		return open_rng();
	if (!strcmp(name, "close"))
		return close_rng();
	if (!strcmp(name, "generate"))
		return generate();
	if (!strcmp(name, "seed"))
		return seed_rng();
	if (!strcmp(name, "offer") && !offers) {
		int err = hwrng_register(&offer);

		offers = !err;
		return err;
	}
	if (!strcmp(name, "withdraw") && offers) {
		hwrng_unregister(&offer);
		offers = false;
		return 0;
	}
	return -EINVAL;
}

static int set_call(const char *text, const struct kernel_param *param)
{
	char name[16];
	unsigned int length = 0, bits = 0;
	int err;

	if (sscanf(text, "%15s %u %u", name, &length, &bits) < 1)
		return -EINVAL;
	mutex_lock(&mutex);
	err = call(name, length, bits);
	mutex_unlock(&mutex);
	return err;
}

static const struct kernel_param_ops call_ops = { .set = set_call };
module_param_cb(call, &call_ops, NULL, 0200);

static int __init begin(void)
{
	/* Worth nothing; only the credit that is said counts here. */
	memset(bytes, 37, sizeof(bytes));
	return 0;
}

static void __exit end(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(waiters); i++)
		stop_waiter(&waiters[i]);
	unwatch();
	close_rng();
	if (offers)
		hwrng_unregister(&offer);
}

module_init(begin);
module_exit(end);
MODULE_DESCRIPTION("Feeds the LRNG, waits for it, and takes from it, inside the kernel");
MODULE_LICENSE("Dual BSD/GPL");
