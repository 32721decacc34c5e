// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences on core and model, by rules of each kernel.
 *
 * RANDOM_SEQUENCES, RANDOM_LENGTH: how many for each kernel, and how long; RANDOM_SEED: the first
 * seed; RANDOM_FAILURES: how many failing ones to shrink and print before giving up.
 */
#include "sequence.h"

static void run(u32 kernel, enum call_memory memory, unsigned long sequences, unsigned long length)
{
	unsigned long seed = env_number("RANDOM_SEED", 1), i;
	struct sequence_count count = { 0 };
	unsigned long total = sequences * length;
	unsigned int verb, failed = 0;

	for (i = 0; i < sequences && failed < env_number("RANDOM_FAILURES", 1); i++)
		failed += !sequence_run(kernel, seed + i, length, memory, &count);
	tap_note("seeds %lu to %lu, %lu calls each", seed, seed + i - 1, length);
	/* Calls that are always refused would prove little. */
	for (verb = 0; verb < CALL_NR && !failed && total >= 20000; verb++) {
		EXPECT(count.calls[verb] > total / 2000);
		if (verb != CALL_MSEAL || kernel >= SVMA_KERNEL(6, 12))
			EXPECT(count.good[verb] > count.calls[verb] / 20);
	}
	if (failed || total < 200000)
		return;
	EXPECT(count.errors[EINVAL] > 50);
	EXPECT(count.errors[ENOMEM] > 50);
	EXPECT(count.errors[EEXIST] > 50);
	EXPECT(count.errors[EACCES] > 20);
	EXPECT(count.errors[EAGAIN] > 20);
	EXPECT(count.errors[EPERM] > 10);
	EXPECT(count.errors[EBADF] > 5);
	EXPECT(count.errors[EOVERFLOW] > 5);
	EXPECT(count.errors[ENODEV] > 5);
	EXPECT(count.errors[EOPNOTSUPP] > 5);
}

static void run_enough(u32 kernel)
{
	run(kernel, MEMORY_ENOUGH, env_number("RANDOM_SEQUENCES", 500),
	    env_number("RANDOM_LENGTH", 500));
}

static void run_failing(u32 kernel)
{
	run(kernel, MEMORY_FAILS, env_number("RANDOM_SEQUENCES", 500) / 5,
	    env_number("RANDOM_LENGTH", 500));
}

TEST(random_6_1)
{
	run_enough(SVMA_KERNEL(6, 1));
}

TEST(random_6_12)
{
	run_enough(SVMA_KERNEL(6, 12));
}

TEST(random_7_3)
{
	run_enough(SVMA_KERNEL(7, 3));
}

TEST(random_classic)
{
	run_enough(MODEL_CLASSIC);
}

TEST(random_6_1_no_memory)
{
	run_failing(SVMA_KERNEL(6, 1));
}

TEST(random_6_12_no_memory)
{
	run_failing(SVMA_KERNEL(6, 12));
}

TEST(random_7_3_no_memory)
{
	run_failing(SVMA_KERNEL(7, 3));
}
