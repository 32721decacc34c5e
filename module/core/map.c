// SPDX-License-Identifier: GPL-2.0
/*
 * mmap.
 */
#include "region.h"

/* Flags that old kernels knew; MAP_SHARED ignores all others, MAP_SHARED_VALIDATE refuses them. */
#define SVMA_MAP_LEGACY \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | \
	 MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | \
	 MAP_HUGETLB | MAP_32BIT | MAP_ABOVE4G | MAP_HUGE_2MB | MAP_HUGE_1GB)

/**
 * struct svma_map - an mmap under way
 * @core: the space
 * @args: what the caller gave
 * @vma: the new region
 * @flags: MAP_*, as far as they still count
 * @prot: PROT_*
 * @backing: the file, or what was made for the mapping
 * @charge: pages to charge
 * @made: @backing was made for the mapping
 * @sealed: the file system is going to refuse it
 * @free: nothing is in its place
 */
struct svma_map {
	struct svma_core *core;
	struct svma_map_args *args;
	struct svma_vma vma;
	struct svma_backing *backing;
	unsigned long flags;
	unsigned long prot;
	unsigned long charge;
	bool made;
	bool sealed;
	bool free;
};

static u64 svma_map_flags(const struct svma_core *core, unsigned long flags)
{
	u64 bits = 0;

	if (flags & MAP_GROWSDOWN)
		bits |= SVMA_VM_GROWSDOWN;
	if (flags & MAP_LOCKED)
		bits |= SVMA_VM_LOCKED;
	if (flags & MAP_SYNC && !svma_classic(core))
		bits |= SVMA_VM_SYNC;
	if (flags & MAP_STACK && svma_has(core, SVMA_RULE_STACK_NOHUGE))
		bits |= SVMA_VM_NOHUGEPAGE;
	return bits;
}

static int svma_map_check_shared_file(struct svma_map *map)
{
	struct svma_backing *backing = map->backing;
	unsigned long known = SVMA_MAP_LEGACY;

	if (!svma_has(map->core, SVMA_RULE_ABOVE4G))
		known &= ~MAP_ABOVE4G;
	if ((map->flags & MAP_TYPE) == MAP_SHARED)
		map->flags &= known;
	if (backing->flags & SVMA_BACKING_SYNC)
		known |= MAP_SYNC;
	if (map->flags & ~known & ~MAP_TYPE)
		return -EOPNOTSUPP;
	if (map->prot & PROT_WRITE && !(backing->flags & SVMA_BACKING_WRITE))
		return -EACCES;
	if (backing->flags & SVMA_BACKING_APPEND && backing->flags & SVMA_BACKING_WRITE)
		return -EACCES;
	map->vma.flags |= SVMA_VM_SHARED | SVMA_VM_MAYSHARE;
	if (!(backing->flags & SVMA_BACKING_WRITE))
		map->vma.flags &= ~(SVMA_VM_MAYWRITE | SVMA_VM_SHARED);
	return 0;
}

static int svma_map_check_file(struct svma_map *map)
{
	struct svma_backing *backing = map->backing;
	unsigned long type = map->flags & MAP_TYPE;
	int err;

	if (type == MAP_SHARED || (type == MAP_SHARED_VALIDATE && !svma_classic(map->core))) {
		err = svma_map_check_shared_file(map);
		if (err)
			return err;
	} else if (type != MAP_PRIVATE) {
		return -EINVAL;
	}
	if (!(backing->flags & SVMA_BACKING_READ))
		return -EACCES;
	if (backing->flags & SVMA_BACKING_NOEXEC) {
		if (map->vma.flags & SVMA_VM_EXEC)
			return -EPERM;
		map->vma.flags &= ~SVMA_VM_MAYEXEC;
	}
	if (backing->flags & SVMA_BACKING_NOMMAP)
		return -ENODEV;
	if (map->vma.flags & (SVMA_VM_GROWSDOWN | SVMA_VM_GROWSUP))
		return -EINVAL;
	if (backing->flags & SVMA_BACKING_HUGETLB)
		map->vma.flags |= SVMA_VM_HUGETLB | SVMA_VM_DONTEXPAND;
	return 0;
}

static int svma_map_check_anonymous(struct svma_map *map)
{
	switch (map->flags & MAP_TYPE) {
	case MAP_SHARED:
		if (map->vma.flags & (SVMA_VM_GROWSDOWN | SVMA_VM_GROWSUP))
			return -EINVAL;
		map->vma.pgoff = 0;
		map->vma.flags |= SVMA_VM_SHARED | SVMA_VM_MAYSHARE;
		return 0;
	case MAP_DROPPABLE:
		if (!svma_has(map->core, SVMA_RULE_DROPPABLE))
			return -EINVAL;
		if (map->flags & (MAP_LOCKED | MAP_HUGETLB) ||
		    map->vma.flags & (SVMA_VM_GROWSDOWN | SVMA_VM_GROWSUP))
			return -EINVAL;
		map->vma.flags |= SVMA_VM_DROPPABLE | SVMA_VM_NORESERVE | SVMA_VM_WIPEONFORK |
				  SVMA_VM_DONTDUMP;
		break;
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	map->vma.pgoff = svma_pages(map->vma.start);
	return 0;
}

/* Seals forbid what could be written through later. */
static int svma_map_check_seals(struct svma_map *map)
{
	u32 seals = map->backing ? READ_ONCE(map->backing->seals) : 0;

	if (!seals || !(map->vma.flags & SVMA_VM_SHARED))
		return 0;
	if (!(map->vma.flags & SVMA_VM_WRITE)) {
		map->vma.flags &= ~SVMA_VM_MAYWRITE;
		return 0;
	}
	/* In older kernels the file system finds this seal, in its own part of mmap. */
	if (seals & SVMA_BACKING_SEAL_WRITE || svma_has(map->core, SVMA_RULE_SEALS_EARLY))
		return -EPERM;
	map->sealed = true;
	return 0;
}

/* What the system call looks at before the address space: the file. */
static int svma_map_open(struct svma_map *map)
{
	struct svma_map_args *args = map->args;
	int err;

	if (args->offset & ~SVMA_PAGE_MASK)
		return -EINVAL;
	map->backing = args->backing;
	if (!(map->flags & MAP_ANONYMOUS)) {
		if (!map->backing)
			return -EBADF;
		if (map->backing->flags & SVMA_BACKING_HUGETLB)
			return round_up(args->len, SVMA_HUGE_SIZE) ? 0 : -EINVAL;
		return map->flags & MAP_HUGETLB && !svma_classic(map->core) ? -EINVAL : 0;
	}
	if (!(map->flags & MAP_HUGETLB) || svma_classic(map->core))
		return 0;
	/* Anonymous huge pages are a file of their own. */
	err = svma_huge_check(map->flags);
	if (err)
		return err;
	if (!round_up(args->len, SVMA_HUGE_SIZE))
		return -EINVAL;
	map->backing = map->core->ops->shared_anon(map->core, round_up(args->len, SVMA_HUGE_SIZE));
	if (IS_ERR(map->backing)) {
		err = PTR_ERR(map->backing);
		map->backing = NULL;
		return err;
	}
	map->backing->flags |= SVMA_BACKING_HUGETLB;
	map->made = true;
	return 0;
}

/* Arguments in the order in which the kernel checks them. */
static int svma_map_check(struct svma_map *map)
{
	struct svma_map_args *args = map->args;
	struct svma_core *core = map->core;
	unsigned long addr = args->addr, len, pgoff;
	struct svma_vma found;
	int err;

	if (!args->len)
		return -EINVAL;
	if (map->prot & PROT_READ && core->layout.personality & SVMA_READ_IMPLIES_EXEC &&
	    !(map->backing && map->backing->flags & SVMA_BACKING_NOEXEC))
		map->prot |= PROT_EXEC;
	if (svma_classic(core))
		map->flags &= ~MAP_FIXED_NOREPLACE;
	if (map->flags & MAP_FIXED_NOREPLACE)
		map->flags |= MAP_FIXED;
	if (!(map->flags & MAP_FIXED)) {
		addr &= SVMA_PAGE_MASK;
		if (addr && addr < core->layout.min_addr)
			addr = svma_page_align(core->layout.min_addr);
	}
	len = svma_page_align(args->len);
	if (map->backing && map->backing->flags & SVMA_BACKING_HUGETLB && !args->whole)
		len = round_up(args->len, SVMA_HUGE_SIZE);
	if (!len)
		return -ENOMEM;
	pgoff = svma_pages(args->offset);
	if (pgoff + svma_pages(len) < pgoff)
		return -EOVERFLOW;
	if (core->index.count > core->layout.max_map_count)
		return -ENOMEM;

	err = svma_search(core, map->backing, addr, len, pgoff, map->flags, &addr);
	if (err)
		return err;
	if (map->flags & MAP_FIXED_NOREPLACE && svma_index_find(&core->index, addr, &found) &&
	    found.start < addr + len)
		return -EEXIST;

	map->vma.start = addr;
	map->vma.end = addr + len;
	map->vma.pgoff = pgoff;
	map->vma.backing = map->backing;
	map->vma.flags = svma_prot_flags(map->prot) | svma_exec_key(core, map->prot) |
			 svma_map_flags(core, map->flags) |
			 core->layout.def_flags | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE |
			 SVMA_VM_MAYEXEC;
	if (map->flags & MAP_LOCKED && !core->layout.limit_memlock &&
	    !(core->layout.personality & SVMA_CAP_IPC_LOCK))
		return -EPERM;
	if (!svma_may_lock(core, map->vma.flags, len))
		return -EAGAIN;
	if (map->backing) {
		u64 most = map->backing->most ?: LLONG_MAX;

		if (len > most || pgoff > (most - len) >> SVMA_PAGE_SHIFT)
			return -EOVERFLOW;
		err = svma_map_check_file(map);
	} else {
		err = svma_map_check_anonymous(map);
	}
	if (!err)
		err = svma_map_check_seals(map);
	if (err)
		return err;
	if (svma_denies_exec(core, map->vma.flags, map->vma.flags))
		return -EACCES;
	if (map->flags & MAP_NORESERVE &&
	    (READ_ONCE(core->machine->told.overcommit_mode) != SVMA_OVERCOMMIT_NEVER ||
	     (map->backing && map->backing->flags & SVMA_BACKING_HUGETLB)))
		map->vma.flags |= SVMA_VM_NORESERVE;
	return 0;
}

/* Pages and charged pages that a fixed mapping replaces. */
static void svma_map_replaced(struct svma_map *map, unsigned long *pages, unsigned long *charged)
{
	struct svma_cursor cursor;
	struct svma_vma vma;
	bool more;

	*pages = 0;
	*charged = 0;
	more = svma_index_seek(&map->core->index, map->vma.start, &vma);
	map->free = !more || vma.start >= map->vma.end;
	if (map->free)
		return;
	more = svma_cursor_find(&cursor, &map->core->index, map->vma.start, &vma);
	for (; more && vma.start < map->vma.end; more = svma_cursor_next(&cursor, &vma)) {
		unsigned long overlap =
			svma_pages(min(vma.end, map->vma.end) - max(vma.start, map->vma.start));

		*pages += overlap;
		if (vma.flags & SVMA_VM_ACCOUNT)
			*charged += overlap;
	}
}

/*
 * Newer kernels cut the regions at the edges of the range before they look at limits, and leave
 * them so.
 */
static int svma_map_refused(struct svma_map *map, int err)
{
	if (svma_has(map->core, SVMA_RULE_FIXED_ATOMIC))
		svma_region_edges(map->core, map->vma.start, map->vma.end);
	return err;
}

/* Is it shared memory of its own? What is shared of /dev/zero is so too. */
static bool svma_map_wants_memory(const struct svma_map *map)
{
	u64 shared = SVMA_VM_SHARED;

	if (!map->vma.backing)
		return map->vma.flags & SVMA_VM_SHARED;
	if (svma_has(map->core, SVMA_RULE_ZERO_SHARED))
		shared |= SVMA_VM_MAYSHARE;
	return map->vma.backing->flags & SVMA_BACKING_ZERO && map->vma.flags & shared;
}

/* All that can fail: limits, charge, memory. */
static int svma_map_gather(struct svma_map *map)
{
	unsigned long pages = svma_vma_pages(&map->vma), replaced, charged;
	struct svma_core *core = map->core;
	bool fits;
	int err;

	svma_map_replaced(map, &replaced, &charged);
	fits = svma_may_expand(core, map->vma.flags, pages - replaced);
	/* Older kernels look at limits before they cut anything. */
	if (!fits && !svma_has(core, SVMA_RULE_FIXED_ATOMIC))
		return -ENOMEM;
	err = map->free ? 0 : svma_unmap_check(core, map->vma.start, map->vma.end);
	if (err && err != -ENOMEM && !svma_has(core, SVMA_RULE_FIXED_ATOMIC))
		err = -ENOMEM;
	if (err)
		return err;
	err = svma_region_reserve(core, 3, map->backing);
	if (err)
		return err;
	if (!fits)
		return svma_map_refused(map, -ENOMEM);

	if ((map->vma.flags & (SVMA_VM_NORESERVE | SVMA_VM_SHARED | SVMA_VM_WRITE)) ==
		    SVMA_VM_WRITE &&
	    !(map->vma.flags & SVMA_VM_HUGETLB)) {
		map->vma.flags |= SVMA_VM_ACCOUNT;
		map->charge = pages;
	}
	if (svma_map_wants_memory(map)) {
		struct svma_backing *backing =
			core->ops->shared_anon(core, map->vma.end - map->vma.start);

		if (IS_ERR(backing))
			return PTR_ERR(backing);
		map->backing = backing;
		map->vma.backing = backing;
		map->made = true;
	}
	/*
	 * What is replaced gives its charge to what replaces it; older kernels charge when it is
	 * gone.
	 */
	if (map->charge && pages > charged && svma_has(core, SVMA_RULE_FIXED_ATOMIC))
		err = svma_charge(core, pages - charged);
	return err ? svma_map_refused(map, err) : 0;
}

/*
 * Shared anonymous memory is charged as a whole when it is made, for as long as anything refers to
 * it.
 */
static int svma_map_charge_shared(struct svma_map *map)
{
	if (!map->made || map->vma.flags & (SVMA_VM_NORESERVE | SVMA_VM_HUGETLB))
		return 0;
	return svma_charge_backing(map->core, map->backing, svma_vma_pages(&map->vma));
}

/*
 * Some mappings are never locked, whatever was asked for; they find out when they are there
 * already.
 */
static void svma_map_unlock(struct svma_map *map)
{
	struct svma_vma vma = map->vma;

	vma.flags &= ~SVMA_VM_LOCK_BITS;
	svma_index_set(&map->core->index, vma.start, &vma);
	svma_step(map->core, SVMA_STEP_PROTECT, vma.start, vma.end, vma.flags, map->vma.flags);
	map->core->locked -= svma_vma_pages(&vma);
}

/*
 * What kernels do when the old mapping is gone already, and so do not give it back if they fail in
 * it.
 */
static int svma_map_settle(struct svma_map *map)
{
	struct svma_core *core = map->core;
	int err = 0;

	if (!svma_has(core, SVMA_RULE_FIXED_ATOMIC)) {
		if (map->charge && svma_charge(core, map->charge))
			return -ENOMEM;
		err = svma_map_charge_shared(map);
		if (err)
			goto uncharge;
	}
	if (map->sealed)
		err = -EPERM;
	if (!err && map->vma.flags & SVMA_VM_HUGETLB)
		err = IS_ALIGNED(map->args->offset, SVMA_HUGE_SIZE)
			      ? svma_huge_reserve(core, &map->vma)
			      : -EINVAL;
	if (!err && map->backing && map->backing->ops->mmap)
		err = map->backing->ops->mmap(core, map->backing, &map->vma);
	if (!err)
		return 0;
uncharge:
	svma_huge_release(core, &map->vma);
	if (map->vma.flags & SVMA_VM_ACCOUNT)
		svma_uncharge(core, svma_vma_pages(&map->vma));
	return err;
}

static void svma_map_drop(struct svma_map *map)
{
	if (map->made)
		map->backing->ops->put(map->backing);
}

/**
 * svma_core_mmap() - mmap(2)
 * @core: the space, exclusively
 * @args: arguments; out: where, and what the caller is to make present
 *
 * Return: 0 or the errno of mmap(2).
 */
int svma_core_mmap(struct svma_core *core, struct svma_map_args *args)
{
	struct svma_map map = {
		.core = core, .args = args, .flags = args->flags, .prot = args->prot
	};
	unsigned long freed;
	int err;

	args->populate = 0;
	if (args->flags & MAP_ANONYMOUS)
		args->backing = NULL;
	err = svma_map_open(&map);
	if (!err)
		err = svma_map_check(&map);
	if (!err)
		err = svma_map_gather(&map);
	if (err) {
		svma_map_drop(&map);
		return err;
	}

	/* Newer kernels charge it with what it replaces, but all do so too late to keep that. */
	if (svma_has(core, SVMA_RULE_FIXED_ATOMIC))
		err = svma_map_charge_shared(&map);
	freed = map.free ? 0 : svma_region_remove(core, map.vma.start, map.vma.end);
	if (!map.charge || !svma_has(core, SVMA_RULE_FIXED_ATOMIC))
		svma_uncharge(core, freed);
	if (!err)
		err = svma_map_settle(&map);
	if (err) {
		svma_map_drop(&map);
		return err;
	}
	svma_region_add(core, &map.vma, SVMA_MERGE_MAP, ULONG_MAX);
	if (map.vma.flags & SVMA_VM_LOCKED && map.vma.flags & (SVMA_VM_DROPPABLE | SVMA_VM_HUGETLB))
		svma_map_unlock(&map);
	svma_map_drop(&map);
	args->result = map.vma.start;
	if (map.vma.flags & SVMA_VM_LOCKED ||
	    (args->flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
		args->populate = map.vma.end - map.vma.start;
	return 0;
}
