// SPDX-License-Identifier: GPL-2.0
/* What the spaces of one machine hold together, found by looking at all of their pages. */
#include "model.h"

static bool is_mapped(const struct model_machine *machine, const struct svma_backing *backing)
{
	unsigned long i;
	unsigned int s;

	for (s = 0; s < MODEL_SPACES; s++) {
		const struct model *model = machine->spaces[s];

		for (i = 0; model && i < model->count; i++)
			if (model->pages[i].mapped && model->pages[i].backing == backing)
				return true;
	}
	return false;
}

static bool lives(const struct model_machine *machine, const struct model_shared *shared)
{
	return shared->stays || is_mapped(machine, shared->backing);
}

/*
 * It holds its pages until its last mapping goes; what is gone by now makes room, also if another
 * has its address now.
 */
void model_shared_charge(struct model_machine *machine, const struct model_shared *made)
{
	unsigned int i, live = 0;

	for (i = 0; i < MODEL_SHARED && machine->shared[i].backing; i++)
		if (machine->shared[i].backing != made->backing &&
		    lives(machine, &machine->shared[i]))
			machine->shared[live++] = machine->shared[i];
	if (live == MODEL_SHARED)
		abort();
	memset(&machine->shared[live], 0, (MODEL_SHARED - live) * sizeof(machine->shared[0]));
	machine->shared[live] = *made;
}

unsigned long model_committed(const struct model_machine *machine)
{
	unsigned long pages = machine->others;
	struct model_totals sum;
	unsigned int i;

	for (i = 0; i < MODEL_SPACES; i++)
		if (machine->spaces[i]) {
			model_sum(machine->spaces[i], &sum);
			pages += sum.committed;
		}
	for (i = 0; i < MODEL_SHARED && machine->shared[i].backing; i++)
		if (machine->shared[i].pages && lives(machine, &machine->shared[i]))
			pages += machine->shared[i].pages;
	return pages;
}

unsigned long model_reserved(const struct model_machine *machine)
{
	unsigned long pages = 0, i;
	unsigned int s;

	for (s = 0; s < MODEL_SPACES; s++)
		for (i = 0; machine->spaces[s] && i < machine->spaces[s]->count; i++)
			pages += machine->spaces[s]->pages[i].reserved;
	for (i = 0; i < MODEL_SHARED && machine->shared[i].backing; i++)
		if (machine->shared[i].huge && lives(machine, &machine->shared[i]))
			pages += machine->shared[i].huge;
	return pages;
}

bool model_huge(const struct svma_backing *backing)
{
	return backing && (backing->flags & SVMA_BACKING_HUGETLB);
}

/* Would a first access to page i find no huge page? */
bool model_lacks_huge(const struct model *model, unsigned long i)
{
	const struct model_machine *machine = model->machine;
	const struct model_page *page = &model->pages[i];
	unsigned int s;

	if (!(page->flags & SVMA_VM_HUGETLB) || page->reserved)
		return false;
	for (s = 0; s < MODEL_SHARED && (page->flags & SVMA_VM_MAYSHARE); s++)
		if (machine->shared[s].backing == page->backing && machine->shared[s].huge)
			return false;
	return model_reserved(machine) >= machine->told.huge_free;
}

/* Would a cut in front of page i go through a huge page, or through what must stay whole? */
bool model_cuts_huge(const struct model *model, unsigned long i)
{
	if (model->pages[i].flags & SVMA_VM_SPECIAL)
		return true;
	return (model->pages[i].flags & SVMA_VM_HUGETLB) &&
	       (model_addr(model, i) & (SVMA_HUGE_SIZE - 1));
}

/*
 * dup_mmap(): page for page, but for regions that are not to be copied. Each charged region is
 * asked for by itself, and it is the parent that is asked.
 */
int model_fork(const struct model *parent, struct model *child)
{
	unsigned long i, j, last;

	child->layout = parent->layout;
	child->layout.def_flags &= SVMA_VM_NOHUGEPAGE;
	child->last_anon = parent->last_anon;
	child->search_from = parent->layout.mmap_base;
	child->hole = ~0UL;
	for (i = model_next(parent, 0); i < parent->count; i = model_next(parent, last)) {
		u64 flags = parent->pages[i].flags;
		u32 anon = parent->pages[i].anon;

		last = model_last(parent, i);
		if (flags & SVMA_VM_DONTCOPY)
			continue;
		if ((flags & SVMA_VM_ACCOUNT) && !model_enough_memory(parent, last - i))
			return -ENOMEM;
		if (flags & SVMA_VM_WIPEONFORK)
			anon = 0;
		else if (anon)
			anon = ++child->last_anon;
		for (j = i; j < last; j++) {
			child->pages[j] = parent->pages[j];
			child->pages[j].flags &= ~(SVMA_VM_LOCKED | SVMA_VM_LOCKONFAULT);
			if (!(parent->layout.personality & SVMA_UFFD_FORK))
				child->pages[j].flags &= ~SVMA_VM_UFFD;
			child->pages[j].reserved = false;
			child->pages[j].anon = anon;
			if (flags & SVMA_VM_WIPEONFORK)
				child->pages[j].attr &= ~SVMA_ANON_FORKED;
			else if (anon)
				child->pages[j].attr |= SVMA_ANON_FORKED;
		}
	}
	return 0;
}
