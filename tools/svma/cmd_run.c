// SPDX-License-Identifier: GPL-2.0
#include "cmd.h"

int cmd_run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	svma_error("not built yet");
	return SVMA_EXIT_FAILURE;
}
