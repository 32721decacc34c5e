// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "consts.h"

#define BIT(set, prefix, name, value) { SVMA_CONST_##set, #prefix #name, value, value }
#define ONE(set, prefix, name, value, mask) { SVMA_CONST_##set, #prefix #name, value, mask }

#define MAP_TYPE_BITS	0x0f
#define ALL_BITS	(~0ULL)

/*
 * Values of x86-64, written out: the headers that this is built with may be older than the kernel
 * it runs on. In the order in which strace prints them.
 */
const struct svma_const svma_consts[] = {
	ONE(PROT, PROT_, NONE, 0, ALL_BITS),
	BIT(PROT, PROT_, READ, 0x1),
	BIT(PROT, PROT_, WRITE, 0x2),
	BIT(PROT, PROT_, EXEC, 0x4),
	BIT(PROT, PROT_, SEM, 0x8),
	BIT(PROT, PROT_, GROWSDOWN, 0x01000000),
	BIT(PROT, PROT_, GROWSUP, 0x02000000),

	ONE(MAP, MAP_, SHARED, 0x01, MAP_TYPE_BITS),
	ONE(MAP, MAP_, PRIVATE, 0x02, MAP_TYPE_BITS),
	ONE(MAP, MAP_, SHARED_VALIDATE, 0x03, MAP_TYPE_BITS),
	ONE(MAP, MAP_, DROPPABLE, 0x08, MAP_TYPE_BITS),
	BIT(MAP, MAP_, FIXED, 0x10),
	BIT(MAP, MAP_, ANONYMOUS, 0x20),
	BIT(MAP, MAP_, 32BIT, 0x40),
	BIT(MAP, MAP_, ABOVE4G, 0x80),
	BIT(MAP, MAP_, GROWSDOWN, 0x0100),
	BIT(MAP, MAP_, DENYWRITE, 0x0800),
	BIT(MAP, MAP_, EXECUTABLE, 0x1000),
	BIT(MAP, MAP_, LOCKED, 0x2000),
	BIT(MAP, MAP_, NORESERVE, 0x4000),
	BIT(MAP, MAP_, POPULATE, 0x8000),
	BIT(MAP, MAP_, NONBLOCK, 0x10000),
	BIT(MAP, MAP_, STACK, 0x20000),
	BIT(MAP, MAP_, HUGETLB, 0x40000),
	BIT(MAP, MAP_, SYNC, 0x80000),
	BIT(MAP, MAP_, FIXED_NOREPLACE, 0x100000),
	/*
	 * Read but never printed: second names, and what shares its bits with the sizes that are
	 * printed by their shift.
	 */
	BIT(MAP, MAP_, ANON, 0x20),
	BIT(MAP, MAP_, FILE, 0),
	ONE(MAP, MAP_, UNINITIALIZED, 0x4000000, 0),
	ONE(MAP, MAP_, HUGE_2MB, 21ULL << SVMA_MAP_HUGE_SHIFT, 0),
	ONE(MAP, MAP_, HUGE_1GB, 30ULL << SVMA_MAP_HUGE_SHIFT, 0),

	BIT(MREMAP, MREMAP_, MAYMOVE, 0x1),
	BIT(MREMAP, MREMAP_, FIXED, 0x2),
	BIT(MREMAP, MREMAP_, DONTUNMAP, 0x4),

	ONE(MADV, MADV_, NORMAL, 0, ALL_BITS),
	ONE(MADV, MADV_, RANDOM, 1, ALL_BITS),
	ONE(MADV, MADV_, SEQUENTIAL, 2, ALL_BITS),
	ONE(MADV, MADV_, WILLNEED, 3, ALL_BITS),
	ONE(MADV, MADV_, DONTNEED, 4, ALL_BITS),
	ONE(MADV, MADV_, FREE, 8, ALL_BITS),
	ONE(MADV, MADV_, REMOVE, 9, ALL_BITS),
	ONE(MADV, MADV_, DONTFORK, 10, ALL_BITS),
	ONE(MADV, MADV_, DOFORK, 11, ALL_BITS),
	ONE(MADV, MADV_, MERGEABLE, 12, ALL_BITS),
	ONE(MADV, MADV_, UNMERGEABLE, 13, ALL_BITS),
	ONE(MADV, MADV_, HUGEPAGE, 14, ALL_BITS),
	ONE(MADV, MADV_, NOHUGEPAGE, 15, ALL_BITS),
	ONE(MADV, MADV_, DONTDUMP, 16, ALL_BITS),
	ONE(MADV, MADV_, DODUMP, 17, ALL_BITS),
	ONE(MADV, MADV_, WIPEONFORK, 18, ALL_BITS),
	ONE(MADV, MADV_, KEEPONFORK, 19, ALL_BITS),
	ONE(MADV, MADV_, COLD, 20, ALL_BITS),
	ONE(MADV, MADV_, PAGEOUT, 21, ALL_BITS),
	ONE(MADV, MADV_, POPULATE_READ, 22, ALL_BITS),
	ONE(MADV, MADV_, POPULATE_WRITE, 23, ALL_BITS),
	ONE(MADV, MADV_, DONTNEED_LOCKED, 24, ALL_BITS),
	ONE(MADV, MADV_, COLLAPSE, 25, ALL_BITS),
	ONE(MADV, MADV_, HWPOISON, 100, ALL_BITS),
	ONE(MADV, MADV_, SOFT_OFFLINE, 101, ALL_BITS),
	ONE(MADV, MADV_, GUARD_INSTALL, 102, ALL_BITS),
	ONE(MADV, MADV_, GUARD_REMOVE, 103, ALL_BITS),

	BIT(MCL, MCL_, CURRENT, 1),
	BIT(MCL, MCL_, FUTURE, 2),
	BIT(MCL, MCL_, ONFAULT, 4),

	BIT(MLOCK, MLOCK_, ONFAULT, 1),

	BIT(MS, MS_, ASYNC, 1),
	BIT(MS, MS_, INVALIDATE, 2),
	BIT(MS, MS_, SYNC, 4),

	{ SVMA_CONST_NONE, NULL, 0, 0 },
};

const struct svma_const *svma_const_find(const char *name, size_t len)
{
	const struct svma_const *c;

	for (c = svma_consts; c->name; c++)
		if (!strncmp(c->name, name, len) && !c->name[len])
			return c;
	return NULL;
}

const char *svma_const_set_name(enum svma_const_set set)
{
	static const char *const names[] = {
		[SVMA_CONST_NONE] = "number",
		[SVMA_CONST_PROT] = "PROT_",
		[SVMA_CONST_MAP] = "MAP_",
		[SVMA_CONST_MREMAP] = "MREMAP_",
		[SVMA_CONST_MADV] = "MADV_",
		[SVMA_CONST_MCL] = "MCL_",
		[SVMA_CONST_MLOCK] = "MLOCK_",
		[SVMA_CONST_MS] = "MS_",
	};

	return names[set];
}

int svma_const_format(char *buf, size_t size, enum svma_const_set set, __u64 value)
{
	__u64 seen = 0;
	int len = 0;

	buf[0] = '\0';
#define ADD(...) (len += snprintf(buf + len, (size_t)len < size ? size - len : 0, __VA_ARGS__))
	for (const struct svma_const *c = svma_consts; c->name; c++) {
		if (c->set != set || (seen & c->mask) || (!c->mask && !c->value))
			continue;
		if (c->mask == ALL_BITS ? c->value != value :
		    !c->value || (value & c->mask) != c->value || !c->mask)
			continue;
		ADD("%s%s", len ? "|" : "", c->name);
		seen |= c->mask;
	}
	value &= ~seen;
	if (set == SVMA_CONST_MAP && (value >> SVMA_MAP_HUGE_SHIFT & SVMA_MAP_HUGE_MASK)) {
		__u64 shift = value >> SVMA_MAP_HUGE_SHIFT & SVMA_MAP_HUGE_MASK;

		ADD("%s%llu<<MAP_HUGE_SHIFT", len ? "|" : "", shift);
		value &= ~((__u64)SVMA_MAP_HUGE_MASK << SVMA_MAP_HUGE_SHIFT);
	}
	if (value)
		ADD("%s0x%llx", len ? "|" : "", value);
	else if (!len)
		ADD("0");
#undef ADD
	return len;
}

/* Errnos that system calls return internally are never seen; the largest real one is EHWPOISON. */
#define LAST_ERRNO 133

int svma_errno_find(const char *name, size_t len)
{
	for (int err = 1; err <= LAST_ERRNO; err++) {
		const char *known = strerrorname_np(err);

		if (known && !strncmp(known, name, len) && !known[len])
			return err;
	}
	/* glibc knows only one of the two names of these. */
	if (len == 10 && !strncmp(name, "EOPNOTSUPP", len))
		return svma_errno_find("ENOTSUP", 7);
	if (len == 11 && !strncmp(name, "EWOULDBLOCK", len))
		return svma_errno_find("EAGAIN", 6);
	return -1;
}

const char *svma_errno_name(int err)
{
	static char number[16];
	const char *name = strerrorname_np(err);

	if (name && !strcmp(name, "ENOTSUP"))
		return "EOPNOTSUPP";
	if (name)
		return name;
	snprintf(number, sizeof(number), "%d", err);
	return number;
}
