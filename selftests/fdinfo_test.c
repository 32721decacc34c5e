// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/fdinfo of a space tells what SVMA_IOC_STATS tells.
 */
#include <sys/stat.h>

#include "svma_test.h"

FIXTURE(fdinfo) {
	int space;
	char *view;
};

FIXTURE_SETUP(fdinfo)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	self->view = window(self->space, 0, 32, RW);
	ASSERT_NE(NO_WINDOW, self->view);
}

FIXTURE_TEARDOWN(fdinfo)
{
	close(self->space);
}

/* The value behind "svma-KEY:", as text. */
static const char *line_of(int space, const char *key)
{
	static char value[256];
	char path[64], line[256], want[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", space);
	snprintf(want, sizeof(want), "svma-%s:\t", key);
	strcpy(value, "no such line");
	file = fopen(path, "re");
	if (!file)
		return "no such file";
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, want, strlen(want))) {
			line[strcspn(line, "\n")] = '\0';
			strcpy(value, line + strlen(want));
		}
	}
	fclose(file);
	return value;
}

static const char *number(__u64 value, const char *unit)
{
	static char text[64];

	snprintf(text, sizeof(text), "%llu%s", value, unit);
	return text;
}

#define EXPECT_LINE(value, unit, key) \
	EXPECT_STREQ(number(value, unit), line_of(self->space, key)) TH_LOG("%s", key)

static void compare(struct __test_metadata *_metadata, struct _test_data_fdinfo *self)
{
	struct svma_stats stats = space_stats(self->space);
	struct svma_smap rows[16], sum = { .shared = 0 };
	struct svma_smaps smaps = { .end = ~0ULL, .buf = (unsigned long)rows, .count = 16 };
	unsigned int i;

	ASSERT_EQ(0, call(self->space, SVMA_IOC_SMAPS, &smaps));
	for (i = 0; i < smaps.count; i++) {
		sum.shared += rows[i].shared;
		sum.unshared += rows[i].unshared;
		sum.locked += rows[i].locked;
		sum.zero += rows[i].zero;
		sum.huge += rows[i].huge;
	}
	EXPECT_LINE(stats.regions, "", "regions");
	EXPECT_LINE(stats.total * 4, " kB", "total");
	EXPECT_LINE(stats.locked * 4, " kB", "locked");
	EXPECT_LINE(stats.data * 4, " kB", "data");
	EXPECT_LINE(stats.exec * 4, " kB", "exec");
	EXPECT_LINE(stats.stack * 4, " kB", "stack");
	EXPECT_LINE(stats.committed * 4, " kB", "committed");
	EXPECT_LINE(stats.resident * 4, " kB", "resident");
	EXPECT_LINE(sum.shared * 4, " kB", "shared");
	EXPECT_LINE(sum.unshared * 4, " kB", "private");
	EXPECT_LINE(sum.locked * 4, " kB", "locked-resident");
	EXPECT_LINE(sum.zero * 4, " kB", "zero");
	EXPECT_LINE(sum.huge * 4, " kB", "huge");
	EXPECT_LINE(stats.windows, "", "windows");
	EXPECT_LINE(stats.splits, "", "splits");
	EXPECT_LINE(stats.merges, "", "merges");
	EXPECT_LINE(stats.faults, "", "faults");
	EXPECT_LINE(stats.reclaimed * 4, " kB", "reclaimed");
}

TEST_F(fdinfo, totals)
{
	struct svma_lock lock = { .addr = at(0), .len = 2 * PAGE, .op = SVMA_MLOCK };
	char *second = window(self->space, 0, 4, PROT_READ);
	struct svma_stats stats;

	ASSERT_NE(NO_WINDOW, second);
	compare(_metadata, self);
	ASSERT_EQ(0, map_pages(self->space, 0, 10, RW));
	ASSERT_EQ(0, map_pages(self->space, 12, 3, PROT_READ | PROT_EXEC));
	ASSERT_EQ(at(20), verb_mmap(self->space, at(20), PAGE, RW, FIXED | MAP_GROWSDOWN));
	ASSERT_EQ(0, store(self->view + 5 * PAGE, 1));
	ASSERT_EQ(0, store(self->view + 6 * PAGE, 1));
	EXPECT_EQ(0, peek(self->view + 7 * PAGE));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	ASSERT_EQ(0, verb_mprotect(self->space, at(8), PAGE, PROT_READ));
	ASSERT_EQ(0, verb_mprotect(self->space, at(8), PAGE, RW));
	compare(_metadata, self);

	/* What they are, said twice. */
	stats = space_stats(self->space);
	EXPECT_EQ(4, stats.regions);
	EXPECT_EQ(14, stats.total);
	EXPECT_EQ(2, stats.locked);
	EXPECT_EQ(10 + 1, stats.data + stats.stack);
	EXPECT_EQ(1, stats.stack);
	EXPECT_EQ(11, stats.committed);
	EXPECT_EQ(2 + 2, stats.resident);
	EXPECT_EQ(2, stats.windows);
	EXPECT_EQ(3, stats.faults);
	EXPECT_LE(2, stats.splits);
	EXPECT_LE(1, stats.merges);
	EXPECT_LT(0, stats.memory);

	ASSERT_EQ(0, munmap(second, 4 * PAGE));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), 32 * PAGE));
	compare(_metadata, self);
	stats = space_stats(self->space);
	EXPECT_EQ(0, stats.regions + stats.total + stats.locked + stats.data + stats.exec);
	EXPECT_EQ(0, stats.stack + stats.committed + stats.resident);
	EXPECT_EQ(1, stats.windows);
}

TEST_F(fdinfo, what_it_is)
{
	int machine = machine_open(), classic;
	struct svma_space_create create = {
		.flags = SVMA_SPACE_LAYOUT, .profile = SVMA_PROFILE_CLASSIC,
	};
	struct stat stat;

	ASSERT_EQ(0, fstat(self->space, &stat));
	EXPECT_STREQ(number(stat.st_ino, ""), line_of(self->space, "space"));
	EXPECT_STREQ("host", line_of(self->space, "profile"));
	EXPECT_STREQ("0", line_of(self->space, "layout-only"));
	ASSERT_EQ(0, call(machine, SVMA_IOC_SPACE_CREATE, &create));
	classic = create.fd;
	EXPECT_STREQ("classic", line_of(classic, "profile"));
	EXPECT_STREQ("1", line_of(classic, "layout-only"));
	close(classic);
	close(machine);
}

TEST_HARNESS_MAIN
