/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one table of what differs between kernels and profiles.
 */
#ifndef SVMA_RULES_H
#define SVMA_RULES_H

#include "core_internal.h"

/**
 * enum svma_rule - what some kernels do and others do not; the table in rules.c says which
 * @SVMA_RULE_ALIGN_ANON: free anonymous mappings whose length is a multiple of a large page are
 *         aligned to one
 * @SVMA_RULE_ALIGN_FILE: so are those of files whose file system has no search of its own
 * @SVMA_RULE_ALIGN_PAD: where the padded range starts aligned, top-down, the upper part of it is
 *         taken
 * @SVMA_RULE_SEARCH_MIN: the search for free space does not look below the lowest address that may
 *         be mapped
 * @SVMA_RULE_ABOVE4G: MAP_ABOVE4G
 * @SVMA_RULE_DROPPABLE: MAP_DROPPABLE
 * @SVMA_RULE_STACK_NOHUGE: MAP_STACK brings VM_NOHUGEPAGE
 * @SVMA_RULE_FIXED_ATOMIC: a fixed mapping that a limit refuses leaves what it would have replaced
 * @SVMA_RULE_FILL_LEFT: what fills a gap between two regions that it could merge with, but not with
 *         both, goes to the left one
 * @SVMA_RULE_ANON_ADOPT: a region that was written can merge into a neighbour that was not
 * @SVMA_RULE_UNCHARGE: an anonymous region that was never written gives its charge back when it
 *         becomes unwritable
 * @SVMA_RULE_SEAL: sealed regions
 * @SVMA_RULE_REMAP_MANY: mremap can move several regions at once
 * @SVMA_RULE_GUARD: guard regions
 * @SVMA_RULE_POPULATE_ORDER: what MADV_POPULATE_READ and _WRITE meet first is what they tell, holes
 *                            too
 * @SVMA_RULE_DOFORK_SPECIAL: MADV_DOFORK is refused for all special regions, not only for those of
 *         devices
 * @SVMA_RULE_STICKY: a region with guard pages merges with one without
 * @SVMA_RULE_HUGE_HINT_UP: a hint for huge pages is rounded up, not down, and where to look is
 *         asked for as for other pages
 * @SVMA_RULE_SEALS_EARLY: all write seals are looked at before anything is unmapped
 * @SVMA_RULE_ANON_OFFSET: anonymous pages of a private file region have an offset of their own
 * @SVMA_RULE_CLOSE_GROWS: regions of a file that wants to know when they end merge, if none of them
 *         has to go for it
 * @SVMA_RULE_REMAP_APART: what MREMAP_DONTUNMAP leaves is cut out first if it is locked, and what
 *         it makes does not merge with it
 * @SVMA_RULE_ALIGN_ZERO: private mappings of /dev/zero are aligned as files of file systems that
 *         align
 * @SVMA_RULE_ZERO_SHARED: what is shared of /dev/zero is shared memory also if it was opened for
 *         reading alone
 * @SVMA_RULE_MERGEABLE_EARLY: in a space that asked for all regions to be mergeable, a new one is
 *         so before it looks for neighbours to merge with
 * @SVMA_RULE_SEAL_PAGES: what of a sealed region advice may discard goes by whether its pages are
 *         anonymous, as those of private mappings of /dev/zero, and not by whether it has a file
 * @SVMA_RULE_UFFD_APART: what moves and is registered with userfaultfd merges with nothing
 * @SVMA_RULE_NR: number of rules
 */
enum svma_rule {
	SVMA_RULE_ALIGN_ANON,
	SVMA_RULE_ALIGN_FILE,
	SVMA_RULE_ALIGN_PAD,
	SVMA_RULE_SEARCH_MIN,
	SVMA_RULE_ABOVE4G,
	SVMA_RULE_DROPPABLE,
	SVMA_RULE_STACK_NOHUGE,
	SVMA_RULE_FIXED_ATOMIC,
	SVMA_RULE_FILL_LEFT,
	SVMA_RULE_ANON_ADOPT,
	SVMA_RULE_UNCHARGE,
	SVMA_RULE_SEAL,
	SVMA_RULE_REMAP_MANY,
	SVMA_RULE_GUARD,
	SVMA_RULE_POPULATE_ORDER,
	SVMA_RULE_DOFORK_SPECIAL,
	SVMA_RULE_STICKY,
	SVMA_RULE_HUGE_HINT_UP,
	SVMA_RULE_SEALS_EARLY,
	SVMA_RULE_ANON_OFFSET,
	SVMA_RULE_CLOSE_GROWS,
	SVMA_RULE_REMAP_APART,
	SVMA_RULE_ALIGN_ZERO,
	SVMA_RULE_ZERO_SHARED,
	SVMA_RULE_MERGEABLE_EARLY,
	SVMA_RULE_SEAL_PAGES,
	SVMA_RULE_UFFD_APART,
	SVMA_RULE_NR,
};

/**
 * struct svma_rules - the rule set that a space follows
 * @kernel: kernel version, as SVMA_KERNEL() makes it
 * @profile: SVMA_PROFILE_*
 * @has: bit n: enum svma_rule n holds
 */
struct svma_rules {
	u32 kernel;
	u32 profile;
	u64 has;
};

int svma_rules_find(struct svma_rules *rules, u32 profile, u32 kernel);

static inline bool svma_rules_have(const struct svma_rules *rules, enum svma_rule rule)
{
	return rules->has & (1ULL << rule);
}

static inline bool svma_rules_classic(const struct svma_rules *rules)
{
	return rules->profile == SVMA_PROFILE_CLASSIC;
}

#endif /* SVMA_RULES_H */
