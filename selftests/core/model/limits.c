// SPDX-License-Identifier: GPL-2.0
/* Limits and overcommit: may_expand_vm(), __vm_enough_memory(), mlock_future_ok(). */
#include "model.h"

bool model_may_expand(const struct model *model, u64 flags, unsigned long pages)
{
	struct model_totals now;

	model_sum(model, &now);
	if (now.total + pages > model->layout.limit_as / PAGE)
		return false;
	/* The limit on data is younger than the documentation of 2.6.24. */
	if (model_classic(model))
		return true;
	return !model_is_data(flags) || !model->layout.limit_data ||
	       now.data + pages <= model->layout.limit_data / PAGE;
}

bool model_enough_memory(const struct model *model, unsigned long pages)
{
	const struct svma_machine *machine = &model->machine->told;
	unsigned long committed = model_committed(model->machine);
	struct model_totals now;
	long allowed, reserve;

	if (machine->overcommit_mode == SVMA_OVERCOMMIT_ALWAYS)
		return true;
	if (model_classic(model))
		return model_enough_classic(machine, committed, pages);
	if (machine->overcommit_mode == SVMA_OVERCOMMIT_GUESS)
		return pages <= machine->ram + machine->swap;
	model_sum(model, &now);
	if (machine->overcommit_kbytes)
		allowed = machine->overcommit_kbytes / 4;
	else
		allowed = (machine->ram - machine->huge) * machine->overcommit_ratio / 100;
	allowed += machine->swap;
	if (!(model->layout.personality & SVMA_CAP_SYS_ADMIN))
		allowed -= machine->admin_reserve;
	reserve = machine->user_reserve;
	allowed -= (long)now.total / 32 < reserve ? (long)now.total / 32 : reserve;
	return (long)(committed + pages) < allowed;
}

/* May @len bytes with these flags be mapped, as to locked memory? */
bool model_may_lock(const struct model *model, u64 flags, unsigned long len)
{
	struct model_totals now;

	if (!(flags & SVMA_VM_LOCKED) || (model->layout.personality & SVMA_CAP_IPC_LOCK))
		return true;
	model_sum(model, &now);
	return now.locked + len / PAGE <= model->layout.limit_memlock / PAGE;
}
