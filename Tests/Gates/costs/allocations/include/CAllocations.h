/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only */
/* Counts allocations: a program that links this has malloc and its relatives replaced by ones that count. */
#ifndef COSTS_ALLOCATIONS_H
#define COSTS_ALLOCATIONS_H

/* Those of all threads since the start of the process. */
unsigned long costs_allocations(void);

/* Marks for callgrind, which counts instructions from one to the other. */
void costs_begin(void);
void costs_end(void);

#endif
