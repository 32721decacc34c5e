// SPDX-License-Identifier: GPL-2.0
/*
 * What libFuzzer calls: bytes become calls on the region core and on the naive model, which must
 * agree. A difference is shrunk and printed, as in the tests, before the fuzzer is told.
 */
#include <stdlib.h>

#include "memory.h"
#include "sequence.h"

void test_setup(void);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct sequence_count count;

static void tell(void)
{
	unsigned long calls = 0, good = 0;
	unsigned int verb;

	for (verb = 0; verb < CALL_NR; verb++) {
		calls += count.calls[verb];
		good += count.good[verb];
	}
	tap_note("%lu calls, %lu of them without an error", calls, good);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	test_setup();
	atexit(tell);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	unsigned long before = memory_outstanding();
	bool same = sequence_bytes("these bytes", bytes, size, &count);

	memory_fail_at(0, false);
	if (same && memory_outstanding() == before && !core_user_atomic)
		return 0;
	if (same)
		tap_note("%ld allocations leaked, %d locks held",
			 (long)(memory_outstanding() - before), core_user_atomic);
	fflush(stdout);
	abort();
}
