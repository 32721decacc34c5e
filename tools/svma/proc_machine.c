// SPDX-License-Identifier: GPL-2.0
/*
 * What /proc tells of the machine.
 */
#include <stdlib.h>
#include <string.h>

#include "proc.h"

/* "Label:   123 kB" of meminfo; the huge page counts have no unit. */
static bool meminfo_value(const char *text, const char *label, __u64 *value)
{
	const char *p = text;
	size_t len = strlen(label);

	while (p && strncmp(p, label, len)) {
		p = strchr(p, '\n');
		if (p)
			p++;
	}
	if (!p)
		return false;
	*value = strtoull(p + len, NULL, 10);
	return true;
}

/* The machine's huge pages, in pages of the base size; all zero if it has none of these lines. */
struct huge_pages {
	__u64 all;
	__u64 free;
	__u64 reserved;
};

static bool read_huge(const char *meminfo, struct huge_pages *huge)
{
	__u64 each = 0;

	*huge = (struct huge_pages){ 0 };
	if (!meminfo_value(meminfo, "Hugepagesize:", &each) ||
	    !meminfo_value(meminfo, "HugePages_Total:", &huge->all) ||
	    !meminfo_value(meminfo, "HugePages_Free:", &huge->free) ||
	    !meminfo_value(meminfo, "HugePages_Rsvd:", &huge->reserved))
		return false;
	each /= SVMA_PAGE_SIZE / 1024;
	huge->all *= each;
	huge->free *= each;
	huge->reserved *= each;
	return true;
}

/* What is reserved is nobody else's to take. */
static __u64 huge_left(const struct huge_pages *huge)
{
	return huge->free - (huge->reserved < huge->free ? huge->reserved : huge->free);
}

int svma_proc_huge(__u64 *all, __u64 *left)
{
	struct huge_pages huge = { 0 };
	char *text = NULL;
	size_t cap = 0;
	ssize_t len = svma_proc_text("/proc/meminfo", &text, &cap);

	if (len >= 0)
		read_huge(text, &huge);
	free(text);
	*all = huge.all;
	*left = huge_left(&huge);
	return len < 0 ? (int)len : 0;
}

int svma_proc_machine(struct svma_machine *machine)
{
	const struct { const char *label; __u64 *value; __u64 bit; } fields[] = {
		{ "MemTotal:", &machine->ram, SVMA_MACHINE_RAM },
		{ "MemFree:", &machine->free, SVMA_MACHINE_FREE },
		{ "Cached:", &machine->cache, SVMA_MACHINE_CACHE },
		{ "SReclaimable:", &machine->reclaimable, SVMA_MACHINE_RECLAIMABLE },
		{ "SwapTotal:", &machine->swap, SVMA_MACHINE_SWAP },
	};
	const __u64 page_kb = SVMA_PAGE_SIZE / 1024;
	struct huge_pages huge;
	__u64 n, mode, ratio;
	char *text = NULL;
	size_t cap = 0;
	ssize_t len = svma_proc_text("/proc/meminfo", &text, &cap);

	if (len < 0) {
		free(text);
		return len;
	}
	*machine = (struct svma_machine){ 0 };
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!meminfo_value(text, fields[i].label, &n))
			continue;
		*fields[i].value = n / page_kb;
		machine->told |= fields[i].bit;
	}
	if (read_huge(text, &huge)) {
		machine->huge = huge.all;
		machine->huge_free = huge_left(&huge);
		machine->told |= SVMA_MACHINE_HUGE | SVMA_MACHINE_HUGE_FREE;
	}
	free(text);

	if (!svma_proc_number("/proc/sys/vm/overcommit_memory", &mode)) {
		machine->overcommit_mode = mode;
		machine->told |= SVMA_MACHINE_MODE;
	}
	if (!svma_proc_number("/proc/sys/vm/overcommit_ratio", &ratio)) {
		machine->overcommit_ratio = ratio;
		machine->told |= SVMA_MACHINE_RATIO;
	}
	if (!svma_proc_number("/proc/sys/vm/overcommit_kbytes", &machine->overcommit_kbytes))
		machine->told |= SVMA_MACHINE_KBYTES;
	if (!svma_proc_number("/proc/sys/vm/admin_reserve_kbytes", &n)) {
		machine->admin_reserve = n / page_kb;
		machine->told |= SVMA_MACHINE_ADMIN_RESERVE;
	}
	if (!svma_proc_number("/proc/sys/vm/user_reserve_kbytes", &n)) {
		machine->user_reserve = n / page_kb;
		machine->told |= SVMA_MACHINE_USER_RESERVE;
	}
	return 0;
}
