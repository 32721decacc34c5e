/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Verbs of scripts that have to do with another space. That is a snapshot: these have numbers from
 * 1 on, the same each time.
 */
#ifndef SVMA_VERBS_SHARE_H
#define SVMA_VERBS_SHARE_H

#include "verbs.h"

__s64 svma_space_snapshot(const struct svma_verb *verb, const struct svma_verb_env *env,
			  const __u64 a[SVMA_VERB_ARGS]);
__s64 svma_space_restore(const struct svma_verb *verb, const struct svma_verb_env *env,
			 const __u64 a[SVMA_VERB_ARGS]);
__s64 svma_space_copy(const struct svma_verb *verb, const struct svma_verb_env *env,
		      const __u64 a[SVMA_VERB_ARGS]);
__s64 svma_space_changed(const struct svma_verb *verb, const struct svma_verb_env *env,
			 const __u64 a[SVMA_VERB_ARGS]);

#endif
