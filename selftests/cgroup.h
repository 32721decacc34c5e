/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory cgroups (version 2) for the kselftests.
 */
#ifndef SVMA_CGROUP_H
#define SVMA_CGROUP_H

#include <stdbool.h>
#include <linux/types.h>
#include <sys/types.h>

/* All but cgroup_number() answer 0 or a negative errno; names are relative to the root. */
int cgroup_make(const char *name, long limit);	/* bytes; 0: none */
int cgroup_limit(const char *name, long limit);
int cgroup_high(const char *name, long high);	/* above which it is held up */
int cgroup_enter(const char *name);		/* the caller */
int cgroup_remove(const char *name);

/* memory.current, or a line of another file; a negative errno, or -1 where there is no such line */
long cgroup_number(const char *name, const char *file, const char *key);

/*
 * What is charged to it when what each processor keeps in reserve has been given back, and all that
 * can be; waits some seconds for it to be no more than is wanted.
 */
long cgroup_settled(const char *name, long wanted);

/* A space made in a cgroup by a process that is gone by now, or a negative errno. */
int cgroup_space(const char *name, __u32 flags);

#endif /* SVMA_CGROUP_H */
