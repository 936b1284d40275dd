// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * The test interfaces: raw noise of the event sources, and hashes for known-answer tests. /sys/kernel/debug/lrng_testing.
 *
 * A file is a stream of native 32-bit words. Opening it begins a recording, closing it ends it; a parameter boot_… = 1
 * records from the moment the module is loaded, and that file holds the first 1024 words and no more. What goes out here
 * is known to somebody, so that a recorded time stamp does not reach the LRNG.
 *
 * Events come with interrupts off or under the lock of a run queue: a recorder takes no lock and wakes nobody. Each kind has
 * a ring of words, each with a bit that says that it is there; readers look at it every few milliseconds. A full ring drops
 * words and says so at the end.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timex.h>
#include <linux/uaccess.h>
#include <asm/irq_regs.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "lrng_record.h"

#ifdef CONFIG_LRNG_TESTING

/* As in the reference; and a whole array. */
#define RING_WORDS (CONFIG_LRNG_COLLECTION_SIZE > 4096 ? CONFIG_LRNG_COLLECTION_SIZE / 4 : 1024)
/* Beside the 32 bits of a word: it is there. */
#define PRESENT BIT_ULL(32)

enum kind {
	RAW_HIRES, RAW_JIFFIES, RAW_IRQ, RAW_FLAGS, RAW_RETIP, RAW_REGS, RAW_ARRAY, IRQ_PERF,
	SCHED_HIRES, SCHED_PID, SCHED_STARTTIME, SCHED_NVCSW, SCHED_PERF, KINDS
};

struct recorder {
	const char *file;
	bool is_there;                 /* Kernel/config has it */
	unsigned int at_load;          /* 1: record from the load of the module on */
	atomic_t is_on;
	atomic_t written;              /* words that asked for a place */
	u32 begin, read;
	atomic_t lost;
	struct mutex reader;
	atomic64_t words[RING_WORDS];
};

#define RECORDER(kind, name, option) [kind] = { .file = name, .is_there = IS_ENABLED(option) }

static struct recorder recorders[KINDS] = {
	RECORDER(RAW_HIRES, "lrng_raw_hires", CONFIG_LRNG_RAW_HIRES_ENTROPY),
	RECORDER(RAW_JIFFIES, "lrng_raw_jiffies", CONFIG_LRNG_RAW_JIFFIES_ENTROPY),
	RECORDER(RAW_IRQ, "lrng_raw_irq", CONFIG_LRNG_RAW_IRQ_ENTROPY),
	RECORDER(RAW_FLAGS, "lrng_raw_irqflags", CONFIG_LRNG_RAW_IRQFLAGS_ENTROPY),
	RECORDER(RAW_RETIP, "lrng_raw_retip", CONFIG_LRNG_RAW_RETIP_ENTROPY),
	RECORDER(RAW_REGS, "lrng_raw_regs", CONFIG_LRNG_RAW_REGS_ENTROPY),
	RECORDER(RAW_ARRAY, "lrng_raw_array", CONFIG_LRNG_RAW_ARRAY),
	RECORDER(IRQ_PERF, "lrng_irq_perf", CONFIG_LRNG_IRQ_PERF),
	RECORDER(SCHED_HIRES, "lrng_raw_sched_hires", CONFIG_LRNG_RAW_SCHED_HIRES_ENTROPY),
	RECORDER(SCHED_PID, "lrng_raw_sched_pid", CONFIG_LRNG_RAW_SCHED_PID_ENTROPY),
	RECORDER(SCHED_STARTTIME, "lrng_raw_sched_starttime", CONFIG_LRNG_RAW_SCHED_START_TIME_ENTROPY),
	RECORDER(SCHED_NVCSW, "lrng_raw_sched_nvcsw", CONFIG_LRNG_RAW_SCHED_NVCSW_ENTROPY),
	RECORDER(SCHED_PERF, "lrng_sched_perf", CONFIG_LRNG_SCHED_PERF),
};

#define AT_LOAD(name, kind) \
	module_param_named(name, recorders[kind].at_load, uint, 0444); \
	MODULE_PARM_DESC(name, "1: record from the load of the module on")

AT_LOAD(boot_raw_hires_test, RAW_HIRES);
AT_LOAD(boot_raw_jiffies_test, RAW_JIFFIES);
AT_LOAD(boot_raw_irq_test, RAW_IRQ);
AT_LOAD(boot_raw_irqflags_test, RAW_FLAGS);
AT_LOAD(boot_raw_retip_test, RAW_RETIP);
AT_LOAD(boot_raw_regs_test, RAW_REGS);
AT_LOAD(boot_raw_array, RAW_ARRAY);
AT_LOAD(boot_irq_perf, IRQ_PERF);
AT_LOAD(boot_raw_sched_hires_test, SCHED_HIRES);
AT_LOAD(boot_raw_sched_pid_test, SCHED_PID);
AT_LOAD(boot_raw_sched_starttime_test, SCHED_STARTTIME);
AT_LOAD(boot_raw_sched_nvcsw_test, SCHED_NVCSW);
AT_LOAD(boot_sched_perf, SCHED_PERF);

static struct dentry *folder;

/* Any context. Whether the words are recorded: all of them, one directly after the other, or none. */
static bool record_all(enum kind kind, const u32 *words, u32 count)
{
	struct recorder *r = &recorders[kind];
	u32 place, i;

	if (!atomic_read(&r->is_on))
		return false;
	place = atomic_read(&r->written);
	do {
		/* Since the load: the beginning without a gap. Room that a reader makes is not for what comes behind one. */
		if (READ_ONCE(r->at_load) && place + count - r->begin > RING_WORDS)
			return false;
		if (place + count - READ_ONCE(r->read) > RING_WORDS) {
			atomic_add(count, &r->lost);
			return false;
		}
	} while (!atomic_try_cmpxchg(&r->written, (int *)&place, place + count));
	for (i = 0; i < count; i++)
		atomic64_set_release(&r->words[(place + i) % RING_WORDS], PRESENT | words[i]);
	return true;
}

static bool record(enum kind kind, u32 word)
{
	return record_all(kind, &word, 1);
}

static bool take(struct recorder *r, u32 *word)
{
	u64 value = atomic64_xchg_acquire(&r->words[r->read % RING_WORDS], 0);

	if (!(value & PRESENT))
		return false;
	*word = value;
	WRITE_ONCE(r->read, r->read + 1);
	return true;
}

/* -------------------------------------------------------------------------------------------------------------- injection */

#ifdef CONFIG_LRNG_TESTING_INJECTION

/* Failing noise on purpose: "irq:stuck", "irq:biased", "irq:dead", "sched:…", "off". And "selftest": the next ones fail. */
enum defect { NONE, STUCK, BIASED, DEAD };

static const char *const defects[] = { "none", "stuck", "biased", "dead" };
static enum defect defect_of[2];
static bool breaks_self_test;
static DEFINE_MUTEX(injection_lock);

static int set_injection(const char *text, const struct kernel_param *param)
{
	const char *colon = strchr(text, ':');
	enum defect before[2];
	int source, which;

	if (sysfs_streq(text, "selftest")) {
		WRITE_ONCE(breaks_self_test, true);
		return 0;
	}
	if (sysfs_streq(text, "off")) {
		WRITE_ONCE(breaks_self_test, false);
		source = -1;
		which = NONE;
	} else if (colon && (!strncmp(text, "irq:", 4) || !strncmp(text, "sched:", 6))) {
		source = text[0] == 's';
		which = sysfs_match_string(defects, colon + 1);
		if (which < 0)
			return which;
	} else {
		return -EINVAL;
	}
	mutex_lock(&injection_lock);
	memcpy(before, defect_of, sizeof(before));
	if (source < 0)
		defect_of[0] = defect_of[1] = NONE;
	else
		defect_of[source] = which;
	if ((defect_of[0] || defect_of[1]) && !(before[0] || before[1]))
		static_branch_inc(&lrng_special);
	if (!(defect_of[0] || defect_of[1]) && (before[0] || before[1]))
		static_branch_dec(&lrng_special);
	mutex_unlock(&injection_lock);
	return 0;
}

static int get_injection(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "irq:%s sched:%s%s\n", defects[defect_of[0]], defects[defect_of[1]],
			  breaks_self_test ? " selftest" : "");
}

bool lrng_glue_biases(enum lrng_source source)
{
	return READ_ONCE(defect_of[source]) == BIASED;
}

bool lrng_glue_breaks_self_test(void)
{
	return READ_ONCE(breaks_self_test);
}

static const struct kernel_param_ops injection_ops = { .set = set_injection, .get = get_injection };
module_param_cb(inject, &injection_ops, NULL, 0644);
MODULE_PARM_DESC(inject, "failing noise for tests: irq:stuck, irq:biased, irq:dead, sched:…, selftest, off");

/* Stuck: the stamp repeats. Dead: there are no events. Biased is done where the step of the counter is known. */
static bool spoil(unsigned int source, u32 *stamp)
{
	switch (READ_ONCE(defect_of[source])) {
	case STUCK:
		*stamp = 0x12345678;
		return false;
	case DEAD:
		return true;
	default:
		return false;
	}
}

#else

static bool spoil(unsigned int source, u32 *stamp)
{
	return false;
}

#endif

/* ----------------------------------------------------------------------------------------------------- for the event probes */

bool lrng_record_interrupt(int irq, u32 *stamp)
{
	struct pt_regs *regs = get_irq_regs();
	const unsigned long ip = regs ? instruction_pointer(regs) : _RET_IP_;
	static atomic_t turn = ATOMIC_INIT(0);

	record(RAW_JIFFIES, jiffies);
	record(RAW_IRQ, irq);
	record(RAW_FLAGS, regs ? regs->flags : 0);
	record(RAW_RETIP, ip ^ (ip >> 32));
	if (regs) {
		/* One word of the registers after the other. */
		u32 word = (u32)atomic_inc_return(&turn) % (sizeof(*regs) / sizeof(u32));

		record(RAW_REGS, ((u32 *)regs)[word]);
	}
	if (spoil(0, stamp))
		return true;
	return record(RAW_HIRES, *stamp);
}

void lrng_record_interrupt_end(u32 stamp)
{
	record(IRQ_PERF, (u32)random_get_entropy() - stamp);
}

bool lrng_record_switch(const struct task_struct *next, u32 *stamp)
{
	record(SCHED_PID, next->pid);
	record(SCHED_STARTTIME, next->start_time);
	record(SCHED_NVCSW, next->nvcsw);
	if (spoil(1, stamp))
		return true;
	return record(SCHED_HIRES, *stamp);
}

void lrng_record_switch_end(u32 stamp)
{
	record(SCHED_PERF, (u32)random_get_entropy() - stamp);
}

bool lrng_records(bool of_switches)
{
	return atomic_read(&recorders[of_switches ? SCHED_HIRES : RAW_HIRES].is_on) ||
	       (!of_switches && atomic_read(&recorders[RAW_ARRAY].is_on));
}

bool lrng_glue_record_array(const uint32_t *words, size_t count)
{
	return record_all(RAW_ARRAY, words, count);
}

/* ------------------------------------------------------------------------------------------------------------------ files */

static void begin_recording(struct recorder *r)
{
	int i;

	for (i = 0; i < RING_WORDS; i++)
		atomic64_set(&r->words[i], 0);
	atomic_set(&r->lost, 0);
	r->begin = r->read = atomic_read(&r->written);
	atomic_set(&r->is_on, 1);
	static_branch_inc(&lrng_special);
}

static void end_recording(struct recorder *r)
{
	atomic_set(&r->is_on, 0);
	static_branch_dec(&lrng_special);
	if (atomic_read(&r->lost))
		pr_info("%s: %d words did not fit into the ring: the recording has gaps\n", r->file, atomic_read(&r->lost));
}

static int open_recording(struct inode *inode, struct file *file)
{
	struct recorder *r = inode->i_private;

	if (!mutex_trylock(&r->reader))
		return -EBUSY;
	if (!r->at_load)
		begin_recording(r);
	/* What was recorded since the load goes out first, and is all there is. */
	file->private_data = r;
	return stream_open(inode, file);
}

static int close_recording(struct inode *inode, struct file *file)
{
	struct recorder *r = inode->i_private;

	end_recording(r);
	r->at_load = 0;
	mutex_unlock(&r->reader);
	return 0;
}

static ssize_t read_recording(struct file *file, char __user *buffer, size_t length, loff_t *position)
{
	struct recorder *r = file_inode(file)->i_private;
	size_t done = 0;

	while (done + sizeof(u32) <= length) {
		u32 word;

		if (take(r, &word)) {
			if (put_user(word, (u32 __user *)(buffer + done))) {
				atomic_inc(&r->lost);
				return done ? done : -EFAULT;
			}
			done += sizeof(word);
			continue;
		}
		/* All that there is since the load, or was until now. */
		if (done || r->at_load)
			break;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (msleep_interruptible(5) && signal_pending(current))
			return -ERESTARTSYS;
	}
	return done;
}

static const struct file_operations recording_fops = {
	.owner = THIS_MODULE,
	.open = open_recording,
	.release = close_recording,
	.read = read_recording,
};

#ifdef CONFIG_LRNG_ACVT_HASH

/* Known-answer tests by an outside tool: write the message, read the digest of the hash in use. */
struct message {
	struct mutex lock;
	size_t length;
	u8 bytes[8192];
};

static struct message message;

static ssize_t write_message(struct file *file, const char __user *buffer, size_t length, loff_t *position)
{
	if (length > sizeof(message.bytes))
		return -EFBIG;
	mutex_lock(&message.lock);
	message.length = 0;
	if (copy_from_user(message.bytes, buffer, length)) {
		mutex_unlock(&message.lock);
		return -EFAULT;
	}
	message.length = length;
	mutex_unlock(&message.lock);
	return length;
}

static ssize_t read_digest(struct file *file, char __user *buffer, size_t length, loff_t *position)
{
	u8 digest[64];
	long digest_length;

	mutex_lock(&message.lock);
	digest_length = lrng_host_hash(lrng_host_hash_name(), message.bytes, message.length, digest);
	mutex_unlock(&message.lock);
	if (digest_length < 0)
		return -EINVAL;
	length = min(length, (size_t)digest_length);
	return copy_to_user(buffer, digest, length) ? -EFAULT : length;
}

static const struct file_operations hash_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = write_message,
	.read = read_digest,
};

#endif

int lrng_record_begin(void)
{
	int i;

	folder = debugfs_create_dir("lrng_testing", NULL);
	for (i = 0; i < KINDS; i++) {
		mutex_init(&recorders[i].reader);
		if (!recorders[i].is_there) {
			if (recorders[i].at_load)
				pr_warn("%s is left out of this module: nothing is recorded\n", recorders[i].file);
			continue;
		}
		debugfs_create_file(recorders[i].file, 0400, folder, &recorders[i], &recording_fops);
		if (recorders[i].at_load)
			begin_recording(&recorders[i]);
	}
#ifdef CONFIG_LRNG_ACVT_HASH
	mutex_init(&message.lock);
	debugfs_create_file("lrng_acvt_hash", 0600, folder, NULL, &hash_fops);
#endif
	return 0;
}

void lrng_record_end(void)
{
	debugfs_remove(folder);
}

#else

bool lrng_glue_record_array(const uint32_t *words, size_t count)
{
	return false;
}

int lrng_record_begin(void)
{
	return 0;
}

void lrng_record_end(void)
{
}

#endif
