// SPDX-License-Identifier: GPL-2.0
/*
 * Many verbs in one call: answers in place, where it stops, and that what windows show goes with
 * what they show. That a batch does what its verbs do one by one: batch_random_test.c.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "batch.h"

#define MANY	1500	/* pages, and operations: more than one hold of the lock */

FIXTURE(batch) {
	int space;
	struct svma_op ops[MANY];
	struct svma_batch batch;
};

FIXTURE_SETUP(batch)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
	memset(self->ops, 0, sizeof(self->ops));
	memset(&self->batch, 0, sizeof(self->batch));
	self->batch.ops = (unsigned long)self->ops;
}

FIXTURE_TEARDOWN(batch)
{
	close(self->space);
}

static struct svma_op op_mmap(unsigned long page, unsigned long count)
{
	return (struct svma_op){
		.cmd = SVMA_IOC_MMAP,
		.error = 77,
		.arg.mmap = {
			.addr = at(page), .len = count * PAGE, .prot = RW, .flags = FIXED, .fd = -1,
		},
	};
}

static struct svma_op op_munmap(unsigned long page, unsigned long count)
{
	return (struct svma_op){
		.cmd = SVMA_IOC_MUNMAP, .error = 77,
		.arg.munmap = { .addr = at(page), .len = count * PAGE },
	};
}

TEST_F(batch, answers)
{
	struct svma_brk brk = {};

	ASSERT_EQ(0, call(self->space, SVMA_IOC_BRK, &brk));
	self->ops[0] = op_mmap(0, 4);
	self->ops[1] = op_mmap(0, 1);
	self->ops[1].arg.mmap.addr = 0;
	self->ops[1].arg.mmap.flags = ANON;
	self->ops[2] = op_munmap(1, 1);
	self->ops[3] = (struct svma_op){
		.cmd = SVMA_IOC_BRK, .error = 77, .arg.brk.brk = brk.brk + PAGE,
	};
	self->ops[4] = (struct svma_op){
		.cmd = SVMA_IOC_MREMAP, .error = 77,
		.arg.mremap = {
			.old_addr = at(2), .old_len = PAGE, .new_len = PAGE, .new_addr = at(9),
			.flags = MREMAP_MAYMOVE | MREMAP_FIXED,
		},
	};
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 5, 0));
	EXPECT_EQ(5, self->batch.done);
	EXPECT_EQ(0, self->batch.failed);
	EXPECT_EQ(0, self->ops[0].error);
	EXPECT_EQ(at(0), self->ops[0].arg.mmap.addr);
	EXPECT_EQ(0, self->ops[1].error);
	EXPECT_NE(0, self->ops[1].arg.mmap.addr);
	EXPECT_EQ(0, self->ops[2].error);
	EXPECT_EQ(brk.brk + PAGE, self->ops[3].arg.brk.brk);
	EXPECT_EQ(at(9), self->ops[4].arg.mremap.new_addr);
	ASSERT_EQ(0, verb_munmap(self->space, self->ops[1].arg.mmap.addr, PAGE));
	ASSERT_EQ((long)brk.brk, verb_brk(self->space, brk.brk));
	EXPECT_STREQ("0-1:rw 3-4:rw 9-10:rw", layout(self->space));
}

TEST_F(batch, failure)
{
	self->ops[0] = op_mmap(0, 1);
	self->ops[1] = op_munmap(0, 0);
	self->ops[2] = op_mmap(2, 1);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 3, 0));
	EXPECT_EQ(2, self->batch.done);
	EXPECT_EQ(1, self->batch.failed);
	EXPECT_EQ(0, self->ops[0].error);
	EXPECT_EQ(-EINVAL, self->ops[1].error);
	EXPECT_EQ(77, self->ops[2].error);
	EXPECT_STREQ("0-1:rw", layout(self->space));

	ASSERT_EQ(0, batch_call(self->space, &self->batch, 3, SVMA_BATCH_GO_ON));
	EXPECT_EQ(3, self->batch.done);
	EXPECT_EQ(1, self->batch.failed);
	EXPECT_EQ(-EINVAL, self->ops[1].error);
	EXPECT_EQ(0, self->ops[2].error);
	EXPECT_STREQ("0-1:rw 2-3:rw", layout(self->space));

	ASSERT_EQ(0, batch_call(self->space, &self->batch, 0, 0));
	EXPECT_EQ(0, self->batch.done);
	EXPECT_EQ(0, self->batch.failed);
}

static int one_error(int space, struct svma_op op)
{
	struct svma_batch batch = { .ops = (unsigned long)&op };
	long err = batch_call(space, &batch, 1, 0);

	return err ? (int)err - 1000 : op.error;
}

/* The number with another size of the struct. */
static unsigned int sized(unsigned int cmd, unsigned int size)
{
	return _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), size);
}

TEST_F(batch, operations)
{
	struct svma_op op = op_mmap(0, 1);

	op.arg.mmap.reserved = 1;
	EXPECT_EQ(-EINVAL, one_error(self->space, op));
	op = op_munmap(0, 1);
	op.cmd = SVMA_IOC_FORK;
	EXPECT_EQ(-ENOTTY, one_error(self->space, op));
	op.cmd = SVMA_IOC_BATCH;
	EXPECT_EQ(-ENOTTY, one_error(self->space, op));
	op.cmd = 0;
	EXPECT_EQ(-ENOTTY, one_error(self->space, op));
	op.cmd = _IOWR(SVMA_IOC_TYPE, _IOC_NR(SVMA_IOC_MUNMAP), struct svma_munmap);
	EXPECT_EQ(-ENOTTY, one_error(self->space, op));
	op.cmd = sized(SVMA_IOC_MUNMAP, 8);
	EXPECT_EQ(-EINVAL, one_error(self->space, op));
	op.cmd = sized(SVMA_IOC_MUNMAP, 24);
	EXPECT_EQ(0, one_error(self->space, op));
	op.arg.space[2] = 1;
	EXPECT_EQ(-E2BIG, one_error(self->space, op));
	op.cmd = SVMA_IOC_MUNMAP;
	EXPECT_EQ(0, one_error(self->space, op));
	op.arg.space[2] = 0;
	op.cmd = sized(SVMA_IOC_MUNMAP, 64);
	EXPECT_EQ(-E2BIG, one_error(self->space, op));
}

#define MARK	0x5a5a5a5a00000000UL

/* An operation with something behind its argument. */
static void mark(struct svma_op *op, unsigned int words)
{
	for (; words < ARRAY_SIZE(op->arg.space); words++)
		op->arg.space[words] = MARK + words;
}

static unsigned int marked(const struct svma_op *op, unsigned int words)
{
	unsigned int same = words;

	for (; words < ARRAY_SIZE(op->arg.space); words++)
		same += op->arg.space[words] == MARK + words;
	return same;
}

/* What is written back is an operation's own answer, nothing behind it, nothing of a failure. */
TEST_F(batch, answer_alone)
{
	unsigned int i;

	/* Others before these, of which nothing is to be seen. */
	for (i = 0; i < 20; i++)
		self->ops[i] = op_mmap(i, 1);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 20, 0));
	memset(self->ops, 0, sizeof(self->ops));

	self->ops[0] = op_munmap(0, 1);
	mark(&self->ops[0], 2);
	self->ops[1].cmd = SVMA_IOC_BRK;
	mark(&self->ops[1], 1);
	self->ops[2].cmd = sized(SVMA_IOC_BRK, 3 * sizeof(__u64));
	mark(&self->ops[2], 3);
	self->ops[3].cmd = SVMA_IOC_MREMAP;
	mark(&self->ops[3], 0);
	self->ops[4].cmd = SVMA_IOC_FORK;
	mark(&self->ops[4], 0);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 5, SVMA_BATCH_GO_ON));
	EXPECT_EQ(5, self->batch.done);
	EXPECT_EQ(2, self->batch.failed);
	EXPECT_EQ(7, marked(&self->ops[0], 2));
	EXPECT_EQ(0, self->ops[1].error);
	EXPECT_NE(0, self->ops[1].arg.brk.brk);
	EXPECT_EQ(7, marked(&self->ops[1], 1));
	EXPECT_EQ(0, self->ops[2].error);
	EXPECT_EQ(self->ops[1].arg.brk.brk, self->ops[2].arg.brk.brk);
	EXPECT_EQ(0, self->ops[2].arg.space[1] | self->ops[2].arg.space[2]);
	EXPECT_EQ(7, marked(&self->ops[2], 3));
	EXPECT_EQ(-EINVAL, self->ops[3].error);
	EXPECT_EQ(7, marked(&self->ops[3], 0));
	EXPECT_EQ(-ENOTTY, self->ops[4].error);
	EXPECT_EQ(7, marked(&self->ops[4], 0));
}

TEST_F(batch, refused)
{
	struct svma_snapshot snapshot = { .fd = -1 };
	char *pages;

	self->ops[0] = op_mmap(0, 1);
	EXPECT_EQ(-EOPNOTSUPP, batch_call(self->space, &self->batch, 1, 2));
	self->batch.reserved = 1;
	EXPECT_EQ(-EINVAL, batch_call(self->space, &self->batch, 1, 0));
	self->batch.reserved = 0;
	self->batch.ops = 1;
	EXPECT_EQ(-EFAULT, batch_call(self->space, &self->batch, 1, 0));
	self->batch.ops = (unsigned long)self->ops;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_SNAPSHOT, &snapshot));
	EXPECT_EQ(-EROFS, batch_call(snapshot.fd, &self->batch, 1, 0));
	close(snapshot.fd);
	EXPECT_STREQ("", layout(self->space));

	/* What cannot be answered is done, as for any call. */
	pages = mmap(NULL, PAGE, RW, ANON, -1, 0);
	ASSERT_NE(MAP_FAILED, pages);
	memcpy(pages, self->ops, sizeof(self->ops[0]));
	ASSERT_EQ(0, mprotect(pages, PAGE, PROT_READ));
	self->batch.ops = (unsigned long)pages;
	EXPECT_EQ(-EFAULT, batch_call(self->space, &self->batch, 1, 0));
	EXPECT_STREQ("0-1:rw", layout(self->space));
	munmap(pages, PAGE);
}

/* Later operations lie where nothing can be read. */
TEST_F(batch, partly_readable)
{
	unsigned long len = MANY * sizeof(struct svma_op), first = 512 * sizeof(struct svma_op);
	char *memory = mmap(NULL, len, RW, ANON, -1, 0);
	unsigned int i;

	ASSERT_NE(MAP_FAILED, memory);
	for (i = 0; i < MANY; i++)
		((struct svma_op *)memory)[i] = op_mmap(2 * i, 1);
	ASSERT_EQ(0, munmap(memory + first, len - first));
	self->batch.ops = (unsigned long)memory;
	ASSERT_EQ(0, batch_call(self->space, &self->batch, MANY, 0));
	EXPECT_EQ(512, self->batch.done);
	EXPECT_EQ(512, space_stats(self->space).regions);
	munmap(memory, first);
}

/* The operations lie in a window on the very space. */
TEST_F(batch, own_memory)
{
	struct svma_op *ops;

	ASSERT_EQ(0, map_pages(self->space, 0, 1, RW));
	ops = (struct svma_op *)window(self->space, 0, 1, RW);
	ASSERT_NE(NO_WINDOW, (char *)ops);
	ops[0] = op_mmap(4, 1);
	ops[1] = op_mmap(6, 1);
	self->batch.ops = (unsigned long)ops;
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 2, 0));
	EXPECT_EQ(0, ops[0].error);
	EXPECT_EQ(0, ops[1].error);
	EXPECT_STREQ("0-1:rw 4-5:rw 6-7:rw", layout(self->space));
	munmap(ops, PAGE);
}

static int stray(struct svma_op *ops, char *view, unsigned long page, __u64 value)
{
	__u64 found = peek(view + page * PAGE);

	if (found != value)
		fprintf(stderr, "# page %lu: %llx, wanted %llx\n", page, found, value);
	return found != value;
}

/* What a window shows goes with the pages: ranges near each other, and more than are told apart. */
TEST_F(batch, windows)
{
	unsigned int i, apart, count, wrong = 0;
	char *view;

	view = window(self->space, 0, MANY, RW);
	ASSERT_NE(NO_WINDOW, view);
	for (apart = 3; apart <= 15; apart += 12) {
		ASSERT_EQ(0, map_pages(self->space, 0, MANY, RW));
		for (i = 0; i < MANY; i++)
			ASSERT_EQ(0, store(view + i * PAGE, i + 1));
		count = MANY / apart;
		for (i = 0; i < count; i++)
			self->ops[i] = i % 2 ? op_munmap(apart * i, 1) :
					       op_madvise(apart * i, 1, MADV_DONTNEED);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, count, 0));
		EXPECT_EQ(count, self->batch.done);
		for (i = 0; i < MANY; i++)
			wrong += stray(self->ops, view, i,
				       i % apart ? i + 1 : i / apart % 2 ? UNREADABLE : 0);
		EXPECT_EQ(0, wrong);
	}

	/* All of one. */
	self->ops[0] = op_munmap(1, MANY - 2);
	self->ops[1] = op_mmap(1, MANY - 2);
	self->ops[2] = op_madvise(5, 1, MADV_POPULATE_WRITE);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 3, 0));
	EXPECT_EQ(3, self->batch.done);
	for (i = 1, wrong = 0; i < MANY - 1; i++)
		wrong += stray(self->ops, view, i, 0);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(1, space_stats(self->space).resident - 1);
	munmap(view, MANY * PAGE);
}

/* Whole nodes of the page table go; a child that shares them keeps its pages. */
TEST_F(batch, shared)
{
	unsigned int i, wrong = 0;
	char *view;
	int child;

	ASSERT_EQ(0, map_pages(self->space, 0, MANY, RW));
	view = window(self->space, 0, MANY, RW);
	ASSERT_NE(NO_WINDOW, view);
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, store(view + i * PAGE, i + 1));
	child = verb_fork(self->space);
	ASSERT_LE(0, child);
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(i + 1, peek(view + i * PAGE));
	ops_advise(self->ops, at(10), 10, MADV_POPULATE_WRITE);
	self->ops[10] = op_munmap(0, 10);
	self->ops[11] = op_munmap(20, MANY - 20);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 12, 0));
	ASSERT_EQ(12, self->batch.done);
	for (i = 0; i < MANY; i++) {
		wrong += stray(self->ops, view, i, i >= 10 && i < 20 ? i + 1 : UNREADABLE);
		wrong += page_get(child, i) != i + 1;
	}
	EXPECT_EQ(0, wrong);
	for (i = 10; i < 20; i++)
		ASSERT_EQ(0, store(view + i * PAGE, 99));
	EXPECT_EQ(11, page_get(child, 10));
	EXPECT_EQ(10, space_stats(self->space).resident);
	EXPECT_EQ(MANY, space_stats(child).resident);
	munmap(view, MANY * PAGE);
	close(child);
}

/* What is written again and again between restores lies beside the page table. */
TEST_F(batch, hot)
{
	struct svma_snapshot snapshot = { .fd = -1 };
	unsigned int i, round, wrong = 0;
	char *view;

	ASSERT_EQ(0, map_pages(self->space, 0, 8, RW));
	view = window(self->space, 0, 8, RW);
	ASSERT_NE(NO_WINDOW, view);
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, store(view + i * PAGE, i + 1));
	ASSERT_EQ(0, call(self->space, SVMA_IOC_SNAPSHOT, &snapshot));
	for (round = 0; round < 4; round++) {
		for (i = 0; i < 8; i++)
			ASSERT_EQ(0, store(view + i * PAGE, 100 + i));
		if (round < 3)
			ASSERT_EQ(0, verb_restore(self->space, snapshot.fd));
	}
	self->ops[0] = op_munmap(0, 4);
	self->ops[1] = op_mmap(0, 4);
	self->ops[2] = op_madvise(4, 2, MADV_DONTNEED);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 3, 0));
	ASSERT_EQ(3, self->batch.done);
	for (i = 0; i < 8; i++)
		wrong += stray(self->ops, view, i, i < 6 ? 0 : 100 + i);
	EXPECT_EQ(0, wrong);
	munmap(view, 8 * PAGE);
	close(snapshot.fd);
}

/* A batch is one verb to those who ask for its steps. */
TEST_F(batch, steps)
{
	struct svma_step step[64];
	struct svma_steps steps = { .buf = (unsigned long)step, .count = 64 };
	unsigned int i, made = 0;

	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &steps));
	ASSERT_EQ(0, map_pages(self->space, 20, 1, RW));
	for (i = 0; i < 3; i++)
		self->ops[i] = op_mmap(2 * i, 1);
	ASSERT_EQ(0, batch_call(self->space, &self->batch, 3, 0));
	steps.count = 64;
	ASSERT_EQ(0, call(self->space, SVMA_IOC_STEPS, &steps));
	for (i = 0; i < steps.count; i++)
		made += step[i].kind == SVMA_STEP_NEW;
	EXPECT_EQ(3, made);
}

struct writer {
	char *page;
	bool stop;
};

/* Stores go on, where they are let. */
static void *write_on(void *arg)
{
	struct writer *writer = arg;

	while (!__atomic_load_n(&writer->stop, __ATOMIC_RELAXED))
		store(writer->page, 4711);
	return NULL;
}

/* While somebody writes to a page that goes, the batch asks for new ones: none may be that. */
TEST_F(batch, not_reused)
{
	struct writer writer = {};
	unsigned int i, round, wrong = 0;
	pthread_t thread;

	writer.page = window(self->space, 0, 1, RW);
	ASSERT_NE(NO_WINDOW, writer.page);
	ASSERT_EQ(0, map_pages(self->space, 10, 200, RW));
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_on, &writer));
	for (round = 0; round < 100 && !wrong; round++) {
		ASSERT_EQ(0, map_pages(self->space, 0, 1, RW));
		while (page_get(self->space, 0) != 4711)
			sched_yield();
		self->ops[0] = op_munmap(0, 1);
		ops_advise(&self->ops[1], at(10), 200, MADV_POPULATE_WRITE);
		ASSERT_EQ(0, batch_call(self->space, &self->batch, 201, 0));
		ASSERT_EQ(201, self->batch.done);
		for (i = 10; i < 210; i++)
			wrong += page_get(self->space, i) != 0;
		ASSERT_EQ(0, verb_madvise(self->space, at(10), 200 * PAGE, MADV_DONTNEED));
	}
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, wrong);
	munmap(writer.page, PAGE);
}

static void nothing(int signal)
{
}

/* A signal ends a batch between two operations, and the rest can be given again. */
TEST_F(batch, signal)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval timer = { { 0, 500 }, { 0, 500 } }, off = {};
	unsigned int i, done = 0, rounds;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	for (i = 0; i < MANY; i++)
		self->ops[i] = op_mmap(2 * i, 1);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
	/* Until a signal has come in the middle of one. */
	for (rounds = 0; rounds < 100000; rounds++) {
		self->batch.ops = (unsigned long)&self->ops[done];
		ASSERT_EQ(0, batch_call(self->space, &self->batch, MANY - done, 0));
		ASSERT_EQ(0, self->batch.failed);
		ASSERT_LT(0, self->batch.done);
		if (self->batch.done < MANY - done)
			break;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	ASSERT_GT(MANY - done, self->batch.done);
	ASSERT_GT(100000, rounds);
	done = self->batch.done;
	self->batch.ops = (unsigned long)&self->ops[done];
	ASSERT_EQ(0, batch_call(self->space, &self->batch, MANY - done, 0));
	EXPECT_EQ(MANY - done, self->batch.done);
	EXPECT_EQ(MANY, space_stats(self->space).regions);
}

TEST_HARNESS_MAIN
