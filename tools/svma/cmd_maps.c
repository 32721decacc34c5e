// SPDX-License-Identifier: GPL-2.0
#include "cmd.h"
#include "run.h"

static const char doc[] =
	"Run a script as \"svma run\" does and print nothing but the resulting layout,\n"
	"as /proc/PID/maps would show it.\n"
	"\vOptions are those of \"svma run\".\n"
	"\nExit status: as of \"svma run\".";

int cmd_maps(int argc, char **argv)
{
	struct svma_run_options options;

	svma_options_parse(&options, argc, argv, doc);
	if (options.explain) {
		svma_error("--explain goes with \"svma run\" alone");
		return SVMA_EXIT_USAGE;
	}
	options.maps = true;
	options.quiet = true;
	return svma_run(&options);
}
