// SPDX-License-Identifier: GPL-2.0
/*
 * Are the regions of both sides the same?
 */
#include <stdio.h>

#include "maps.h"
#include "run.h"

/* Say in which flags or hidden offsets two regions differ. */
static void report_hidden(struct svma_run *run, const struct svma_region *shadow,
			  const struct svma_task_region *host)
{
	char ours[256], theirs[256];

	if (shadow->flags == host->flags) {
		svma_report_problem(&run->report, run->script.lineno,
				    "offsets differ: page 0x%llx on shadow, 0x%llx on host",
				    shadow->pgoff, host->pgoff);
		return;
	}
	svma_maps_flags(ours, sizeof(ours), shadow->flags & ~host->flags);
	svma_maps_flags(theirs, sizeof(theirs), host->flags & ~shadow->flags);
	svma_report_problem(&run->report, run->script.lineno,
			    "flags differ: only on shadow: %s, only on host: %s", ours, theirs);
}

/* What the comparison needs of both sides. */
static int read_layouts(struct svma_run *run)
{
	int err = svma_client_regions(run->shadow.space, 0, ~0ULL, &run->regions);

	if (!err)
		err = svma_proc_maps_read(run->host.host.pid, &run->maps);
	if (!err && run->options->flags)
		err = svma_client_task_regions(run->shadow.machine, run->host.host.pid, 0, ~0ULL,
					       &run->task);
	return err;
}

static void report_parting(struct svma_run *run, const struct shadow_parting *parting, bool hidden)
{
	struct svma_report *report = &run->report;
	__u64 addr = parting->addr;

	if (parting->field == run->parted.field && addr == run->parted.addr) {
		svma_report_problem(report, run->script.lineno, "regions differ still at 0x%llx",
				    addr);
		return;
	}
	svma_report_problem(report, run->script.lineno,
			    "regions differ at 0x%llx: %s (left shadow, right host)", addr,
			    shadow_field_name(parting->field));
	if (!report->problems)
		return;
	shadow_show(report->problems, &run->regions, &run->maps, addr);
	if (hidden && parting->model < run->regions.n && parting->kernel < run->task.n)
		report_hidden(run, &run->regions.v[parting->model], &run->task.v[parting->kernel]);
}

enum svma_verdict svma_run_compare(struct svma_run *run)
{
	struct shadow_parting parting;
	bool hidden = false;
	int err = read_layouts(run);

	if (err)
		return svma_run_failure(run, "cannot read the regions", err);
	parting = shadow_compare(&run->regions, &run->maps);
	if (!parting.field && run->options->flags) {
		/* Ours alone: the kernel has a file there, which was compared just now. */
		for (size_t i = 0; i < run->regions.n; i++)
			run->regions.v[i].flags &= ~SVMA_VM_SHMEM;
		parting = shadow_compare_flags(&run->regions, &run->task);
		hidden = parting.field;
	}
	if (parting.field)
		report_parting(run, &parting, hidden);
	run->parted = parting;
	return parting.field ? SVMA_VERDICT_WRONG : SVMA_VERDICT_GOOD;
}

void svma_run_compare_free(struct svma_run *run)
{
	svma_task_region_list_free(&run->task);
	svma_region_list_free(&run->regions);
	svma_proc_maps_free(&run->maps);
}
