// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * All that others see of the LRNG, in the order in which it comes; it goes in the opposite one.
 */
#include "lrng_glue.h"
#include "lrng_kernel.h"

int lrng_interfaces_begin(void)
{
	int err;

	lrng_ready_begin();
	err = lrng_proc_begin();
	if (err)
		return err;
	err = lrng_device_begin();
	if (err)
		goto no_device;
	lrng_record_begin();
	lrng_inputs_begin();
	/* The worker calls for the takeover as soon as it looks. */
	lrng_glue_kick();
	return 0;

no_device:
	lrng_proc_end();
	return err;
}

void lrng_interfaces_end(void)
{
	lrng_inputs_end();
	lrng_record_end();
	lrng_device_end();
	lrng_proc_end();
	lrng_ready_end();
}
