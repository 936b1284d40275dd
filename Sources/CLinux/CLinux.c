/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
#include "CLinux.h"

_Thread_local void *lrng_mock_kernel_of_thread;
const uint64_t lrng_no_generator[8];
_Thread_local struct lrng_thread lrng_thread_here = { (void *)lrng_no_generator, lrng_no_generator };
