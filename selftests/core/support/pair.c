// SPDX-License-Identifier: GPL-2.0
/* A space of the core and its model: set-up, what the core reports, and the comparison. */
#include <stdarg.h>

#include "memory.h"
#include "pair.h"

const char *const pair_file_names[FILE_NR] = {
	"rw", "rw2", "ro", "wo", "append", "noexec", "nommap", "shmem", "thp", "sync",
};

#define SPACE_ID	77
#define RW	(SVMA_BACKING_READ | SVMA_BACKING_WRITE)

static const u32 file_flags[FILE_NR] = {
	[FILE_RW] = RW | SVMA_BACKING_NO_SEARCH,
	[FILE_RW2] = RW | SVMA_BACKING_NO_SEARCH,
	[FILE_RO] = SVMA_BACKING_READ,
	[FILE_WO] = SVMA_BACKING_WRITE,
	[FILE_APPEND] = RW | SVMA_BACKING_APPEND,
	[FILE_NOEXEC] = RW | SVMA_BACKING_NOEXEC,
	[FILE_NOMMAP] = RW | SVMA_BACKING_NOMMAP,
	[FILE_SHMEM] = RW | SVMA_BACKING_SHMEM,
	[FILE_THP] = RW | SVMA_BACKING_THP_ALIGN,
	[FILE_SYNC] = RW | SVMA_BACKING_SYNC,
};

static void backing_get(struct svma_backing *backing)
{
	container_of(backing, struct test_backing, backing)->refs++;
}

static void backing_put(struct svma_backing *backing)
{
	struct test_backing *test = container_of(backing, struct test_backing, backing);

	BUG_ON(test->refs <= 0);
	if (!--test->refs && test->made_on) {
		svma_core_backing_release(test->made_on, backing);
		kfree(test);
	}
}

static const struct svma_backing_ops backing_ops = { .get = backing_get, .put = backing_put };

static struct pair *pair_of(struct svma_core *core)
{
	struct pair *pair = container_of(core, struct pair, core);

	/* The hooks of another space must be unit_no_ops. */
	BUG_ON(core->id != SPACE_ID);
	return pair;
}

void pair_differ(struct pair *pair, const char *fmt, ...)
{
	va_list ap;

	if (pair->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(pair->why, sizeof(pair->why), fmt, ap);
	va_end(ap);
}

static void mark(struct pair *pair, bool *marks, unsigned long start, unsigned long end,
		 const char *what)
{
	unsigned long i;

	pair->reports++;
	/* What it says of space that can have no pages does not matter. */
	if (start >= end || (start | end) & ~SVMA_PAGE_MASK)
		pair_differ(pair, "%s of %lx-%lx reported", what, start, end);
	else
		for (i = model_index(&pair->model, start); i < model_index(&pair->model, end); i++)
			marks[i] = true;
}

static void ops_unmap(struct svma_core *core, unsigned long start, unsigned long end)
{
	mark(pair_of(core), pair_of(core)->unmapped, start, end, "unmap");
}

static void ops_protect(struct svma_core *core, unsigned long start, unsigned long end)
{
	mark(pair_of(core), pair_of(core)->protected, start, end, "protect");
}

static int ops_discard(struct svma_core *core, unsigned long start, unsigned long end)
{
	mark(pair_of(core), pair_of(core)->discarded, start, end, "discard");
	return 0;
}

static int ops_guard(struct svma_core *core, unsigned long start, unsigned long end, bool install)
{
	struct pair *pair = pair_of(core);
	unsigned long i;

	pair->reports++;
	if (start >= end || (start | end) & ~SVMA_PAGE_MASK || start < pair->model.base)
		pair_differ(pair, "guard of %lx-%lx reported", start, end);
	else
		for (i = model_index(&pair->model, start); i < model_index(&pair->model, end); i++)
			pair->guards[i] = install ? 1 : -1;
	return 0;
}

static void ops_move(struct svma_core *core, unsigned long from, unsigned long to,
		     unsigned long len)
{
	struct pair *pair = pair_of(core);
	struct model *model = &pair->model;
	unsigned long i;

	pair->reports++;
	if (!len || (from | to | len) & ~SVMA_PAGE_MASK || from < model->base || to < model->base ||
	    from + len > model_addr(model, model->count) ||
	    to + len > model_addr(model, model->count)) {
		pair_differ(pair, "move of %lx bytes from %lx to %lx reported", len, from, to);
		return;
	}
	for (i = 0; i < len / PAGE; i++) {
		if (pair->unmapped[model_index(model, from) + i])
			pair_differ(pair, "move of page %lx that was unmapped before",
				    from + i * PAGE);
		pair->moved[model_index(model, from) + i] = model_index(model, to) + i + 1;
	}
}

static struct svma_backing *ops_shared_anon(struct svma_core *core, unsigned long len)
{
	struct test_backing *made = kzalloc(sizeof(*made), GFP_KERNEL);

	if (!made)
		return ERR_PTR(-ENOMEM);
	made->backing.ops = &backing_ops;
	made->backing.flags = RW | SVMA_BACKING_SHMEM | SVMA_BACKING_ANON_SHARED;
	made->backing.size = len;
	made->refs = 1;
	made->made_on = core->machine;
	pair_of(core)->made = &made->backing;
	return &made->backing;
}

static const struct svma_core_ops core_ops = {
	.unmap = ops_unmap,
	.protect = ops_protect,
	.discard = ops_discard,
	.set_guard = ops_guard,
	.move = ops_move,
	.shared_anon = ops_shared_anon,
};

/*
 * The model takes what the core made in the same call, and something that is nowhere if it made
 * none.
 */
static struct svma_backing *model_shared_anon(struct model *model, unsigned long len)
{
	struct pair *pair = container_of(model, struct pair, model);

	(void)len;
	return pair->made ? pair->made : (struct svma_backing *)pair;
}

void pair_config_default(struct pair_config *config, u32 kernel)
{
	const unsigned long base = 1UL << 28, pages = 4096, high = base + pages * PAGE;

	memset(config, 0, sizeof(*config));
	config->kernel = kernel;
	config->base = base;
	config->pages = pages;
	config->layout = (struct svma_layout) {
		.mmap_base = high - 64 * PAGE,
		.legacy_base = base + pages / 3 * PAGE,
		.guard_gap = 16 * PAGE,
		.limit_as = ~0ULL,
		.limit_data = ~0ULL,
		.limit_stack = ~0ULL,
		.limit_memlock = ~0ULL,
		.max_map_count = 65530,
		.start_brk = base + 32 * PAGE,
		.brk = base + 32 * PAGE,
	};
	config->machine = (struct svma_machine) {
		.ram = 1UL << 20,
		.overcommit_mode = SVMA_OVERCOMMIT_GUESS,
		.overcommit_ratio = 50,
	};
}

int pair_init(struct pair *pair, const struct pair_config *config)
{
	struct svma_layout layout = config->layout;
	struct svma_machine machine = config->machine;
	int error, i;

	memset(pair, 0, sizeof(*pair));
	layout.told = SVMA_LAYOUT_ALL;
	layout.low = 0;
	layout.high = config->base + config->pages * PAGE;
	layout.min_addr = config->base;
	layout.stack_top = layout.high;
	machine.told = SVMA_MACHINE_ALL;
	svma_core_machine_init(&pair->machine);
	error = svma_core_machine_set(&pair->machine, &machine);
	if (error)
		return error;
	error = svma_core_init(&pair->core, &pair->machine, &core_ops, SVMA_PROFILE_HOST,
			       config->kernel);
	if (error)
		return error;
	error = svma_core_layout_set(&pair->core, &layout);
	if (error)
		return error;
	model_init(&pair->model, config->kernel, config->base, config->pages);
	pair->core.id = SPACE_ID;
	pair->model.layout = layout;
	pair->model.machine = machine;
	pair->model.shared_anon = model_shared_anon;
	pair->was_mapped = calloc(config->pages, sizeof(*pair->was_mapped));
	pair->unmapped = calloc(config->pages, sizeof(*pair->unmapped));
	pair->guards = calloc(config->pages, sizeof(*pair->guards));
	pair->discarded = calloc(config->pages, sizeof(*pair->discarded));
	pair->protected = calloc(config->pages, sizeof(*pair->protected));
	pair->moved = calloc(config->pages, sizeof(*pair->moved));
	for (i = 0; i < FILE_NR; i++) {
		pair->files[i].backing.ops = &backing_ops;
		pair->files[i].backing.flags = file_flags[i];
		pair->files[i].backing.inode = i + 1;
		pair->files[i].refs = 1;
		svma_rmap_init(&pair->files[i].rmap);
		pair->files[i].backing.rmap = &pair->files[i].rmap;
	}
	return 0;
}

/* Everything that the core took is given back. */
void pair_destroy(struct pair *pair)
{
	struct memory_place here;
	int i;

	memory_warn_to = &here;
	if (setjmp(here.where))
		pair_differ(pair, "warning at the end: %s", memory_warning);
	else
		svma_core_destroy(&pair->core);
	memory_warn_to = NULL;
	for (i = 0; i < FILE_NR; i++)
		if (pair->files[i].refs != 1)
			pair_differ(pair, "%ld references of file %s left at the end",
				    pair->files[i].refs - 1, pair_file_names[i]);
	if (pair->machine.committed)
		pair_differ(pair, "%lu pages charged at the end", pair->machine.committed);
	model_destroy(&pair->model);
	free(pair->was_mapped);
	free(pair->unmapped);
	free(pair->protected);
	free(pair->discarded);
	free(pair->guards);
	free(pair->moved);
}

void pair_clear_report(struct pair *pair)
{
	unsigned long count = pair->model.count, i;

	for (i = 0; i < count; i++)
		pair->was_mapped[i] = pair->model.pages[i].mapped;
	memset(pair->unmapped, 0, count * sizeof(*pair->unmapped));
	memset(pair->guards, 0, count * sizeof(*pair->guards));
	memset(pair->discarded, 0, count * sizeof(*pair->discarded));
	memset(pair->protected, 0, count * sizeof(*pair->protected));
	memset(pair->moved, 0, count * sizeof(*pair->moved));
	pair->reports = 0;
	pair->made = NULL;
	model_clear_report(&pair->model);
}

static void describe(char *text, size_t room, bool any, const struct svma_vma *vma)
{
	if (any)
		snprintf(text, room, "region %lx-%lx flags %llx pgoff %lx anon %u.%u file %p",
			 vma->start, vma->end, vma->flags, vma->pgoff, vma->anon,
			 vma->attr & (SVMA_ANON_FORKED | SVMA_ANON_CLOSES), (void *)vma->backing);
	else
		snprintf(text, room, "no region");
}

static bool same_regions(struct pair *pair)
{
	char have[160], want[160];
	long refs[FILE_NR] = { 0 };
	struct svma_vma core, model;
	struct svma_cursor cursor;
	unsigned long i = 0;
	bool one, two;
	int f;

	one = svma_cursor_find(&cursor, &pair->core.index, 0, &core);
	for (;;) {
		two = model_region(&pair->model, i, &model, &i);
		if (!one && !two)
			break;
		if (one != two || core.start != model.start || core.end != model.end ||
		    core.flags != model.flags || core.pgoff != model.pgoff ||
		    core.backing != model.backing || core.anon != model.anon ||
		    (core.attr ^ model.attr) & (SVMA_ANON_FORKED | SVMA_ANON_CLOSES)) {
			describe(have, sizeof(have), one, &core);
			describe(want, sizeof(want), two, &model);
			pair_differ(pair, "%s, model %s", have, want);
			return false;
		}
		for (f = 0; f < FILE_NR; f++)
			refs[f] += core.backing == &pair->files[f].backing;
		one = svma_cursor_next(&cursor, &core);
	}
	for (f = 0; f < FILE_NR; f++)
		if (pair->files[f].refs != refs[f] + 1) {
			pair_differ(pair, "%ld references of file %s for %ld regions",
				    pair->files[f].refs - 1, pair_file_names[f], refs[f]);
			return false;
		}
	return true;
}

/*
 * Does a file's reverse map tell the regions that map these pages of it, in order, and no others? A
 * few at a time, to go on from where it stopped.
 */
static bool same_rmap(struct pair *pair, struct test_backing *file, u64 first, u64 last)
{
	struct svma_rmap_region found[3], after = { 0 };
	const char *wrong = svma_rmap_validate(&file->rmap);
	unsigned int count, i, total = 0, wanted = 0;
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more = true;

	if (wrong) {
		pair_differ(pair, "%s", wrong);
		return false;
	}
	while (more) {
		count = svma_rmap_query(&file->rmap, first, last, &after, found, ARRAY_SIZE(found),
					&more);
		for (i = 0; i < count; i++) {
			if (found[i].space != SPACE_ID || found[i].pgoff < after.pgoff ||
			    !svma_core_find(&pair->core, found[i].start, &vma) ||
			    vma.start != found[i].start || vma.end != found[i].end ||
			    vma.pgoff != found[i].pgoff || vma.backing != &file->backing) {
				pair_differ(pair,
					    "no region for %llx-%llx pgoff %llx of the map",
					    found[i].start, found[i].end, found[i].pgoff);
				return false;
			}
			after = found[i];
		}
		total += count;
		if (more && count < ARRAY_SIZE(found)) {
			pair_differ(pair, "reverse map says that there is more");
			return false;
		}
	}
	more = svma_cursor_find(&cursor, &pair->core.index, 0, &vma);
	for (; more; more = svma_cursor_next(&cursor, &vma))
		wanted += vma.backing == &file->backing && vma.pgoff <= last &&
			  vma.pgoff + (vma.end - vma.start) / PAGE > first;
	if (total != wanted) {
		pair_differ(pair, "reverse map tells %u regions of pages %llx-%llx, not %u", total,
			    first, last, wanted);
		return false;
	}
	return true;
}

static bool same_rmaps(struct pair *pair)
{
	int f;

	for (f = 0; f < FILE_NR; f++)
		if (!same_rmap(pair, &pair->files[f], 0, ~0ULL) ||
		    !same_rmap(pair, &pair->files[f], 0x10, 0x40))
			return false;
	return true;
}

bool pair_same_state(struct pair *pair)
{
	const char *wrong = svma_core_validate(&pair->core);
	struct model_totals sum;
	struct svma_stats stats;

	if (wrong) {
		pair_differ(pair, "not valid: %s", wrong);
		return false;
	}
	if (!same_regions(pair) || !same_rmaps(pair))
		return false;
	model_sum(&pair->model, &sum);
	svma_core_stats(&pair->core, &stats);
	if (stats.regions != sum.regions || stats.total != sum.total ||
	    stats.locked != sum.locked || stats.data != sum.data || stats.exec != sum.exec ||
	    stats.stack != sum.stack) {
		pair_differ(pair,
			    "totals %llu %llu %llu %llu %llu, model %lu %lu %lu %lu %lu",
			    stats.total, stats.locked, stats.data, stats.exec, stats.stack,
			    sum.total, sum.locked, sum.data, sum.exec, sum.stack);
		return false;
	}
	if (stats.committed != sum.committed ||
	    pair->machine.committed != sum.committed + sum.shared + pair->model.others) {
		pair_differ(pair, "charged %llu, machine %lu, model %lu and %lu shared",
			    stats.committed, pair->machine.committed, sum.committed, sum.shared);
		return false;
	}
	if (pair->core.layout.brk != pair->model.layout.brk ||
	    pair->core.layout.def_flags != pair->model.layout.def_flags) {
		pair_differ(pair, "brk %llx flags %llx, model %llx %llx", pair->core.layout.brk,
			    pair->core.layout.def_flags, pair->model.layout.brk,
			    pair->model.layout.def_flags);
		return false;
	}
	return true;
}

/*
 * Pages that went must have been reported, and pages that stay must not: their contents would be
 * lost. A page that lost a permission must have been reported one way or the other.
 */
bool pair_same_report(struct pair *pair)
{
	const struct model *model = &pair->model;
	unsigned long i;

	for (i = 0; i < model->count; i++) {
		unsigned long addr = model_addr(model, i);

		if (model->gone[i] && !pair->unmapped[i])
			pair_differ(pair, "page %lx went without a report", addr);
		else if (!model->gone[i] && pair->unmapped[i] && pair->was_mapped[i] &&
			 !model->moved[i])
			pair_differ(pair, "page %lx stays, but was reported as unmapped", addr);
		else if (model->weaker[i] && !pair->protected[i] && !pair->unmapped[i])
			pair_differ(pair, "page %lx lost a permission without a report", addr);
		else if (model->discarded[i] != pair->discarded[i])
			pair_differ(pair, "page %lx %s discarded", addr,
				    pair->discarded[i] ? "was" : "was not");
		else if (model->guards[i] != pair->guards[i])
			pair_differ(pair, "page %lx guard %d, model %d", addr, pair->guards[i],
				    model->guards[i]);
		else if (model->moved[i] != pair->moved[i])
			pair_differ(pair, "page %lx moved to page %ld, model %ld", addr,
				    (long)pair->moved[i] - 1, (long)model->moved[i] - 1);
		else
			continue;
		return false;
	}
	return true;
}

static void print_region(const char *who, const struct svma_vma *vma)
{
	printf("#   %s %lx-%lx %c%c%c%c flags %llx pgoff %lx anon %u.%u%s\n", who, vma->start,
	       vma->end, vma->flags & SVMA_VM_READ ? 'r' : '-',
	       vma->flags & SVMA_VM_WRITE ? 'w' : '-', vma->flags & SVMA_VM_EXEC ? 'x' : '-',
	       vma->flags & SVMA_VM_SHARED ? 's' : 'p', vma->flags, vma->pgoff, vma->anon,
	       vma->attr, vma->backing ? " file" : "");
}

void pair_print(const struct pair *pair)
{
	struct svma_index *index = (struct svma_index *)&pair->core.index;
	struct svma_cursor cursor;
	struct svma_vma vma;
	unsigned long i = 0;
	bool more;

	for (more = svma_cursor_find(&cursor, index, 0, &vma); more;
	     more = svma_cursor_next(&cursor, &vma))
		print_region("core ", &vma);
	while (model_region(&pair->model, i, &vma, &i))
		print_region("model", &vma);
}
