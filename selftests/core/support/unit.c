// SPDX-License-Identifier: GPL-2.0
/* Tests by hand. */
#include <ctype.h>

#include "unit.h"

const u32 unit_kernels[3] = { K6_1, K6_12, K7_3 };

static void ops_range(struct svma_core *core, unsigned long start, unsigned long end)
{
	(void)core;
	(void)start;
	(void)end;
}

static int ops_discard(struct svma_core *core, unsigned long start, unsigned long end)
{
	ops_range(core, start, end);
	return 0;
}

static int ops_set_guard(struct svma_core *core, unsigned long start, unsigned long end,
			 bool install)
{
	(void)install;
	ops_range(core, start, end);
	return 0;
}

static void ops_move(struct svma_core *core, unsigned long from, unsigned long to,
		     unsigned long len)
{
	(void)len;
	ops_range(core, from, to);
}

static struct svma_backing *ops_shared_anon(struct svma_core *core, unsigned long len)
{
	(void)core;
	(void)len;
	return ERR_PTR(-ENOMEM);
}

const struct svma_core_ops unit_no_ops = {
	.unmap = ops_range,
	.protect = ops_range,
	.discard = ops_discard,
	.set_guard = ops_set_guard,
	.move = ops_move,
	.shared_anon = ops_shared_anon,
};

int unit_restore(struct svma_core *core, struct svma_core *from)
{
	struct svma_core_restore state;
	int error = svma_core_restore_gather(core, from, &state);

	if (!error)
		svma_core_restore_commit(core, from, &state);
	return error;
}

unsigned long at(const struct pair *pair, unsigned long page)
{
	return pair->model.base + page * PAGE;
}

void unit_start_with(struct pair *pair, const struct pair_config *config)
{
	int error = pair_init(pair, config);

	if (error) {
		tap_fail(__FILE__, __LINE__, "no space: %d", error);
		abort();
	}
}

void unit_start(struct pair *pair, u32 kernel)
{
	struct pair_config config;

	pair_config_default(&config, kernel);
	unit_start_with(pair, &config);
}

static void complain(struct pair *pair)
{
	if (pair->why[0])
		tap_fail("core and model", (int)(pair->model.kernel >> 8), "%s", pair->why);
	pair->why[0] = 0;
}

void unit_check(struct pair *pair)
{
	complain(pair);
}

void unit_end(struct pair *pair)
{
	pair_destroy(pair);
	complain(pair);
}

long unit_call(struct pair *pair, enum call_verb verb, int file, unsigned long a, unsigned long b,
	       unsigned long c, unsigned long d, unsigned long e)
{
	struct call call = { .verb = verb, .file = file, .arg = { a, b, c, d, e } };
	struct call_result result;

	if (!call_run(pair, &call, MEMORY_ENOUGH, &result))
		call_print(&call, &result);
	complain(pair);
	return result.error ? result.error : (long)result.value;
}

static long page_of(const struct pair *pair, long value)
{
	return value < 0 ? value : (long)((unsigned long)value - pair->model.base) / (long)PAGE;
}

long unit_mmap(struct pair *pair, long page, unsigned long pages, unsigned long prot,
	       unsigned long flags, int file, unsigned long pgoff)
{
	unsigned long addr = page < 0 ? 0 : at(pair, page);

	return page_of(pair, unit_call(pair, CALL_MMAP, file, addr, pages * PAGE, prot, flags,
				       pgoff * PAGE));
}

long unit_munmap(struct pair *pair, unsigned long page, unsigned long pages)
{
	return unit_call(pair, CALL_MUNMAP, NO_FILE, at(pair, page), pages * PAGE, 0, 0, 0);
}

long unit_mprotect(struct pair *pair, unsigned long page, unsigned long pages, unsigned long prot)
{
	return unit_call(pair, CALL_MPROTECT, NO_FILE, at(pair, page), pages * PAGE, prot, -1UL, 0);
}

long unit_mremap(struct pair *pair, unsigned long page, unsigned long old_pages,
		 unsigned long new_pages, unsigned long flags, unsigned long to)
{
	return page_of(pair, unit_call(pair, CALL_MREMAP, NO_FILE, at(pair, page), old_pages * PAGE,
				       new_pages * PAGE, flags, to == NOWHERE ? 0 : at(pair, to)));
}

long unit_madvise(struct pair *pair, unsigned long page, unsigned long pages, int advice)
{
	return unit_call(pair, CALL_MADVISE, NO_FILE, at(pair, page), pages * PAGE, advice, 0, 0);
}

long unit_lock(struct pair *pair, unsigned int op, unsigned long page, unsigned long pages,
	       unsigned int flags)
{
	return unit_call(pair, CALL_LOCK, NO_FILE, at(pair, page), pages * PAGE, op, flags, 0);
}

void unit_brk(struct pair *pair, unsigned long page)
{
	EXPECT_EQ(unit_call(pair, CALL_BRK, NO_FILE, at(pair, page), 0, 0, 0, 0), at(pair, page));
}

void unit_store(struct pair *pair, unsigned long page)
{
	EXPECT_EQ(unit_call(pair, CALL_FAULT, NO_FILE, at(pair, page), 0, 0, 0, 0), 0);
}

void unit_import(struct pair *pair, unsigned long page, unsigned long pages, u64 flags)
{
	EXPECT_EQ(unit_call(pair, CALL_IMPORT, NO_FILE, at(pair, page), pages * PAGE, flags,
			    at(pair, page) / PAGE, 0),
		  0);
}

static u64 flag_of(char letter)
{
	switch (letter) {
	case 'r':
		return SVMA_VM_READ;
	case 'w':
		return SVMA_VM_WRITE;
	case 'x':
		return SVMA_VM_EXEC;
	case 's':
		return SVMA_VM_SHARED;
	case 'L':
		return SVMA_VM_LOCKED;
	case 'A':
		return SVMA_VM_ACCOUNT;
	case 'M':
		return SVMA_VM_MERGEABLE;
	default:
		return 0;
	}
}

void unit_expect(const char *file, int line, struct pair *pair, const char *regions)
{
	static const char letters[] = "rwxsLAM";
	char have[1000] = "", *end = have;
	struct svma_cursor cursor;
	struct svma_vma vma;
	const char *l;
	bool more, accounts = strchr(regions, 'A');

	more = svma_cursor_find(&cursor, &pair->core.index, 0, &vma);
	for (; more; more = svma_cursor_next(&cursor, &vma)) {
		end += sprintf(end, "%s%lx-%lx:", end == have ? "" : " ",
			       (vma.start - pair->model.base) / PAGE,
			       (vma.end - pair->model.base) / PAGE);
		if (!accounts)
			vma.flags &= ~SVMA_VM_ACCOUNT;
		for (l = letters; *l; l++)
			if (vma.flags & flag_of(*l))
				*end++ = *l;
		if (end[-1] == ':')
			*end++ = '.';
		*end = 0;
		if (end > have + sizeof(have) - 100)
			break;
	}
	if (strcmp(have, regions))
		tap_fail(file, line, "kernel %u.%u: regions are %s, wanted %s",
			 pair->model.kernel >> 16, pair->model.kernel >> 8 & 0xff, have, regions);
}
