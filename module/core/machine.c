// SPDX-License-Identifier: GPL-2.0
/*
 * What the spaces of one machine share: its memory, and the policy that guards it.
 */
#include "core.h"

/**
 * svma_core_machine_init() - make a machine with 4 GiB of RAM and no swap
 * @machine: the machine
 */
void svma_core_machine_init(struct svma_core_machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	spin_lock_init(&machine->lock);
	machine->told.ram = svma_pages(4UL << 30);
	machine->told.free = machine->told.ram / 2;
	machine->told.cache = machine->told.ram / 4;
	machine->told.overcommit_mode = SVMA_OVERCOMMIT_GUESS;
	machine->told.overcommit_ratio = 50;
	machine->told.admin_reserve = svma_pages(8UL << 20);
	machine->told.user_reserve = svma_pages(128UL << 20);
}

/**
 * svma_core_machine_set() - tell a machine what it has
 * @machine: the machine; its lock is taken
 * @told: the fields that its @told names
 *
 * Return: 0, -EINVAL for an unknown overcommit mode or more pages than memory can have, -EOPNOTSUPP
 * for unknown bits.
 */
int svma_core_machine_set(struct svma_core_machine *machine, const struct svma_machine *told)
{
	const u64 most = 1ULL << (63 - SVMA_PAGE_SHIFT);
	struct svma_machine new;
	int err = 0;

	if (told->told & ~SVMA_MACHINE_ALL)
		return -EOPNOTSUPP;
	spin_lock(&machine->lock);
	new = machine->told;
#define SVMA_TAKE(bit, field) do { if (told->told & (bit)) new.field = told->field; } while (0)
	SVMA_TAKE(SVMA_MACHINE_RAM, ram);
	SVMA_TAKE(SVMA_MACHINE_FREE, free);
	SVMA_TAKE(SVMA_MACHINE_CACHE, cache);
	SVMA_TAKE(SVMA_MACHINE_RECLAIMABLE, reclaimable);
	SVMA_TAKE(SVMA_MACHINE_SWAP, swap);
	SVMA_TAKE(SVMA_MACHINE_HUGE, huge);
	SVMA_TAKE(SVMA_MACHINE_HUGE_FREE, huge_free);
	SVMA_TAKE(SVMA_MACHINE_MODE, overcommit_mode);
	SVMA_TAKE(SVMA_MACHINE_RATIO, overcommit_ratio);
	SVMA_TAKE(SVMA_MACHINE_KBYTES, overcommit_kbytes);
	SVMA_TAKE(SVMA_MACHINE_ADMIN_RESERVE, admin_reserve);
	SVMA_TAKE(SVMA_MACHINE_USER_RESERVE, user_reserve);
#undef SVMA_TAKE
	if (new.overcommit_mode > SVMA_OVERCOMMIT_NEVER || new.ram > most || new.free > most ||
	    new.cache > most || new.reclaimable > most || new.swap > most || new.huge > most ||
	    new.huge_free > new.huge || new.admin_reserve > most || new.user_reserve > most) {
		err = -EINVAL;
	} else {
		new.told |= told->told;
		machine->told = new;
	}
	spin_unlock(&machine->lock);
	return err;
}

/**
 * svma_core_machine_get() - what a machine was told, and what is charged to it
 * @machine: the machine; its lock is taken
 * @told: out
 */
void svma_core_machine_get(struct svma_core_machine *machine, struct svma_machine *told)
{
	unsigned long limit = svma_core_commit_limit(machine);

	spin_lock(&machine->lock);
	*told = machine->told;
	told->committed = machine->committed;
	told->commit_limit = limit;
	told->huge_reserved = machine->huge_reserved;
	spin_unlock(&machine->lock);
}
