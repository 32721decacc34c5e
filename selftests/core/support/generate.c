// SPDX-License-Identifier: GPL-2.0
/*
 * Random configurations and calls, valid and not. Addresses are mostly at or near the ends of
 * regions, lengths mostly a few pages, and each way to be refused has its turn.
 */
#include "sequence.h"

static unsigned long pick(struct rng *rng, const unsigned long *from, unsigned int count)
{
	return from[rng_below(rng, count)];
}

#define PICK(rng, ...) \
	pick(rng, (const unsigned long[]){ __VA_ARGS__ }, \
	     ARRAY_SIZE(((const unsigned long[]){ __VA_ARGS__ })))

/* Spaces in which a huge page has room. */
static bool has_huge(unsigned long pages)
{
	return pages > 2 * SVMA_HUGE_SIZE / PAGE;
}

void generate_config(struct rng *rng, u32 kernel, struct pair_config *config)
{
	struct svma_layout *layout = &config->layout;
	/* For what came later: the calls that a seed makes stay the same. */
	struct rng own = { .state = ~rng->state };
	unsigned long high;

	pair_config_default(config, kernel);
	config->pages = PICK(rng, 64, 128, 256, 256, 512, 3072);
	config->base = PICK(rng, 1UL << 28, 5UL << 32, (1UL << 28) + 77 * PAGE);
	high = config->base + config->pages * PAGE;
	layout->mmap_base = high - rng_below(rng, config->pages / 4) * PAGE;
	layout->legacy_base = config->base + rng_below(rng, config->pages / 2) * PAGE;
	if (rng_chance(rng, 4)) {
		layout->direction = SVMA_BOTTOMUP;
		layout->mmap_base = layout->legacy_base;
	}
	layout->guard_gap = PICK(rng, 0, PAGE, 4 * PAGE, 16 * PAGE, 256 * PAGE);
	layout->start_data = config->base;
	layout->end_data = config->base + rng_below(rng, 8) * PAGE + rng_below(rng, 2) * 123;
	layout->start_brk = layout->end_data + rng_below(rng, 4) * PAGE;
	layout->brk = layout->start_brk;
	if (rng_chance(rng, 3))
		layout->limit_as = rng_below(rng, config->pages) * PAGE + rng_below(rng, 2) * 100;
	if (rng_chance(rng, 3))
		layout->limit_data =
			rng_below(rng, config->pages) * PAGE + rng_below(rng, 2) * 100;
	if (rng_chance(rng, 2))
		layout->limit_memlock = rng_below(rng, 64) * PAGE;
	if (rng_chance(rng, 2))
		layout->limit_stack = rng_below(rng, 16) * PAGE;
	if (rng_chance(rng, 2))
		layout->max_map_count = 1 + rng_below(rng, 20);
	if (rng_chance(rng, 4))
		layout->personality |= SVMA_READ_IMPLIES_EXEC;
	if (rng_chance(rng, 4))
		layout->personality |= SVMA_CAP_IPC_LOCK;
	if (rng_chance(rng, 4))
		layout->personality |= SVMA_CAP_SYS_ADMIN;
	if (rng_chance(rng, 4))
		layout->personality |= SVMA_BRK_COMPAT;
	if (rng_chance(rng, 2))
		layout->personality |= SVMA_EXEC_KEY;
	if (rng_chance(&own, 8))
		layout->personality |= SVMA_DENY_WRITE_EXEC;
	if (rng_chance(&own, 8))
		layout->personality |= SVMA_MERGEABLE_ALL;
	if (rng_chance(&own, 4))
		layout->personality |= rng_below(&own, 16) << SVMA_EXEC_KEY_SHIFT;
	if (rng_chance(&own, 4))
		layout->personality |= SVMA_UFFD_REMAP;
	if (rng_chance(&own, 4))
		layout->personality |= SVMA_UFFD_FORK;
	config->machine.overcommit_mode = PICK(rng, SVMA_OVERCOMMIT_GUESS, SVMA_OVERCOMMIT_ALWAYS,
					       SVMA_OVERCOMMIT_NEVER);
	if (rng_chance(rng, 2)) {
		config->machine.ram = 1 + rng_below(rng, 2 * config->pages);
		config->machine.swap = rng_below(rng, config->pages);
		config->machine.huge = rng_below(rng, config->machine.ram);
		config->machine.overcommit_ratio = rng_below(rng, 120);
		config->machine.admin_reserve = rng_below(rng, 8);
		config->machine.user_reserve = rng_below(rng, 8);
		if (rng_chance(rng, 3))
			config->machine.overcommit_kbytes = rng_below(rng, config->pages * 4);
		config->machine.free = rng_below(rng, config->pages);
		config->machine.cache = rng_below(rng, config->pages);
		config->machine.reclaimable = rng_below(rng, 16);
	}
	if (has_huge(config->pages)) {
		config->machine.huge = 4 * SVMA_HUGE_SIZE / PAGE;
		config->machine.ram += config->machine.huge;
		config->machine.huge_free = rng_below(rng, 5) * SVMA_HUGE_SIZE / PAGE;
	}
	if (kernel != MODEL_CLASSIC)
		return;
	/* Such a space is searched upwards, from where its mappings start. */
	layout->direction = SVMA_BOTTOMUP;
	layout->mmap_base = layout->legacy_base;
}

/* An address, mostly at an edge. */
static unsigned long some_addr(struct rng *rng, const struct model *model)
{
	unsigned long i = rng_below(rng, model->count), addr;

	if (model->pages[i].mapped) {
		if (rng_chance(rng, 2))
			i = model_first(model, i);
		else if (rng_chance(rng, 2))
			i = model_last(model, i);
	} else if (rng_chance(rng, 2)) {
		i = model_next(model, i);
	} else {
		while (i && !model->pages[i - 1].mapped)
			i--;
	}
	addr = model_addr(model, i);
	switch (rng_below(rng, 24)) {
	case 0:
		return addr + PAGE;
	case 1:
		return addr - PAGE;
	case 2:
		return addr - rng_below(rng, 8) * PAGE;
	case 3:
		return addr + 1 + rng_below(rng, PAGE - 1);
	case 4:
		return PICK(rng, 0, PAGE, model->base - PAGE, model->layout.high,
			    model->layout.high - PAGE, model->layout.high + PAGE, ~0UL, ~0UL << 12,
			    model->layout.mmap_base, model->layout.min_addr);
	default:
		return addr;
	}
}

static unsigned long some_len(struct rng *rng, const struct model *model, unsigned long addr)
{
	unsigned long i = model_index(model, addr);

	switch (rng_below(rng, 16)) {
	case 0:
		return PICK(rng, 0, 1, PAGE - 1, PAGE + 1, ~0UL, ~0UL - PAGE + 1,
			    model->layout.high, model->layout.high - addr,
			    model->layout.high - addr + PAGE, 1UL << 47);
	case 1:
		return rng_below(rng, model->count) * PAGE;
	case 2:
		return PICK(rng, SVMA_HUGE_SIZE, SVMA_HUGE_SIZE, 2 * SVMA_HUGE_SIZE,
			    SVMA_HUGE_SIZE + PAGE);
	case 3:
	case 4:
	case 5:
		/* To the end of what is there. */
		if (i == model->count)
			return PAGE;
		if (model->pages[i].mapped)
			return (model_last(model, i) - i) * PAGE;
		return (model_next(model, i) - i) * PAGE;
	case 6:
		return rng_below(rng, 8) * PAGE + rng_below(rng, PAGE);
	default:
		return (1 + rng_below(rng, 8)) * PAGE;
	}
}

static unsigned long some_prot(struct rng *rng)
{
	if (rng_chance(rng, 40))
		return rng_next(rng) & (PROT_GROWSDOWN | PROT_GROWSUP | PROT_SEM | 0x1f);
	return PICK(rng, PROT_NONE, PROT_EXEC, PROT_READ, PROT_READ, PROT_READ | PROT_WRITE,
		    PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
		    PROT_WRITE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* Huge pages, at places and of lengths that may be theirs. */
static void some_huge(struct rng *rng, const struct model *model, struct call *call)
{
	const unsigned long in_page = SVMA_HUGE_SIZE - 1;
	unsigned long *arg = call->arg;

	arg[0] = rng_chance(rng, 2) ? 0 : model_addr(model, rng_below(rng, model->count));
	if (!rng_chance(rng, 8))
		arg[0] = (arg[0] + in_page) & ~in_page;
	arg[1] = PICK(rng, PAGE, SVMA_HUGE_SIZE, SVMA_HUGE_SIZE, 2 * SVMA_HUGE_SIZE, ~0UL,
		      SVMA_HUGE_SIZE + PAGE);
	if (!arg[0])
		arg[3] &= ~(unsigned long)(MAP_FIXED | MAP_FIXED_NOREPLACE);
	if (rng_chance(rng, 3)) {
		call->file = FILE_HUGE;
		arg[3] &= ~(unsigned long)MAP_ANONYMOUS;
	} else {
		arg[3] |= MAP_ANONYMOUS | MAP_HUGETLB;
		if (rng_chance(rng, 10))
			arg[3] |= PICK(rng, MAP_HUGE_2MB, MAP_HUGE_1GB, 16UL << 26);
	}
	arg[4] = rng_chance(rng, 8) ? PAGE : rng_below(rng, 3) * SVMA_HUGE_SIZE;
}

static void some_mmap(struct rng *rng, const struct model *model, struct call *call)
{
	unsigned long *arg = call->arg;

	call->verb = CALL_MMAP;
	arg[0] = rng_chance(rng, 3) ? 0 : some_addr(rng, model);
	arg[1] = some_len(rng, model, arg[0]);
	arg[2] = some_prot(rng);
	arg[3] = PICK(rng, MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_PRIVATE, MAP_SHARED,
		      MAP_SHARED_VALIDATE);
	if (rng_chance(rng, 50))
		arg[3] = rng_below(rng, 16);
	if (rng_chance(rng, 3)) {
		call->file = rng_chance(rng, 3) ? (int)rng_below(rng, FILE_NR) : FILE_RW;
		/* So that it goes on where the mapping before it ends. */
		arg[4] = rng_chance(rng, 2) ? (arg[0] - model->base) & SVMA_PAGE_MASK
					    : rng_below(rng, 600) * PAGE;
		if (rng_chance(rng, 30))
			arg[4] = PICK(rng, 1, ~0UL, ~0UL << 12, 1UL << 63, (1UL << 63) - PAGE);
		if (rng_chance(rng, 30))
			call->file = -1;
	} else {
		arg[3] |= MAP_ANONYMOUS;
	}
	if (arg[0])
		arg[3] |= PICK(rng, 0, MAP_FIXED, MAP_FIXED, MAP_FIXED_NOREPLACE);
	if (rng_chance(rng, 6))
		arg[3] |= PICK(rng, MAP_GROWSDOWN, MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE,
			       MAP_STACK, MAP_NONBLOCK, MAP_SYNC, MAP_ABOVE4G, MAP_DENYWRITE,
			       MAP_POPULATE | MAP_NONBLOCK, 1UL << 30, MAP_GROWSDOWN | MAP_STACK);
	if (rng_chance(rng, 40))
		arg[3] = (arg[3] & ~(unsigned long)MAP_TYPE) | MAP_DROPPABLE;
	if (has_huge(model->count) && rng_chance(rng, 5))
		some_huge(rng, model, call);
	else if (rng_chance(rng, 60))
		arg[3] |= MAP_HUGETLB;
}

static void some_import(struct rng *rng, const struct model *model, struct call *call)
{
	unsigned long i = rng_below(rng, model->count), pages = 1 + rng_below(rng, 8);

	if (i + pages > model->count)
		pages = 1;
	call->verb = CALL_IMPORT;
	call->arg[0] = model_addr(model, i);
	call->arg[1] = pages * PAGE;
	call->arg[2] = SVMA_VM_READ | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC |
		       PICK(rng, 0, SVMA_VM_WRITE, SVMA_VM_WRITE | SVMA_VM_ACCOUNT);
	call->arg[2] |=
		PICK(rng, 0, 0, SVMA_VM_SEALED, SVMA_VM_GROWSDOWN, SVMA_VM_DONTEXPAND,
		     SVMA_VM_PFNMAP, SVMA_VM_GUARDED, SVMA_VM_NORESERVE, 3UL << SVMA_VM_PKEY_SHIFT,
		     SVMA_VM_UFFD_MISSING, SVMA_VM_SPECIAL | SVMA_VM_DONTEXPAND);
	call->arg[3] = call->arg[0] / PAGE;
	if (model->kernel < SVMA_KERNEL(6, 12))
		call->arg[2] &= ~SVMA_VM_SEALED;
	if (model->kernel < SVMA_KERNEL(7, 3))
		call->arg[2] &= ~SVMA_VM_GUARDED;
	if (rng_chance(rng, 4)) {
		call->file = FILE_RW;
		call->arg[3] -= model->base / PAGE;
	}
	call->arg[4] = rng_chance(rng, 2) ? rng_below(rng, 4) : 0;
}

static void some_mremap(struct rng *rng, const struct model *model, struct call *call)
{
	unsigned long *arg = call->arg;

	call->verb = CALL_MREMAP;
	arg[0] = some_addr(rng, model);
	arg[1] = some_len(rng, model, arg[0]);
	arg[2] = rng_chance(rng, 3) ? arg[1] : some_len(rng, model, arg[0]);
	arg[3] = PICK(rng, 0, MREMAP_MAYMOVE, MREMAP_MAYMOVE, MREMAP_MAYMOVE | MREMAP_FIXED,
		      MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		      MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP);
	if (rng_chance(rng, 30))
		arg[3] = rng_below(rng, 16);
	if ((arg[3] & MREMAP_DONTUNMAP) && !rng_chance(rng, 10))
		arg[2] = arg[1];
	if (rng_chance(rng, 20))
		arg[1] = 0;
	if (arg[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		arg[4] = rng_chance(rng, 3) ? arg[0] + svma_page_align(arg[1])
					    : some_addr(rng, model);
}

static void some_madvise(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_MADVISE;
	call->arg[0] = some_addr(rng, model);
	call->arg[1] = some_len(rng, model, call->arg[0]);
	call->arg[2] =
		PICK(rng, MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED,
		     MADV_FREE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE, MADV_UNMERGEABLE,
		     MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK,
		     MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ,
		     MADV_DONTNEED_LOCKED, MADV_GUARD_INSTALL, MADV_GUARD_REMOVE);
	if (rng_chance(rng, 10))
		call->arg[2] = rng_below(rng, 120);
	/* Memory failure takes privileges, and is not modelled. */
	if (call->arg[2] == 100 || call->arg[2] == 101)
		call->arg[2] = 99;
}

static void some_lock(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_LOCK;
	call->arg[0] = some_addr(rng, model);
	call->arg[1] = some_len(rng, model, call->arg[0]);
	call->arg[2] = PICK(rng, SVMA_MLOCK, SVMA_MLOCK, SVMA_MLOCK, SVMA_MUNLOCK, SVMA_MUNLOCK,
			    SVMA_MLOCKALL, SVMA_MUNLOCKALL);
	if (call->arg[2] == SVMA_MLOCK)
		call->arg[3] = rng_chance(rng, 20) ? rng_below(rng, 4) : rng_below(rng, 2);
	if (call->arg[2] == SVMA_MLOCKALL)
		call->arg[3] = rng_below(rng, rng_chance(rng, 10) ? 16 : 8);
}

static void some_sync(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = rng_chance(rng, 4) ? CALL_MINCORE : CALL_MSYNC;
	call->arg[0] = some_addr(rng, model);
	call->arg[1] = some_len(rng, model, call->arg[0]);
	call->arg[2] = PICK(rng, 0, MS_ASYNC, MS_SYNC, MS_INVALIDATE, MS_SYNC | MS_INVALIDATE);
	if (rng_chance(rng, 10))
		call->arg[2] = rng_below(rng, 16);
}

static void some_remap_file(struct rng *rng, const struct model *model, struct call *call)
{
	unsigned long i = rng_below(rng, model->count), n;

	/* Only shared memory can be asked for it: look for some. */
	for (n = 0; n < model->count; n++, i = (i + 1) % model->count)
		if (model->pages[i].mapped && (model->pages[i].flags & SVMA_VM_SHARED))
			break;
	call->verb = CALL_REMAP_FILE;
	call->arg[0] = rng_chance(rng, 8) ? some_addr(rng, model) : model_addr(model, i);
	call->arg[1] = some_len(rng, model, call->arg[0]);
	call->arg[2] = rng_chance(rng, 20);
	call->arg[3] = rng_chance(rng, 20) ? PICK(rng, ~0UL, ~0UL - 2, 1UL << 52, 1UL << 51)
					   : rng_below(rng, 64);
	call->arg[4] = rng_chance(rng, 4) ? MAP_NONBLOCK : 0;
}

static void some_machine(struct rng *rng, const struct model *model, struct call *call)
{
	const struct svma_machine *told = &model->machine->told;

	call->verb = CALL_MACHINE;
	call->arg[0] = rng_below(rng, rng_chance(rng, 10) ? 4 : 3);
	call->arg[1] = rng_chance(rng, 3) ? told->huge + rng_below(rng, model->count) : told->ram;
	call->arg[2] = rng_chance(rng, 3) ? rng_below(rng, model->count) : told->swap;
	call->arg[3] = rng_chance(rng, 3) ? rng_below(rng, 120) : told->overcommit_ratio;
	call->arg[4] = rng_chance(rng, 3) ? rng_below(rng, told->huge + 2) : told->huge_free;
}

static void some_limits(struct rng *rng, const struct model *model, struct call *call)
{
	(void)model;
	call->verb = CALL_LIMITS;
	call->arg[0] = rng_chance(rng, 2) ? 1 + rng_below(rng, 20) : 65530;
	call->arg[1] = PICK(rng, 0, 0, 0, SVMA_VM_LOCKED, SVMA_VM_LOCKED | SVMA_VM_LOCKONFAULT,
			    SVMA_VM_NOHUGEPAGE);
	call->arg[2] = rng_chance(rng, 2) ? ~0UL : rng_below(rng, 64) * PAGE;
}

static void some_munmap(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_MUNMAP;
	call->arg[0] = some_addr(rng, model);
	call->arg[1] = some_len(rng, model, call->arg[0]);
}

static void some_mprotect(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_MPROTECT;
	call->arg[0] = some_addr(rng, model);
	call->arg[1] = some_len(rng, model, call->arg[0]);
	call->arg[2] = some_prot(rng);
	call->arg[3] = rng_chance(rng, 10) ? rng_below(rng, 18) - 1 : -1UL;
}

static void some_brk(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_BRK;
	call->arg[0] = model->layout.brk + rng_below(rng, 16 * PAGE) - 7 * PAGE;
	if (rng_chance(rng, 8))
		call->arg[0] = PICK(rng, 0, model->layout.high, some_addr(rng, model),
				    model->layout.start_brk, ~0UL);
}

static void some_mseal(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_MSEAL;
	call->arg[0] = some_addr(rng, model);
	call->arg[1] = some_len(rng, model, call->arg[0]);
	call->arg[2] = rng_chance(rng, 20);
}

static void some_grow(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_GROW;
	call->arg[0] = some_addr(rng, model) - rng_below(rng, 8) * PAGE;
}

static void some_fault(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_FAULT;
	call->arg[0] = some_addr(rng, model);
}

static void some_find(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_FIND;
	call->arg[0] = some_addr(rng, model);
}

static void some_anon(struct rng *rng, const struct model *model, struct call *call)
{
	call->verb = CALL_ANON;
	call->arg[0] = some_addr(rng, model);
	call->arg[1] = rng_below(rng, 5);
	call->arg[2] = call->arg[1] && rng_chance(rng, 3) ? SVMA_ANON_FORKED : 0;
	if (rng_chance(rng, 3))
		call->arg[2] |= SVMA_ANON_CLOSES;
}

static void some_fork(struct rng *rng, const struct model *model, struct call *call)
{
	(void)model;
	call->verb = rng_chance(rng, 2) ? CALL_FORK : CALL_EXIT;
	call->arg[0] = 1 + rng_below(rng, PAIR_SPACES - 1);
}

/* How often which, in a thousand. */
static const struct {
	unsigned int weight;
	void (*make)(struct rng *rng, const struct model *model, struct call *call);
} kinds[] = {
	{ 290, some_mmap },	{ 75, some_munmap },	  { 150, some_mprotect },
	{ 55, some_brk },	{ 125, some_mremap },	  { 75, some_madvise },
	{ 50, some_lock },	{ 10, some_mseal },	  { 20, some_grow },
	{ 45, some_fault },	{ 20, some_anon },	  { 25, some_import },
	{ 20, some_limits },	{ 10, some_sync },	  { 12, some_remap_file },
	{ 8, some_find },	{ 6, some_machine },	  { 4, some_fork },
};

void generate_call(struct rng *rng, const struct pair *home, struct call *call)
{
	unsigned int dice = rng_below(rng, 1000), i;
	const struct pair *pair;

	memset(call, 0, sizeof(*call));
	call->file = -1;
	call->space = rng_below(rng, PAIR_SPACES);
	if (!home->spaces[call->space])
		call->space = 0;
	pair = home->spaces[call->space];
	for (i = 0; dice >= kinds[i].weight; i++)
		dice -= kinds[i].weight;
	kinds[i].make(rng, &pair->model, call);
}
