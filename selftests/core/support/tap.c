// SPDX-License-Identifier: GPL-2.0
/*
 * The runner: every registered test in the order of files and lines, TAP on standard output.
 * Arguments are parts of test names to run, or =NAME for one alone; -l lists them.
 */
#include <stdarg.h>

#include "core_user.h"
#include "memory.h"
#include "tap.h"

#define COMPLAINTS	20

/* What must stand before the first test; see support/space.c. */
void test_setup(void) __attribute__((__weak__));
void test_cleanup(void) __attribute__((__weak__));

static struct test *first, **last = &first;
static unsigned int complaints;
static const char *skipped;
static bool stop_at_once;	/* TEST_STOP=1: the first complaint is enough */

void tap_register(struct test *test)
{
	*last = test;
	last = &test->next;
}

void tap_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	if (stop_at_once)
		exit(1);
	if (complaints++ >= COMPLAINTS)
		return;
	printf("# %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

bool tap_failing(void)
{
	return complaints > 0;
}

void tap_skip(const char *why)
{
	skipped = why;
}

/* A number of so many bytes, or of as many as there are. */
static uint64_t rng_bytes(struct rng *rng, unsigned int count)
{
	uint64_t number = 0;

	for (; count && rng->left; count--, rng->left--)
		number = number << 8 | *rng->bytes++;
	return number;
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t z;

	if (rng->left)
		return rng_bytes(rng, 8);
	z = rng->state += 0x9e3779b97f4a7c15ULL;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
	if (!n)
		return 0;
	/* As few bytes as will do: what a fuzzer changes in one then changes one thing. */
	if (rng->left && n <= 1ULL << 16)
		return rng_bytes(rng, n <= 1ULL << 8 ? 1 : 2) % n;
	return rng_next(rng) % n;
}

unsigned long env_number(const char *name, unsigned long def)
{
	const char *value = getenv(name);
	unsigned long number;
	char *end;

	if (!value || !*value)
		return def;
	errno = 0;
	number = strtoul(value, &end, 0);
	if (errno || *end) {
		fprintf(stderr, "%s: not a number: %s\n", name, value);
		exit(2);
	}
	return number;
}

static bool wanted(const struct test *test, int argc, char **argv)
{
	int i;

	if (argc < 2)
		return true;
	for (i = 1; i < argc; i++)
		if (argv[i][0] == '=' ? !strcmp(test->name, argv[i] + 1)
				      : !!strstr(test->name, argv[i]))
			return true;
	return false;
}

static bool run_one(const struct test *test, unsigned int number)
{
	unsigned long before = memory_outstanding();

	complaints = 0;
	skipped = NULL;
	memory_fail_at(0, false);
	test->fn();
	memory_fail_at(0, false);
	if (memory_outstanding() != before)
		tap_fail(test->name, 0, "%ld allocations leaked",
			 (long)(memory_outstanding() - before));
	if (core_user_atomic)
		tap_fail(test->name, 0, "%d locks still held", core_user_atomic);
	if (complaints > COMPLAINTS)
		printf("# and %u more\n", complaints - COMPLAINTS);
	printf("%sok %u %s%s%s\n", complaints ? "not " : "", number, test->name,
	       skipped ? " # SKIP " : "", skipped ? skipped : "");
	fflush(stdout);
	return complaints == 0;
}

int main(int argc, char **argv)
{
	unsigned int count = 0, number = 0, bad = 0;
	const struct test *test;

	if (argc == 2 && !strcmp(argv[1], "-l")) {
		for (test = first; test; test = test->next)
			puts(test->name);
		return 0;
	}
	for (test = first; test; test = test->next)
		count += wanted(test, argc, argv);
	if (!count) {
		fprintf(stderr, "no such test\n");
		return 2;
	}
	stop_at_once = env_number("TEST_STOP", 0);
	if (test_setup)
		test_setup();
	printf("TAP version 13\n1..%u\n", count + 1);
	for (test = first; test; test = test->next)
		if (wanted(test, argc, argv) && !run_one(test, ++number))
			bad++;
	if (test_cleanup)
		test_cleanup();
	printf("%sok %u all memory is given back\n", memory_outstanding() ? "not " : "", ++number);
	if (memory_outstanding())
		bad++;
	count++;
	printf("# %u passed, %u failed\n", count - bad, bad);
	return bad ? 1 : 0;
}
