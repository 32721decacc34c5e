// SPDX-License-Identifier: GPL-2.0
/*
 * Are a space's regions those of a traced task? The question that a tracer asks before and after
 * each call, answered without a listing of either.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "backing.h"
#include "ioctl.h"
#include "machine.h"
#include "space.h"

#define SVMA_MATCH_CHUNK	256u	/* regions under one hold of the locks */

/* Known to a space alone: no kernel has such a flag. */
#define SVMA_MATCH_UNSEEN	(SVMA_VM_SPECIAL | SVMA_VM_SHMEM)
#define SVMA_MATCH_TOLD		(SVMA_ANON_FORKED | SVMA_ANON_CLOSES)

/* Shared anonymous memory and huge pages have a file of each side's own making. */
static bool svma_match_file(const struct svma_vma *ours, const struct file *file)
{
	if (ours->flags & (SVMA_VM_HUGETLB | SVMA_VM_SHMEM))
		return file;
	if (!ours->backing || !file)
		return !ours->backing && !file;
	return svma_backing_inode(svma_backing_object(ours->backing)) == file->f_mapping->host;
}

/**
 * struct svma_match - what was met before in a layout
 * @flags: flags of regions
 * @anon: the reverse map that was met last: neighbours often share one
 * @id: its number
 */
struct svma_match {
	struct svma_task_flags flags;
	const void *anon;
	u32 id;
};

/* Is this the number of a region's reverse map? */
static bool svma_match_anon(struct svma_space *space, struct svma_match *match, u32 id,
			    const void *anon)
{
	if (id && id == match->id)
		return anon == match->anon;
	if (!svma_task_is(space->machine, id, anon))
		return false;
	if (id) {
		match->id = id;
		match->anon = anon;
	}
	return true;
}

/* One region of each side: 0 if they are the same, 1 if the space was told something of it too. */
static int svma_match_one(struct svma_space *space, struct svma_match *match,
			  const struct svma_vma *ours, struct vm_area_struct *vma)
{
	u64 flags = svma_task_flags_of(&match->flags, vma->vm_flags);
	const void *anon;
	u32 told, id;
	int err;

	if (ours->start != vma->vm_start || ours->end != vma->vm_end ||
	    ours->pgoff != vma->vm_pgoff || (ours->flags ^ flags) & ~SVMA_MATCH_UNSEEN ||
	    !svma_match_file(ours, vma->vm_file))
		return -ESTALE;
	if (svma_match_anon(space, match, ours->anon, READ_ONCE(vma->anon_vma))) {
		/*
		 * Without the lock: a number that the space has was told when the chain was
		 * complete, and while mmap_lock is held shared nobody makes it longer.
		 */
		told = data_race(svma_task_told(vma));
		if ((ours->attr & SVMA_MATCH_TOLD) == told)
			return 0;
	}
	anon = svma_task_anon(vma, &told);
	err = svma_task_id(space->machine, anon, &id);
	if (err)
		return err;
	err = svma_core_anon_set(&space->core, ours->start, id, told);
	return err ?: 1;
}

/* The next of each side; a space that was told something has to be looked through anew. */
static bool svma_match_next(struct svma_space *space, struct svma_cursor *cursor, bool told,
			    u64 addr, struct svma_vma *ours)
{
	if (told)
		return svma_cursor_find(cursor, &space->core.index, addr, ours);
	return svma_cursor_next(cursor, ours);
}

/*
 * From @args->addr on, so many regions as are looked at under one hold: 1 if there are more, 0 if
 * not, -ESTALE where they part, at @args->addr.
 */
static int svma_match_chunk(struct svma_space *space, struct mm_struct *mm,
			    struct svma_match *match, struct svma_task_match *args)
{
	VMA_ITERATOR(vmi, mm, args->addr);
	struct vm_area_struct *vma = vma_next(&vmi);
	struct svma_cursor cursor;
	struct svma_vma ours;
	bool more = svma_match_next(space, &cursor, true, args->addr, &ours);
	u32 i;
	int err;

	lockdep_assert_held_write(&space->lock);
	for (i = 0; i < SVMA_MATCH_CHUNK; i++) {
		if (!more && !vma)
			return 0;
		if (!more || !vma)
			err = -ESTALE;
		else
			err = svma_match_one(space, match, &ours, vma);
		if (err < 0) {
			args->addr = min_t(u64, more ? ours.start : U64_MAX,
					   vma ? vma->vm_start : U64_MAX);
			return err;
		}
		args->files += !!vma->vm_file;
		args->addr = ours.end;
		more = svma_match_next(space, &cursor, err, ours.end, &ours);
		vma = vma_next(&vmi);
	}
	return 1;
}

int svma_ioctl_task_match(struct svma_call *call)
{
	struct svma_space *space = call->object;
	struct svma_task_match *args = &call->arg.task_match;
	struct mm_struct *mm = svma_task_mm(args->pid);
	struct svma_match match = {};
	int err;

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	args->addr = 0;
	args->files = 0;
	do {
		err = -EINTR;
		if (mmap_read_lock_killable(mm))
			break;
		err = svma_space_lock(space);
		if (!err) {
			err = svma_match_chunk(space, mm, &match, args);
			up_write(&space->lock);
		}
		mmap_read_unlock(mm);
		cond_resched();
	} while (err > 0);
	mmput(mm);
	if (!err)
		args->addr = SVMA_MATCH_ALL;
	return err == -ESTALE ? 0 : err;
}
