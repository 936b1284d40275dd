/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/* What a host would do. Nobody defines it: the gates read object code, they do not run it. */
#ifndef LRNG_EMBEDDED_HOST_H
#define LRNG_EMBEDDED_HOST_H

#include <stdbool.h>
#include <stdint.h>

void *_Nonnull host_memory(int32_t kind, int32_t index);
bool host_flag(int32_t which);
uint8_t host_byte(void);
uint32_t host_number(int32_t which);
uint64_t host_time(int32_t which);
uint32_t host_available(uint8_t source, uint32_t requested_bits);
bool host_try_lock(bool waiting);
void host_lock(int32_t lock);
void host_unlock(int32_t lock);
void host_event(uint32_t event);

#endif
