// SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
/*
 * All that others see of the LRNG, in the order in which it comes; it goes the other way round.
 */
#include "lrng_glue.h"
#include "lrng_kernel.h"

int lrng_interfaces_begin(void)
{
	int err;

	lrng_ready_begin();
	lrng_sysctl_begin();
	lrng_inputs_begin();
	err = lrng_record_begin();
	if (err)
		goto no_record;
	err = lrng_proc_begin();
	if (err)
		goto no_proc;
	err = lrng_device_begin();
	if (err)
		goto no_device;
	err = lrng_external_begin();
	if (err)
		goto no_external;
	lrng_providers_begin();
	lrng_takeover_begin();
	return 0;

no_external:
	lrng_device_end();
no_device:
	lrng_proc_end();
no_proc:
	lrng_record_end();
no_record:
	lrng_inputs_end();
	lrng_sysctl_end();
	return err;
}

void lrng_interfaces_end(void)
{
	lrng_takeover_end();
	lrng_providers_end();
	lrng_external_end();
	lrng_device_end();
	lrng_proc_end();
	lrng_record_end();
	lrng_inputs_end();
	lrng_sysctl_end();
}
