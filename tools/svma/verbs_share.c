// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "client.h"
#include "verbs_share.h"

/* Their descriptors stay open to the end. */
static int *snapshots;
static int n_snapshots;

/* The descriptor of a snapshot by its number, -1 for one that there is not. */
static int snapshot_of(__u64 number)
{
	return number && number <= (__u64)n_snapshots ? snapshots[number - 1] : -1;
}

__s64 svma_space_snapshot(const struct svma_verb *verb, const struct svma_verb_env *env,
			  const __u64 a[SVMA_VERB_ARGS])
{
	int *more = reallocarray(snapshots, n_snapshots + 1, sizeof(*more)), fd;

	(void)verb;
	(void)a;
	if (!more)
		return -ENOMEM;
	snapshots = more;
	fd = svma_client_snapshot(env->space);
	if (fd < 0)
		return fd;
	snapshots[n_snapshots++] = fd;
	return n_snapshots;
}

__s64 svma_space_restore(const struct svma_verb *verb, const struct svma_verb_env *env,
			 const __u64 a[SVMA_VERB_ARGS])
{
	(void)verb;
	return svma_client_restore(env->space, snapshot_of(a[0]));
}

__s64 svma_space_copy(const struct svma_verb *verb, const struct svma_verb_env *env,
		      const __u64 a[SVMA_VERB_ARGS])
{
	(void)verb;
	return svma_client_copy(env->space, snapshot_of(a[0]), a[1], a[2], a[3]);
}

__s64 svma_space_changed(const struct svma_verb *verb, const struct svma_verb_env *env,
			 const __u64 a[SVMA_VERB_ARGS])
{
	(void)verb;
	return svma_client_changed(env->space, snapshot_of(a[0]), a[1], a[1] + a[2]);
}
