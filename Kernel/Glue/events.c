// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * Time stamps of interrupts and context switches, from the kernel's own tracepoints.
 *
 * irq_handler_entry fires once for each action of a line, with interrupts off. Drivers that share a line see the same
 * interrupt, so that only its first action counts: the actions of a line are called one directly after the other, and a
 * call whose action is the one that followed the last is a further one. Only lines that all of their drivers ask to share
 * have more than one action.
 *
 * sched_switch fires under the lock of the run queue: nothing but a store into this processor's array happens there, no
 * lock, no wake-up, no print.
 */
#include <linux/interrupt.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/tracepoint.h>

#include "lrng_glue.h"
#include "lrng_record.h"
#include "version.h"

/* A line of its own for what each event touches, beside the processor's memory. */
struct event_state {
	void *interrupts;
	void *switches;
	/* The action that follows the last one on the same shared line. Compared, never followed. */
	const struct irqaction *further;
};

static DEFINE_PER_CPU_ALIGNED(struct event_state, states);
static struct tracepoint *irq_point, *switch_point;
static bool irq_registered, switch_registered;

/* Events are looked at by somebody, or their time stamps are too coarse to do alone: the long way. */
DEFINE_STATIC_KEY_FALSE(lrng_special);

/* Nobody needs more of the counter; what the kernel has for this puts both halves together. */
static __always_inline u32 stamp_now(void)
{
	u32 low;

	asm volatile("rdtsc" : "=a" (low) : : "rdx");
	return low;
}

static noinline void special_interrupt(const struct irqaction *action)
{
	const int irq = action->irq;
	u32 stamp = stamp_now();
	const u32 begin = stamp;

	if (lrng_record_interrupt(irq, &stamp))
		return;
	lrng_host_special_event(this_cpu_read(states.interrupts), stamp, (u32)irq ^ (u32)jiffies);
	lrng_record_interrupt_end(begin);
}

static __always_inline bool is_further(const struct irqaction *action)
{
	const struct irqaction *expected = this_cpu_read(states.further);

	this_cpu_write(states.further, action->next);
	return action == expected;
}

static notrace void on_interrupt(void *data, int irq, struct irqaction *action)
{
	if (unlikely(action->flags & IRQF_SHARED) && is_further(action))
		return;
	if (static_branch_unlikely(&lrng_special)) {
		special_interrupt(action);
		return;
	}
	lrng_host_interrupt(this_cpu_read(states.interrupts), stamp_now());
}

static noinline void special_switch(const struct task_struct *next)
{
	u32 stamp = stamp_now();
	const u32 begin = stamp;

	if (lrng_record_switch(next, &stamp))
		return;
	lrng_host_special_event(this_cpu_read(states.switches), stamp, (u32)next->pid ^ (u32)jiffies);
	lrng_record_switch_end(begin);
}

static notrace void on_switch(void *data, bool preempt, struct task_struct *prev, struct task_struct *next,
		      unsigned int prev_state)
{
	if (static_branch_unlikely(&lrng_special)) {
		special_switch(next);
		return;
	}
	lrng_host_context_switch(this_cpu_read(states.switches), stamp_now());
}

static void find(struct tracepoint *point, void *unused)
{
	if (!strcmp(point->name, "irq_handler_entry"))
		irq_point = point;
	if (!strcmp(point->name, "sched_switch"))
		switch_point = point;
}

/* Which of the two this kernel has. */
int lrng_events_begin(struct lrng_settings *settings)
{
	for_each_kernel_tracepoint(find, NULL);
	if (!settings->high_resolution_timer)
		static_branch_inc(&lrng_special);
	if (!irq_point && settings->interrupt_available) {
		pr_warn("this kernel has no tracepoint irq_handler_entry: no entropy from interrupts\n");
		settings->interrupt_available = false;
	}
	if (!switch_point && settings->scheduler_available) {
		pr_warn("this kernel has no tracepoint sched_switch: no entropy from context switches\n");
		settings->scheduler_available = false;
	}
	return 0;
}

/* The memory of the processors is ready: events may come. */
int lrng_events_start(void)
{
	unsigned int cpu;
	bool has_interrupts = true, has_switches = true;
	int err = 0;

	for_each_possible_cpu(cpu) {
		struct event_state *state = &per_cpu(states, cpu);

		state->interrupts = lrng_glue_processor(LRNG_SOURCE_INTERRUPT, cpu);
		state->switches = lrng_glue_processor(LRNG_SOURCE_SCHEDULER, cpu);
		has_interrupts = has_interrupts && state->interrupts;
		has_switches = has_switches && state->switches;
	}
	if (has_interrupts && irq_point) {
		err = tracepoint_probe_register(irq_point, on_interrupt, NULL);
		irq_registered = !err;
	}
	if (!err && has_switches && switch_point) {
		err = tracepoint_probe_register(switch_point, on_switch, NULL);
		switch_registered = !err;
	}
	return err;
}

void lrng_events_end(void)
{
	if (irq_registered)
		tracepoint_probe_unregister(irq_point, on_interrupt, NULL);
	if (switch_registered)
		tracepoint_probe_unregister(switch_point, on_switch, NULL);
	irq_registered = switch_registered = false;
	/* Probes run with preemption off: after this none is running. */
	tracepoint_synchronize_unregister();
}
