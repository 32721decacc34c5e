// SPDX-License-Identifier: GPL-2.0
/*
 * Returns to a snapshot while others touch the space, or that are ended half-way.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "snapshot.h"

struct racer {
	int space, snapshot;
	char *view;
	volatile bool over;
	unsigned long bad;
};

/* A page holds what the snapshot has, or what was stored since. */
static void *race_touch(void *data)
{
	struct racer *racer = data;
	unsigned long page, round = 0;
	__u64 value;

	while (!racer->over) {
		page = ++round * 7 % 1024;
		if (load(racer->view + page * PAGE, &value) ||
		    (value != page && value != page + 100000) ||
		    store(racer->view + page * PAGE, page + 100000))
			__atomic_fetch_add(&racer->bad, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

TEST_F_TIMEOUT(snapshot, restore_against_faults, 120)
{
	struct racer racer = { .space = self->space, .view = self->view };
	pthread_t threads[2];
	unsigned long page, i;

	for (page = 0; page < 1024; page++)
		ASSERT_EQ(0, store(self->view + page * PAGE, page));
	racer.snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, racer.snapshot);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, race_touch, &racer));
	for (i = 0; i < 100; i++) {
		int other = i % 3 ? -1 : verb_snapshot(self->space);

		ASSERT_EQ(0, verb_restore(self->space, racer.snapshot));
		if (i % 5 == 4)
			usleep(2000);
		close(other);
	}
	racer.over = true;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, racer.bad);
	ASSERT_EQ(0, verb_restore(self->space, racer.snapshot));
	for (page = 0; page < 1024; page++) {
		ASSERT_EQ(page, see(self->space, self->view, page));
		ASSERT_EQ(page, page_get(racer.snapshot, page));
	}
	close(racer.snapshot);
}

/* Whoever restores may be killed at any time; the space is then as before or as the snapshot. */
TEST_F(snapshot, killed_while_restoring)
{
	unsigned long page, round, seen[2] = { 0, 0 };
	int snapshot, status;
	pid_t pid;

	for (page = 0; page < PAGES; page++)
		ASSERT_EQ(0, store(self->view + page * PAGE, 1));
	snapshot = verb_snapshot(self->space);
	ASSERT_LE(0, snapshot);
	for (round = 0; round < 10; round++) {
		pid = fork();
		if (!pid) {
			for (;;) {
				for (page = 0; page < PAGES; page += 3)
					page_put(self->space, page, 2);
				verb_restore(self->space, snapshot);
			}
		}
		usleep(3000 + round * 1500);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		for (page = 0; page < PAGES; page++) {
			__u64 value = see(self->space, self->view, page);

			ASSERT_TRUE(value == 1 || (value == 2 && page % 3 == 0));
			seen[value - 1]++;
		}
		ASSERT_EQ(0, verb_restore(self->space, snapshot));
		EXPECT_EQ(PAGES, space_stats(self->space).resident);
	}
	close(snapshot);
}

TEST_HARNESS_MAIN
