// SPDX-License-Identifier: GPL-2.0
/*
 * A space's regions as a whole: set-up and teardown, look-ups, import, fork.
 */
#include "region.h"

#define SVMA_VM_KNOWN	(((1ULL << 38) - 1) | SVMA_VM_PKEY_MASK)

/**
 * svma_core_setup() - make what all spaces share
 *
 * Return: 0 or -ENOMEM.
 */
int svma_core_setup(void)
{
	int err = svma_index_setup();

	if (err)
		return err;
	err = svma_rmap_setup();
	if (err)
		svma_index_cleanup();
	return err;
}

/**
 * svma_core_cleanup() - undo svma_core_setup()
 */
void svma_core_cleanup(void)
{
	svma_rmap_cleanup();
	svma_index_cleanup();
}

/**
 * svma_core_init() - make an empty space
 * @core: the space
 * @machine: what it shares with others
 * @ops: whom to tell of changes
 * @profile: SVMA_PROFILE_*
 * @kernel: host profile: kernel version, as SVMA_KERNEL() makes it
 *
 * The layout is that of an x86-64 process whose addresses are not randomised, without limits.
 *
 * Return: 0, or -EINVAL for a profile or kernel that is not known.
 */
int svma_core_init(struct svma_core *core, struct svma_core_machine *machine,
		   const struct svma_core_ops *ops, u32 profile, u32 kernel)
{
	struct svma_layout *layout = &core->layout;
	int err;

	memset(core, 0, sizeof(*core));
	err = svma_rules_find(&core->rules, profile, kernel);
	if (err)
		return err;
	core->machine = machine;
	core->ops = ops;
	core->cache_start = ULONG_MAX;
	layout->high = (1UL << 47) - SVMA_PAGE_SIZE;
	layout->legacy_base = svma_page_align(layout->high / 3);
	layout->min_addr = 1UL << 16;
	layout->limit_as = ~0ULL;
	layout->limit_data = ~0ULL;
	layout->limit_stack = 8UL << 20;
	layout->limit_memlock = 8UL << 20;
	layout->max_map_count = 65530;
	if (profile == SVMA_PROFILE_CLASSIC) {
		layout->direction = SVMA_BOTTOMUP;
		layout->mmap_base = layout->legacy_base;
	} else {
		layout->mmap_base = layout->high - (128UL << 20);
		layout->guard_gap = 256 * SVMA_PAGE_SIZE;
	}
	layout->start_brk = 0x555555756000UL;
	layout->brk = layout->start_brk;
	layout->stack_top = layout->high;
	core->free_area_cache = layout->mmap_base;
	svma_index_init(&core->index);
	return 0;
}

/**
 * svma_core_destroy() - forget all regions, and give their charge back
 * @core: the space, that nobody else can reach
 */
void svma_core_destroy(struct svma_core *core)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	svma_uncharge(core, core->committed);
	more = (core->mapped || READ_ONCE(core->machine->huge_reserved)) &&
	       svma_cursor_find(&cursor, &core->index, 0, &vma);
	for (; more; more = svma_cursor_next(&cursor, &vma)) {
		svma_rmap_remove(core, &vma);
		svma_huge_release(core, &vma);
		cond_resched();
	}
	svma_rmap_release(core);
	svma_index_destroy(&core->index);
}

/* The fields of a layout that are addresses or lengths, by the bits of svma_layout.told. */
static int svma_layout_check(const struct svma_layout *layout)
{
	const u64 pages = layout->low | layout->high | layout->mmap_base | layout->legacy_base |
			  layout->guard_gap;

	if (pages & ~SVMA_PAGE_MASK)
		return -EINVAL;
	if (layout->high > (1UL << 56) || layout->low >= layout->high)
		return -EINVAL;
	if (layout->mmap_base > layout->high || layout->legacy_base > layout->high ||
	    layout->start_brk > layout->high || layout->brk > layout->high ||
	    layout->stack_top > layout->high || layout->min_addr > layout->high ||
	    layout->guard_gap > layout->high)
		return -EINVAL;
	/* Where brk may start at the end of data, it may have gone below start_brk. */
	if (layout->brk < layout->start_brk && !(layout->personality & SVMA_BRK_COMPAT))
		return -EINVAL;
	if (layout->end_data < layout->start_data)
		return -EINVAL;
	if (layout->direction > SVMA_BOTTOMUP)
		return -EINVAL;
	if (layout->personality &
	    ~(SVMA_READ_IMPLIES_EXEC | SVMA_CAP_IPC_LOCK | SVMA_CAP_SYS_ADMIN | SVMA_BRK_COMPAT |
	      SVMA_CAP_SYS_RESOURCE | SVMA_CAP_SYS_RAWIO | SVMA_EXEC_KEY |
	      SVMA_THP_ALWAYS | SVMA_THP_NEVER | SVMA_DENY_WRITE_EXEC |
	      SVMA_MERGEABLE_ALL | SVMA_UFFD_REMAP | SVMA_UFFD_FORK |
	      SVMA_EXEC_KEY_MASK << SVMA_EXEC_KEY_SHIFT))
		return -EOPNOTSUPP;
	if (layout->def_flags & ~(SVMA_VM_LOCK_BITS | SVMA_VM_MERGEABLE | SVMA_VM_NOHUGEPAGE))
		return -EOPNOTSUPP;
	return 0;
}

/**
 * svma_core_layout_set() - tell a space about its layout and limits
 * @core: the space, exclusively
 * @layout: the fields that its @told names
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP; nothing is changed then.
 */
int svma_core_layout_set(struct svma_core *core, const struct svma_layout *layout)
{
	struct svma_layout new = core->layout;
	u32 changed;
	int err;

	if (layout->told & ~SVMA_LAYOUT_ALL)
		return -EOPNOTSUPP;
#define SVMA_TAKE(bit, field) do { if (layout->told & (bit)) new.field = layout->field; } while (0)
	SVMA_TAKE(SVMA_LAYOUT_LOW, low);
	SVMA_TAKE(SVMA_LAYOUT_HIGH, high);
	SVMA_TAKE(SVMA_LAYOUT_MMAP_BASE, mmap_base);
	SVMA_TAKE(SVMA_LAYOUT_LEGACY_BASE, legacy_base);
	SVMA_TAKE(SVMA_LAYOUT_MIN_ADDR, min_addr);
	SVMA_TAKE(SVMA_LAYOUT_START_CODE, start_code);
	SVMA_TAKE(SVMA_LAYOUT_END_CODE, end_code);
	SVMA_TAKE(SVMA_LAYOUT_START_DATA, start_data);
	SVMA_TAKE(SVMA_LAYOUT_END_DATA, end_data);
	SVMA_TAKE(SVMA_LAYOUT_START_BRK, start_brk);
	SVMA_TAKE(SVMA_LAYOUT_BRK, brk);
	SVMA_TAKE(SVMA_LAYOUT_STACK_TOP, stack_top);
	SVMA_TAKE(SVMA_LAYOUT_GUARD_GAP, guard_gap);
	SVMA_TAKE(SVMA_LAYOUT_LIMIT_AS, limit_as);
	SVMA_TAKE(SVMA_LAYOUT_LIMIT_DATA, limit_data);
	SVMA_TAKE(SVMA_LAYOUT_LIMIT_STACK, limit_stack);
	SVMA_TAKE(SVMA_LAYOUT_LIMIT_MEMLOCK, limit_memlock);
	SVMA_TAKE(SVMA_LAYOUT_MAX_MAP_COUNT, max_map_count);
	SVMA_TAKE(SVMA_LAYOUT_DIRECTION, direction);
	SVMA_TAKE(SVMA_LAYOUT_PERSONALITY, personality);
	SVMA_TAKE(SVMA_LAYOUT_DEF_FLAGS, def_flags);
#undef SVMA_TAKE
	err = svma_layout_check(&new);
	if (err)
		return err;
	new.told |= layout->told;
	if (new.mmap_base != core->layout.mmap_base)
		core->free_area_cache = new.mmap_base;
	changed = new.personality ^ core->layout.personality;
	core->layout = new;
	if (changed & SVMA_MERGEABLE_ALL)
		svma_mergeable_all(core, new.personality & SVMA_MERGEABLE_ALL);
	return 0;
}

/**
 * svma_core_find() - the region that holds an address, or the first one above it
 * @core: the space; exclusively in the classic profile, which keeps the last-found region
 * @addr: address
 * @found: out
 *
 * Return: whether there is one.
 */
bool svma_core_find(struct svma_core *core, unsigned long addr, struct svma_vma *found)
{
	bool any;

	if (!svma_classic(core))
		return svma_index_find(&core->index, addr, found);
	if (core->cache_start <= addr && svma_index_find(&core->index, core->cache_start, found) &&
	    found->start == core->cache_start && addr < found->end) {
		core->cache_hits++;
		svma_step(core, SVMA_STEP_LOOKUP, addr, found->start, found->end, 1);
		return true;
	}
	core->cache_misses++;
	any = svma_region_look(core, addr, found);
	if (any)
		core->cache_start = found->start;
	return any;
}

/**
 * svma_core_stats() - totals of a space
 * @core: the space, at least shared
 * @stats: out; the fields of pages and windows are left as they are
 */
void svma_core_stats(const struct svma_core *core, struct svma_stats *stats)
{
	stats->regions = core->index.count;
	stats->total = core->total;
	stats->locked = core->locked;
	stats->data = core->data;
	stats->exec = core->exec;
	stats->stack = core->stack;
	stats->committed = core->committed;
	stats->splits = core->splits;
	stats->merges = core->merges;
	stats->free_area_cache = core->free_area_cache;
	stats->cached_hole_size = core->cached_hole_size;
	stats->cache_hits = core->cache_hits;
	stats->cache_misses = core->cache_misses;
	stats->memory = svma_index_memory(&core->index);
}

/* Add a region as it is, with what it counts for. */
static void svma_core_place(struct svma_core *core, const struct svma_vma *vma)
{
	unsigned long pages = svma_vma_pages(vma);

	svma_region_insert(core, vma);
	svma_account(core, vma->flags, pages);
	if (vma->flags & SVMA_VM_LOCKED)
		core->locked += pages;
	core->last_anon = max(core->last_anon, vma->anon);
}

/* A charge that no policy is asked about. */
static void svma_charge_always(struct svma_core *core, unsigned long pages)
{
	spin_lock(&core->machine->lock);
	core->machine->committed += pages;
	core->committed += pages;
	spin_unlock(&core->machine->lock);
}

/**
 * svma_core_import() - add a region as it is, for layouts that no verb makes
 * @core: the space, exclusively
 * @vma: the region
 *
 * Return: 0, -EINVAL, -EEXIST, -ENOMEM.
 */
int svma_core_import(struct svma_core *core, const struct svma_vma *vma)
{
	struct svma_vma found;
	int err;

	if ((vma->start | vma->end) & ~SVMA_PAGE_MASK || vma->start >= vma->end ||
	    vma->start < core->layout.low || vma->end > core->layout.high)
		return -EINVAL;
	if (vma->flags & ~SVMA_VM_KNOWN || vma->attr & ~SVMA_ATTR_TOLD)
		return -EINVAL;
	if (vma->pgoff + svma_vma_pages(vma) < vma->pgoff)
		return -EINVAL;
	/* Only anonymous regions grow; a file's would outgrow what its reverse map knows. */
	if (vma->backing && vma->flags & SVMA_VM_GROWSDOWN)
		return -EINVAL;
	if (svma_index_find(&core->index, vma->start, &found) && found.start < vma->end)
		return -EEXIST;
	if (core->index.count > core->layout.max_map_count)
		return -ENOMEM;
	err = svma_region_reserve(core, 1, vma->backing);
	if (err)
		return err;
	if (vma->flags & SVMA_VM_ACCOUNT)
		svma_charge_always(core, svma_vma_pages(vma));
	svma_core_place(core, vma);
	return 0;
}

static int svma_fork_region(struct svma_core *parent, struct svma_core *child,
			    const struct svma_vma *vma)
{
	struct svma_vma copy = *vma;
	int err;

	if (vma->flags & SVMA_VM_DONTCOPY) {
		svma_step(parent, SVMA_STEP_LEAVE, vma->start, vma->end, 0, 0);
		return 0;
	}
	copy.flags &= ~SVMA_VM_LOCK_BITS;
	if (!(parent->layout.personality & SVMA_UFFD_FORK))
		copy.flags &= ~SVMA_VM_UFFD;
	svma_huge_forget(&copy);
	if (copy.flags & SVMA_VM_WIPEONFORK) {
		copy.anon = 0;
		copy.attr &= ~SVMA_ANON_FORKED;
	} else if (copy.anon) {
		/* A reverse map of its own, and its parent's. */
		copy.anon = child->last_anon + 1;
		copy.attr |= SVMA_ANON_FORKED;
	}
	err = svma_region_reserve(child, 1, vma->backing);
	if (err)
		return err;
	if (copy.flags & SVMA_VM_ACCOUNT) {
		err = svma_charge_child(parent, child, svma_vma_pages(&copy));
		if (err)
			return err;
	}
	svma_core_place(child, &copy);
	svma_step(parent, SVMA_STEP_COPY, vma->start, vma->end, copy.flags, vma->flags);
	return 0;
}

/**
 * svma_core_fork() - what fork(2) does to the regions of an address space
 * @parent: the space, exclusively: it tells the steps
 * @child: an empty space of the same machine, from svma_core_init(); to be destroyed by the caller
 *         on error
 *
 * Return: 0, -ENOMEM, -EINTR.
 */
int svma_core_fork(struct svma_core *parent, struct svma_core *child)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;
	int err;

	child->rules = parent->rules;
	child->layout = parent->layout;
	child->layout.def_flags &= SVMA_VM_NOHUGEPAGE;
	child->last_anon = parent->last_anon;
	child->free_area_cache = parent->layout.mmap_base;
	child->cached_hole_size = ULONG_MAX;
	more = svma_cursor_find(&cursor, &parent->index, 0, &vma);
	for (; more; more = svma_cursor_next(&cursor, &vma)) {
		err = svma_fork_region(parent, child, &vma);
		if (err)
			return err;
		if (svma_killed())
			return -EINTR;
		cond_resched();
	}
	if (child->committed)
		svma_step(parent, SVMA_STEP_CHARGE, child->committed, 0, 0, 0);
	return 0;
}
