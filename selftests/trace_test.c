// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints: one for each verb with its arguments and result, and for splits, merges and faults.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "svma_test.h"

#define TRACEFS		"/sys/kernel/tracing"
#define INSTANCE	TRACEFS "/instances/svma-selftest"

FIXTURE(trace) {
	int space;
	unsigned long id;	/* as events tell it */
	char *view;
};

static bool put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return good;
}

FIXTURE_SETUP(trace)
{
	struct stat stat;

	if (access(TRACEFS "/instances", F_OK))
		SKIP(return, "no tracefs at " TRACEFS);
	rmdir(INSTANCE);
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	ASSERT_EQ(0, fstat(self->space, &stat));
	self->id = stat.st_ino;
	self->view = window(self->space, 0, 16, RW);
	ASSERT_NE(NO_WINDOW, self->view);
	ASSERT_TRUE(put_file(INSTANCE "/events/svma/enable", "1"));
}

FIXTURE_TEARDOWN(trace)
{
	put_file(INSTANCE "/events/svma/enable", "0");
	close(self->space);
	EXPECT_EQ(0, rmdir(INSTANCE));
}

/* How often the trace has that event of our space with that text in it; then it is empty. */
static int events(struct _test_data_trace *self, const char *name, const char *text)
{
	char line[512], head[128];
	FILE *file = fopen(INSTANCE "/trace", "re");
	int count = 0;

	if (!file)
		return -1;
	snprintf(head, sizeof(head), " svma_%s: space=%lu ", name, self->id);
	while (fgets(line, sizeof(line), file)) {
		const char *found = strstr(line, head);

		line[strcspn(line, "\n")] = ' ';
		if (found && strstr(found + strlen(head) - 1, text))
			count++;
	}
	fclose(file);
	put_file(INSTANCE "/trace", "");
	return count;
}

/* Verbs that work and verbs that do not, with what they were told and what came of it. */
TEST_F(trace, verbs)
{
	struct svma_grow grow = { .addr = at(500) };
	struct svma_lock lock = { .addr = at(0), .len = PAGE, .op = SVMA_MUNLOCK };
	struct svma_lock all = { .op = SVMA_MLOCKALL, .flags = MCL_CURRENT };
	struct svma_import import = { .start = at(90), .end = at(91), .flags = 1, .fd = -1 };

	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	EXPECT_EQ(1, events(self, "mmap",
			    " prot=0x3 flags=0x32 fd=-1 offset=0x0 err=0 result=0x10000000 "));
	EXPECT_EQ(-EINVAL, verb_mmap(self->space, at(1), 0, PROT_READ, ANON));
	EXPECT_EQ(1, events(self, "mmap",
			    " addr=0x10001000 len=0 prot=0x1 flags=0x22 fd=-1 offset=0x0 err=-22 "))
		;
	ASSERT_EQ(0, verb_mprotect(self->space, at(1), PAGE, PROT_READ));
	EXPECT_EQ(1, events(self, "mprotect",
			    " addr=0x10001000 len=4096 arg=0x1 more=-1 err=0 "));
	EXPECT_EQ(-ENOMEM, verb_mprotect(self->space, at(9), PAGE, PROT_READ));
	EXPECT_EQ(1, events(self, "mprotect", " addr=0x10009000 len=4096 arg=0x1 more=-1 err=-12 "))
		;
	ASSERT_EQ(0, verb_madvise(self->space, at(0), PAGE, MADV_RANDOM));
	EXPECT_EQ(1, events(self, "madvise", " addr=0x10000000 len=4096 arg=0x1 err=0 "));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &lock));
	EXPECT_EQ(1, events(self, "lock", " addr=0x10000000 len=4096 arg=0x1 more=0 err=0 "));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_LOCK, &all));
	EXPECT_EQ(1, events(self, "lock", " addr=0x0 len=0 arg=0x2 more=1 err=0 "));
	EXPECT_EQ(-EFAULT, call(self->space, SVMA_IOC_GROW, &grow));
	EXPECT_EQ(1, events(self, "grow", " addr=0x101f4000 len=0 arg=0x0 err=-14 "));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_IMPORT, &import));
	EXPECT_EQ(1, events(self, "import", " addr=0x1005a000 len=4096 "));
	EXPECT_LT(0, verb_brk(self->space, 0));
	EXPECT_EQ(1, events(self, "brk", " addr=0x0 len=0 "));
	ASSERT_EQ(at(8), verb_mremap(self->space, at(2), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				     at(8)));
	EXPECT_EQ(1, events(self, "mremap",
			    " new_len=4096 flags=0x3 new=0x10008000 err=0 result=0x10008000 "));
	ASSERT_EQ(0, verb_munmap(self->space, at(0), PAGE));
	EXPECT_EQ(1, events(self, "munmap",
			    " addr=0x10000000 len=4096 arg=0x0 err=0 "));
	EXPECT_EQ(-EINVAL, verb_munmap(self->space, at(0), 0));
	EXPECT_EQ(1, events(self, "munmap", " addr=0x10000000 len=0 arg=0x0 err=-22 "));
}

TEST_F(trace, verbs_on_ranges)
{
	struct svma_sync sync = { .addr = at(0), .len = PAGE, .flags = MS_ASYNC };
	struct svma_mincore mincore = { .addr = at(9), .len = PAGE };
	struct svma_remap_file remap = {
		.addr = at(0), .len = PAGE, .pgoff = 3, .flags = MAP_NONBLOCK,
	};
	struct svma_seal seal = { .addr = at(1), .len = PAGE, .flags = 1 };

	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_MSYNC, &sync));
	EXPECT_EQ(1, events(self, "msync", " addr=0x10000000 len=4096 arg=0x1 err=0 "));
	ASSERT_EQ(-ENOMEM, call(self->space, SVMA_IOC_MINCORE, &mincore));
	EXPECT_EQ(1, events(self, "mincore", " addr=0x10009000 len=4096 arg=0x0 err=-12 "));
	ASSERT_EQ(-EINVAL, call(self->space, SVMA_IOC_REMAP_FILE, &remap));
	EXPECT_EQ(1, events(self, "remap_file",
			    " addr=0x10000000 len=4096 arg=0x3 more=65536 err=-22 "));
	ASSERT_GT(0, call(self->space, SVMA_IOC_MSEAL, &seal));
	EXPECT_EQ(1, events(self, "mseal", " addr=0x10001000 len=4096 arg=0x1 err=-"));
}

TEST_F(trace, batch)
{
	struct svma_op ops[3] = {
		{ .cmd = SVMA_IOC_MUNMAP, .arg.munmap = { .addr = at(0), .len = PAGE } },
		{ .cmd = SVMA_IOC_MUNMAP, .arg.munmap = { .addr = at(1), .len = 0 } },
	};
	struct svma_batch batch = { .ops = (unsigned long)ops, .count = 3 };

	ASSERT_EQ(0, call(self->space, SVMA_IOC_BATCH, &batch));
	EXPECT_EQ(1, events(self, "munmap", " addr=0x10000000 len=4096 arg=0x0 err=0 "));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_BATCH, &batch));
	EXPECT_EQ(1, events(self, "munmap", " addr=0x10001000 len=0 arg=0x0 err=-22 "));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_BATCH, &batch));
	EXPECT_EQ(1, events(self, "batch", " addr=0x0 len=3 arg=0x2 err=0 "));
}

/* Whoever adds one adds it to this file. */
TEST_F(trace, all_are_known)
{
	static const char *const known[] = {
		"batch", "brk", "changed", "copy", "fault", "fork", "grow", "import", "lock",
		"madvise", "merge", "mincore", "mmap", "mprotect", "mremap", "mseal", "msync",
		"munmap", "reclaim", "remap_file", "restore", "snapshot", "split", "transfer",
	};
	struct dirent *entry;
	unsigned int i, count = 0;
	char path[128];
	DIR *dir;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		snprintf(path, sizeof(path), INSTANCE "/events/svma/svma_%s/enable", known[i]);
		EXPECT_EQ(0, access(path, F_OK)) TH_LOG("%s", known[i]);
	}
	dir = opendir(INSTANCE "/events/svma");
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir)))
		count += !strncmp(entry->d_name, "svma_", 5);
	closedir(dir);
	EXPECT_EQ(ARRAY_SIZE(known), count);
}

TEST_F(trace, fork)
{
	struct svma_fork arg = { .fd = -1 };
	int parent = space_open(SVMA_SPACE_LAYOUT);
	struct stat stat;
	char child[64];

	ASSERT_LE(0, parent);
	ASSERT_EQ(0, fstat(parent, &stat));
	self->id = stat.st_ino;
	ASSERT_EQ(0, call(parent, SVMA_IOC_FORK, &arg));
	ASSERT_EQ(0, fstat(arg.fd, &stat));
	snprintf(child, sizeof(child), " arg=%#lx err=0 ", (long)stat.st_ino);
	EXPECT_EQ(1, events(self, "fork", child));
	close(arg.fd);
	close(parent);
}

TEST_F(trace, snapshot)
{
	int snapshot = verb_snapshot(self->space);
	struct stat stat;
	char id[64];

	ASSERT_LE(0, snapshot);
	ASSERT_EQ(0, fstat(snapshot, &stat));
	snprintf(id, sizeof(id), " arg=%#lx err=0 ", (long)stat.st_ino);
	EXPECT_EQ(1, events(self, "snapshot", id));
	ASSERT_EQ(0, verb_restore(self->space, snapshot));
	EXPECT_EQ(1, events(self, "restore", id));
	close(snapshot);
}

/* What is done with pages of two spaces, or with many pieces of one. */
TEST_F(trace, pages)
{
	struct svma_changes changes = { .start = at(0), .end = at(4) };
	struct svma_copy copy = { .from = at(0), .to = at(1), .len = PAGE };
	__u64 value = 1;
	struct svma_piece pieces[] = {
		{ .addr = at(0), .len = 8, .buf = (unsigned long)&value, .op = SVMA_PIECE_WRITE },
		{ .addr = at(9), .len = 8, .buf = (unsigned long)&value },
	};
	struct svma_transfer transfer = { .pieces = (unsigned long)pieces, .count = 2 };
	int snapshot = verb_snapshot(self->space);
	struct stat stat;
	char id[64];

	ASSERT_LE(0, snapshot);
	ASSERT_EQ(0, fstat(snapshot, &stat));
	ASSERT_EQ(0, map_pages(self->space, 0, 4, RW));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_TRANSFER, &transfer));
	EXPECT_EQ(1, events(self, "transfer", " addr=0x0 len=2 arg=0x1 err=0 "));
	transfer.pieces = 8;
	ASSERT_EQ(-EFAULT, call(self->space, SVMA_IOC_TRANSFER, &transfer));
	EXPECT_EQ(1, events(self, "transfer", " addr=0x0 len=2 arg=0x0 err=-14 "));
	changes.fd = snapshot;
	copy.fd = snapshot;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_CHANGED, &changes));
	snprintf(id, sizeof(id), " addr=0x10000000 len=16384 arg=%#lx err=0 ", (long)stat.st_ino);
	EXPECT_EQ(1, events(self, "changed", id));
	ASSERT_EQ(-EFAULT, call(self->space, SVMA_IOC_COPY, &copy));
	snprintf(id, sizeof(id), " addr=0x10001000 len=4096 arg=%#lx err=-14 ",
		 (long)stat.st_ino);
	EXPECT_EQ(1, events(self, "copy", id));
	close(snapshot);
}

TEST_F(trace, splits_and_merges)
{
	ASSERT_EQ(0, map_pages(self->space, 0, 8, RW));
	EXPECT_EQ(0, events(self, "split", " "));
	ASSERT_EQ(0, verb_mprotect(self->space, at(2), PAGE, PROT_READ));
	EXPECT_EQ(2, events(self, "split", " "));
	ASSERT_EQ(0, verb_mprotect(self->space, at(2), PAGE, RW));
	EXPECT_EQ(1, events(self, "merge", "now=0x10000000-0x10008000 "));
	ASSERT_EQ(0, verb_munmap(self->space, at(3), 5 * PAGE));
	EXPECT_EQ(1, events(self, "split",
			    " 0x10000000-0x10008000 at=0x10003000 "));
}

TEST_F(trace, faults)
{
	char want[128];

	ASSERT_EQ(0, map_pages(self->space, 0, 8, RW));
	ASSERT_EQ(0, store(self->view + 3 * PAGE, 1));
	snprintf(want, sizeof(want), " addr=0x10003000 host=%#lx ", (long)self->view + 3 * PAGE);
	EXPECT_EQ(1, events(self, "fault", want));
	ASSERT_EQ(0, store(self->view + 3 * PAGE, 1));
	EXPECT_EQ(0, events(self, "fault", " "));
	ASSERT_EQ(SIGSEGV, store(self->view + 12 * PAGE, 1));
	EXPECT_EQ(1, events(self, "fault", " addr=0x1000c000 "));
}

/* Nobody else's: the space that an event tells is the one that it is about. */
TEST_F(trace, other_space)
{
	int other = space_open(0);

	ASSERT_EQ(0, map_pages(other, 0, 4, RW));
	EXPECT_EQ(0, events(self, "mmap", " "));
	close(other);
}

TEST_HARNESS_MAIN
