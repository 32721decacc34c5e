// SPDX-License-Identifier: GPL-2.0
/* Is a space of the core what its model is? */
#include "pair.h"

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
	struct svma_vma core, model;
	struct svma_cursor cursor;
	unsigned long i = 0, mapped = 0;
	bool one, two;

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
		mapped += core.backing && core.backing->rmap;
		one = svma_cursor_next(&cursor, &core);
	}
	if (pair->core.mapped != mapped) {
		pair_differ(pair, "%lu regions of files are counted, not %lu", pair->core.mapped,
			    mapped);
		return false;
	}
	return true;
}

/* Each region of a file, in whatever space, has one reference to it. */
static bool same_refs(struct pair *home)
{
	long refs[FILE_NR] = { 0 };
	struct svma_cursor cursor;
	struct svma_vma vma;
	unsigned int s, f;
	bool more;

	for (s = 0; s < PAIR_SPACES; s++) {
		if (!home->spaces[s])
			continue;
		more = svma_cursor_find(&cursor, &home->spaces[s]->core.index, 0, &vma);
		for (; more; more = svma_cursor_next(&cursor, &vma))
			for (f = 0; f < FILE_NR; f++)
				refs[f] += vma.backing == &home->files[f].backing;
	}
	for (f = 0; f < FILE_NR; f++)
		if (home->files[f].refs != refs[f] + 1) {
			pair_differ(home, "%ld references of file %s for %ld regions",
				    home->files[f].refs - 1, pair_file_names[f], refs[f]);
			return false;
		}
	return true;
}

/*
 * Does a file's reverse map tell the regions that map these pages of it, in order, and no others? A
 * few at a time, to go on from where it stopped.
 */
static bool same_rmap(struct pair *home, struct test_backing *file, u64 first, u64 last)
{
	struct svma_rmap_region found[3], after = { 0 };
	const char *wrong = svma_rmap_validate(&file->rmap);
	unsigned int count, i, total = 0, wanted = 0, s;
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more = true;

	if (wrong) {
		pair_differ(home, "%s", wrong);
		return false;
	}
	while (more) {
		count = svma_rmap_query(&file->rmap, first, last, &after, found, ARRAY_SIZE(found),
					&more);
		for (i = 0; i < count; i++) {
			unsigned long place = found[i].space - home->core.id;

			if (place >= PAIR_SPACES || !home->spaces[place] ||
			    found[i].pgoff < after.pgoff ||
			    !svma_index_find(&home->spaces[place]->core.index, found[i].start,
					     &vma) ||
			    vma.start != found[i].start || vma.end != found[i].end ||
			    vma.pgoff != found[i].pgoff || vma.backing != &file->backing) {
				pair_differ(home,
					    "no region for %llx-%llx pgoff %llx of the map",
					    found[i].start, found[i].end, found[i].pgoff);
				return false;
			}
			after = found[i];
		}
		total += count;
		if (more && count < ARRAY_SIZE(found)) {
			pair_differ(home, "reverse map says that there is more");
			return false;
		}
	}
	for (s = 0; s < PAIR_SPACES; s++) {
		more = home->spaces[s] &&
		       svma_cursor_find(&cursor, &home->spaces[s]->core.index, 0, &vma);
		for (; more; more = svma_cursor_next(&cursor, &vma))
			wanted += vma.backing == &file->backing && vma.pgoff <= last &&
				  vma.pgoff + (vma.end - vma.start) / PAGE > first;
	}
	if (total != wanted) {
		pair_differ(home, "reverse map tells %u regions of pages %llx-%llx, not %u", total,
			    first, last, wanted);
		return false;
	}
	return true;
}

static bool same_rmaps(struct pair *home)
{
	int f;

	for (f = 0; f < FILE_NR; f++)
		if (!same_rmap(home, &home->files[f], 0, ~0ULL) ||
		    !same_rmap(home, &home->files[f], 0x10, 0x40))
			return false;
	return true;
}

static bool same_machine(struct pair *home)
{
	unsigned long committed = model_committed(&home->model_machine),
		      reserved = model_reserved(&home->model_machine);

	if (home->machine.committed == committed && home->machine.huge_reserved == reserved)
		return true;
	pair_differ(home, "machine: %lu pages charged, %lu huge ones taken, model %lu %lu",
		    home->machine.committed, home->machine.huge_reserved, committed, reserved);
	return false;
}

/* The memory that a classic space has of searches and look-ups. */
static bool same_caches(struct pair *pair, const struct svma_stats *stats)
{
	const struct model *model = &pair->model;

	if (!model_classic(model) ||
	    (stats->free_area_cache == model->search_from &&
	     stats->cached_hole_size == model->hole && stats->cache_hits == model->hits &&
	     stats->cache_misses == model->misses))
		return true;
	pair_differ(pair, "caches %llx %llx %llu %llu, model %lx %lx %lu %lu",
		    stats->free_area_cache, stats->cached_hole_size, stats->cache_hits,
		    stats->cache_misses, model->search_from, model->hole, model->hits,
		    model->misses);
	return false;
}

static bool same_space(struct pair *pair)
{
	const char *wrong = svma_core_validate(&pair->core);
	struct model_totals sum;
	struct svma_stats stats;

	if (wrong) {
		pair_differ(pair, "not valid: %s", wrong);
		return false;
	}
	if (!same_regions(pair))
		return false;
	model_sum(&pair->model, &sum);
	svma_core_stats(&pair->core, &stats);
	if (stats.regions != sum.regions || stats.total != sum.total ||
	    stats.locked != sum.locked || stats.data != sum.data || stats.exec != sum.exec ||
	    stats.stack != sum.stack || stats.committed != sum.committed) {
		pair_differ(pair,
			    "totals %llu %llu %llu %llu %llu %llu, model %lu %lu %lu %lu %lu %lu",
			    stats.total, stats.locked, stats.data, stats.exec, stats.stack,
			    stats.committed, sum.total, sum.locked, sum.data, sum.exec, sum.stack,
			    sum.committed);
		return false;
	}
	if (pair->core.layout.brk != pair->model.layout.brk ||
	    pair->core.layout.def_flags != pair->model.layout.def_flags) {
		pair_differ(pair, "brk %llx flags %llx, model %llx %llx", pair->core.layout.brk,
			    pair->core.layout.def_flags, pair->model.layout.brk,
			    pair->model.layout.def_flags);
		return false;
	}
	return same_caches(pair, &stats);
}

/* The other spaces of the machine must be as they were. */
bool pair_same_state(struct pair *pair)
{
	struct pair *home = pair->home;
	unsigned int s;

	for (s = 0; s < PAIR_SPACES; s++)
		if (home->spaces[s] && !same_space(home->spaces[s]))
			return false;
	return same_refs(home) && same_rmaps(home) && same_machine(home);
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
