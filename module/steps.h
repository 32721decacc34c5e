/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_STEPS_H
#define SVMA_STEPS_H

#include "core/core.h"

void svma_trace_step(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
		     unsigned long c, unsigned long d);

#endif /* SVMA_STEPS_H */
