// SPDX-License-Identifier: GPL-2.0
/*
 * Eight processes use windows and verbs at random on shared spaces, and are killed at random. Each
 * page carries a stamp (space, page, generation), and for each page it is written down outside of
 * the spaces which stamp is due: before a change both the old and the new one, after it the new one
 * alone. So whoever sees a page that somebody else had, one that was freed, an old one, or one that
 * a snapshot or a fork should have kept to itself, knows. In the end all memory is back.
 *
 * stress_test is about threads, and has no order in what happens; this one tells old from new.
 *
 * SVMA_STRESS_SECONDS: how long (8).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "svma_test.h"

#define SPACES		3
#define PAGES		40
#define WORKERS		8
#define SNAPSHOTS	3	/* that a process keeps of each space */
/* What a cgroup may have left: odds and ends of the kernel's. */
#define LEFT		(64L << 10)

/* What is due at a page; @seq is odd while this is being changed. */
struct record {
	__u64 seq, was, will;
};

struct stage {
	struct record records[SPACES][PAGES];
	__u64 generation;
	unsigned long verbs, checks, kills, wrong;
	__u64 where, seen, was, will;
	bool stop;
};

struct kept {
	int fd;
	__u64 values[PAGES];
};

struct worker {
	struct stage *stage;
	int *spaces, locks;
	char *views[SPACES];
	struct kept kept[SPACES][SNAPSHOTS];
	__u64 seed;
};

static __u64 next_random(__u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static __u64 stamp(struct worker *worker, unsigned int space, unsigned int page)
{
	__u64 generation = __atomic_add_fetch(&worker->stage->generation, 1, __ATOMIC_RELAXED);

	return (__u64)(space + 1) << 56 | (__u64)page << 40 | (generation & 0xffffffffff);
}

static void wrong(struct worker *worker, __u64 where, __u64 seen, const struct record *record)
{
	struct stage *stage = worker->stage;

	if (__atomic_fetch_add(&stage->wrong, 1, __ATOMIC_RELAXED))
		return;
	stage->where = where;
	stage->seen = seen;
	stage->was = record->was;
	stage->will = record->will;
}

/* Locks end with the process that holds them, whatever ends it. */
static void lock_pages(struct worker *worker, short type, unsigned int space, unsigned int first,
		       unsigned int count)
{
	struct flock lock = {
		.l_type = type, .l_start = space * PAGES + first, .l_len = count,
	};

	while (fcntl(worker->locks, F_SETLKW, &lock) && errno == EINTR)
		;
}

static void record_set(struct record *record, __u64 was, __u64 will)
{
	__u64 seq = record->seq | 1;

	__atomic_store_n(&record->seq, seq, __ATOMIC_SEQ_CST);
	__atomic_store_n(&record->was, was, __ATOMIC_SEQ_CST);
	__atomic_store_n(&record->will, will, __ATOMIC_SEQ_CST);
	__atomic_store_n(&record->seq, seq + 1, __ATOMIC_SEQ_CST);
}

/* Nobody else changes the page: it holds one of the two that are due, and that is so from now. */
static __u64 settle(struct worker *worker, unsigned int space, unsigned int page)
{
	struct record *record = &worker->stage->records[space][page];
	__u64 value = page_get(worker->spaces[space], page);

	if (value != record->was && value != record->will)
		wrong(worker, 1000 + space * 100 + page, value, record);
	record_set(record, value, value);
	return value;
}

/* Anybody, at any time, in any way. */
static void check(struct worker *worker, unsigned int space, unsigned int page, bool by_window)
{
	struct record *shared = &worker->stage->records[space][page], record;
	__u64 seq = __atomic_load_n(&shared->seq, __ATOMIC_SEQ_CST), value;

	record.was = __atomic_load_n(&shared->was, __ATOMIC_SEQ_CST);
	record.will = __atomic_load_n(&shared->will, __ATOMIC_SEQ_CST);
	value = by_window ? peek(worker->views[space] + page * PAGE)
			  : page_get(worker->spaces[space], page);
	if (seq & 1 || __atomic_load_n(&shared->seq, __ATOMIC_SEQ_CST) != seq)
		return;
	if (value != record.was && value != record.will)
		wrong(worker, 2000 + by_window * 1000 + space * 100 + page, value, &record);
	worker->stage->checks++;
}

/* A verb on some pages, that are locked: what is due before it and after it. */
static void begin(struct worker *worker, unsigned int space, unsigned int first,
		  unsigned int count, const __u64 *values)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		record_set(&worker->stage->records[space][first + i],
			   settle(worker, space, first + i), values[i]);
}

static void end(struct worker *worker, unsigned int space, unsigned int first, unsigned int count,
		bool done)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct record *record = &worker->stage->records[space][first + i];

		/* What was done is done: the old one is not due any more. */
		if (done)
			record_set(record, record->will, record->will);
		settle(worker, space, first + i);
	}
}

static void fill(__u64 *values, unsigned int count, __u64 value)
{
	while (count--)
		values[count] = value;
}

static void write_page(struct worker *worker, unsigned int space, unsigned int page, bool by_window)
{
	__u64 value = stamp(worker, space, page);
	bool done;

	begin(worker, space, page, 1, &value);
	if (by_window)
		done = !store(worker->views[space] + page * PAGE, value);
	else
		done = !page_put(worker->spaces[space], page, value);
	end(worker, space, page, 1, done);
}

static void change(struct worker *worker, unsigned int space, unsigned int page, unsigned int count,
		   unsigned int op)
{
	int fd = worker->spaces[space];
	__u64 values[PAGES];
	unsigned int i;

	for (i = 0; i < count; i++) {
		values[i] = settle(worker, space, page + i);
		if (op == 2 && values[i] != UNREADABLE)
			values[i] = 0;
	}
	if (op < 2)
		fill(values, count, op ? UNREADABLE : 0);
	begin(worker, space, page, count, values);
	switch (op) {
	case 0:
		end(worker, space, page, count, !map_pages(fd, page, count, RW));
		return;
	case 1:
		end(worker, space, page, count, !verb_munmap(fd, at(page), count * PAGE));
		return;
	case 2:
		end(worker, space, page, count,
		    !verb_madvise(fd, at(page), count * PAGE, MADV_DONTNEED));
		return;
	case 3:
		verb_mprotect(fd, at(page), count * PAGE, PROT_READ);
		break;
	default:
		verb_mprotect(fd, at(page), count * PAGE, RW);
	}
	end(worker, space, page, count, true);
}

static void move(struct worker *worker, unsigned int space, unsigned int from, unsigned int to,
		 unsigned int count)
{
	__u64 values[PAGES];
	unsigned int i;
	bool done;

	if (from + count > to && to + count > from)
		return;
	/* One that is refused may have unmapped its target. */
	change(worker, space, to, count, 1);
	for (i = 0; i < PAGES; i++)
		values[i] = settle(worker, space, i);
	/* Kernels differ in what becomes of a target where the source has a hole. */
	for (i = 0; i < count; i++) {
		if (values[from + i] == UNREADABLE)
			return;
		values[to + i] = values[from + i];
	}
	fill(values + from, count, UNREADABLE);
	begin(worker, space, 0, PAGES, values);
	done = verb_mremap(worker->spaces[space], at(from), count * PAGE, count * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, at(to)) == (long)at(to);
	end(worker, space, 0, PAGES, done);
}

/* Both spaces are locked. */
static void copy(struct worker *worker, unsigned int space, unsigned int other, unsigned int page,
		 unsigned int count)
{
	struct svma_copy arg = {
		.fd = worker->spaces[other], .from = at(page), .to = at(page), .len = count * PAGE,
	};
	__u64 values[PAGES];
	unsigned int i;

	for (i = 0; i < count; i++)
		values[i] = settle(worker, other, page + i);
	begin(worker, space, page, count, values);
	i = call(worker->spaces[space], SVMA_IOC_COPY, &arg) ? 0 : arg.done / PAGE;
	end(worker, space, page, i, true);
	end(worker, space, page + i, count - i, false);
}

static void snapshot(struct worker *worker, unsigned int space, struct kept *kept)
{
	unsigned int i;

	if (kept->fd >= 0)
		close(kept->fd);
	for (i = 0; i < PAGES; i++)
		kept->values[i] = settle(worker, space, i);
	kept->fd = verb_snapshot(worker->spaces[space]);
}

static void kept_check(struct worker *worker, unsigned int space, const struct kept *kept)
{
	unsigned int i;

	for (i = 0; kept->fd >= 0 && i < PAGES; i++) {
		struct record record = { .was = kept->values[i], .will = kept->values[i] };
		__u64 value = page_get(kept->fd, i);

		if (value != kept->values[i])
			wrong(worker, 4000 + space * 100 + i, value, &record);
	}
}

static void restore(struct worker *worker, unsigned int space, const struct kept *kept)
{
	if (kept->fd < 0)
		return;
	kept_check(worker, space, kept);
	begin(worker, space, 0, PAGES, kept->values);
	end(worker, space, 0, PAGES, !verb_restore(worker->spaces[space], kept->fd));
}

/* A child space, written to while its parent goes on. */
static void fork_space(struct worker *worker, unsigned int space)
{
	struct kept child;
	unsigned int i;
	char *view;

	for (i = 0; i < PAGES; i++)
		child.values[i] = settle(worker, space, i);
	child.fd = verb_fork(worker->spaces[space]);
	lock_pages(worker, F_UNLCK, space, 0, PAGES);
	if (child.fd < 0)
		return;
	view = window(child.fd, 0, PAGES, RW);
	for (i = next_random(&worker->seed) % 3; view != NO_WINDOW && i < PAGES; i += 3)
		/* No space has this stamp: nobody else may see it. */
		if (!store(view + i * PAGE, 0xcc00000000000000ULL | i))
			child.values[i] = 0xcc00000000000000ULL | i;
	kept_check(worker, space, &child);
	if (view != NO_WINDOW)
		munmap(view, PAGES * PAGE);
	close(child.fd);
}

static void own_window(struct worker *worker, unsigned int space, unsigned int page,
		       unsigned int count, unsigned int op)
{
	char *view = worker->views[space];
	struct svma_window_fill arg = { .addr = (unsigned long)view, .len = PAGES * PAGE };

	switch (op) {
	case 0:
		call(worker->spaces[space], SVMA_IOC_WINDOW_FILL, &arg);
		break;
	case 1:
		mmap(view, PAGES * PAGE, RW, MAP_SHARED | MAP_FIXED, worker->spaces[space], at(0));
		break;
	case 2:
		mprotect(view + page * PAGE, count * PAGE, PROT_READ);
		break;
	default:
		mprotect(view + page * PAGE, count * PAGE, RW);
	}
}

static void one_verb(struct worker *worker)
{
	__u64 random = next_random(&worker->seed);
	unsigned int space = random % SPACES, other = (space + 1) % SPACES;
	unsigned int page = (random >> 8) % PAGES, count = 1 + (random >> 16) % 6, op;
	unsigned int to = (random >> 24) % PAGES;
	struct kept *kept = &worker->kept[space][(random >> 32) % SNAPSHOTS];

	count = count > PAGES - page ? PAGES - page : count;
	op = (random >> 40) % 24;
	if (op < 8) {
		lock_pages(worker, F_WRLCK, space, page, 1);
		write_page(worker, space, page, op < 6);
	} else if (op < 14) {
		lock_pages(worker, F_WRLCK, space, page, count);
		change(worker, space, page, count, op - 8);
	} else if (op < 18) {
		own_window(worker, space, page, count, op - 14);
		return;
	} else if (op == 18 && to + count <= PAGES) {
		lock_pages(worker, F_WRLCK, space, 0, PAGES);
		move(worker, space, page, to, count);
	} else if (op == 19) {
		lock_pages(worker, F_WRLCK, space < other ? space : other, 0, PAGES);
		lock_pages(worker, F_WRLCK, space < other ? other : space, 0, PAGES);
		copy(worker, space, other, page, count);
		lock_pages(worker, F_UNLCK, other, 0, PAGES);
	} else if (op == 20) {
		lock_pages(worker, F_WRLCK, space, 0, PAGES);
		snapshot(worker, space, kept);
	} else if (op < 23) {
		lock_pages(worker, F_WRLCK, space, 0, PAGES);
		restore(worker, space, kept);
	} else {
		lock_pages(worker, F_WRLCK, space, 0, PAGES);
		fork_space(worker, space);
		return;
	}
	lock_pages(worker, F_UNLCK, space, 0, PAGES);
}

static void work(struct worker *worker)
{
	unsigned int i, k;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < SPACES; i++) {
		for (k = 0; k < SNAPSHOTS; k++)
			worker->kept[i][k].fd = -1;
		worker->views[i] = window(worker->spaces[i], 0, PAGES, RW);
		if (worker->views[i] == NO_WINDOW)
			_exit(3);
	}
	while (!__atomic_load_n(&worker->stage->stop, __ATOMIC_RELAXED)) {
		one_verb(worker);
		worker->stage->verbs++;
		for (i = 0; i < 8; i++) {
			__u64 random = next_random(&worker->seed);

			check(worker, random % SPACES, (random >> 8) % PAGES, random >> 16 & 3);
		}
	}
	_exit(0);
}

static pid_t work_start(const struct worker *worker, __u64 seed)
{
	pid_t pid = fork();

	if (!pid) {
		struct worker own = *worker;

		own.seed = seed | 1;
		work(&own);
	}
	return pid;
}

/* The one who pays, and kills. */
static int run_workers(struct stage *stage, __u64 seed, double length)
{
	int machine = machine_open(), spaces[SPACES], status;
	struct worker worker = {
		.stage = stage, .spaces = spaces, .locks = memfd_create("locks", MFD_CLOEXEC),
	};
	double stop = seconds() + length;
	pid_t pids[WORKERS];
	unsigned int i, k;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < SPACES; i++) {
		spaces[i] = space_make(machine, 0);
		if (spaces[i] < 0 || map_pages(spaces[i], 0, PAGES, RW))
			return 10;
		for (k = 0; k < PAGES; k++)
			record_set(&stage->records[i][k], 0, 0);
	}
	for (i = 0; i < WORKERS; i++)
		pids[i] = work_start(&worker, next_random(&seed));
	while (seconds() < stop && !stage->wrong) {
		usleep(50000 + next_random(&seed) % 200000);
		i = next_random(&seed) % WORKERS;
		kill(pids[i], SIGKILL);
		if (waitpid(pids[i], &status, 0) != pids[i] || !WIFSIGNALED(status))
			return 11;
		stage->kills++;
		pids[i] = work_start(&worker, next_random(&seed));
	}
	stage->stop = true;
	for (i = 0; i < WORKERS; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status)
			return 12;
	return 0;
}

FIXTURE(stamps) {
	struct stage *stage;
	char name[32];
};

FIXTURE_SETUP(stamps)
{
	snprintf(self->name, sizeof(self->name), "svma-%d", getpid());
	ASSERT_EQ(0, cgroup_make(self->name, 0));
	self->stage = mmap(NULL, sizeof(*self->stage), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->stage);
}

FIXTURE_TEARDOWN(stamps)
{
	EXPECT_EQ(0, cgroup_remove(self->name));
}

static int run_in_cgroup(struct _test_data_stamps *self, __u64 seed, double length)
{
	int status = -1;
	pid_t pid;

	memset(self->stage, 0, sizeof(*self->stage));
	pid = fork();
	if (!pid)
		_exit(cgroup_enter(self->name) ? 20 : run_workers(self->stage, seed, length));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return status;
}

static long slab(void)
{
	return file_number("/proc/meminfo", "SUnreclaim:");
}

TEST_F_TIMEOUT(stamps, each_its_due, 150)
{
	const char *length = getenv("SVMA_STRESS_SECONDS");
	__u64 seed = (__u64)time(NULL) << 20 | getpid();
	struct stage *stage = self->stage;
	long available, unreclaimable, refs = module_refs();
	unsigned int i;

	TH_LOG("seed %#llx", seed);
	/* What is made once and kept by the kernel. */
	ASSERT_EQ(0, run_in_cgroup(self, seed + 1, 1));
	EXPECT_GE(2 * LEFT, cgroup_settled(self->name, 2 * LEFT));
	available = memory_available();
	unreclaimable = slab();

	EXPECT_EQ(0, run_in_cgroup(self, seed, length ? atof(length) : 8));
	TH_LOG("%lu verbs, %lu checks, %lu kills", stage->verbs, stage->checks, stage->kills);
	EXPECT_EQ(0, stage->wrong)
		TH_LOG("%lld: %#llx, not %#llx or %#llx", stage->where, stage->seen, stage->was,
		       stage->will);
	EXPECT_LT(100, stage->verbs);
	EXPECT_LT(1000, stage->checks);
	EXPECT_LT(2, stage->kills);

	/* All memory is back, whoever counts. */
	EXPECT_GE(2 * LEFT, cgroup_settled(self->name, 2 * LEFT));
	for (i = 0; i < 5000 && module_refs() != refs; i++)
		usleep(1000);
	EXPECT_EQ(refs, module_refs());
	EXPECT_LT(available - 8192, memory_available());
	EXPECT_GT(unreclaimable + 4096, slab());
}

TEST_HARNESS_MAIN
