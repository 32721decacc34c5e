// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints, and which of them make the core tell its steps.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
#include "space.h"
#include "steps.h"

/* Tracepoints of steps that are on; the kernel's lock of tracepoints is held to change it. */
unsigned int svma_trace_steps;

int svma_trace_steps_on(void)
{
	WRITE_ONCE(svma_trace_steps, svma_trace_steps + 1);
	return 0;
}

void svma_trace_steps_off(void)
{
	WRITE_ONCE(svma_trace_steps, svma_trace_steps - 1);
}

/**
 * svma_trace_step() - tell the tracepoints of a step that the core took
 * @core: the space
 * @kind: which step
 * @a: see SVMA_STEP_*, as the others
 * @b: see there
 * @c: see there
 * @d: see there
 */
void svma_trace_step(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
		     unsigned long c, unsigned long d)
{
	unsigned long id = svma_space_of_core(core)->id;

	switch (kind) {
	case SVMA_STEP_SPLIT:
		trace_svma_split(id, a, b, c);
		break;
	case SVMA_STEP_MERGE:
		trace_svma_merge(id, a, b, c, d);
		break;
	default:
		break;
	}
}
