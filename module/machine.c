// SPDX-License-Identifier: GPL-2.0
/*
 * A machine: one open of /dev/svma, and what its spaces share: memory sizes, overcommit policy, the
 * commit counter. It lives as long as its descriptor or one of its spaces does.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <linux/vmstat.h>

#include "machine.h"
#include "rmap.h"
#include "space.h"

/* What the running kernel lets a module read of itself; the rest keeps the core's defaults. */
static void svma_machine_defaults(struct svma_machine *told)
{
	struct sysinfo info;

	si_meminfo(&info);
	told->ram = info.totalram;
	told->free = info.freeram;
	told->cache = global_node_page_state(NR_FILE_PAGES);
	told->reclaimable = global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B);
}

static int svma_machine_open(struct inode *inode, struct file *file)
{
	struct svma_machine_object *machine = kzalloc(sizeof(*machine), GFP_KERNEL_ACCOUNT);

	if (!machine)
		return -ENOMEM;
	kref_init(&machine->ref);
	spin_lock_init(&machine->backings_lock);
	mutex_init(&machine->ids_lock);
	hash_init(machine->backings);
	hash_init(machine->rmaps);
	hash_init(machine->ids);
	xa_init(&machine->numbered);
	hash_init(machine->spaces);
	INIT_LIST_HEAD(&machine->written);
	svma_watcher_init(machine);
	svma_core_machine_init(&machine->core);
	svma_machine_defaults(&machine->core.told);
	file->private_data = machine;
	return 0;
}

static void svma_machine_free(struct kref *ref)
{
	struct svma_machine_object *machine = container_of(ref, struct svma_machine_object, ref);

	svma_writeback_abandon(machine);
	WARN_ON_ONCE(!hash_empty(machine->backings));
	svma_watcher_destroy(machine);
	svma_ids_destroy(machine);
	mutex_destroy(&machine->ids_lock);
	kfree(machine);
}

void svma_machine_get(struct svma_machine_object *machine)
{
	kref_get(&machine->ref);
}

void svma_machine_put(struct svma_machine_object *machine)
{
	kref_put(&machine->ref, svma_machine_free);
}

static int svma_machine_release(struct inode *inode, struct file *file)
{
	svma_machine_put(file->private_data);
	return 0;
}

/* With the number of its update: updates bring rules of newer kernels. */
static u32 svma_kernel_running(void)
{
	return SVMA_KERNEL(LINUX_VERSION_MAJOR, LINUX_VERSION_PATCHLEVEL) +
	       min(LINUX_VERSION_SUBLEVEL, 255);
}

static int svma_ioctl_space_create(struct svma_call *call)
{
	struct svma_space_create *create = &call->arg.create;
	u32 kernel = create->kernel ?: svma_kernel_running();

	if (create->flags & ~(SVMA_SPACE_LAYOUT | SVMA_SPACE_READY))
		return -EOPNOTSUPP;
	/* Nothing faults there. */
	if (create->flags == (SVMA_SPACE_LAYOUT | SVMA_SPACE_READY))
		return -EINVAL;
	call->new_fd = svma_space_create(call->object, create->flags, create->profile, kernel,
					 &call->new_file);
	if (call->new_fd < 0)
		return call->new_fd;
	create->fd = call->new_fd;
	return 0;
}

static int svma_ioctl_machine_get(struct svma_call *call)
{
	struct svma_machine_object *machine = call->object;

	svma_core_machine_get(&machine->core, &call->arg.machine);
	return 0;
}

static int svma_ioctl_machine_set(struct svma_call *call)
{
	struct svma_machine_object *machine = call->object;

	return svma_core_machine_set(&machine->core, &call->arg.machine);
}

static const struct svma_ioctl svma_machine_ioctls[] = {
	SVMA_IOCTL(SVMA_IOC_INFO, struct svma_info, huge_page_size, svma_ioctl_info),
	SVMA_IOCTL(SVMA_IOC_MACHINE_GET, struct svma_machine, overcommit_ratio,
		   svma_ioctl_machine_get),
	SVMA_IOCTL(SVMA_IOC_MACHINE_SET, struct svma_machine, overcommit_ratio,
		   svma_ioctl_machine_set),
	SVMA_IOCTL(SVMA_IOC_SPACE_CREATE, struct svma_space_create, fd, svma_ioctl_space_create),
	SVMA_IOCTL(SVMA_IOC_TASK, struct svma_task, mm, svma_ioctl_task),
	SVMA_IOCTL(SVMA_IOC_RMAP, struct svma_rmap, reserved, svma_ioctl_rmap),
	SVMA_IOCTL(SVMA_IOC_TASK_REGIONS, struct svma_task_regions, reserved,
		   svma_ioctl_task_regions),
};

static long svma_machine_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return svma_ioctl_dispatch(svma_machine_ioctls, ARRAY_SIZE(svma_machine_ioctls),
				   file->private_data, cmd, arg);
}

const struct file_operations svma_machine_fops = {
	.owner = THIS_MODULE,
	.open = svma_machine_open,
	.release = svma_machine_release,
	.unlocked_ioctl = svma_machine_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};
