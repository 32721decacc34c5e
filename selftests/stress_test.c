// SPDX-License-Identifier: GPL-2.0
/*
 * Several processes and threads use windows and verbs on shared spaces at random, and are killed at
 * random. Whatever they do, a page of a space holds zeros or a stamp of that very space and page: a
 * freed page that can still be reached, one that went astray or was not zeroed would show another.
 *
 * SVMA_STRESS_SECONDS: how long (8).
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "random.h"
#include "svma_test.h"

#define SPACES		3
#define PAGES		48	/* that each window shows */
#define WORKERS		4
#define THREADS		2

/* What went on, and what went wrong, in all processes. */
struct report {
	unsigned long verbs, accesses, signals, kills;
	unsigned long wrong;
	__u64 expected, found;
	unsigned int wrong_page;
};

struct worker {
	int *spaces;
	char *views[SPACES];
	char *own;	/* memory of the process that nobody else may change */
	struct report *report;
	volatile bool *stop;
	__u64 seed;
};

/* In the last space regions move about, so that only the space is told. */
static __u64 stamp_of(unsigned int space, unsigned int page)
{
	return 0x5a5a000000000000ULL | (__u64)(space + 1) << 32 |
	       (space == SPACES - 1 ? 0 : page + 1);
}

static void wrong(struct report *report, unsigned int page, __u64 expected, __u64 found)
{
	if (__atomic_fetch_add(&report->wrong, 1, __ATOMIC_RELAXED))
		return;
	report->wrong_page = page;
	report->expected = expected;
	report->found = found;
}

static void check(struct worker *worker, unsigned int space, unsigned int page, __u64 value)
{
	if (value && value != stamp_of(space, page))
		wrong(worker->report, page, stamp_of(space, page), value);
}

static void access_pages(struct worker *worker, unsigned int space, __u64 random)
{
	unsigned int page = random % PAGES, offset = random >> 8 & 1 ? 0 : PAGE - 8;
	char *addr = worker->views[space] + page * PAGE + offset;
	__u64 value = 0;
	int sig;

	switch (random >> 16 & 3) {
	case 0:
		sig = store(addr, stamp_of(space, page));
		break;
	case 1:
		sig = 0;
		value = stamp_of(space, page);
		if (pread(worker->spaces[space], &value, 8, at(page) + offset) == 8)
			check(worker, space, page, value);
		break;
	default:
		sig = load(addr, &value);
		if (!sig)
			check(worker, space, page, value);
	}
	worker->report->accesses++;
	if (sig)
		worker->report->signals++;
}

/* Memory of our own is given away and had again: a stray entry of somebody's would show in it. */
static void own_memory(struct worker *worker)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		__u64 *word = (__u64 *)(worker->own + i * PAGE);

		if (*word && *word != 0xabcdef)
			wrong(worker->report, i, 0xabcdef, *word);
		*word = 0xabcdef;
	}
	if (madvise(worker->own, 16 * PAGE, MADV_DONTNEED))
		wrong(worker->report, 0, 0, errno);
}

static void new_window(struct worker *worker, unsigned int space)
{
	mmap(worker->views[space], PAGES * PAGE, RW, MAP_SHARED | MAP_FIXED, worker->spaces[space],
	     at(0));
}

static void one_verb(struct worker *worker, unsigned int space, __u64 random)
{
	int fd = worker->spaces[space];
	unsigned int page = random % PAGES, len = 1 + (random >> 8) % 6,
		     to = (random >> 16) % PAGES;
	struct svma_window_fill fill = {
		.addr = (unsigned long)worker->views[space], .len = PAGES * PAGE,
	};

	len = len > PAGES - page ? PAGES - page : len;
	switch (random >> 24 & 15) {
	case 0:
	case 1:
	case 2:
		map_pages(fd, page, len, RW);
		break;
	case 3:
		verb_mmap(fd, at(page), len * PAGE, RW, FIXED | MAP_POPULATE);
		break;
	case 4:
	case 5:
		verb_munmap(fd, at(page), len * PAGE);
		break;
	case 6:
		verb_mprotect(fd, at(page), len * PAGE, PROT_READ);
		break;
	case 7:
	case 8:
		verb_mprotect(fd, at(page), len * PAGE, RW);
		break;
	case 9:
		verb_madvise(fd, at(page), len * PAGE, MADV_DONTNEED);
		break;
	case 10:
		call(fd, SVMA_IOC_WINDOW_FILL, &fill);
		break;
	case 11:
		new_window(worker, space);
		break;
	case 12:
		mprotect(worker->views[space] + page * PAGE, len * PAGE,
			 random >> 32 & 1 ? RW : PROT_READ);
		break;
	case 13:
		if (space == SPACES - 1 && to + len <= PAGES)
			verb_mremap(fd, at(page), len * PAGE, len * PAGE,
				    MREMAP_MAYMOVE | MREMAP_FIXED |
				    (random >> 32 & 1 ? MREMAP_DONTUNMAP : 0), at(to));
		break;
	case 14:
		own_memory(worker);
		break;
	default:
		layout(fd);
	}
	worker->report->verbs++;
}

static void *work(void *arg)
{
	struct worker worker = *(struct worker *)arg;
	unsigned int i;

	worker.own = mmap(NULL, 16 * PAGE, RW, ANON, -1, 0);
	while (!*worker.stop) {
		__u64 random = random_next(&worker.seed);

		one_verb(&worker, random % SPACES, random >> 8);
		for (i = 0; i < 12; i++) {
			random = random_next(&worker.seed);
			access_pages(&worker, random % SPACES, random >> 8);
		}
	}
	munmap(worker.own, 16 * PAGE);
	return NULL;
}

static void worker_main(int *spaces, struct report *report, volatile bool *stop, __u64 seed)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	unsigned int i, t;

	for (t = 0; t < THREADS; t++) {
		workers[t] = (struct worker){
			.spaces = spaces, .report = report, .stop = stop, .seed = seed + t * 7919,
		};
		for (i = 0; i < SPACES; i++) {
			workers[t].views[i] = window(spaces[i], 0, PAGES, RW);
			if (workers[t].views[i] == NO_WINDOW)
				_exit(3);
		}
		if (pthread_create(&threads[t], NULL, work, &workers[t]))
			_exit(4);
	}
	for (t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	_exit(0);
}

struct stage {
	struct report report;
	volatile bool stop;
};

FIXTURE(stress) {
	long refs;
	int spaces[SPACES];
	struct stage *stage;
};

FIXTURE_SETUP(stress)
{
	unsigned int i;

	self->refs = module_refs();
	self->stage = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->stage);
	for (i = 0; i < SPACES; i++) {
		self->spaces[i] = space_open(i ? 0 : SVMA_SPACE_READY);
		ASSERT_LE(0, self->spaces[i]);
		ASSERT_EQ(0, map_pages(self->spaces[i], 0, PAGES, RW));
	}
}

FIXTURE_TEARDOWN(stress)
{
}

static pid_t worker_start(struct _test_data_stress *self, __u64 seed)
{
	pid_t pid = fork();

	if (!pid)
		worker_main(self->spaces, &self->stage->report, &self->stage->stop, seed | 1);
	return pid;
}

TEST_F_TIMEOUT(stress, all_at_once, 150)
{
	const char *length = getenv("SVMA_STRESS_SECONDS");
	__u64 seed = (__u64)time(NULL) << 20 | getpid();
	struct report *report = &self->stage->report;
	double end = seconds() + (length ? atof(length) : 8);
	pid_t pids[WORKERS];
	unsigned int i;
	int status;

	TH_LOG("seed %#llx", seed);
	for (i = 0; i < WORKERS; i++) {
		pids[i] = worker_start(self, seed + i);
		ASSERT_LT(0, pids[i]);
	}
	while (seconds() < end && !report->wrong) {
		i = random_next(&seed) % WORKERS;
		usleep(50000 + random_next(&seed) % 200000);
		ASSERT_EQ(0, kill(pids[i], SIGKILL));
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			TH_LOG("status %#x", status);
		report->kills++;
		pids[i] = worker_start(self, random_next(&seed));
		ASSERT_LT(0, pids[i]);
	}
	self->stage->stop = true;
	for (i = 0; i < WORKERS; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	TH_LOG("%lu verbs, %lu accesses, %lu of them faulted, %lu kills", report->verbs,
	       report->accesses, report->signals, report->kills);
	EXPECT_EQ(0, report->wrong)
		TH_LOG("page %u: %#llx, not %#llx", report->wrong_page, report->found,
		       report->expected);
	EXPECT_LT(beside_others() ? 0 : 100, report->verbs);
	EXPECT_LT(beside_others() ? 0 : 1000, report->accesses);
	EXPECT_LT(0, report->signals);

	/* Nothing is left of any of them. */
	for (i = 0; i < SPACES; i++) {
		struct svma_stats stats = space_stats(self->spaces[i]);

		EXPECT_EQ(0, stats.windows);
		ASSERT_EQ(0, verb_munmap(self->spaces[i], 0, 1UL << 46));
		stats = space_stats(self->spaces[i]);
		EXPECT_EQ(0, stats.regions + stats.total + stats.data + stats.committed);
		EXPECT_EQ(0, stats.resident);
		ASSERT_EQ(0, close(self->spaces[i]));
	}
	if (beside_others())
		return;
	EXPECT_LT(beside_others() ? 0 : 100, report->verbs);
	EXPECT_LT(beside_others() ? 0 : 1000, report->accesses);
	EXPECT_LT(0, report->signals);
	for (i = 0; i < 5000 && module_refs() != self->refs; i++)
		usleep(1000);
	EXPECT_EQ(self->refs, module_refs());
}

TEST_HARNESS_MAIN
