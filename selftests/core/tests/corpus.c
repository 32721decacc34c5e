// SPDX-License-Identifier: GPL-2.0
/* What libFuzzer found worth keeping, run once more; see fuzz/run. */
#include "sequence.h"

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Bytes of a line of hexadecimal digits; -1 if it is none. */
static long parse(const char *line, uint8_t *bytes, size_t room)
{
	size_t size;

	for (size = 0; line[2 * size] && line[2 * size] != '\n'; size++) {
		int high = digit(line[2 * size]), low = digit(line[2 * size + 1]);

		if (size == room || high < 0 || low < 0)
			return -1;
		bytes[size] = (uint8_t)(high << 4 | low);
	}
	return (long)size;
}

TEST(fuzz_corpus)
{
	static char line[2 * 4096 + 2];
	static uint8_t bytes[4096];
	struct sequence_count count = { 0 };
	unsigned int number = 0, verb;
	FILE *file = fopen(CORPUS, "r");
	unsigned long calls = 0;
	char name[32];

	if (!EXPECT(file))
		return;
	while (fgets(line, sizeof(line), file) && !tap_failing()) {
		long size = line[0] == '#' ? 0 : parse(line, bytes, sizeof(bytes));

		number++;
		if (!size)
			continue;
		if (!EXPECT(size > SEQUENCE_HEAD_BYTES))
			break;
		snprintf(name, sizeof(name), "line %u of the corpus", number);
		sequence_bytes(name, bytes, size, &count);
	}
	fclose(file);
	/* Each verb has its turn, and is not always refused; spaces go in the end anyway. */
	for (verb = 0; verb < CALL_NR; verb++) {
		if (!count.good[verb] && verb != CALL_EXIT)
			tap_fail(__FILE__, __LINE__, "verb %u never succeeds", verb);
		calls += count.calls[verb];
	}
	tap_note("%lu calls of %u lines", calls, number);
}
