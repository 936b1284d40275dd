/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
#include "CLinux.h"

_Thread_local void *lrng_mock_kernel_of_thread;
