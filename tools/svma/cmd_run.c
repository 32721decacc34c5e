// SPDX-License-Identifier: GPL-2.0
#include "cmd.h"
#include "run.h"

static const char doc[] =
	"Run memory calls, written as strace prints them, and check the results that\n"
	"they state.\n"
	"\vFILE is a script or a log of strace; standard input without one. Beyond\n"
	"strace, \"= $name\" binds a result, \"$name+0x1000\" uses it, load(addr, n)\n"
	"reads memory and store(addr, \"bytes\") writes it, and fork() = 0 goes on in\n"
	"the child. A first line \"#svma OPTIONS\" holds options of the script:\n"
	"--profile, --kernel, --needs, --layout, --set.\n"
	"\n"
	"Exit status: 0 all as stated and equal, 1 something is not, 2 wrong usage or\n"
	"script, 3 it could not run, 4 the script is not for this kernel.";

int cmd_run(int argc, char **argv)
{
	struct svma_run_options options;

	svma_options_parse(&options, argc, argv, doc);
	return svma_run(&options);
}
