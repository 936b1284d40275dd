// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * /proc/sys/kernel/random and the vDSO while we stand in for the kernel's generator.
 *
 *     poolsize                  what the auxiliary pool holds
 *     entropy_avail             what it has
 *     write_wakeup_threshold    below this /dev/random asks for writers; at most the pool's size
 *     urandom_min_reseed_secs   how long generators go without a seed
 *
 * The files stay the kernel's: its table gets other data and other handlers, which are the kernel's own, too, so that a
 * reader who is late finds nothing of ours that is gone. Since 6.14 the table is constant. Then three files show our values
 * because the variables behind them do, but writing has no effect, and entropy_avail is that of the displaced generator.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysctl.h>

#include "lrng_glue.h"
#include "lrng_kernel.h"
#include "version.h"

/* The files that we know come first; two UUIDs follow. */
#define ENTRIES 4

enum { POOLSIZE, ENTROPY, THRESHOLD, SECONDS };

static const char *const names[ENTRIES] = {
	"poolsize", "entropy_avail", "write_wakeup_threshold", "urandom_min_reseed_secs"
};

/* What the table points at. Freed when nobody can be in the kernel's handlers any more, long after it was taken out. */
struct values {
	int entropy;
	int highest_threshold;
};

static struct values *values;
static struct ctl_table *table, saved_table[ENTRIES];
/* The kernel's variables, and what was in them. */
static int *variables[ENTRIES], saved_values[ENTRIES], shown_values[ENTRIES];
static struct lrng_vdso_data *vdso;
static bool is_taken_over, was_redirected;
static DEFINE_MUTEX(mutex);

static bool is_constant(unsigned long address)
{
	unsigned long begin = lrng_lookup("__start_rodata"), end = lrng_lookup("__end_rodata");

	return LRNG_HAS_CONSTANT_SYSCTLS || !begin || (address >= begin && address < end);
}

static struct ctl_table *find_table(void)
{
	struct ctl_table *found = (void *)lrng_lookup("random_table");
	int i;

	if (!found)
		return NULL;
	for (i = 0; i < ENTRIES; i++)
		if (!found[i].procname || strcmp(found[i].procname, names[i]))
			return NULL;
	return found;
}

void lrng_sysctl_begin(void)
{
	struct lrng_vdso_data **pointer;

	variables[POOLSIZE] = (void *)lrng_lookup("sysctl_poolsize");
	variables[THRESHOLD] = (void *)lrng_lookup("sysctl_random_write_wakeup_bits");
	variables[SECONDS] = (void *)lrng_lookup("sysctl_random_min_urandom_seed");
	table = find_table();
	if (table && !is_constant((unsigned long)table))
		values = kzalloc(sizeof(*values), GFP_KERNEL);
	pointer = (void *)lrng_lookup(LRNG_VDSO_POINTER_SYMBOL);
	vdso = pointer ? *pointer : (void *)lrng_lookup(LRNG_VDSO_DATA_SYMBOL);
}

void lrng_sysctl_end(void)
{
	/* A handler does not sleep while it holds a pointer from the table, but it may be preempted. */
	if (was_redirected)
		synchronize_rcu_tasks();
	kfree(values);
	values = NULL;
}

/* Each entry is valid at each moment: a reader takes the handler first, and the data after it. */
static void redirect(int i, void *data, void *lowest, void *highest)
{
	saved_table[i] = table[i];
	WRITE_ONCE(table[i].extra1, lowest);
	WRITE_ONCE(table[i].extra2, highest);
	WRITE_ONCE(table[i].data, data);
	smp_wmb();
	WRITE_ONCE(table[i].proc_handler, proc_dointvec_minmax);
}

static void restore(int i)
{
	WRITE_ONCE(table[i].proc_handler, saved_table[i].proc_handler);
	smp_wmb();
	WRITE_ONCE(table[i].data, saved_table[i].data);
	WRITE_ONCE(table[i].extra1, saved_table[i].extra1);
	WRITE_ONCE(table[i].extra2, saved_table[i].extra2);
}

static int seconds(void)
{
	return min_t(u64, lrng_host_get(LRNG_SET_RESEED_SECONDS), INT_MAX);
}

static void show(int i, int value)
{
	shown_values[i] = value;
	if (variables[i])
		WRITE_ONCE(*variables[i], value);
}

/* Whether somebody wrote the file. The LRNG's own value may be another one by now, too: the threshold follows the hash. */
static bool was_written(int i)
{
	return values && variables[i] && READ_ONCE(*variables[i]) != shown_values[i];
}

/* The vDSO makes no bytes itself then, and calls getrandom. */
static void still_vdso(void)
{
	if (vdso && READ_ONCE(vdso->is_ready))
		WRITE_ONCE(vdso->is_ready, 0);
}

void lrng_sysctl_take_over(void)
{
	int i;

	mutex_lock(&mutex);
	if (is_taken_over)
		goto out;
	for (i = 0; i < ENTRIES; i++)
		if (variables[i])
			saved_values[i] = *variables[i];
	show(POOLSIZE, lrng_host_poolsize_bits());
	show(THRESHOLD, lrng_host_write_threshold());
	show(SECONDS, seconds());
	if (values) {
		values->entropy = lrng_host_auxiliary_bits();
		values->highest_threshold = lrng_host_write_threshold_maximum();
		redirect(ENTROPY, &values->entropy, NULL, NULL);
		redirect(THRESHOLD, table[THRESHOLD].data, SYSCTL_ZERO, &values->highest_threshold);
		redirect(SECONDS, table[SECONDS].data, SYSCTL_ZERO, SYSCTL_INT_MAX);
		was_redirected = true;
	} else {
		pr_info("/proc/sys/kernel/random can't be changed on this kernel: entropy_avail is that of the displaced generator\n");
	}
	still_vdso();
	is_taken_over = true;
out:
	mutex_unlock(&mutex);
}

void lrng_sysctl_hand_back(void)
{
	int i;

	mutex_lock(&mutex);
	if (!is_taken_over)
		goto out;
	is_taken_over = false;
	if (values)
		for (i = ENTROPY; i <= SECONDS; i++)
			restore(i);
	for (i = 0; i < ENTRIES; i++)
		show(i, saved_values[i]);
	if (vdso && lrng_kernel_is_seeded())
		WRITE_ONCE(vdso->is_ready, 1);
out:
	mutex_unlock(&mutex);
}

/* Nobody tells us of a write: whoever cares for a value asks here before. */
void lrng_sysctl_refresh(void)
{
	if (!READ_ONCE(is_taken_over))
		return;
	mutex_lock(&mutex);
	if (is_taken_over) {
		if (was_written(THRESHOLD))
			lrng_host_set_write_threshold(READ_ONCE(*variables[THRESHOLD]));
		if (was_written(SECONDS)) {
			lrng_host_set(LRNG_SET_RESEED_SECONDS, READ_ONCE(*variables[SECONDS]));
			lrng_parameters_changed();
		}
		show(POOLSIZE, lrng_host_poolsize_bits());
		show(THRESHOLD, lrng_host_write_threshold());
		show(SECONDS, seconds());
		if (values) {
			WRITE_ONCE(values->entropy, lrng_host_auxiliary_bits());
			WRITE_ONCE(values->highest_threshold, lrng_host_write_threshold_maximum());
		}
		/* The displaced generator was not ready before, and is now. */
		still_vdso();
	}
	mutex_unlock(&mutex);
}
