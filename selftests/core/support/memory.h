/* SPDX-License-Identifier: GPL-2.0 */
/* The test's side of the allocator behind core_user.h. */
#ifndef SVMA_TEST_MEMORY_H
#define SVMA_TEST_MEMORY_H

#include <setjmp.h>
#include <stdbool.h>

/* The allocation after the next n - 1 fails, and all later ones if @all; 0: none fails. */
void memory_fail_at(unsigned long n, bool all);

/* Did an allocation fail since memory_fail_at()? */
bool memory_failed(void);

/* Allocations that are not freed yet. */
unsigned long memory_outstanding(void);

/* Allocations asked for since the start, failed ones too. */
unsigned long memory_calls(void);

/* Where a warning of the core goes to, with memory_warning set; without a place it aborts. */
struct memory_place {
	jmp_buf where;
};

extern struct memory_place *memory_warn_to;
extern char memory_warning[200];

#endif /* SVMA_TEST_MEMORY_H */
