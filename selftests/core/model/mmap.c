// SPDX-License-Identifier: GPL-2.0
/* mmap(2): the checks in do_mmap()'s order, then mmap_region(). */
#include "hooks.h"
#include "model.h"

/* What MAP_SHARED_VALIDATE knows of: LEGACY_MAP_MASK. */
#define LEGACY_FLAGS (MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | \
		      MAP_EXECUTABLE | MAP_UNINITIALIZED | MAP_GROWSDOWN | MAP_LOCKED | \
		      MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | \
		      MAP_32BIT | MAP_HUGE_2MB | MAP_HUGE_1GB)

static unsigned long legacy_flags(const struct model *model)
{
	return LEGACY_FLAGS | (model->kernel >= SVMA_KERNEL(6, 12) ? MAP_ABOVE4G : 0);
}

/* Kinds of mapping of a file, and what the file must allow. */
static int check_file(const struct model *model, const struct svma_backing *file,
		      unsigned long offset, unsigned long len, unsigned long prot,
		      unsigned long *flags, u64 *vm)
{
	unsigned long known =
		legacy_flags(model) | (file->flags & SVMA_BACKING_SYNC ? MAP_SYNC : 0);

	if (len > LONG_MAX || offset / PAGE > (LONG_MAX - len) / PAGE)
		return -EOVERFLOW;
	switch (*flags & MAP_TYPE) {
	case MAP_SHARED:
		*flags &= legacy_flags(model);
		fallthrough;
	case MAP_SHARED_VALIDATE:
		if (model_classic(model) && (*flags & MAP_TYPE) != MAP_SHARED)
			return -EINVAL;
		if (*flags & ~known)
			return -EOPNOTSUPP;
		if ((prot & PROT_WRITE) && !(file->flags & SVMA_BACKING_WRITE))
			return -EACCES;
		if ((file->flags & SVMA_BACKING_APPEND) && (file->flags & SVMA_BACKING_WRITE))
			return -EACCES;
		*vm |= SVMA_VM_SHARED | SVMA_VM_MAYSHARE;
		if (!(file->flags & SVMA_BACKING_WRITE))
			*vm &= ~(SVMA_VM_MAYWRITE | SVMA_VM_SHARED);
		fallthrough;
	case MAP_PRIVATE:
		if (!(file->flags & SVMA_BACKING_READ))
			return -EACCES;
		if (file->flags & SVMA_BACKING_NOEXEC) {
			if (*vm & SVMA_VM_EXEC)
				return -EPERM;
			*vm &= ~SVMA_VM_MAYEXEC;
		}
		if (file->flags & SVMA_BACKING_NOMMAP)
			return -ENODEV;
		if (model_huge(file))
			*vm |= SVMA_VM_HUGETLB | SVMA_VM_DONTEXPAND;
		return *vm & SVMA_VM_GROWSDOWN ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static int check_anonymous(const struct model *model, unsigned long flags, u64 *vm)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
		if (*vm & SVMA_VM_GROWSDOWN)
			return -EINVAL;
		*vm |= SVMA_VM_SHARED | SVMA_VM_MAYSHARE;
		return 0;
	case MAP_DROPPABLE:
		if (model->kernel < SVMA_KERNEL(6, 12))
			return -EINVAL;
		if ((flags & (MAP_LOCKED | MAP_HUGETLB)) || (*vm & SVMA_VM_GROWSDOWN))
			return -EINVAL;
		*vm |= SVMA_VM_DROPPABLE | SVMA_VM_NORESERVE | SVMA_VM_WIPEONFORK |
		       SVMA_VM_DONTDUMP;
		return 0;
	case MAP_PRIVATE:
		return 0;
	default:
		return -EINVAL;
	}
}

static u64 flags_from(const struct model *model, unsigned long prot, unsigned long flags)
{
	u64 vm = model->layout.def_flags | SVMA_VM_MAYREAD | SVMA_VM_MAYWRITE | SVMA_VM_MAYEXEC;

	vm |= prot & PROT_READ ? SVMA_VM_READ : 0;
	vm |= prot & PROT_WRITE ? SVMA_VM_WRITE : 0;
	vm |= prot & PROT_EXEC ? SVMA_VM_EXEC : 0;
	vm |= flags & MAP_GROWSDOWN ? SVMA_VM_GROWSDOWN : 0;
	vm |= flags & MAP_LOCKED ? SVMA_VM_LOCKED : 0;
	vm |= (flags & MAP_SYNC) && !model_classic(model) ? SVMA_VM_SYNC : 0;
	if ((flags & MAP_STACK) && model->kernel >= SVMA_KERNEL(6, 12))
		vm |= SVMA_VM_NOHUGEPAGE;
	return vm;
}

/* Pages of start..end that are mapped, and those of them that are charged. */
static void count_old(const struct model *model, unsigned long start, unsigned long end,
		      unsigned long *mapped, unsigned long *charged)
{
	*mapped = 0;
	*charged = 0;
	for (; start < end; start++) {
		*mapped += model->pages[start].mapped;
		*charged +=
			model->pages[start].mapped && (model->pages[start].flags & SVMA_VM_ACCOUNT);
	}
}

/*
 * Huge pages come from a reserve: private ones with each mapping, shared ones once for all of the
 * memory.
 */
static int take_huge(struct model *model, unsigned long pages, unsigned long pgoff, bool fresh,
		     struct model_page *page)
{
	struct model_machine *machine = model->machine;
	struct model_shared shared = { .backing = page->backing };
	bool takes = !(page->flags & SVMA_VM_NORESERVE);
	unsigned int i;

	if (pgoff % (SVMA_HUGE_SIZE / PAGE))
		return -EINVAL;
	for (i = 0; i < MODEL_SHARED && !fresh && (page->flags & SVMA_VM_MAYSHARE); i++)
		if (machine->shared[i].backing == page->backing && machine->shared[i].huge)
			takes = false;
	if (takes && model_reserved(machine) + pages > machine->told.huge_free)
		return -ENOMEM;
	page->reserved = takes && !(page->flags & SVMA_VM_MAYSHARE);
	if (takes && !page->reserved)
		shared.huge = pages;
	shared.stays = !fresh;
	if (fresh || shared.huge)
		model_shared_charge(machine, &shared);
	return 0;
}

/* hugetlb_file_setup(): 2 MiB, and no other size that anybody has. */
static int huge_size(unsigned long flags)
{
	unsigned long bits = flags >> 26 & 0x3f;

	return bits == 30 ? -ENOMEM : bits && bits != 21 ? -EINVAL : 0;
}

/*
 * mmap_region(). 6.1 takes out what was there before it asks for memory, and leaves the hole when
 * there is none; later kernels charge only the difference, and put back what was there (cut).
 */
static int map_region(struct model *model, unsigned long addr, unsigned long len,
		      unsigned long pgoff, bool fresh, struct model_page *page)
{
	unsigned long start = model_index(model, addr), end = model_index(model, addr + len),
		      pages = len / PAGE;
	bool charge = (page->flags & SVMA_VM_WRITE) &&
		      !(page->flags & (SVMA_VM_NORESERVE | SVMA_VM_SHARED | SVMA_VM_HUGETLB));
	bool old = model->kernel < SVMA_KERNEL(6, 12);
	bool made = !page->backing && (page->flags & SVMA_VM_SHARED);
	unsigned long mapped, charged;
	int error;

	count_old(model, start, end, &mapped, &charged);
	if (old && !model_may_expand(model, page->flags, pages - mapped))
		return -ENOMEM;
	if (old) {
		if (model_unmap_pages(model, start, end))
			return -ENOMEM;
		charged = 0;
	} else {
		error = model_unmap_gather(model, start, end);
		if (error)
			return error;
		if (!model_may_expand(model, page->flags, pages - mapped))
			return -ENOMEM;
	}
	if (charge) {
		if (pages > charged && !model_enough_memory(model, pages - charged))
			return -ENOMEM;
		page->flags |= SVMA_VM_ACCOUNT;
	}
	if (made) {
		/* Made when it is too late to keep what was there. */
		bool enough =
			(page->flags & SVMA_VM_NORESERVE) || model_enough_memory(model, pages);

		model_unmap_finish(model, start, end);
		if (!enough)
			return -ENOMEM;
		page->backing = model->shared_anon(model, len);
	}
	model_unmap_finish(model, start, end);
	/* What the file itself has to say comes when the old mapping is gone. */
	if (page->flags & SVMA_VM_HUGETLB)
		error = take_huge(model, pages, pgoff, fresh, page);
	else
		error = hook_map(page->backing, &page->flags, pgoff);
	if (error)
		return error;
	if (model->kernel >= SVMA_KERNEL(7, 3) && model_mergeable(model, page->flags) &&
	    model->layout.personality & SVMA_MERGEABLE_ALL &&
	    (!page->backing ||
	     page->backing->flags & (SVMA_BACKING_SHMEM | SVMA_BACKING_PREPARES)))
		page->flags |= SVMA_VM_MERGEABLE;
	model_add(model, start, end, page, JOIN_LEFT | JOIN_RIGHT | JOIN_MARKS, NULL);
	if (made) {
		struct model_shared shared = { .backing = page->backing };

		shared.pages = page->flags & SVMA_VM_NORESERVE ? 0 : pages;
		model_shared_charge(model->machine, &shared);
	}
	if (page->flags & (SVMA_VM_DROPPABLE | SVMA_VM_HUGETLB))
		for (; start < end; start++)
			model->pages[start].flags &= ~(SVMA_VM_LOCKED | SVMA_VM_LOCKONFAULT);
	return 0;
}

int model_mmap(struct model *model, struct svma_map_args *args)
{
	unsigned long len = args->len, prot = args->prot, flags = args->flags, addr = args->addr;
	static struct svma_backing no_huge = { .flags = SVMA_BACKING_READ | SVMA_BACKING_WRITE |
							SVMA_BACKING_HUGETLB };
	bool made_huge = (flags & MAP_ANONYMOUS) && (flags & MAP_HUGETLB) && !model_classic(model);
	struct svma_backing *file = flags & MAP_ANONYMOUS ? NULL : args->backing;
	unsigned long pgoff = args->offset / PAGE, given = flags;
	struct model_page page = { .backing = file };
	struct model_totals now;
	u64 vm;
	int error;

	args->populate = 0;
	if (args->offset & ~SVMA_PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS) && !file)
		return -EBADF;
	if (file && (flags & MAP_HUGETLB) && !model_huge(file) && !model_classic(model))
		return -EINVAL;
	if (made_huge) {
		error = huge_size(flags);
		if (error)
			return error;
		file = model->shared_anon(model, len);
		if (!model_huge(file))
			file = &no_huge;
		page.backing = file;
	}
	if (model_huge(file) && !args->whole)
		len = (len + SVMA_HUGE_SIZE - 1) & ~(SVMA_HUGE_SIZE - 1);
	if (!len)
		return -EINVAL;
	if ((prot & PROT_READ) && (model->layout.personality & SVMA_READ_IMPLIES_EXEC) &&
	    !(file && (file->flags & SVMA_BACKING_NOEXEC)))
		prot |= PROT_EXEC;
	if ((flags & MAP_FIXED_NOREPLACE) && !model_classic(model))
		flags |= MAP_FIXED;
	if (!(flags & MAP_FIXED)) {
		addr &= SVMA_PAGE_MASK;
		if (addr && addr < model->layout.min_addr)
			addr = svma_page_align((unsigned long)model->layout.min_addr);
	}
	len = svma_page_align(len);
	if (!len)
		return -ENOMEM;
	if (pgoff + len / PAGE < pgoff)
		return -EOVERFLOW;
	model_sum(model, &now);
	if (now.regions > model->layout.max_map_count)
		return -ENOMEM;
	error = model_place(model, file, addr, len, pgoff, flags, &addr);
	if (error)
		return error;
	if ((given & MAP_FIXED_NOREPLACE) && !model_classic(model) &&
	    model_next(model, model_index(model, addr)) < model_index(model, addr + len))
		return -EEXIST;
	vm = flags_from(model, prot, flags);
	if (prot == PROT_EXEC)
		vm |= (u64)model_exec_key(model) << SVMA_VM_PKEY_SHIFT;
	if ((flags & MAP_LOCKED) && !model->layout.limit_memlock &&
	    !(model->layout.personality & SVMA_CAP_IPC_LOCK))
		return -EPERM;
	if (!model_may_lock(model, vm, len))
		return -EAGAIN;
	if (file)
		error = check_file(model, file, args->offset, len, prot, &flags, &vm);
	else
		error = check_anonymous(model, flags, &vm);
	if (error)
		return error;
	if (model_no_exec_gain(model) && (prot & PROT_EXEC) && (prot & PROT_WRITE))
		return -EACCES;
	if ((flags & MAP_NORESERVE) &&
	    (model_huge(file) || model->machine->told.overcommit_mode != SVMA_OVERCOMMIT_NEVER))
		vm |= SVMA_VM_NORESERVE;
	page.flags = vm;
	page.pgoff = file ? pgoff : vm & SVMA_VM_SHARED ? 0 : addr / PAGE;
	page.anon_pgoff = addr / PAGE;
	error = map_region(model, addr, len, pgoff, made_huge, &page);
	if (error)
		return error;
	if ((vm & SVMA_VM_LOCKED) || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE)
		args->populate = len;
	args->result = addr;
	return 0;
}
