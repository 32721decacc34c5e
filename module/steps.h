/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SVMA_STEPS_H
#define SVMA_STEPS_H

#include "core/core.h"

struct svma_call;
struct svma_space;

/* trace.c */
extern unsigned int svma_trace_steps;
void svma_trace_step(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
		     unsigned long c, unsigned long d);

/* steps.c */
void svma_steps_begin(struct svma_space *space);
void svma_steps_note(struct svma_core *core, u32 kind, unsigned long a, unsigned long b,
		     unsigned long c, unsigned long d);
void svma_steps_free(struct svma_space *space);
int svma_ioctl_steps(struct svma_call *call);

#endif /* SVMA_STEPS_H */
