// SPDX-License-Identifier: GPL-2.0
/* What the module does at load and unload time, once for all tests. */
#include "core.h"
#include "tap.h"

void test_setup(void);
void test_cleanup(void);

void test_setup(void)
{
	if (svma_core_setup()) {
		fprintf(stderr, "svma_core_setup() failed\n");
		exit(2);
	}
}

void test_cleanup(void)
{
	svma_core_cleanup();
}
