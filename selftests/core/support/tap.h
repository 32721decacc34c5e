/* SPDX-License-Identifier: GPL-2.0 */
/* Tests as functions, one TAP point each. */
#ifndef SVMA_TEST_TAP_H
#define SVMA_TEST_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
	const char *name;
	void (*fn)(void);
	struct test *next;
};

void tap_register(struct test *test);

/* The running test fails, and goes on; more than a few complaints of one test are counted only. */
void tap_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((__format__(printf, 3, 4)));
void tap_note(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));
bool tap_failing(void);
void tap_skip(const char *why);

/* Numbers that depend on nothing but the seed; on bytes before that, as long as there are any. */
struct rng {
	uint64_t state;
	const uint8_t *bytes;
	size_t left;
};

uint64_t rng_next(struct rng *rng);
uint64_t rng_below(struct rng *rng, uint64_t n);
static inline bool rng_chance(struct rng *rng, unsigned int one_in)
{
	return rng_below(rng, one_in) == 0;
}

/* Value of an environment variable, or a default. */
unsigned long env_number(const char *name, unsigned long def);

#define TEST(name_)								\
	static void name_(void);						\
	static struct test name_ ## _test = { #name_, name_, 0 };		\
	__attribute__((__constructor__)) static void name_ ## _register(void)	\
	{									\
		tap_register(&name_ ## _test);					\
	}									\
	static void name_(void)

#define EXPECT(c) __extension__ ({						\
	bool expect_c = !!(c);							\
	if (!expect_c)								\
		tap_fail(__FILE__, __LINE__, "%s", #c);				\
	expect_c; })

#define EXPECT_EQ(a, b) __extension__ ({					\
	long long expect_a = (long long)(a), expect_b = (long long)(b);		\
	if (expect_a != expect_b)						\
		tap_fail(__FILE__, __LINE__, "%s is %lld (0x%llx), wanted %s = %lld (0x%llx)", \
			 #a, expect_a, expect_a, #b, expect_b, expect_b);	\
	expect_a == expect_b; })

#endif /* SVMA_TEST_TAP_H */
