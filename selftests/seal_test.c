// SPDX-License-Identifier: GPL-2.0
/*
 * A seal that was seen of a file stays seen, by whomever the file is looked up at the same time.
 *
 * Who looks a file up reads its seals, and tells them a moment later. The test has to come in
 * between: the threads that look up share a processor with one that goes before them, and keeps
 * them from going on until the seal is there and was seen.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

#include "svma_test.h"

#define SEALINGS	5000
#define FINDERS		3
#define TRIES		8	/* to map what is sealed, in which others come to their end */

/* Others look the file up again and again, whatever its seals, and keep the space busy. */
struct finder {
	pthread_t thread;
	int space, cpu;
	unsigned long page;
};

static _Atomic int found_file, found;
static _Atomic bool finding;

/* The one that goes before them. */
struct keeper {
	pthread_t thread;
	int cpu;
	sem_t go, ready;
	bool refused;
};

static _Atomic bool keeping;

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Two processors that there are; false: only one. */
static bool two_processors(int *cpu)
{
	cpu_set_t set;
	int i, count = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return false;
	for (i = 0; i < CPU_SETSIZE && count < 2; i++)
		if (CPU_ISSET(i, &set))
			cpu[count++] = i;
	return count == 2;
}

static void *finds(void *data)
{
	struct finder *finder = data;

	stay_on(finder->cpu);
	while (finding) {
		map_file(finder->space, finder->page, 1, PROT_READ, MAP_PRIVATE, found_file, 0);
		found++;
	}
	return NULL;
}

static void *keeps(void *data)
{
	static const struct sched_param first = { .sched_priority = 1 };
	struct keeper *keeper = data;

	stay_on(keeper->cpu);
	keeper->refused = sched_setscheduler(0, SCHED_FIFO, &first);
	sem_post(&keeper->ready);
	while (!sem_wait(&keeper->go) && finding) {
		keeping = true;
		while (keeping)
			;
	}
	return NULL;
}

/* How many of the tries were not refused; -1: it could not be tried. */
static int seal_round(int space, struct keeper *keeper, int round)
{
	int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING), before, i, lost;

	if (fd < 0 || map_file(space, 4, 1, PROT_READ, MAP_PRIVATE, fd, 0))
		return -1;
	found_file = fd;
	before = found;
	while (found - before < FINDERS)
		;
	for (i = 0; i < round * 7 % 500; i++)
		atomic_signal_fence(memory_order_seq_cst);
	sem_post(&keeper->go);
	while (!keeping)
		;
	lost = fcntl(fd, F_ADD_SEALS, round % 2 ? F_SEAL_WRITE : F_SEAL_FUTURE_WRITE);
	keeping = false;
	for (i = 0; i < TRIES && lost >= 0; i++)
		lost += map_file(space, 0, 1, RW, MAP_SHARED, fd, 0) != -EPERM;
	close(fd);
	return lost;
}

/* Threads that look up on the first processor, and this one on the second. */
static void start(struct keeper *keeper, struct finder *finders, int space, const int *cpu)
{
	int i;

	finding = true;
	sem_init(&keeper->go, 0, 0);
	sem_init(&keeper->ready, 0, 0);
	keeper->cpu = cpu[0];
	pthread_create(&keeper->thread, NULL, keeps, keeper);
	sem_wait(&keeper->ready);
	stay_on(cpu[1]);
	for (i = 0; i < FINDERS; i++) {
		finders[i].space = space;
		finders[i].cpu = cpu[0];
		finders[i].page = 8 + 2 * i;
		pthread_create(&finders[i].thread, NULL, finds, &finders[i]);
	}
}

static void stop(struct keeper *keeper, struct finder *finders)
{
	int i;

	finding = false;
	sem_post(&keeper->go);
	pthread_join(keeper->thread, NULL);
	for (i = 0; i < FINDERS; i++)
		pthread_join(finders[i].thread, NULL);
}

FIXTURE(seal) {
	int space;
};

FIXTURE_SETUP(seal)
{
	self->space = space_open(0);
	ASSERT_LE(0, self->space);
}

FIXTURE_TEARDOWN(seal)
{
	close(self->space);
}

TEST_F(seal, against_look_ups)
{
	struct finder finders[FINDERS];
	struct keeper keeper = { 0 };
	int cpu[2], round, lost = 0;
	double end = seconds() + 5;

	if (!two_processors(cpu))
		SKIP(return, "this machine has one processor");
	found_file = memfd_create("first", MFD_CLOEXEC);
	ASSERT_LE(0, found_file);
	start(&keeper, finders, self->space, cpu);
	for (round = 0; !keeper.refused && round < SEALINGS && !lost && seconds() < end; round++)
		lost = seal_round(self->space, &keeper, round);
	stop(&keeper, finders);
	if (keeper.refused)
		SKIP(return, "no thread may go before others");
	EXPECT_EQ(0, lost) {
		TH_LOG("in round %d", round);
	}
	EXPECT_LT(0, round);
}

TEST_HARNESS_MAIN
