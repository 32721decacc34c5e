/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one table of what differs between kernels and profiles.
 */
#ifndef SVMA_RULES_H
#define SVMA_RULES_H

#include "core_internal.h"

/**
 * struct svma_rules - the rule set that a space follows
 * @kernel: kernel version, as SVMA_KERNEL() makes it
 * @classic: the classic profile
 */
struct svma_rules {
	u32 kernel;
	bool classic;
};

const struct svma_rules *svma_rules_find(u32 profile, u32 kernel);

#endif /* SVMA_RULES_H */
