/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bringing the program up under the tracer.
 */
#ifndef SVMA_SHADOW_START_H
#define SVMA_SHADOW_START_H

#include "shadow.h"

/* Fork the program's process and trace it; it waits before its exec. 0 or a negative errno. */
int shadow_start(struct shadow *sh);
/* Let it exec. */
int shadow_start_exec(struct shadow *sh);
/* After its end: 0, or the negative errno with which the exec failed. */
int shadow_start_failed(struct shadow *sh);

#endif
