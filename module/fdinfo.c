// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/fdinfo/FD of a space: its totals.
 */
#include <linux/seq_file.h>

#include "space.h"
#include "mem/mem.h"

/**
 * svma_space_show_fdinfo() - totals of a space, a line each (struct file_operations)
 * @seq: where to
 * @file: the space
 */
void svma_space_show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct svma_space *space = file->private_data;
	struct svma_stats stats = {};
	struct svma_smap pages;

	if (down_read_killable(&space->lock))
		return;
	svma_space_stats(space, &stats);
	up_read(&space->lock);
	if (svma_smaps_total(space, &pages))
		return;

	seq_printf(seq, "svma-space:\t%lu\n", space->id);
	seq_printf(seq, "svma-profile:\t%s\n",
		   space->core.rules.profile == SVMA_PROFILE_CLASSIC ? "classic" : "host");
	seq_printf(seq, "svma-layout-only:\t%d\n", space->layout);
	seq_printf(seq, "svma-regions:\t%llu\n", stats.regions);
	seq_printf(seq, "svma-total:\t%llu kB\n", stats.total << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-locked:\t%llu kB\n", stats.locked << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-data:\t%llu kB\n", stats.data << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-exec:\t%llu kB\n", stats.exec << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-stack:\t%llu kB\n", stats.stack << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-committed:\t%llu kB\n", stats.committed << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-resident:\t%llu kB\n", stats.resident << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-shared:\t%llu kB\n", pages.shared << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-private:\t%llu kB\n", pages.unshared << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-locked-resident:\t%llu kB\n", pages.locked << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-zero:\t%llu kB\n", pages.zero << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-huge:\t%llu kB\n", pages.huge << (PAGE_SHIFT - 10));
	seq_printf(seq, "svma-windows:\t%llu\n", stats.windows);
	seq_printf(seq, "svma-splits:\t%llu\n", stats.splits);
	seq_printf(seq, "svma-merges:\t%llu\n", stats.merges);
	seq_printf(seq, "svma-faults:\t%llu\n", stats.faults);
	seq_printf(seq, "svma-reclaimed:\t%llu kB\n", stats.reclaimed << (PAGE_SHIFT - 10));
}
