// SPDX-License-Identifier: GPL-2.0
/*
 * The layout of a traced task, for its tracer: what /proc does not show but decides what merges and
 * where the next mapping goes.
 *
 * Nobody gets more than ptrace has given already: only the tracer may ask. Kernel addresses stay
 * here:
 * files, reverse maps and address spaces get numbers from a table of the machine. The kernel may
 * use the address of a file or reverse map again after it was freed; two things that exist at the
 * same time never have the same number, so compare numbers of one listing, and those of regions
 * that have stayed.
 */
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "machine.h"

#define SVMA_TASK_CHUNK		256u	/* regions under one hold of the task's mmap_lock */
#define SVMA_IDS_MAX		BIT(20)

struct svma_id {
	struct hlist_node node;
	const void *object;
	u32 id;
};

/**
 * svma_task_id() - the number of a kernel object
 * @machine: that gives the numbers out
 * @object: a file, reverse map or address space; or NULL
 * @id: out: the number; 0 for none
 *
 * Return: 0, or -ENOMEM: no number could be given out.
 */
int svma_task_id(struct svma_machine_object *machine, const void *object, u32 *id)
{
	struct svma_id *entry;
	int err = 0;

	*id = 0;
	if (!object)
		return 0;
	mutex_lock(&machine->ids_lock);
	hash_for_each_possible(machine->ids, entry, node, (unsigned long)object)
		if (entry->object == object)
			goto found;
	err = -ENOMEM;
	if (machine->nr_ids >= SVMA_IDS_MAX)
		goto out;
	entry = kmalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	if (!entry)
		goto out;
	entry->object = object;
	entry->id = machine->nr_ids + 1;
	err = xa_err(xa_store(&machine->numbered, entry->id, entry, GFP_KERNEL_ACCOUNT));
	if (err) {
		kfree(entry);
		goto out;
	}
	machine->nr_ids++;
	hash_add(machine->ids, &entry->node, (unsigned long)object);
found:
	*id = entry->id;
out:
	mutex_unlock(&machine->ids_lock);
	return err;
}

/**
 * svma_task_is() - is this a kernel object's number?
 * @machine: that gives the numbers out
 * @id: a number that it gave out, or 0
 * @object: a file, reverse map or address space; or NULL
 *
 * Without a lock: a number means one object until the machine goes.
 *
 * Return: whether svma_task_id() would tell @id.
 */
bool svma_task_is(struct svma_machine_object *machine, u32 id, const void *object)
{
	const struct svma_id *entry;

	if (!id || !object)
		return !id && !object;
	entry = xa_load(&machine->numbered, id);
	return entry && entry->object == object;
}

/**
 * svma_ids_destroy() - forget all numbers given out
 * @machine: that nobody else has
 */
void svma_ids_destroy(struct svma_machine_object *machine)
{
	struct hlist_node *next;
	struct svma_id *entry;
	int bucket;

	hash_for_each_safe(machine->ids, bucket, next, entry, node) {
		hash_del(&entry->node);
		kfree(entry);
	}
	xa_destroy(&machine->numbered);
}

static bool svma_task_traced_by_us(struct task_struct *task)
{
	struct task_struct *tracer;
	bool ours;

	rcu_read_lock();
	tracer = ptrace_parent(task);
	ours = tracer && same_thread_group(tracer, current);
	rcu_read_unlock();
	return ours;
}

/**
 * svma_task_mm() - the address space of a task that the caller traces
 * @pid: thread id, in the caller's pid namespace
 *
 * Return: the address space, to be given back by mmput(), or -ESRCH, -EPERM.
 */
struct mm_struct *svma_task_mm(pid_t pid)
{
	struct task_struct *task;
	struct mm_struct *mm;

	rcu_read_lock();
	task = get_pid_task(find_vpid(pid), PIDTYPE_PID);
	rcu_read_unlock();
	if (!task)
		return ERR_PTR(-ESRCH);
	if (!svma_task_traced_by_us(task)) {
		put_task_struct(task);
		return ERR_PTR(-EPERM);
	}
	mm = get_task_mm(task);
	/*
	 * It may have been let go meanwhile, and have run a program that is none of our business.
	 */
	if (mm && !svma_task_traced_by_us(task)) {
		mmput(mm);
		mm = ERR_PTR(-EPERM);
	}
	put_task_struct(task);
	return mm ?: ERR_PTR(-ESRCH);
}

static const struct {
	unsigned long kernel;
	u64 ours;
} svma_task_flags[] = {
	{ VM_READ, SVMA_VM_READ },
	{ VM_WRITE, SVMA_VM_WRITE },
	{ VM_EXEC, SVMA_VM_EXEC },
	{ VM_SHARED, SVMA_VM_SHARED },
	{ VM_MAYREAD, SVMA_VM_MAYREAD },
	{ VM_MAYWRITE, SVMA_VM_MAYWRITE },
	{ VM_MAYEXEC, SVMA_VM_MAYEXEC },
	{ VM_MAYSHARE, SVMA_VM_MAYSHARE },
	{ VM_GROWSDOWN, SVMA_VM_GROWSDOWN },
	{ VM_LOCKED, SVMA_VM_LOCKED },
	{ VM_LOCKONFAULT, SVMA_VM_LOCKONFAULT },
	{ VM_SEQ_READ, SVMA_VM_SEQ_READ },
	{ VM_RAND_READ, SVMA_VM_RAND_READ },
	{ VM_DONTCOPY, SVMA_VM_DONTCOPY },
	{ VM_DONTEXPAND, SVMA_VM_DONTEXPAND },
	{ VM_ACCOUNT, SVMA_VM_ACCOUNT },
	{ VM_NORESERVE, SVMA_VM_NORESERVE },
	{ VM_HUGETLB, SVMA_VM_HUGETLB },
	{ VM_SYNC, SVMA_VM_SYNC },
	{ VM_WIPEONFORK, SVMA_VM_WIPEONFORK },
	{ VM_DONTDUMP, SVMA_VM_DONTDUMP },
	{ VM_HUGEPAGE, SVMA_VM_HUGEPAGE },
	{ VM_NOHUGEPAGE, SVMA_VM_NOHUGEPAGE },
	{ VM_MERGEABLE, SVMA_VM_MERGEABLE },
	{ VM_IO, SVMA_VM_IO },
	{ VM_PFNMAP, SVMA_VM_PFNMAP },
	{ VM_MIXEDMAP, SVMA_VM_MIXEDMAP },
	{ SVMA_COMPAT_VM_SEALED, SVMA_VM_SEALED },
	{ SVMA_COMPAT_VM_DROPPABLE, SVMA_VM_DROPPABLE },
	{ SVMA_COMPAT_VM_MAYBE_GUARD, SVMA_VM_GUARDED },
	{ VM_UFFD_MISSING, SVMA_VM_UFFD_MISSING },
	{ VM_UFFD_WP, SVMA_VM_UFFD_WP },
	{ VM_UFFD_MINOR, SVMA_VM_UFFD_MINOR },
	{ SVMA_COMPAT_VM_UFFD_RWP, SVMA_VM_UFFD_RWP },
};

static u64 svma_task_translate(unsigned long kernel)
{
	u64 flags = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(svma_task_flags); i++)
		if (kernel & svma_task_flags[i].kernel)
			flags |= svma_task_flags[i].ours;
	return flags | svma_compat_vm_pkey(kernel) << SVMA_VM_PKEY_SHIFT;
}

/**
 * svma_task_flags_new() - svma_task_flags_of() for flags that were not met before
 * @seen: flags that were
 * @kernel: a region's flags
 *
 * Return: SVMA_VM_*.
 */
u64 svma_task_flags_new(struct svma_task_flags *seen, unsigned long kernel)
{
	u32 i = hash_long(kernel, SVMA_TASK_FLAGS_BITS);

	seen->ours[i] = svma_task_translate(kernel);
	seen->kernel[i] = kernel;
	return seen->ours[i];
}

int svma_ioctl_task(struct svma_call *call)
{
	struct svma_task *task = &call->arg.task;
	struct mm_struct *mm;
	u32 id;
	int err;

	if (task->reserved)
		return -EINVAL;
	mm = svma_task_mm(task->pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	err = svma_task_id(call->object, mm, &id);
	if (err)
		goto put;
	if (mmap_read_lock_killable(mm)) {
		err = -EINTR;
		goto put;
	}
	task->mm = id;
	task->mmap_base = mm->mmap_base;
	task->legacy_base = mm->mmap_legacy_base;
	task->high = mm->task_size;
	spin_lock(&mm->arg_lock);
	task->start_code = mm->start_code;
	task->end_code = mm->end_code;
	task->start_data = mm->start_data;
	task->end_data = mm->end_data;
	task->start_brk = mm->start_brk;
	task->brk = mm->brk;
	task->stack_top = mm->start_stack;
	spin_unlock(&mm->arg_lock);
	/* The two bases differ exactly when free space is looked for from the top. */
	task->direction = mm->mmap_base == mm->mmap_legacy_base ? SVMA_BOTTOMUP : SVMA_TOPDOWN;
	task->map_count = mm->map_count;
	task->total = mm->total_vm;
	task->locked = mm->locked_vm;
	task->data = mm->data_vm;
	task->def_flags = svma_task_translate(mm->def_flags);
	mmap_read_unlock(mm);
put:
	mmput(mm);
	return err;
}

/**
 * svma_task_anon() - what decides besides flags whether a region of a traced task merges
 * @vma: the region; its mmap_lock is held shared at the least
 * @told: out: SVMA_ANON_*
 *
 * Return: the reverse map of its anonymous pages, or NULL, for svma_task_id().
 */
const void *svma_task_anon(struct vm_area_struct *vma, u32 *told)
{
	const void *anon;

	/*
	 * Faults give a region its reverse map, and the chain to it, with mmap_lock held shared. It
	 * does not go again under that lock.
	 */
	spin_lock(&vma->vm_mm->page_table_lock);
	anon = vma->anon_vma;
	*told = svma_task_told(vma);
	spin_unlock(&vma->vm_mm->page_table_lock);
	return anon;
}

/* Fill a chunk under one hold of the lock. */
static int svma_task_chunk(struct svma_machine_object *machine, struct mm_struct *mm,
			   struct svma_task_regions *args, struct svma_task_region *list, u32 room,
			   u32 *count)
{
	struct svma_task_flags seen = {};
	struct vm_area_struct *vma;
	int err = 0;

	*count = 0;
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = find_vma(mm, args->start);
	while (vma && vma->vm_start < args->end && *count < room) {
		u32 told, file, anon;

		err = svma_task_id(machine, svma_task_anon(vma, &told), &anon) ?:
		      svma_task_id(machine, vma->vm_file, &file);
		if (err)
			break;
		list[*count] = (struct svma_task_region){
			.start = vma->vm_start,
			.end = vma->vm_end,
			.pgoff = vma->vm_pgoff,
			.flags = svma_task_flags_of(&seen, vma->vm_flags),
			.file = file,
			.anon = anon,
			.anon_flags = told,
		};
		(*count)++;
		args->start = vma->vm_end;
		vma = find_vma(mm, vma->vm_end);
	}
	args->more = vma && vma->vm_start < args->end;
	mmap_read_unlock(mm);
	return err;
}

int svma_ioctl_task_regions(struct svma_call *call)
{
	struct svma_task_regions *args = &call->arg.task_regions;
	struct svma_task_region __user *buf = u64_to_user_ptr(args->buf);
	u32 room = args->count, chunk;
	struct svma_task_region *list;
	struct mm_struct *mm;
	int err;

	if (args->reserved)
		return -EINVAL;
	mm = svma_task_mm(args->pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	list = kmalloc_array(SVMA_TASK_CHUNK, sizeof(*list), GFP_KERNEL_ACCOUNT);
	if (!list) {
		err = -ENOMEM;
		goto put;
	}
	args->count = 0;
	do {
		err = svma_task_chunk(call->object, mm, args, list,
				      min(room - args->count, SVMA_TASK_CHUNK), &chunk);
		if (err)
			break;
		if (copy_to_user(buf + args->count, list, chunk * sizeof(*list))) {
			err = -EFAULT;
			break;
		}
		args->count += chunk;
		cond_resched();
	} while (args->more && args->count < room);
	kfree(list);
put:
	mmput(mm);
	return err;
}
