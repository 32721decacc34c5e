// SPDX-License-Identifier: GPL-2.0
/*
 * Which kernels have which rule.
 *
 * The versions are those at which the rule was seen in the supported kernels' own behaviour and
 * sources (6.1, 6.12, 7.3), narrowed by the kernel's history where it is known.
 */
#include "rules.h"

#define SVMA_OLDEST_KERNEL	SVMA_KERNEL(6, 1)
#define SVMA_NO_KERNEL		0xffffffffu

static const struct {
	u32 first;
	u32 beyond;	/* first kernel that does not have it any more */
	u32 stable;	/* first update of an older kernel that has it too, 0 for none */
} svma_rule_kernels[SVMA_RULE_NR] = {
	[SVMA_RULE_ALIGN_ANON]	 = { SVMA_KERNEL(6, 7), SVMA_NO_KERNEL },
	[SVMA_RULE_ALIGN_FILE]	 = { SVMA_KERNEL(6, 7), SVMA_KERNEL(6, 18) },
	[SVMA_RULE_ALIGN_PAD]	 = { SVMA_KERNEL(6, 9), SVMA_NO_KERNEL },
	[SVMA_RULE_SEARCH_MIN]	 = { SVMA_KERNEL(6, 12), SVMA_NO_KERNEL },
	[SVMA_RULE_ABOVE4G]	 = { SVMA_KERNEL(6, 6), SVMA_NO_KERNEL },
	[SVMA_RULE_DROPPABLE]	 = { SVMA_KERNEL(6, 11), SVMA_NO_KERNEL },
	[SVMA_RULE_STACK_NOHUGE] = { SVMA_KERNEL(6, 7), SVMA_NO_KERNEL },
	[SVMA_RULE_FIXED_ATOMIC] = { SVMA_KERNEL(6, 12), SVMA_NO_KERNEL },
	[SVMA_RULE_FILL_LEFT]	 = { SVMA_KERNEL(6, 12), SVMA_NO_KERNEL },
	[SVMA_RULE_ANON_ADOPT]	 = { SVMA_KERNEL(6, 16), SVMA_NO_KERNEL },
	[SVMA_RULE_UNCHARGE]	 = { SVMA_KERNEL(6, 6), SVMA_NO_KERNEL },
	[SVMA_RULE_SEAL]	 = { SVMA_KERNEL(6, 10), SVMA_NO_KERNEL },
	[SVMA_RULE_REMAP_MANY]	 = { SVMA_KERNEL(6, 17), SVMA_NO_KERNEL },
	[SVMA_RULE_GUARD]	 = { SVMA_KERNEL(6, 13), SVMA_NO_KERNEL },
	[SVMA_RULE_STICKY]	 = { SVMA_KERNEL(6, 19), SVMA_NO_KERNEL },
	[SVMA_RULE_HUGE_HINT_UP] = { SVMA_KERNEL(6, 13), SVMA_NO_KERNEL },
	[SVMA_RULE_SEALS_EARLY]	 = { SVMA_KERNEL(6, 12), SVMA_NO_KERNEL },
	[SVMA_RULE_ANON_OFFSET]	 = { SVMA_KERNEL(7, 0), SVMA_NO_KERNEL },
	[SVMA_RULE_CLOSE_GROWS]	 = { SVMA_KERNEL(6, 5), SVMA_NO_KERNEL },
	[SVMA_RULE_POPULATE_ORDER] = { SVMA_KERNEL(6, 9), SVMA_NO_KERNEL },
	[SVMA_RULE_DOFORK_SPECIAL] = { SVMA_KERNEL(7, 0), SVMA_NO_KERNEL },
	[SVMA_RULE_ALIGN_ZERO] = { SVMA_KERNEL(6, 17), SVMA_NO_KERNEL },
	[SVMA_RULE_ZERO_SHARED] = { SVMA_KERNEL(7, 3), SVMA_NO_KERNEL },
	[SVMA_RULE_SEAL_PAGES] = { SVMA_KERNEL(6, 17), SVMA_NO_KERNEL },
	[SVMA_RULE_MERGEABLE_EARLY] = { SVMA_KERNEL(6, 17), SVMA_NO_KERNEL },
	[SVMA_RULE_UFFD_APART] = { SVMA_KERNEL(7, 0), SVMA_NO_KERNEL },
	[SVMA_RULE_REMAP_APART] = { SVMA_KERNEL(7, 3), SVMA_NO_KERNEL, SVMA_KERNEL(6, 1) + 191 },
};

static bool svma_rule_holds(enum svma_rule rule, u32 kernel)
{
	u32 stable = svma_rule_kernels[rule].stable;

	if (kernel >= svma_rule_kernels[rule].first && kernel < svma_rule_kernels[rule].beyond)
		return true;
	return stable && kernel >= stable && kernel >> 8 == stable >> 8;
}

/**
 * svma_rules_find() - the rule set of a profile
 * @rules: out
 * @profile: SVMA_PROFILE_*
 * @kernel: host profile: kernel version, as SVMA_KERNEL() makes it, with or without the third
 *         number
 *
 * Return: 0, or -EINVAL for a profile that does not exist or a kernel older than any that is known.
 */
int svma_rules_find(struct svma_rules *rules, u32 profile, u32 kernel)
{
	unsigned int i;

	memset(rules, 0, sizeof(*rules));
	rules->profile = profile;
	if (profile == SVMA_PROFILE_CLASSIC) {
		rules->kernel = SVMA_KERNEL(2, 6);
		return 0;
	}
	if (profile != SVMA_PROFILE_HOST || kernel < SVMA_OLDEST_KERNEL)
		return -EINVAL;
	rules->kernel = kernel;
	for (i = 0; i < SVMA_RULE_NR; i++)
		if (svma_rule_holds(i, kernel))
			rules->has |= 1ULL << i;
	return 0;
}
