/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The address space of a live process as a space.
 */
#ifndef SVMA_IMPORT_H
#define SVMA_IMPORT_H

#include <sys/types.h>

#include "side.h"

/**
 * svma_import_process() - put the layout of a live process in place of the side's space
 * @side: shadow side, with an empty space of regions
 * @pid: the process; all its threads are stopped meanwhile, by ptrace
 * @profile: SVMA_PROFILE_*
 * @kernel: rules of this kernel, 0 for the running one
 *
 * Return: 0 or a negative errno, after a message.
 */
int svma_import_process(struct svma_side *side, pid_t pid, __u32 profile, __u32 kernel);

#endif
