// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation of each verb, fault and teardown fails once.
 *
 * For n = 1, 2, ...: make the same space, let the nth allocation of the call fail, and look. A call
 * that failed has left the space as it was, and then works; one that did not has done all of it.
 * That ends when there is no nth one. On a debug kernel alone: others cannot fail on demand.
 *
 * SVMA_FAILNTH=short: the first, one in the middle and the last of each call.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failnth.h"
#include "inject.h"
#include "ioctl_table.h"
#include "svma_test.h"

/* No call allocates as often. */
#define MOST	400

/* What a sweep works with. */
struct sweep {
	struct failnth_space s;
	struct picture before, reference, picture;
	int inject;
	unsigned int counted, failed, absorbed;
};

static bool is_short(void)
{
	const char *form = getenv("SVMA_FAILNTH");

	return form && !strcmp(form, "short");
}

FIXTURE(failnth)
{
	struct sweep sweep;
};

FIXTURE_VARIANT(failnth)
{
	bool stranger;
};

FIXTURE_VARIANT_ADD(failnth, payer) {};

FIXTURE_VARIANT_ADD(failnth, stranger)
{
	.stranger = true,
};

FIXTURE_SETUP(failnth)
{
	self->sweep.inject = inject_open();
	self->sweep.s.stranger = variant->stranger;
	if (self->sweep.inject >= 0 && variant->stranger)
		ASSERT_EQ(0, failnth_cgroup());
	ASSERT_EQ(0, failnth_files(&self->sweep.s));
}

FIXTURE_TEARDOWN(failnth)
{
	if (self->sweep.inject >= 0)
		inject_close(self->sweep.inject);
}

/* Skipped in each test: the harness of older kernels runs the test if the fixture skips it. */
#define NO_INJECTION	"this kernel does not let allocations fail (%d)"

/* What a call may answer when one of its allocations, or of its copies, fails. */
static bool refusal(const struct failnth_case *c, long ret)
{
	return ret == -ENOMEM || ret == -EFAULT || (c->also && ret == c->also);
}

static void judge(struct __test_metadata *_metadata, struct sweep *self,
		  const struct failnth_case *c, unsigned int n, long ret)
{
	bool whole = !(c->flags & FAILNTH_PAGES);

	if (ret == c->answer) {
		self->absorbed++;
		EXPECT_TRUE(picture_same(&self->reference, &self->picture, whole))
			TH_LOG("%s, %u: %s", c->name, n, picture_text);
		return;
	}
	self->failed++;
	EXPECT_TRUE(refusal(c, ret))
		TH_LOG("%s, %u: answers %ld", c->name, n, ret);
	if (c->flags & FAILNTH_SPLIT)
		self->picture.stats.windows = self->before.stats.windows;
	if (picture_same(&self->before, &self->picture, whole))
		return;
	/* The answer could not be written, or regions are done and their pages are not. */
	EXPECT_TRUE((ret == -EFAULT || (c->flags & FAILNTH_DONE)) &&
		    picture_same(&self->reference, &self->picture, whole))
		TH_LOG("%s, %u: answers %ld, and %s", c->name, n, ret, picture_text);
}

/* One space, one call, the nth allocation of which fails. False: there is none. */
static bool once(struct __test_metadata *_metadata, struct sweep *self,
		 const struct failnth_case *c, unsigned int n)
{
	struct failnth_space *s = &self->s;
	bool injected = false;
	long ret;

	ASSERT_EQ(0, failnth_make(s, c))
		TH_LOG("%s, %u: no space", c->name, n);
	ASSERT_EQ(0, picture_take(&self->before, s->machine, s->space));
	if (n)
		inject_arm(self->inject, n);
	else
		inject_count(self->inject);
	ret = c->act(s);
	if (n)
		injected = inject_disarm(self->inject);
	else
		self->counted = inject_counted(self->inject);
	failnth_settle(s);
	ASSERT_EQ(0, picture_take(&self->picture, s->machine, s->space));
	if (!n) {
		self->reference = self->picture;
		EXPECT_EQ(c->answer, ret)
			TH_LOG("%s", c->name);
	} else {
		if (injected)
			judge(_metadata, self, c, n, ret);
		/* What was left alone can be asked for again. */
		if (ret != c->answer && picture_same(&self->before, &self->picture, true)) {
			EXPECT_EQ(c->answer, c->act(s))
				TH_LOG("%s again, %u", c->name, n);
			failnth_settle(s);
			ASSERT_EQ(0, picture_take(&self->picture, s->machine, s->space));
			EXPECT_TRUE(picture_same(&self->reference, &self->picture, false))
				TH_LOG("%s again, %u: %s", c->name, n, picture_text);
		}
	}
	EXPECT_EQ(0, failnth_drop(s))
		TH_LOG("%s, %u: pages stay charged", c->name, n);
	return injected;
}

/* Each of them; the last that there is. */
static unsigned int sweep_each(struct __test_metadata *_metadata, struct sweep *self,
			       const struct failnth_case *c)
{
	unsigned int n;

	for (n = 1; once(_metadata, self, c, n); n++)
		ASSERT_GT(MOST, n);
	return n - 1;
}

/*
 * The first, one in the middle, the last. Which is the last was counted once, and may be another
 * one the next time: look around it.
 */
static unsigned int sweep_some(struct __test_metadata *_metadata, struct sweep *self,
			       const struct failnth_case *c)
{
	unsigned int n = self->counted;

	ASSERT_GT(MOST, n);
	if (n > 1)
		once(_metadata, self, c, 1);
	if (n > 2)
		once(_metadata, self, c, (n + 1) / 2);
	if (n && !once(_metadata, self, c, n)) {
		while (--n && !once(_metadata, self, c, n))
			;
		return n;
	}
	while (once(_metadata, self, c, n + 1))
		ASSERT_GT(MOST, ++n);
	return n;
}

/* How many allocations failed. */
static unsigned int sweep_one(struct __test_metadata *_metadata, struct sweep *self,
			      const struct failnth_case *c)
{
	unsigned int last;

	self->failed = 0;
	self->absorbed = 0;
	once(_metadata, self, c, 0);
	last = is_short() ? sweep_some(_metadata, self, c) : sweep_each(_metadata, self, c);
	/* What the kernel's caches have ready is not allocated: one may have been passed. */
	if (is_short() && self->failed + self->absorbed < last)
		last = sweep_some(_metadata, self, c);
	TH_LOG("%s: %u allocations failed of %u, %u of them the call", c->name,
	       self->failed + self->absorbed, last, self->failed);
	/* A sweep that fails nothing would hold for nothing. */
	EXPECT_LE(c->least, last)
		TH_LOG("%s: too few allocations were made to fail", c->name);
	EXPECT_LE(last < 3 ? last : 3, self->failed + self->absorbed)
		TH_LOG("%s: too few of its allocations were made to fail", c->name);
	return self->failed + self->absorbed;
}

static void sweep_all(struct __test_metadata *_metadata, struct sweep *self,
		      const struct failnth_case *list)
{
	unsigned int calls = 0, failed = 0;

	for (; list->name; list++, calls++)
		failed += sweep_one(_metadata, self, list);
	TH_LOG("in all %u allocations failed, of %u calls", failed, calls);
}

TEST_F_TIMEOUT(failnth, each_verb, 600)
{
	if (self->sweep.inject < 0)
		SKIP(return, NO_INJECTION, self->sweep.inject);
	sweep_all(_metadata, &self->sweep, failnth_verbs);
}

TEST_F_TIMEOUT(failnth, each_whole_space, 600)
{
	if (self->sweep.inject < 0)
		SKIP(return, NO_INJECTION, self->sweep.inject);
	sweep_all(_metadata, &self->sweep, failnth_spaces);
}

TEST_F_TIMEOUT(failnth, each_listing, 600)
{
	if (self->sweep.inject < 0)
		SKIP(return, NO_INJECTION, self->sweep.inject);
	sweep_all(_metadata, &self->sweep, failnth_listings);
}

/* The kernel tries a fault again; a copy says EFAULT. */
TEST_F_TIMEOUT(failnth, each_fault, 600)
{
	if (self->sweep.inject < 0)
		SKIP(return, NO_INJECTION, self->sweep.inject);
	sweep_all(_metadata, &self->sweep, failnth_faults);
}

TEST_F_TIMEOUT(failnth, each_window, 600)
{
	if (self->sweep.inject < 0)
		SKIP(return, NO_INJECTION, self->sweep.inject);
	sweep_all(_metadata, &self->sweep, failnth_windows);
}

TEST_F_TIMEOUT(failnth, each_told, 600)
{
	if (self->sweep.inject < 0)
		SKIP(return, NO_INJECTION, self->sweep.inject);
	sweep_all(_metadata, &self->sweep, failnth_told);
}

/* There is a sweep of every ioctl. This looks at what the calls do, on any kernel. */
TEST(every_ioctl_is_swept)
{
	static const struct failnth_case *const lists[] = {
		failnth_verbs, failnth_spaces, failnth_listings,
		failnth_faults, failnth_windows, failnth_told,
	};
	static struct failnth_space s;
	const struct failnth_case *c;
	unsigned int i, row;

	ASSERT_EQ(0, failnth_files(&s));
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		for (c = lists[i]; c->name; c++) {
			ASSERT_EQ(0, failnth_make(&s, c))
				TH_LOG("%s: no space", c->name);
			failnth_watch(true);
			c->act(&s);
			failnth_watch(false);
			EXPECT_EQ(0, failnth_drop(&s))
				TH_LOG("%s: pages stay charged", c->name);
		}
	}
	for (row = 0; row < ioctl_rows; row++) {
		EXPECT_TRUE(failnth_made(ioctl_table[row].cmd))
			TH_LOG("%s: no allocation of it is made to fail", ioctl_table[row].name);
	}
}

/* The end of a process with windows and descriptors, each with one more allocation let through. */
TEST_F_TIMEOUT(failnth, last_references, 600)
{
	static const struct failnth_case nothing = { .name = "teardown" };
	unsigned int n;

	if (self->sweep.inject < 0)
		SKIP(return, NO_INJECTION, self->sweep.inject);
	for (n = 1; n <= (is_short() ? 8 : 40); n++) {
		struct svma_machine machine;
		int status;
		pid_t pid;

		ASSERT_EQ(0, failnth_make(&self->sweep.s, &nothing));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			int fd = inject_open(), child = verb_fork(self->sweep.s.space);
			char *map = window(child, 0, 16, RW);

			if (fd < 0 || child < 0 || map == NO_WINDOW || store(map, 1))
				_exit(1);
			inject_arm(fd, n);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		inject_arm(self->sweep.inject, n);
		failnth_close(&self->sweep.s);
		inject_disarm(self->sweep.inject);
		ASSERT_EQ(0, call(self->sweep.s.machine, SVMA_IOC_MACHINE_GET, &machine));
		EXPECT_EQ(0, machine.committed);
		close(self->sweep.s.machine);
	}
}

TEST_HARNESS_MAIN
