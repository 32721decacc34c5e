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
#include "stamp.h"
#include "svma_test.h"

/* What a cgroup may have left: odds and ends of the kernel's. */
#define LEFT	(64L << 10)

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
		stamp_one_verb(worker);
		worker->stage->verbs++;
		for (i = 0; i < 8; i++) {
			__u64 random = random_next(&worker->seed);

			stamp_check(worker, random % SPACES, (random >> 8) % PAGES,
				    random >> 16 & 3);
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
		spaces[i] = space_make(machine, i ? 0 : SVMA_SPACE_READY);
		if (spaces[i] < 0 || map_pages(spaces[i], 0, PAGES, RW))
			return 10;
		for (k = 0; k < PAGES; k++)
			stamp_record(&stage->records[i][k], 0, 0);
	}
	for (i = 0; i < WORKERS; i++)
		pids[i] = work_start(&worker, random_next(&seed));
	while (seconds() < stop && !stage->wrong) {
		usleep(50000 + random_next(&seed) % 200000);
		i = random_next(&seed) % WORKERS;
		kill(pids[i], SIGKILL);
		if (waitpid(pids[i], &status, 0) != pids[i] || !WIFSIGNALED(status))
			return 11;
		stage->kills++;
		pids[i] = work_start(&worker, random_next(&seed));
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
	/* All memory is back, whoever counts. */
	EXPECT_GE(2 * LEFT, cgroup_settled(self->name, 2 * LEFT));
	if (beside_others())
		return;
	EXPECT_LT(100, stage->verbs);
	EXPECT_LT(1000, stage->checks);
	EXPECT_LT(2, stage->kills);
	for (i = 0; i < 5000 && module_refs() != refs; i++)
		usleep(1000);
	EXPECT_EQ(refs, module_refs());
	EXPECT_LT(available - 8192, memory_available());
	EXPECT_GT(unreclaimable + 4096, slab());
}

TEST_HARNESS_MAIN
