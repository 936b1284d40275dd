// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * What requests and events cost inside the kernel, in instructions: for a machine that counts time by them. It measures
 * when it is loaded, logs "row NAME BYTES INSTRUCTIONS", and refuses to stay.
 *
 * Interrupts are off; the smallest average of five rounds counts. Events come with pseudo-random gaps between them, or all
 * their time stamps would be equally far apart, which the stuck test of the LRNG notices. What the gaps cost is measured
 * apart and taken off.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>
#include <linux/version.h>
#include <asm/msr.h>

#define EVENTS 8192

static u8 buffer[4096];
static u32 gap_state = 2463534242u;
static volatile u64 sink;

static noinline void gap(void)
{
	u32 n;

	gap_state ^= gap_state << 13;
	gap_state ^= gap_state >> 17;
	gap_state ^= gap_state << 5;
	for (n = gap_state & 255; n; n--)
		asm volatile("nop");
}

static irqreturn_t nothing(int irq, void *data)
{
	return IRQ_HANDLED;
}

static int irq;
static void (*one)(void);

static void empty(void) { }
static void gap_alone(void) { gap(); }
static void interrupt(void) { gap(); generic_handle_irq(irq); }
static void bytes1(void) { get_random_bytes(buffer, 1); }
static void bytes16(void) { get_random_bytes(buffer, 16); }
static void bytes32(void) { get_random_bytes(buffer, 32); }
static void bytes64(void) { get_random_bytes(buffer, 64); }
static void bytes256(void) { get_random_bytes(buffer, 256); }
static void bytes4096(void) { get_random_bytes(buffer, 4096); }
static void word64(void) { sink = get_random_u64(); }
static void word32(void) { sink = get_random_u32(); }
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
static void word16(void) { sink = get_random_u16(); }
static void word8(void) { sink = get_random_u8(); }
#endif

/* A tracepoint like sched_switch that fires when we want. */
DECLARE_TRACE(lrng_bench_switch,
	TP_PROTO(bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state),
	TP_ARGS(preempt, prev, next, prev_state));
DEFINE_TRACE(lrng_bench_switch,
	TP_PROTO(bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state),
	TP_ARGS(preempt, prev, next, prev_state));

static void scheduler_event(void) { gap(); trace_lrng_bench_switch(false, current, current, 0); }

/* Average cost of a call in units of 1/100 instruction. */
static u64 measure(void (*call)(void), unsigned int count)
{
	u64 best = U64_MAX;
	unsigned int round, i;
	unsigned long flags;

	one = call;
	for (round = 0; round < 5; round++) {
		u64 start, spent;

		gap_state = 2463534242u + round;
		local_irq_save(flags);
		start = rdtsc_ordered();
		for (i = 0; i < count; i++)
			one();
		spent = rdtsc_ordered() - start;
		local_irq_restore(flags);
		best = min(best, spent);
		cond_resched();
	}
	return best * 100 / count;
}

static void row(const char *name, unsigned int bytes, u64 cost)
{
	pr_info("row %s %u %llu.%02llu\n", name, bytes, cost / 100, cost % 100);
}

static struct tracepoint *switch_point;

static void find(struct tracepoint *point, void *unused)
{
	if (!strcmp(point->name, "sched_switch"))
		switch_point = point;
}

static int __init bench(void)
{
	u64 nothing_cost, gap_cost;

	irq = irq_alloc_descs(-1, 0, 1, NUMA_NO_NODE);
	if (irq < 0)
		return irq;
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	if (request_irq(irq, nothing, 0, "lrng_bench", buffer)) {
		irq_free_descs(irq, 1);
		return -EBUSY;
	}
	nothing_cost = measure(empty, EVENTS);
	gap_cost = measure(gap_alone, EVENTS);
	row("interrupt", 0, measure(interrupt, EVENTS) - gap_cost);
	row("get_random_bytes", 1, measure(bytes1, 1024) - nothing_cost);
	row("get_random_bytes", 16, measure(bytes16, 1024) - nothing_cost);
	row("get_random_bytes", 32, measure(bytes32, 1024) - nothing_cost);
	row("get_random_bytes", 64, measure(bytes64, 1024) - nothing_cost);
	row("get_random_bytes", 256, measure(bytes256, 1024) - nothing_cost);
	row("get_random_bytes", 4096, measure(bytes4096, 128) - nothing_cost);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
	row("get_random_u8", 1, measure(word8, 4096) - nothing_cost);
	row("get_random_u16", 2, measure(word16, 4096) - nothing_cost);
#endif
	row("get_random_u32", 4, measure(word32, 4096) - nothing_cost);
	row("get_random_u64", 8, measure(word64, 4096) - nothing_cost);
	for_each_kernel_tracepoint(find, NULL);
	if (switch_point && READ_ONCE(switch_point->funcs)) {
		/* The first probe is the LRNG's, where nobody else traces. */
		void *probe = switch_point->funcs[0].func, *data = switch_point->funcs[0].data;
		u64 off = measure(scheduler_event, EVENTS);

		if (!tracepoint_probe_register(&__tracepoint_lrng_bench_switch, probe, data)) {
			row("scheduler_event", 0, measure(scheduler_event, EVENTS) - off);
			tracepoint_probe_unregister(&__tracepoint_lrng_bench_switch, probe, data);
			tracepoint_synchronize_unregister();
		}
	}
	free_irq(irq, buffer);
	if (!request_irq(irq, nothing, IRQF_SHARED, "lrng_bench", buffer)) {
		row("interrupt_shared", 0, measure(interrupt, EVENTS) - gap_cost);
		free_irq(irq, buffer);
	}
	irq_free_descs(irq, 1);
	/* It has done what it is for. */
	return -EAGAIN;
}

module_init(bench);
MODULE_DESCRIPTION("Counts the instructions of random number requests and of interrupts");
MODULE_LICENSE("Dual BSD/GPL");
